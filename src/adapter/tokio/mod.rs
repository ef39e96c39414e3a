//! The WebSocket protocol for tokio: over any `AsyncRead + AsyncWrite`, one task for each connection, or several.
//!
//! [`accept`] waits for the opening handshake of a client, [`connect`] goes to a server and begins one; both give a
//! [`WebSocket`]. [`accept_with`] lets the application decide about each request, pages on the same port included,
//! [`connect_with`] has options, and [`connect_over`] takes any transport that is there already.
//!
//! ```
//! use tokio::net::TcpListener;
//! use websocket_proto::CloseCode;
//! use websocket_proto::adapter::tokio::{Message, accept, connect};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let uri = format!("ws://{}/", listener.local_addr()?);
//!
//! let server = tokio::spawn(async move {
//!     let (stream, _) = listener.accept().await?;
//!     let mut websocket = accept(stream).await?;
//!     while let Some(message) = websocket.next().await {
//!         websocket.feed(message?).await?;
//!     }
//!     Ok::<(), websocket_proto::adapter::tokio::Error>(())
//! });
//!
//! let mut websocket = connect(&uri).await?;
//! websocket.send("hello").await?;
//! assert_eq!(websocket.next().await.transpose()?, Some(Message::Text("hello".into())));
//! assert!(websocket.close(CloseCode::NORMAL, "").await?.clean);
//! server.await??;
//! # Ok(())
//! # }
//! ```
//!
//! | To | use |
//! |---|---|
//! | get messages to keep | [`WebSocket::next`], or its `Stream` |
//! | look at messages and answer without copying them | [`WebSocket::next_batch`] |
//! | send now | [`WebSocket::send`], [`WebSocket::send_with`] for everything else |
//! | gather what goes out together | [`WebSocket::feed`], [`WebSocket::feed_with`], or its `Sink`; [`WebSocket::flush`] |
//! | send from other tasks, or much in both directions | [`WebSocket::split`] |
//! | end | [`WebSocket::close`]; [`WebSocket::feed_close`] to read on until the peer has closed, too |
//!
//! How it ended is told by [`WebSocket::close_information`]: a closing handshake that was completed is the end of
//! what can be read (`None`), anything else an [`Error`] before that.
//!
//! The runtime needs its I/O and time drivers (`enable_all`): tokio panics where a deadline meets a runtime without
//! time.

mod batch;
mod client_stream;
mod dial;
mod held;
mod line;
mod open;
mod receiving;
mod sending;
mod split;
mod stream_sink;
mod tasks;
mod tcp;
mod web_socket;

#[cfg(feature = "rustls")]
pub use super::Roots;
pub use super::{ClientOptions, Closed, Error, Message, Refused, UnfollowedRedirect};
pub use batch::Batch;
pub use client_stream::ClientStream;
pub use dial::{connect, connect_with};
pub use open::{accept, accept_with, connect_over};
pub use split::{Reader, Writer};
pub use web_socket::WebSocket;
