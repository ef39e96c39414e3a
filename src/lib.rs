//! A sans-IO WebSocket (RFC 6455) state machine: byte slices in, events and bytes out.
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
pub mod frame;

pub use error::ProtocolError;

#[cfg(feature = "alloc")]
mod config;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "alloc")]
pub mod handshake;
#[cfg(feature = "alloc")]
mod outgoing;
#[cfg(feature = "alloc")]
mod timer;

#[cfg(feature = "alloc")]
pub use config::{Config, Delivery, Limits, Liveness, Timeouts};
#[cfg(feature = "alloc")]
pub use connection::Connection;
#[cfg(feature = "alloc")]
pub use error::SendError;
#[cfg(feature = "alloc")]
pub use outgoing::{Output, Transmit};
