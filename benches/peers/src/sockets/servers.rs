//! The echo servers.

pub mod event_loop;
pub mod fastwebsockets;
pub mod raw_tcp;
pub mod sockudo;
mod tasks;
pub mod tokio_adapter;
pub mod tokio_tcp;
pub mod tokio_tungstenite;
pub mod tokio_websockets;
pub mod tungstenite;
mod upgrade;
pub mod wtx;
pub mod yawc;

/// Bytes that one read may bring, where the server says so.
const READ: usize = 256 * 1024;
