//! Limits and hostile peers: what a peer can make us hold and do, and what is left to the application (§10.4).
//!
//! Two rules carry most of it. Memory grows by bytes received, never by lengths announced: a header that promises 16
//! MiB costs nothing until they come. And everything that queues has a bound. All limits are fields of [`Config`],
//! inclusive, with defaults that a public server can start with; `SECURITY.md` in the repository has the whole table,
//! what is promised and by which test.
//!
//! # Which to change
//!
//! | Setting | Default | Lower it | Raise it |
//! |---|---|---|---|
//! | [`max_message_size`], [`max_frame_size`] | 16 MiB | nearly always: to the largest message of your protocol | for uploads; but see [`Delivery::Chunks`], which assembles nothing |
//! | [`max_write_buffer`] | 1 MiB | with many slow readers | when single messages should queue behind large ones; one message of any size fits an empty queue |
//! | [`max_fragments`] | 131,072 | if messages are small | no |
//! | [`ping_interval`], [`pong`](crate::Timeouts::pong) | 30 s and 20 s (a client: no Pings) | where a dead peer has to be noticed sooner | for phones on battery, and a million connections |
//! | [`idle`] | off | set it where silence means that nobody is there | - |
//! | [`write_stall`] | 30 s | where each connection holds much output | for links that stop for minutes |
//! | [`close`](crate::Timeouts::close) | 10 s | where a restart has to be quick | no |
//! | [`handshake`](crate::Timeouts::handshake) | 10 s | behind a proxy that has the head already | for clients on slow links |
//!
//! The sum of it, for one connection: 1.5 × `max_message_size` for what is assembled, 2 × `max_write_buffer` for what
//! is queued, 16 KiB for control frames, and 512 KiB for compression if it was agreed on: less than 27 MiB with the
//! defaults, most of which the peer has to send or to leave unread. With 64 KiB for both limits it is less than 0.25
//! MiB without compression. Multiply by the number of connections that you admit; the crate does not bound that.
//!
//! # What hostile peers do
//!
//! | The peer | What happens to it |
//! |---|---|
//! | announces a huge frame | Close 1009 from the header alone (§7.4.1) |
//! | sends a message over the limit in small fragments | Close 1009 with the fragment that exceeds it |
//! | sends fragments without end, or empty ones | Close 1008 |
//! | sends Pings without end and reads nothing | 32 Pongs wait, the oldest is dropped for one more (§5.5.3) |
//! | asks much and reads nothing | [`SendError::Full`], [`is_full`]; after 30 s without a byte taken [`Transmit::Abort`] |
//! | sends a head slowly, or one without an end | 408 after 10 s, 431 over 16 KiB |
//! | falls silent | a Ping after 30 s, Close 1011 20 s later, `Abort` after 10 s more |
//! | sends half a message and answers Pings | nothing: a message may take its time. Bound it by a timer of yours |
//! | does not answer our Close, or goes on sending | `Abort` after 10 s |
//! | sends text that is not UTF-8 | Close 1007 at the first wrong byte (§8.1) |
//! | sends a few bytes that inflate to a gigabyte | Close 1009 at the first byte over the limit: [compression](super::compression) |
//! | sends without a pause | it is read; see that the others have their turn: one read for each, then the next connection |
//!
//! Each deadline is one of [`tick`]: who does not call it has none of them, and who does not carry out `Abort` keeps
//! the connection.
//!
//! ```
//! use std::time::Duration;
//! use bytes::Buf;
//! use websocket_proto::handshake::{HandshakeError, Server};
//! use websocket_proto::{
//!     Config, Connection, ExpiredDeadline, ProtocolError, SendError, State, Transmit,
//! };
//!
//! /// A chat: no message of more than 4 KiB, no more than 16 KiB of output for who does not read.
//! fn config() -> Config {
//!     let mut config = Config::server();
//!     config.limits.max_message_size = 4 * 1024;
//!     config.limits.max_frame_size = 4 * 1024;
//!     config.limits.max_fragments = 16;
//!     config.limits.max_write_buffer = 16 * 1024;
//!     config
//! }
//!
//! /// Has the connection receive these bytes.
//! fn receive(connection: &mut Connection, bytes: &[u8]) -> Result<(), ProtocolError> {
//!     let mut bytes = bytes.to_vec();
//!     let mut input = &mut bytes[..];
//!     while connection.receive(&mut input)?.is_some() {}
//!     Ok(())
//! }
//!
//! /// All that is written, as a driver would.
//! fn write(connection: &mut Connection) {
//!     while let Transmit::Write(mut output) = connection.transmit() {
//!         let count = output.remaining();
//!         output.advance(count);
//!     }
//! }
//!
//! // A frame of 1 GiB is refused by its header, with nothing allocated for it.
//! let mut connection = Connection::server(config());
//! let error = receive(&mut connection, b"\x82\xFF\0\0\0\0\x40\0\0\0\0\0\0\0").unwrap_err();
//! assert_eq!((error, error.close_code().as_u16()), (ProtocolError::FrameTooLarge, 1009));
//!
//! // One byte in each fragment, more fragments than are allowed.
//! let mut connection = Connection::server(config());
//! receive(&mut connection, b"\x02\x81\0\0\0\0.")?;
//! let error = receive(&mut connection, &b"\x00\x81\0\0\0\0.".repeat(16)).unwrap_err();
//! assert_eq!((error, error.close_code().as_u16()), (ProtocolError::TooManyFragments, 1008));
//!
//! // A thousand Pings, and nobody reads the Pongs.
//! let mut connection = Connection::server(config());
//! receive(&mut connection, &b"\x89\x84\0\0\0\0ping".repeat(1000))?;
//! assert_eq!(connection.unsent(), 32 * (2 + 4));
//!
//! // Questions without end whose answers nobody reads.
//! let mut connection = Connection::server(config());
//! let answer = "x".repeat(1000);
//! let has_room = |_: &u32| connection.send_text(&answer) != Err(SendError::Full);
//! let queued = (0..).take_while(has_room).count();
//! assert_eq!(queued, 16);
//! assert!(connection.is_full()); // so its questions are not read any more
//!
//! // Silence: a Ping, no Pong, our Close, no answer.
//! let mut connection = Connection::server(config());
//! let mut now = Duration::ZERO;
//! while let Some(deadline) = connection.tick(now) {
//!     write(&mut connection);
//!     // A driver half-closes here, once the connection has failed and its Close is written.
//!     if matches!(connection.transmit(), Transmit::Shutdown) {
//!         connection.transport_shut_down();
//!     }
//!     now = connection.tick(now).unwrap_or(deadline);
//! }
//! assert_eq!(now, Duration::from_secs(30 + 20 + 10));
//! assert!(matches!(connection.transmit(), Transmit::Abort));
//! let end = connection.close_information().expect("it ends");
//! assert_eq!(end.deadline, Some(ExpiredDeadline::Pong)); // the reason is the first that passed
//!
//! // A head that never ends.
//! let mut server = Server::new(config());
//! let deadline = server.tick(Duration::ZERO).expect("a deadline");
//! let _ = server.receive(&mut &mut b"GET /chat HTTP/1.1\r\nX: ".to_vec()[..])?;
//! server.tick(deadline);
//! assert_eq!(deadline, Duration::from_secs(10));
//! assert_eq!(server.error(), Some(HandshakeError::Timeout));
//! assert!(matches!(server.transmit(), Transmit::Write(_))); // the 408
//! assert_eq!(server.state(), State::Closing);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is left to the application
//!
//! 1. **The number of connections**, of all and of one address, and how quickly they come: refuse before the handshake,
//!    or by a [`Rejection`] with 429 or 503.
//! 2. **Who it is**: before `accept`. An `Origin` is no authentication; see [handshakes](super::handshakes).
//! 3. **What a message costs**: rates, parsers, queries. 1008 is the code for who overdoes it.
//! 4. **What is kept of messages.** A borrowed payload is gone with the read buffer. What is turned into [`Bytes`] or
//!    [`Utf8Bytes`] lives as long as the application has it, and is in no limit.
//! 5. **What is queued elsewhere.** A channel between the task that reads and the one that writes needs a bound of its
//!    own, or it takes the place of `max_write_buffer`.
//! 6. **Broadcasts**: [`SendError::Full`] is of one receiver. Skip the message for it, or close it with 1008; do not
//!    wait for it with the others behind.
//! 7. **Text of the peer's** (close reasons, headers): escaped in logs, `{:?}` and not `{}`.
//!
//! [`Bytes`]: bytes::Bytes
//! [`Config`]: crate::Config
//! [`Delivery::Chunks`]: crate::Delivery::Chunks
//! [`Rejection`]: crate::handshake::Rejection
//! [`SendError::Full`]: crate::SendError::Full
//! [`Transmit::Abort`]: crate::Transmit::Abort
//! [`Utf8Bytes`]: crate::Utf8Bytes
//! [`idle`]: crate::Timeouts::idle
//! [`is_full`]: crate::Connection::is_full
//! [`max_fragments`]: crate::Limits::max_fragments
//! [`max_frame_size`]: crate::Limits::max_frame_size
//! [`max_message_size`]: crate::Limits::max_message_size
//! [`max_write_buffer`]: crate::Limits::max_write_buffer
//! [`ping_interval`]: crate::Timeouts::ping_interval
//! [`tick`]: crate::Connection::tick
//! [`write_stall`]: crate::Timeouts::write_stall
