//! Driving the machine: five steps between a transport and a [`Connection`].
//!
//! A [`Connection`] has no socket, no clock and no thread. A driver has these and does five things, in a loop:
//!
//! ```text
//!      ┌──────────────────────────────────────────────────────────────────────────────┐
//!      ▼                                                                              │
//!   wait for bytes, for room to write, or until the deadline                          │
//!      │ bytes                   │ the peer's end           │ room, or time            │
//!      ▼                         ▼                          │                          │
//!   1 receive(&mut input)     5 receive_eof()               │                          │
//!      ▼                         │                          │                          │
//!   2 event ──▶ application      │                          │                          │
//!      │        send, close      │                          │                          │
//!      └─────────────────────────┴────────────┬─────────────┘                          │
//!                                             ▼                                        │
//!   4 tick(now) ──▶ 3 transmit() ─┬─ Write ────▶ write, advance(count); 4 and 3 again  │
//!      │                          ├─ Shutdown ─▶ half-close, say so; 4 and 3 again     │
//!      ▼                          ├─ Abort ────▶ drop the transport, say so; the end   │
//!   the deadline                  └─ Idle ─────────────────────────────────────────────┘
//! ```
//!
//! | Step | Calls | Rule |
//! |---|---|---|
//! | 1 Bytes in | [`receive`] | Give it all that was read, call it until `None`. It keeps nothing that you would have to keep for it. |
//! | 2 Events | [`Event`] | Answer while you hold it: it borrows the read buffer, not the connection. |
//! | 3 Bytes out | [`transmit`] | Write, [`advance`] by what the transport took, ask again. |
//! | 4 Time | [`tick`] | Once before each wait. Wait no longer than the deadline that it returns. |
//! | 5 The end | [`receive_eof`], [`transport_shut_down`] | Say that the peer's direction has ended; say that yours has. |
//!
//! The order is yours: every method may be called at every moment. The loop ends when [`state`] is
//! [`Closed`](crate::State::Closed), not when the application has had enough: [closing](super::closing) takes a few
//! more turns.
//!
//! # A complete driver
//!
//! For sockets that block, with a thread for each connection. (Where nothing may block, the same steps stand in
//! another order: [embedding](super::embedding).) The handshake is left out here, it has [a page](super::handshakes).
//!
//! ```
//! use std::io::{self, ErrorKind, Read, Write};
//! use std::net::{Shutdown, TcpListener, TcpStream};
//! use std::thread;
//! use std::time::{Duration, Instant};
//!
//! use bytes::Buf;
//! use websocket_proto::{CloseCode, Config, Connection, Event, SendError, State, Transmit};
//!
//! /// Drives a connection to its end. `application` gets each event, and once more for each time
//! /// that there was no room for its answer.
//! fn drive(
//!     connection: &mut Connection,
//!     mut socket: TcpStream,
//!     mut application: impl FnMut(&mut Connection, &Event<'_>) -> Result<(), SendError>,
//! ) -> io::Result<()> {
//!     let start = Instant::now();
//!     let mut buffer = vec![0; 16 * 1024];
//!     loop {
//!         let wait = write_out(connection, &mut socket, start)?;
//!         if connection.state() == State::Closed {
//!             return Ok(());
//!         }
//!         socket.set_read_timeout(wait)?;
//!         match socket.read(&mut buffer) {
//!             Ok(0) => connection.receive_eof(), // step 5
//!             Ok(count) => {
//!                 let mut input = &mut buffer[..count];
//!                 loop {
//!                     match connection.receive(&mut input) { // step 1
//!                         Ok(Some(event)) => { // step 2
//!                             while application(connection, &event) == Err(SendError::Full) {
//!                                 write_out(connection, &mut socket, start)?;
//!                             }
//!                         }
//!                         Ok(None) => break,
//!                         // Its Close is queued. On with the loop: it writes that.
//!                         Err(violation) => eprintln!("the peer broke a rule: {violation}"),
//!                     }
//!                 }
//!             }
//!             Err(error) if is_timeout(&error) => {}
//!             Err(_) => broken(connection),
//!         }
//!     }
//! }
//!
//! /// Writes all that there is, and says how long to wait at most.
//! fn write_out(
//!     connection: &mut Connection,
//!     socket: &mut TcpStream,
//!     start: Instant,
//! ) -> io::Result<Option<Duration>> {
//!     loop {
//!         let deadline = connection.tick(start.elapsed()); // step 4
//!         // Zero would mean to wait for ever.
//!         let wait = deadline
//!             .map(|at| at.saturating_sub(start.elapsed()).max(Duration::from_millis(1)));
//!         match connection.transmit() { // step 3
//!             Transmit::Write(mut output) => {
//!                 // Or a peer that does not read would hold the thread past every deadline.
//!                 socket.set_write_timeout(wait)?;
//!                 match socket.write(output.chunk()) {
//!                     Ok(count) => output.advance(count),
//!                     Err(error) if is_timeout(&error) => {}
//!                     Err(_) => broken(connection),
//!                 }
//!             }
//!             Transmit::Shutdown => {
//!                 socket.shutdown(Shutdown::Write)?;
//!                 connection.transport_shut_down();
//!             }
//!             Transmit::Abort => {
//!                 let _: io::Result<()> = socket.shutdown(Shutdown::Both);
//!                 connection.transport_shut_down();
//!             }
//!             _ => return Ok(wait), // Idle
//!         }
//!     }
//! }
//!
//! /// A reset is the end of both directions.
//! fn broken(connection: &mut Connection) {
//!     connection.receive_eof();
//!     connection.transport_shut_down();
//! }
//!
//! fn is_timeout(error: &io::Error) -> bool {
//!     matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//!
//! let server = thread::spawn(move || -> io::Result<Connection> {
//!     let (socket, _) = listener.accept()?;
//!     let mut connection = Connection::server(Config::server());
//!     drive(&mut connection, socket, |connection, event| match event {
//!         Event::Text(text) => connection.send_text(text),
//!         Event::Binary(data) => connection.send_binary(data),
//!         _ => Ok(()), // what has to be answered is answered
//!     })?;
//!     Ok(connection)
//! });
//!
//! let mut client = Connection::client_from_os(Config::client())?;
//! client.send_text("hello")?;
//! let mut echoed = String::new();
//! drive(&mut client, TcpStream::connect(address)?, |connection, event| match event {
//!     Event::Text(text) => {
//!         echoed.push_str(text);
//!         connection.close(CloseCode::NORMAL, "done")
//!     }
//!     _ => Ok(()),
//! })?;
//!
//! assert_eq!(echoed, "hello");
//! assert!(client.close_information().expect("it is closed").clean);
//! let server = server.join().expect("no panic")?;
//! assert_eq!(server.close_information().expect("it is closed").reason, "done");
//! # Ok(())
//! # }
//! ```
//!
//! It does one thing at a time: to a peer that takes more than 20 s for what is being written it looks as if the Pong
//! had not come, though that may be waiting in the socket. The blocking adapter looks there first.
//!
//! # Mistakes
//!
//! | Mistake | What happens | Instead |
//! |---|---|---|
//! | No [`tick`], or not before each wait | Nothing times out, no Ping goes out, buffers are kept. With an old deadline it is late, since any call may have moved it. | Last before the wait, with what has arrived read before: a Pong that still waits in the socket has not come. |
//! | A clock that can jump | A jump ahead passes all deadlines at once. (One back does nothing: the latest time counts.) | `Instant`, and one origin for the life of the connection. |
//! | To return on `Err` of [`receive`] | The peer is never told why (§7.1.7): the Close is queued, not written. | Go on with the loop; `transmit` says `Shutdown` when the Close is out. |
//! | To drop the socket at [`Event::Close`] | Our answer stays queued, and the peer reports 1006. | The loop ends at [`State::Closed`]. |
//! | `advance` by what was offered | What the transport did not take is missing, and the peer reads the middle of a frame as a header. | By what it took. |
//! | To hold [`Output`] from one attempt to the next (across an `await`) | Nothing can be received or queued meanwhile. Who copies its bytes to get around that sends them twice or lets nothing overtake them. | Ask again at each attempt: it shows the same bytes, or a Pong first. [`take_output`] gives bytes to keep. |
//! | To look at the `chunk` of an [`Output`] without writing it | Bytes that were looked at and not taken count as stuck: the answer to a Close or a violation then drops what is queued behind the next boundary. | [`unsent`] tells how much there is. |
//! | To ignore [`Transmit::Shutdown`] | The peer waits for our end, and we for the close deadline: 10 s for each connection (§7.1.1). | Half-close, [`transport_shut_down`], read on until the peer's end. |
//! | To ignore [`Transmit::Abort`] | `tick` has no deadline any more: the connection stays for ever. | Drop the transport, [`transport_shut_down`]. |
//! | Writes that block without a time limit | A peer that does not read holds the thread, and the write-stall deadline is never looked at. | A limit on the write, or a socket that does not block. |
//! | To take [`SendError::Full`] for the end | A peer that is only slow is dropped. | Nothing was queued: keep the message, write, send it again. |
//! | To read on while [`is_full`] | Answers that have no room pile up in the application, at the peer's pleasure. | Do not read until it is `false`: TCP then slows the peer down. |
//! | To drop what stands behind the handshake | The peer's first frames are lost, and the next byte is read as a header. | Pass the same cursor on: [handshakes](super::handshakes). |
//! | No [`receive_eof`] at the end or a reset | A server finds out by its Ping, after 30 and 20 s; a client, which sends none by default, never. | At `read` of 0 and at each error of the transport. |
//!
//! # Two ends that both wait
//!
//! Who stops reading at [`is_full`] lets the peer wait with its writing. If the peer does the same, and both have
//! queued more than the transport holds, each waits for the other to read. Nothing is wrong with either, and nothing
//! moves until the write-stall deadline passes: then both connections are lost.
//!
//! ```
//! use std::time::Duration;
//! use bytes::Buf;
//! use websocket_proto::{Config, Connection, ExpiredDeadline, SendError, Transmit};
//!
//! let mut connection = Connection::server(Config::server());
//! let part = vec![0; 100 * 1024];
//! while connection.send_binary(&part) != Err(SendError::Full) {}
//! assert!(connection.is_full());
//!
//! // The socket takes some of it; then it is as full as the peer's.
//! let Transmit::Write(mut output) = connection.transmit() else { panic!("it is queued") };
//! output.advance(200 * 1024);
//! assert!(connection.is_full(), "until half of the limit is transmitted");
//!
//! let mut now = Duration::ZERO;
//! while let Some(deadline) = connection.tick(now) {
//!     now = deadline; // and nothing happened until then
//! }
//! assert_eq!(now, Duration::from_secs(30));
//! assert!(matches!(connection.transmit(), Transmit::Abort));
//! let end = connection.close_information().expect("it ends");
//! assert_eq!(end.deadline, Some(ExpiredDeadline::WriteStall));
//! ```
//!
//! It takes two ends that each send much without waiting for the other. Any of these prevents it:
//!
//! * Read in one task and write in another: [`Connection::split`], and `split` of both adapters. The one that reads
//!   must then not wait for room in the output.
//! * Let no more be under way than the two ends have room for: so many requests without an answer, or a
//!   [`max_write_buffer`](crate::Limits::max_write_buffer) that holds all that one end ever queues at once.
//! * Read on while the output is full, but queue nothing more, as the tokio adapter does: whoever sends waits for room
//!   in the call that sends. What is read meanwhile must go somewhere that is bounded.
//!
//! [`Connection`]: crate::Connection
//! [`Connection::split`]: crate::Connection::split
//! [`Event`]: crate::Event
//! [`Event::Close`]: crate::Event::Close
//! [`Output`]: crate::Output
//! [`SendError::Full`]: crate::SendError::Full
//! [`State::Closed`]: crate::State::Closed
//! [`Transmit::Abort`]: crate::Transmit::Abort
//! [`Transmit::Shutdown`]: crate::Transmit::Shutdown
//! [`advance`]: bytes::Buf::advance
//! [`is_full`]: crate::Connection::is_full
//! [`receive_eof`]: crate::Connection::receive_eof
//! [`receive`]: crate::Connection::receive
//! [`state`]: crate::Connection::state
//! [`take_output`]: crate::Connection::take_output
//! [`tick`]: crate::Connection::tick
//! [`transmit`]: crate::Connection::transmit
//! [`transport_shut_down`]: crate::Connection::transport_shut_down
//! [`unsent`]: crate::Connection::unsent
