//! Performance: where the time goes, and which call saves it.
//!
//! With small messages it goes into system calls, with large ones into copies. Both are decided by the driver and by
//! the choice of a method. What is left are nanoseconds:
//!
//! | One operation, in memory, of a server | Nanoseconds |
//! |---|---|
//! | receive a binary message of 16 bytes, 125 bytes, 64 KiB | 25.8, 46.0, 3,806 |
//! | send one of 16 bytes, 125 bytes (queued, then written together), 64 KiB (lent) | 10.3, 11.3, 35.2 |
//! | send one of 16 bytes and write it alone, to a transport that costs nothing | 27.2 |
//! | echo one of 16 bytes, 1 KiB | 24.8, 100 |
//! | opening handshake | 1,056 |
//! | prepared broadcast of 256 bytes, for each receiver | 44.3 |
//!
//! (`cargo run --release --manifest-path benches/peers/Cargo.toml --bin memory -- --rounds 15`, on the machine that
//! `BENCHMARKS.md` describes. Single figures differ by a tenth and more; ratios within one run count. That page also
//! says where another crate is ahead.) A system call that reads or writes a socket takes longer than any of the small
//! ones.
//!
//! # One write for everything that one read caused
//!
//! Receive all that a read has brought, answer into the queue, and write once, just before waiting. With small
//! messages a write for each answer costs many times what the answer does.
//!
//! ```
//! use std::io::{self, IoSlice, Write};
//! use bytes::{Buf, Bytes};
//! use websocket_proto::{Config, Connection, Event, MessageKind, Transmit};
//!
//! /// A socket that counts how often it is written to.
//! #[derive(Default)]
//! struct Socket {
//!     writes: usize,
//!     slices: usize,
//! }
//!
//! impl Write for Socket {
//!     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
//!         self.write_vectored(&[IoSlice::new(bytes)])
//!     }
//!     fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
//!         self.writes += 1;
//!         self.slices += slices.len();
//!         Ok(slices.iter().map(|slice| slice.len()).sum())
//!     }
//!     fn flush(&mut self) -> io::Result<()> {
//!         Ok(())
//!     }
//! }
//!
//! /// All that is queued, in as few writes as there can be.
//! fn write_out(connection: &mut Connection, socket: &mut Socket) -> io::Result<()> {
//!     while let Transmit::Write(mut output) = connection.transmit() {
//!         let mut slices = [IoSlice::new(&[]); 16];
//!         let filled = output.chunks_vectored(&mut slices);
//!         let count = socket.write_vectored(&slices[..filled])?;
//!         output.advance(count);
//!     }
//!     Ok(())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // 64 messages that came in one read.
//! let read = b"\x81\x85\0\0\0\0hello".repeat(64);
//! for (flush_each, writes) in [(true, 64), (false, 1)] {
//!     let mut connection = Connection::server(Config::server());
//!     let mut socket = Socket::default();
//!     let mut read = read.clone();
//!     let mut input = &mut read[..];
//!     while let Some(event) = connection.receive(&mut input)? {
//!         // Taken apart where it was received: to hand an event on costs as much as to receive a
//!         // short one.
//!         if let Event::Text(text) = event {
//!             connection.send_text(&text)?;
//!         }
//!         if flush_each {
//!             write_out(&mut connection, &mut socket)?;
//!         }
//!     }
//!     write_out(&mut connection, &mut socket)?;
//!     assert_eq!(socket.writes, writes);
//! }
//!
//! // Large payloads that are shared are not copied: they are written from where they are.
//! let mut connection = Connection::server(Config::server());
//! let mut socket = Socket::default();
//! let page = Bytes::from(vec![b'x'; 64 * 1024]);
//! for _ in 0..3 {
//!     connection.send_shared(MessageKind::Binary, &page)?;
//!     connection.send_text("and a small one")?;
//! }
//! let Transmit::Write(output) = connection.transmit() else { panic!("there is much to write") };
//! let mut slices = [IoSlice::new(&[]); 16];
//! let filled = output.chunks_vectored(&mut slices);
//! assert!(slices[..filled].iter().any(|slice| slice.as_ptr() == page.as_ptr()));
//! write_out(&mut connection, &mut socket)?;
//! // A header and its payload three times, and the last text: in one write.
//! assert_eq!((socket.writes, socket.slices), (1, 7));
//! # Ok(())
//! # }
//! ```
//!
//! With the tokio adapter `feed` does this by itself: 64 messages in flight on 32 connections take 0.031 calls per
//! message (`... --bin sockets -- --no-memory --row "64 in flight" --only batched --rounds 15`).
//!
//! # Which method
//!
//! | To send | Use | Copies of the payload |
//! |---|---|---|
//! | something small | [`send_text`], [`send_binary`] | one, into the output |
//! | [`Bytes`] of 4 KiB and more, as a server | [`send_shared`], [`send_shared_text`] | none: referenced |
//! | a large slice that is yours for this call only, as a server | [`lend_binary`], [`lend_text`] | none of what the socket takes at once |
//! | the same to many | [`Prepared`] | none above 512 bytes |
//! | what comes to be piece by piece | [`message`], [`fragment`] | one |
//! | as a client | any: masking is a copy (§5.3) | one |
//!
//! | To receive | Use | Copies |
//! |---|---|---|
//! | messages that fit into a read | [`Delivery::Messages`], the default | none: unmasked in the read buffer and lent |
//! | messages over several reads or fragments | the same | one, fused with unmasking |
//! | data that is passed on | [`Delivery::Chunks`] | none, at any size, if it is not compressed |
//! | messages to keep | [`Payload::into_bytes`], `Text::into_utf8_bytes` | one if it was lent |
//!
//! A small [`Bytes`] is cheaper copied than referenced, and [`send_shared`] does so below
//! [`Config::reference_threshold`]. Text costs what binary does as long as it is ASCII; else its
//! validation is a pass of its own.
//!
//! # The read buffer
//!
//! One for each thread, and large. Messages that end in the buffer that they began in are not copied. For echoing 64
//! KiB, with raw TCP's CPU time as 1 (its buffer of 64 KiB), `BENCHMARKS.md` has:
//!
//! | Read buffer | 16 KiB | 32 KiB | 64 KiB | 128 KiB | 256 KiB |
//! |---|---|---|---|---|---|
//! | CPU | 1.49 | 1.35 | 1.23 | 1.14 | 0.98 |
//!
//! The adapters read 16 KiB at a time, which does for small messages. Let the buffer begin some cache lines into its
//! page (`event_loop` skews it by 64 bytes): to copy between places at the same offset of a page is slow on some
//! machines.
//!
//! # In the loop
//!
//! * [`tick`] once before each wait, not for each message: between two calls the clock is not read.
//! * `TCP_NODELAY` on: what is written together leaves together, and nothing waits for an acknowledgement.
//! * Give the sockets to the poller once, for both directions, edge-triggered; and one read for each connection in
//!   turn.
//! * A client's masking keys come from a cryptographic generator and cost some nanoseconds for each frame: fewer and
//!   larger messages, if there are many small ones.
//! * [Compression](super::compression) costs more than everything else here.
//! * Measured is `lto = "thin"` with `codegen-units = 1`. [`receive`] is made to be compiled into the caller's loop.
//!
//! # Measuring
//!
//! `cargo bench` times the paths of the core; `.ci/instructions` counts their instructions, the same on a busy machine.
//! Compare with `memcpy` or raw TCP in the same run, and look at the number of system calls first.
//!
//! [`Bytes`]: bytes::Bytes
//! [`Config::reference_threshold`]: crate::Config::reference_threshold
//! [`Delivery::Chunks`]: crate::Delivery::Chunks
//! [`Delivery::Messages`]: crate::Delivery::Messages
//! [`Payload::into_bytes`]: crate::Payload::into_bytes
//! [`Prepared`]: crate::Prepared
//! [`fragment`]: crate::Connection::fragment
//! [`lend_binary`]: crate::Connection::lend_binary
//! [`lend_text`]: crate::Connection::lend_text
//! [`message`]: crate::Connection::message
//! [`receive`]: crate::Connection::receive
//! [`send_binary`]: crate::Connection::send_binary
//! [`send_shared_text`]: crate::Connection::send_shared_text
//! [`send_shared`]: crate::Connection::send_shared
//! [`send_text`]: crate::Connection::send_text
//! [`tick`]: crate::Connection::tick
