//! A sans-IO WebSocket (RFC 6455) state machine: byte slices in, events and bytes out.
//!
//! It owns no socket, no clock, no thread and no runtime. Whatever moves your bytes drives it:
//!
//! ```text
//!                     ┌───────────────────────────────┐
//!   bytes from        │ handshake::Server  ──accept──▶│
//!   the peer ───────▶ │ handshake::Client  ─────────▶ │   Connection
//!                     │                               │   ┌──────────┐ ──▶ events
//!                     │        receive(&mut input) ──────▶│ Incoming │
//!                     │                               │   └────┬─────┘
//!                     │                               │  Pong, │ Close
//!                     │                               │   ┌────▼─────┐ ◀── send_text, ping, close ...
//!   bytes to  ◀────── │        transmit() ◀───────────────│ Outgoing │
//!   the peer          │                               │   └──────────┘ ◀── tick(now)
//!                     └───────────────────────────────┘
//! ```
//!
//! # The driver
//!
//! Every adapter is this loop in the words of its runtime:
//!
#![cfg_attr(feature = "alloc", doc = "```no_run")]
#![cfg_attr(not(feature = "alloc"), doc = "```text")]
//! use std::io::{self, ErrorKind, Read, Write};
//! use std::net::{Shutdown, TcpStream};
//! use std::time::{Duration, Instant};
//! use bytes::Buf;
//! use websocket_proto::{Connection, Event, SendError, State, Transmit};
//!
//! /// Sends every message back, until the connection is closed.
//! fn echo(mut connection: Connection, mut socket: TcpStream) -> io::Result<()> {
//!     let (start, mut buffer) = (Instant::now(), [0; 16 * 1024]);
//!     loop {
//!         write_out(&mut connection, &mut socket, start)?;
//!         if connection.state() == State::Closed {
//!             return Ok(());
//!         }
//!         let count = match socket.read(&mut buffer) {
//!             Ok(0) => {
//!                 connection.receive_eof();
//!                 continue;
//!             }
//!             Ok(count) => count,
//!             Err(error) if timed_out(&error) => continue,
//!             Err(error) => return Err(error),
//!         };
//!         let mut input = &mut buffer[..count];
//!         while let Ok(Some(event)) = connection.receive(&mut input) {
//!             // There may be no room yet; any other error: it is closing.
//!             while let Err(SendError::Full) = answer(&mut connection, &event) {
//!                 write_out(&mut connection, &mut socket, start)?;
//!             }
//!         }
//!         // After a violation its Close is queued, and goes out like everything else.
//!     }
//! }
//!
//! fn answer(connection: &mut Connection, event: &Event<'_>) -> Result<(), SendError> {
//!     match event {
//!         Event::Text(text) => connection.send_text(text),
//!         Event::Binary(data) => connection.send_binary(data),
//!         _ => Ok(()), // what has to be answered is answered
//!     }
//! }
//!
//! /// Writes until nothing is left but to wait for the peer, no longer than the deadline.
//! fn write_out(connection: &mut Connection, socket: &mut TcpStream, start: Instant) -> io::Result<()> {
//!     loop {
//!         let deadline = connection.tick(start.elapsed());
//!         let wait = deadline.map(|at| at.saturating_sub(start.elapsed()));
//!         let wait = wait.map(|wait| wait.max(Duration::from_millis(1)));
//!         socket.set_read_timeout(wait)?;
//!         socket.set_write_timeout(wait)?;
//!         match connection.transmit() {
//!             Transmit::Write(mut output) => match socket.write(output.chunk()) {
//!                 Ok(count) => output.advance(count),
//!                 Err(error) if timed_out(&error) => {}
//!                 Err(error) => return Err(error),
//!             },
//!             Transmit::Shutdown => {
//!                 socket.shutdown(Shutdown::Write)?;
//!                 connection.transport_shut_down();
//!             }
//!             Transmit::Abort => return Err(ErrorKind::TimedOut.into()),
//!             _ => return Ok(()), // Idle
//!         }
//!     }
//! }
//!
//! fn timed_out(error: &io::Error) -> bool {
//!     matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
//! }
//! ```
//!
#![cfg_attr(
    feature = "std",
    doc = "The [`guide`] walks through this loop, and through what else there is to know.\n"
)]
//! # Layers
//!
//! | Layer | Needs | Is |
//! |---|---|---|
//! | [`frame`], [`utf8`], [`rules`] | nothing | the wire format, for microcontrollers and relays |
//! | `Incoming`, `Outgoing` | `alloc` | the rules of each direction, for two tasks |
//! | `Connection` | `alloc` | both of them |
//! | `handshake` | `alloc` | from the first byte to a `Connection` |
//! | `adapter::blocking` | `std` | all of it over `Read + Write` |
//! | `adapter::tokio` | `tokio` | all of it over `AsyncRead + AsyncWrite` |
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `std` | yes | `alloc`; the blocking adapter, seeds from the operating system, CPU detection, vectored output |
//! | `http` | no | `std`; the opening handshake over requests and responses of the `http` crate, for HTTP/1.1, HTTP/2 and HTTP/3 |
//! | `tokio` | no | `std`; the tokio adapter |
//! | `rustls` | no | `std`; `wss` in the blocking adapter, by rustls |
//! | `tokio-rustls` | no | `rustls` and `tokio`; `wss` in the tokio adapter |
//! | `deflate` | no | `alloc`; compressed messages by permessage-deflate (RFC 7692) |
//! | `alloc` | by `std` | `Connection`, its halves and the opening handshake |
//!
//! Without any, nothing allocates: what is left links into a program that has no allocator.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod error;
pub mod frame;
pub mod rules;
pub mod utf8;

