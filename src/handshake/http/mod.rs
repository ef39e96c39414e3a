//! §4, RFC 8441, RFC 9220  The opening handshake over the types of the `http` crate, for those who have an HTTP stack.
//!
//! The stack reads and writes the heads and hands over the bytes that follow; what a request must be and what is agreed
//! on is decided here, by the same functions as in [`handshake::Server`](super::Server) and
//! [`handshake::Client`](super::Client).
//!
//! | | HTTP/1.1 (RFC 6455) | HTTP/2 (RFC 8441), HTTP/3 (RFC 9220) |
//! |---|---|---|
//! | Request | `GET`, `Upgrade: websocket` | `CONNECT` with `:protocol` [`websocket`](PROTOCOL) |
//! | Answer | 101 with `Sec-WebSocket-Accept` | 2xx |
//! | Bytes then go over | the connection | the stream |
//! | [`Transmit::Shutdown`](crate::Transmit::Shutdown) | TCP FIN | `END_STREAM`; FIN of the stream |
//! | [`Transmit::Abort`](crate::Transmit::Abort) | drop the connection | `RST_STREAM` with CANCEL (0x8); reset and stop with `H3_REQUEST_CANCELLED` (0x10C) |
//! | [`receive_eof`](crate::Connection::receive_eof) | end or reset of the connection | end or reset of the stream |
//!
//! The server says beforehand that it takes the extended CONNECT, by the setting `SETTINGS_ENABLE_CONNECT_PROTOCOL` (8);
//! a client waits for it (RFC 8441 §3). Both are in the hands of the stack, as are interim responses and the limits of
//! a head; of [`Limits`](crate::Limits), those of the subprotocols and extensions are applied here.
//!
//! # A server
//!
//! ```
//! use std::sync::Arc;
//! use websocket_proto::handshake::Acceptance;
//! use websocket_proto::handshake::http::RequestHead;
//! use websocket_proto::{Config, Connection};
//!
//! /// The response to send, and the connection to drive over the bytes that follow it.
//! fn answer<B>(
//!     request: &http::Request<B>,
//!     acceptance: &Acceptance,
//!     config: Arc<Config>,
//! ) -> (http::Response<&'static str>, Option<Connection>) {
//!     let head = RequestHead::new(request); // over HTTP/2: .protocol(..), from what the stack says
//!     match head.accept(acceptance, config) {
//!         Ok((response, connection)) => (response.map(|()| ""), Some(connection)),
//!         Err(rejection) => (rejection.response(), None),
//!     }
//! }
//!
//! let request = http::Request::get("/chat")
//!     .header("Host", "server.example.com")
//!     .header("Upgrade", "websocket")
//!     .header("Connection", "Upgrade")
//!     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
//!     .header("Sec-WebSocket-Version", "13")
//!     .body(())?;
//! let (response, connection) = answer(&request, &Acceptance::new(), Arc::new(Config::server()));
//! assert_eq!(response.status(), 101);
//! assert_eq!(response.headers()["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//! assert!(connection.is_some());
//! # Ok::<(), http::Error>(())
//! ```
//!
//! # A client
//!
//! ```
//! use websocket_proto::handshake::http::{Client, RequestHead};
//! use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};
//! use websocket_proto::Config;
//!
//! let asked = ClientRequest::new(Uri::parse("wss://example.com/chat")?).subprotocols(["chat"])?;
//! let (request, client) = Client::extended_connect_from_os(&asked, Config::client())?;
//! assert_eq!(request.uri(), "https://example.com/chat");
//! // Through the stack, with `:protocol` as it wants it, to the server and back:
//! # let head = RequestHead::new(&request).protocol(Some("websocket"));
//! # let acceptance = Acceptance::new().subprotocols(["chat"]);
//! # let (response, _) = head.accept(&acceptance, Config::server())?;
//! let connection = client.establish(&response)?;
//! assert_eq!(connection.subprotocol(), Some("chat"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod rejection;
mod request_head;

use ::http::HeaderMap;

use super::grammar::trim;
use super::header_lines::HeaderLines;

pub use client::{Client, RequestError};
pub use rejection::Rejection;
pub use request_head::RequestHead;

/// The value of `:protocol` (RFC 8441 §5), and what `Upgrade` names (§4.1).
pub const PROTOCOL: &str = "websocket";

impl<'a> HeaderLines<'a> for &'a HeaderMap {
    fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.iter().map(|(name, value)| (name.as_str(), trim(value.as_bytes())))
    }

    fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).into_iter().map(|value| trim(value.as_bytes()))
    }
}
