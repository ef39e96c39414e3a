//! Memory at a million connections: what each one costs, and what the driver has to do to keep it so.
//!
//! | Of one connection | Bytes |
//! |---|---|
//! | [`Connection`], in both roles and with all features | at most 384, asserted when the crate is compiled |
//! | heap of an idle one | 0 before any message was assembled or queued; at most 1 KiB after any traffic, once [`release_after`] has passed |
//! | that agreed on [compression](super::compression) with context takeover | the windows: up to 32 KiB for each direction |
//! | a handshake in progress | the head as far as it has come, at most [`max_head_size`] + 1 KiB |
//! | a message that is being assembled | what has come of it, 1.5 times while its buffer grows |
//! | what is queued | at most twice [`max_write_buffer`], or twice a single message, which fits an empty queue |
//!
//! Measured over sockets, resident bytes for each of 5,000 connections, without the kernel's part (`cargo run --release
//! --manifest-path benches/peers/Cargo.toml --bin sockets -- --memory`; the table with all contenders is in
//! `BENCHMARKS.md`):
//!
//! | | after the handshake | 2 s after a message of 64 KiB on each |
//! |---|---|---|
//! | raw TCP | 46 | 53 |
//! | this crate, the example `event_loop` | 621 | 737 |
//! | fastwebsockets | 6,136 | 79,891 |
//! | tokio-websockets | 7,159 | 76,850 |
//! | tungstenite | 4,432 | 196,963 |
//!
//! On tokio an idle connection takes 1,828 bytes beyond a bare `TcpStream` (the same program with `--connections 10000
//! --only tokio-tungstenite --only tokio-websockets --only fastwebsockets`). `.ci/idle` holds `event_loop` to 1,024
//! bytes of heap for each of 10,000 connections.
//!
//! # Why there is no read buffer, and who has it
//!
//! A connection keeps no bytes that it was given but the first of an incomplete header, at most 14, and one control
//! frame. So the read buffer is the driver's, and since [`receive`] always takes all of it, one serves all connections
//! of a thread. A message that does not fit into one read is assembled, in a buffer that
//! the connection frees when it has gone unused.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use bytes::Buf;
//! use websocket_proto::{Config, Connection, Event, Prepared, ProtocolError, Transmit};
//!
//! /// What a socket would do: fills the buffer.
//! fn read(buffer: &mut [u8], wire: &[u8]) -> usize {
//!     buffer[..wire.len()].copy_from_slice(wire);
//!     wire.len()
//! }
//!
//! fn receive(connection: &mut Connection, mut input: &mut [u8]) -> Result<usize, ProtocolError> {
//!     let mut messages = 0;
//!     while let Some(event) = connection.receive(&mut input)? {
//!         messages += usize::from(matches!(event, Event::Text(_) | Event::Binary(_)));
//!     }
//!     Ok(messages)
//! }
//!
//! // One configuration, one read buffer.
//! let mut config = Config::server();
//! config.timeouts.ping_interval = Some(Duration::from_secs(300));
//! let config = Arc::new(config);
//! let mut buffer = vec![0; 64 * 1024];
//! let mut connections: Vec<_> = (0..10_000).map(|_| Connection::server(config.clone())).collect();
//! assert!(size_of::<Connection>() <= 384);
//! for connection in &mut connections {
//!     let count = read(&mut buffer, b"\x81\x85\0\0\0\0hello");
//!     assert_eq!(receive(connection, &mut buffer[..count])?, 1); // lent out of the buffer
//! }
//!
//! // A message over three reads is assembled. The `tick` that is due a second later frees its buffer.
//! let one = &mut connections[0];
//! let count = read(&mut buffer, b"\x82\xFE\x10\x00\0\0\0\0");
//! receive(one, &mut buffer[..count])?;
//! for _ in 0..2 {
//!     let count = read(&mut buffer, &[7; 2048]);
//!     receive(one, &mut buffer[..count])?;
//! }
//! let release = one.tick(Duration::ZERO).expect("a deadline");
//! assert_eq!(release, Duration::from_secs(1));
//! // From then on there is nothing to wake up for but the next Ping.
//! assert_eq!(one.tick(release), Some(Duration::from_secs(300)));
//!
//! // One message to all: each connection references the payload, and none copies it.
//! let news = Prepared::text("x".repeat(100_000));
//! for connection in &mut connections {
//!     connection.send_prepared(&news).expect("open, and not full");
//! }
//! let Transmit::Write(output) = connections[0].transmit() else { panic!("it is queued") };
//! assert_eq!(output.remaining(), 10 + 100_000);
//! # Ok::<(), ProtocolError>(())
//! ```
//!
//! # What a driver does for it
//!
//! | Do | Or else |
//! |---|---|
//! | Read into one buffer for each thread. With completions, let the kernel pick from a ring of buffers, as the example `io_uring` does. | 16 KiB for each connection are 16 GB for a million. |
//! | Call [`tick`] when its deadline has come, also where nothing else happens. | Every connection keeps the buffers that it once needed. |
//! | Put [`Config`] into an `Arc` once. | Each connection has a copy on the heap. |
//! | Keep the deadlines in one list or wheel, 8 bytes each; be late by some milliseconds rather than move one for each message (`alarms.rs` of `event_loop`). | A timer of the runtime is one more allocation for each connection, and has to be moved. |
//! | Box what is rarely there: a message that waits for room, the handshake. | Every connection pays for the largest variant. |
//! | Drop [`Established::response`] and what came of the [`Request`] when they are read. | A head of a kilobyte stays for the life of the connection. |
//! | Lower [`max_message_size`] and [`max_write_buffer`] to what you need. | The worst case of all at once is what has to fit: [limits](super::limits). |
//! | Use [`Delivery::Chunks`] to pass data on. | Large messages are assembled that nobody looks at whole. |
//! | Queue one [`Prepared`] for many receivers. | A copy for each slow one. |
//!
//! [`Payload::into_bytes`] copies what is lent, and what is owned if its buffer is more than twice as large: a short
//! message that is kept does not keep a large buffer. The assembly buffer is used again once what was made of it is
//! dropped.
//!
//! # Buffers that stay for a while
//!
//! Up to 16 KiB are kept between messages, a larger buffer from the second message on that needs it, both until they
//! have gone unused for [`release_after`]; more than [`retain`] (4 MiB) never is. So a large message alone leaves
//! nothing, and a stream of them allocates nothing. Set `release_after` to zero to have buffers freed as soon as they
//! are idle, or to a minute where memory is plenty and traffic comes in bursts.
//!
//! # Time at a million
//!
//! [`Config::server`] pings each connection every 30 s: a million are 33,333 Pings a second, and as many Pongs. With 300 s
//! it is a tenth. What it costs is that a peer that has vanished is noticed after 320 s instead of 50, and that
//! something on the way (a NAT, a proxy) may forget a connection that is silent for longer than it likes.
//!
//! After a restart all clients come back. [`Backoff`] spreads those that use it (§7.2.3); the server refuses what it
//! cannot take before the handshake, or by 503.
//!
//! [`Backoff`]: crate::Backoff
//! [`Config::server`]: crate::Config::server
//! [`Config`]: crate::Config
//! [`Connection`]: crate::Connection
//! [`Delivery::Chunks`]: crate::Delivery::Chunks
//! [`Established::response`]: crate::handshake::Established::response
//! [`Payload::into_bytes`]: crate::Payload::into_bytes
//! [`Prepared`]: crate::Prepared
//! [`Request`]: crate::handshake::Request
//! [`max_head_size`]: crate::Limits::max_head_size
//! [`max_message_size`]: crate::Limits::max_message_size
//! [`max_write_buffer`]: crate::Limits::max_write_buffer
//! [`receive`]: crate::Connection::receive
//! [`release_after`]: crate::Timeouts::release_after
//! [`retain`]: crate::Limits::retain
//! [`tick`]: crate::Connection::tick
