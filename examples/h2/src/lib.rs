//! WebSockets over streams of HTTP/2 (RFC 8441): the server and the client of it, and a site that has one.

mod client;
mod server;
mod site;
mod stream;
mod tls;

use websocket_proto::adapter::tokio;

pub use client::{ConnectError, connect, open};
pub use server::{Asked, answer, handshake, read};
pub use site::Site;
pub use stream::Stream;
pub use tls::acceptor;

/// A WebSocket over a stream.
pub type WebSocket = tokio::WebSocket<Stream>;
