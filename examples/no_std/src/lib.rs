//! A WebSocket without the standard library and without an allocator: buffers of a fixed size, from `heapless`.
//!
//! The frame layer of the crate takes frames apart and knows which may follow which. What an allocator would be
//! used for is done here, in two parts to copy:
//!
//! ```text
//! incoming.rs   bytes from the peer ──▶ messages, put together in a buffer of MESSAGE bytes
//! outgoing.rs   messages, Pongs, the Close ──▶ bytes for the peer, in a buffer of OUTPUT bytes
//! ```
//!
//! `Incoming` answers by itself what the protocol wants answered: a Ping by a Pong, a Close by a Close, a violation
//! by a Close with the right code, and a message that does not fit by 1009.
//!
//! ```
//! use no_std_example::{Event, Incoming, Outgoing};
//! use websocket_proto::{MessageKind, Role};
//!
//! /// What an interrupt, a modem or a network stack calls with the bytes that came.
//! fn received<const M: usize, const O: usize>(
//!     mut bytes: &mut [u8],
//!     incoming: &mut Incoming<M>,
//!     outgoing: &mut Outgoing<O>,
//! ) {
//!     while let Ok(Some(event)) = incoming.receive(&mut bytes, outgoing) {
//!         match event {
//!             Event::Text("led on") => {} // ...
//!             // An event borrows `incoming` alone: answer while you hold it.
//!             Event::Text(text) => drop(outgoing.send(MessageKind::Text, text.as_bytes())),
//!             Event::Binary(_) | Event::Close(_) => {}
//!         }
//!     }
//! }
//!
//! let mut incoming = Incoming::<256>::new(Role::Server);
//! let mut outgoing = Outgoing::<512>::server();
//! let mut bytes = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; // "Hello" (§5.7)
//! received(&mut bytes, &mut incoming, &mut outgoing);
//! assert_eq!(outgoing.bytes(), b"\x81\x05Hello");
//! outgoing.advance(7); // as many as the transport has taken
//! ```
//!
//! To drive it:
//!
//! * Write `Outgoing::bytes`, and `advance` by as many as were taken.
//! * Do not read while `Outgoing::is_full`.
//! * Once `Outgoing::is_over` and all is written, a server ends the transport; a client waits until the server has,
//!   for a time that your timer knows.
//!
//! There is no clock in here, and no opening handshake: both are your network stack's. `cargo test` runs it on the
//! host, against the crate's own `Connection`.
#![no_std]

mod incoming;
mod outgoing;

pub use incoming::{Event, Incoming};
pub use outgoing::{Outgoing, Refused};