pub use error::ProtocolError;
pub use frame::{CloseCode, MessageKind, Role};

#[cfg(feature = "std")]
pub mod adapter;
#[cfg(feature = "alloc")]
mod buffer;
#[cfg(feature = "alloc")]
mod closing;
#[cfg(feature = "alloc")]
mod config;
#[cfg(feature = "alloc")]
mod connection;
#[cfg(feature = "alloc")]
mod counters;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(all(feature = "std", any(doc, doctest)))]
pub mod guide;
#[cfg(feature = "alloc")]
pub mod handshake;
#[cfg(feature = "alloc")]
mod incoming;
#[cfg(feature = "alloc")]
mod outgoing;
#[cfg(feature = "alloc")]
mod reconnect;
#[cfg(feature = "std")]
mod seed;
#[cfg(feature = "alloc")]
mod timer;

/// The crate whose [`Buf`](bytes::Buf), [`Bytes`](bytes::Bytes) and [`BytesMut`](bytes::BytesMut) stand in
/// this one's signatures.
#[cfg(feature = "alloc")]
pub use bytes;
#[cfg(feature = "alloc")]
pub use closing::{CloseInformation, CloseStatus, ExpiredDeadline, Initiator, State};
#[cfg(feature = "alloc")]
pub use config::{Config, Delivery, Limits, Liveness, Timeouts};
#[cfg(feature = "alloc")]
pub use connection::{Connection, Parts};
#[cfg(feature = "alloc")]
pub use counters::Counters;
#[cfg(feature = "alloc")]
pub use error::SendError;
/// The crate whose requests and responses [`handshake::http`] is about.
#[cfg(feature = "http")]
pub use http;
#[cfg(feature = "alloc")]
pub use incoming::{Chunk, Close, Event, Incoming, Payload, Reply, Text, Utf8Bytes};
#[cfg(feature = "alloc")]
pub use outgoing::{Lent, MessageWriter, Outgoing, Output, Prepared, Transmit};
#[cfg(feature = "alloc")]
pub use reconnect::Backoff;
#[cfg(feature = "std")]
pub use seed::SeedError;

/// The examples of the README, of which one needs `tokio`.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../README.md")]
struct Readme;
