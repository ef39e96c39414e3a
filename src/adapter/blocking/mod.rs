//! The WebSocket protocol over transports that block, such as `std::net::TcpStream`: one thread for each, or two.
//!
//! [`accept`] waits for the opening handshake of a client, [`connect`] goes to a server and begins one; both give a
//! [`WebSocket`]. [`accept_with`] lets the application decide about each request, pages on the same port included,
//! [`connect_with`] has options, and [`connect_over`] takes any [`Transport`] that is there already.
//!
//! ```
//! use std::net::TcpListener;
//! use websocket_proto::CloseCode;
//! use websocket_proto::adapter::blocking::{Message, accept, connect};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let uri = format!("ws://{}/", listener.local_addr()?);
//!
//! let server = std::thread::spawn(move || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!     let (stream, _) = listener.accept()?;
//!     let mut websocket = accept(stream)?;
//!     while let Some(Message::Text(text)) = websocket.read()? {
//!         websocket.send_text(&text.to_uppercase())?;
//!     }
//!     Ok(())
//! });
//!
//! let mut websocket = connect(&uri)?;
//! websocket.send_text("hello")?;
//! assert_eq!(websocket.read()?, Some(Message::Text("HELLO".into())));
//! assert!(websocket.close(CloseCode::NORMAL, "")?.clean);
//! # server.join().expect("no panic").map_err(|error| error.to_string())?;
//! # Ok(())
//! # }
//! ```
//!
//! | To | use |
//! |---|---|
//! | get messages to keep | [`WebSocket::read`] |
//! | look at messages and answer without copying them | [`WebSocket::run`], [`WebSocket::read_batch`] |
//! | send now | [`WebSocket::send_text`], [`WebSocket::send_binary`], [`WebSocket::send`], [`WebSocket::send_with`] for everything else |
//! | gather what goes out together | [`WebSocket::feed_text`] and so on, [`WebSocket::flush`] |
//! | send from other threads, or much in both directions | [`WebSocket::split`] |
//! | end | [`WebSocket::close`]; [`WebSocket::feed_close`] to read on until the peer has closed, too |
//!
//! How it ended is told by [`WebSocket::close_information`]: a closing handshake that was completed is the end of
//! what can be read (`None`), anything else an [`Error`].

mod batch;
mod client_stream;
mod dial;
mod line;
mod open;
mod reader;
mod receiving;
mod shared;
mod tcp;
mod timeout;
#[cfg(feature = "rustls")]
mod tls_stream;
mod transport;
mod web_socket;
mod writer;

#[cfg(feature = "rustls")]
pub use super::Roots;
pub use super::{ClientOptions, Closed, Error, Message, Refused, UnfollowedRedirect};
pub use batch::Batch;
pub use client_stream::ClientStream;
pub use dial::{connect, connect_with};
pub use open::{accept, accept_with, connect_over};
pub use reader::Reader;
#[cfg(feature = "rustls")]
pub use tls_stream::TlsStream;
pub use transport::{Plain, Transport, TryClone};
pub use web_socket::WebSocket;
pub use writer::Writer;
