//! Embedding in another runtime: a driver from the first line to the last.
//!
//! There are adapters for blocking streams and for tokio, and examples for mio (`event_loop`), smol and io_uring. For
//! anything else (a game loop, a kernel-bypass stack, an RTOS with its own sockets) the driver is yours: about a
//! hundred lines. First see which of two kinds the runtime is of:
//!
//! | | Readiness (epoll, mio, smol) | Completion (io_uring, IOCP, DMA) |
//! |---|---|---|
//! | Reading | when it says so, into one buffer for all | the buffer belongs to the operation until it is done |
//! | Writing | [`transmit`], write, [`advance`] by what was taken | [`take_output`], one operation at a time; the rest of a short one again |
//! | The write-stall deadline | kept by [`tick`] | what was taken counts as transmitted: yours to watch |
//! | [`is_full`] | ask for no readiness to read | start no read; one that is under way may still complete: keep what it brings |
//! | [`Shutdown`] | at once | when the writes that are under way are done |
//! | [`Abort`] | drop the socket | cancel what is under way, then drop it |
//!
//! # A driver for completions
//!
//! The runtime here is invented, as small as can be: operations go in, completions come out, and time is a number. The
//! driver neither blocks nor knows of sockets, so that it can be tested as it stands. Its two methods are called in
//! turns, whatever happens:
//!
//! ```text
//!  runtime ── Read, Written ──▶ complete(..) ─┐
//!     ▲    ── timeout ────────────────────────┴▶ submit(now) ─┐
//!     └─────── Read, Write, ShutDown, Timeout, Drop ──────────┘
//! ```
//!
//! ```
//! use std::collections::VecDeque;
//! use std::time::Duration;
//! use bytes::{Buf, Bytes};
//! use websocket_proto::{
//!     CloseCode, Config, Connection, Event, SendError, State, Transmit, Utf8Bytes,
//! };
//!
//! /// What the runtime is asked for. Of each kind one at a time.
//! enum Operation {
//!     Read,
//!     Write(Bytes),
//!     ShutDown,
//!     /// To be called at this time, if nothing happens before.
//!     Timeout(Duration),
//!     Drop,
//! }
//!
//! enum Completion {
//!     /// What has arrived; nothing: the end.
//!     Read(Vec<u8>),
//!     /// How many bytes were taken.
//!     Written(usize),
//! }
//!
//! /// The application: an answer to each text, which is refused if there is no room for it.
//! type Application = fn(&mut Connection, &str) -> Result<(), SendError>;
//!
//! struct Driver {
//!     connection: Connection,
//!     application: Application,
//!     write_stall: Option<Duration>,
//!     is_reading: bool,
//!     /// What the runtime is to write of what was taken, and since when it has got nowhere.
//!     taken: Bytes,
//!     writing_since: Option<Duration>,
//!     /// Input that waits for room in the output, in front of it a text whose answer does.
//!     backlog: Vec<u8>,
//!     refused: Option<Utf8Bytes>,
//!     /// The peer's end, behind the backlog.
//!     has_ended: bool,
//!     is_dropped: bool,
//! }
//!
//! impl Driver {
//!     fn new(connection: Connection, config: &Config, application: Application) -> Self {
//!         Self {
//!             connection,
//!             application,
//!             write_stall: config.timeouts.write_stall,
//!             is_reading: false,
//!             taken: Bytes::new(),
//!             writing_since: None,
//!             backlog: Vec::new(),
//!             refused: None,
//!             has_ended: false,
//!             is_dropped: false,
//!         }
//!     }
//!
//!     /// Something is done.
//!     fn complete(&mut self, completion: Completion) {
//!         if self.is_dropped {
//!             return; // what was cancelled may be done all the same
//!         }
//!         match completion {
//!             Completion::Read(bytes) => {
//!                 self.is_reading = false;
//!                 self.has_ended = bytes.is_empty();
//!                 self.backlog.extend(bytes);
//!             }
//!             Completion::Written(count) => {
//!                 self.taken.advance(count);
//!                 self.writing_since = None;
//!             }
//!         }
//!     }
//!
//!     /// Does what can be done, and says what the runtime is to do.
//!     fn submit(&mut self, now: Duration) -> Vec<Operation> {
//!         let mut operations = Vec::new();
//!         if self.is_dropped {
//!             return operations;
//!         }
//!         self.receive();
//!         self.connection.tick(now); // does what is due
//!         if self.stalls_at().is_some_and(|at| at <= now) {
//!             self.connection.abort();
//!         }
//!         if let Transmit::Abort = self.connection.transmit() {
//!             // `Drop` follows, and cancels what is under way.
//!             self.connection.transport_shut_down();
//!             (self.taken, self.writing_since) = (Bytes::new(), None);
//!         }
//!
//!         if self.writing_since.is_none() {
//!             if self.taken.is_empty() {
//!                 self.taken = self.connection.take_output().unwrap_or_default();
//!             }
//!             if !self.taken.is_empty() {
//!                 self.writing_since = Some(now);
//!                 operations.push(Operation::Write(self.taken.clone()));
//!             } else if let Transmit::Shutdown = self.connection.transmit() {
//!                 self.connection.transport_shut_down();
//!                 operations.push(Operation::ShutDown);
//!             } else if self.connection.state() == State::Closed {
//!                 // Not before the last bytes are out: the answer to a Close may be among them.
//!                 self.is_dropped = true;
//!                 return vec![Operation::Drop];
//!             }
//!         }
//!         if !self.is_reading && !self.has_ended && !self.is_stuck() {
//!             self.is_reading = true;
//!             operations.push(Operation::Read);
//!         }
//!         // Last of all: whatever was done before may have moved the deadline.
//!         let deadline = self.connection.tick(now).into_iter().chain(self.stalls_at()).min();
//!         operations.extend(deadline.map(Operation::Timeout));
//!         operations
//!     }
//!
//!     /// When the runtime has been writing for too long. What was taken counts as transmitted:
//!     /// that it is not stuck is ours to see.
//!     fn stalls_at(&self) -> Option<Duration> {
//!         Some(self.writing_since? + self.write_stall?)
//!     }
//!
//!     /// Whether input has to wait for room in the output.
//!     fn is_stuck(&self) -> bool {
//!         self.refused.is_some() || !self.backlog.is_empty() || self.connection.is_full()
//!     }
//!
//!     /// Takes the input, up to the first text whose answer finds no room.
//!     fn receive(&mut self) {
//!         while !self.connection.is_full() {
//!             if let Some(text) = self.refused.take() {
//!                 if (self.application)(&mut self.connection, &text) == Err(SendError::Full) {
//!                     self.refused = Some(text);
//!                     return;
//!                 }
//!             }
//!             if self.backlog.is_empty() {
//!                 break;
//!             }
//!             let mut backlog = std::mem::take(&mut self.backlog);
//!             let mut input = &mut backlog[..];
//!             // What is behind a violation is discarded; its Close is queued.
//!             while let Ok(Some(event)) = self.connection.receive(&mut input) {
//!                 if let Event::Text(text) = event {
//!                     if (self.application)(&mut self.connection, &text) == Err(SendError::Full) {
//!                         self.refused = Some(text.into_utf8_bytes());
//!                         self.backlog = input.to_vec();
//!                         break;
//!                     }
//!                 }
//!             }
//!         }
//!         if self.has_ended && self.refused.is_none() && self.backlog.is_empty() {
//!             self.connection.receive_eof();
//!         }
//!     }
//! }
//!
//! /// One end as the invented runtime sees it: what is to be done, and what is on the way to it.
//! struct End {
//!     driver: Driver,
//!     reads: bool,
//!     write: Option<Bytes>,
//!     timeout: Option<Duration>,
//!     inbound: VecDeque<u8>,
//!     inbound_ends: bool,
//! }
//!
//! /// Runs two ends of a line that holds 100 bytes each way. Time passes when nothing else does.
//! fn run(ends: &mut [End; 2]) -> Duration {
//!     let mut now = Duration::ZERO;
//!     while ends.iter().any(|end| !end.driver.is_dropped) {
//!         let mut is_idle = true;
//!         for at in [0, 1] {
//!             let (left, right) = ends.split_at_mut(1);
//!             let (mut end, mut peer) = (&mut left[0], &mut right[0]);
//!             if at == 1 {
//!                 std::mem::swap(&mut end, &mut peer);
//!             }
//!             end.timeout = None;
//!             for operation in end.driver.submit(now) {
//!                 is_idle &= matches!(operation, Operation::Timeout(_));
//!                 match operation {
//!                     Operation::Read => end.reads = true,
//!                     Operation::Write(bytes) => end.write = Some(bytes),
//!                     Operation::ShutDown | Operation::Drop => peer.inbound_ends = true,
//!                     Operation::Timeout(at) => end.timeout = Some(at),
//!                 }
//!             }
//!             if let Some(bytes) = end.write.take_if(|_| peer.inbound.len() < 100) {
//!                 let count = bytes.len().min(100 - peer.inbound.len());
//!                 peer.inbound.extend(&bytes[..count]);
//!                 end.driver.complete(Completion::Written(count));
//!                 is_idle = false;
//!             }
//!             if end.reads && (!end.inbound.is_empty() || end.inbound_ends) {
//!                 end.reads = false;
//!                 end.driver.complete(Completion::Read(end.inbound.drain(..).collect()));
//!                 is_idle = false;
//!             }
//!         }
//!         if is_idle {
//!             now = ends.iter().filter_map(|end| end.timeout).min().expect("something to wait for");
//!         }
//!     }
//!     now
//! }
//!
//! fn end(connection: Connection, config: &Config, application: Application) -> End {
//!     let driver = Driver::new(connection, config, application);
//!     let inbound = VecDeque::new();
//!     End { driver, reads: false, write: None, timeout: None, inbound, inbound_ends: false }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (for_client, mut for_server) = (Config::client(), Config::server());
//! for_server.limits.max_write_buffer = 60; // so that it is full now and then
//! let mut client = Connection::client_from_os(for_client.clone())?;
//! for number in 0..50 {
//!     client.send_text(&format!("question {number}"))?;
//! }
//! let server = Connection::server(for_server.clone());
//! let mut ends = [
//!     end(client, &for_client, |connection, text| match text {
//!         "question 49" => connection.close(CloseCode::NORMAL, ""),
//!         _ => Ok(()),
//!     }),
//!     end(server, &for_server, |connection, text| connection.send_text(text)),
//! ];
//! let ended = run(&mut ends);
//! assert!(ended < Duration::from_secs(1), "nothing had to wait for a deadline");
//! for end in &ends {
//!     let information = end.driver.connection.close_information().expect("closed");
//!     assert!(information.clean, "{information:?}");
//! }
//! assert_eq!(ends[1].driver.connection.received().frames, 50 + 1); // and the Close
//! assert_eq!(ends[0].driver.connection.received().frames, 50 + 1);
//!
//! // An end that is never heard of again: its line fills, and the other gives it up.
//! let mut connection = Connection::server(for_server.clone());
//! connection.send_text(&"x".repeat(1000))?;
//! let mut alone = end(connection, &for_server, |_, _| Ok(())).driver;
//! let mut now = Duration::ZERO;
//! while !alone.is_dropped {
//!     let timeout = alone.submit(now).into_iter().find_map(|operation| match operation {
//!         Operation::Timeout(at) => Some(at),
//!         _ => None,
//!     });
//!     now = timeout.unwrap_or(now);
//! }
//! assert_eq!(now, Duration::from_secs(30));
//! alone.complete(Completion::Written(7)); // it was under way when everything was dropped
//! # Ok(())
//! # }
//! ```
//!
//! # What is left
//!
//! * **The handshake.** [`Server`], [`Client`] and [`Rejection`] have the same methods: an `enum` of the stages and one
//!   driver over it, as `peer.rs` of `event_loop` and of `io_uring` have. The cursor goes on from one stage to the
//!   next.
//! * **Errors of the transport.** Both directions are gone: [`receive_eof`], then [`transport_shut_down`].
//! * **Two tasks.** [`Connection::split`] gives [`Incoming`] and [`Outgoing`] to one each. What has to be answered is
//!   carried over as a [`Reply`], in order; once [`Outgoing::ignores_peer`], the other half is to [`stop`].
//! * **Cancellation.** Nothing is lost by dropping a future between two calls: `transmit` says the same again. What
//!   `take_output` gave is the exception: whoever took it has to write it.
//! * **Fairness.** One read for each connection, then the next one; a peer that sends without a pause is never idle.
//! * **Tests.** The five steps have no clock and no socket, and neither has this driver: play it against itself with
//!   short reads and writes, failing ones, and time that jumps.
//!
//! For readiness `submit` becomes: read once if there is something and not [`is_full`]; `receive`; `transmit` until the
//! socket takes no more; `tick` last of all; then wait for what is missing. That is `Peer::drive` in `event_loop`.
//!
//! [`Abort`]: crate::Transmit::Abort
//! [`Client`]: crate::handshake::Client
//! [`Connection::split`]: crate::Connection::split
//! [`Incoming`]: crate::Incoming
//! [`Outgoing::ignores_peer`]: crate::Outgoing::ignores_peer
//! [`Outgoing`]: crate::Outgoing
//! [`Rejection`]: crate::handshake::Rejection
//! [`Reply`]: crate::Reply
//! [`Server`]: crate::handshake::Server
//! [`Shutdown`]: crate::Transmit::Shutdown
//! [`advance`]: bytes::Buf::advance
//! [`is_full`]: crate::Connection::is_full
//! [`receive_eof`]: crate::Connection::receive_eof
//! [`stop`]: crate::Incoming::stop
//! [`take_output`]: crate::Connection::take_output
//! [`tick`]: crate::Connection::tick
//! [`transmit`]: crate::Connection::transmit
//! [`transport_shut_down`]: crate::Connection::transport_shut_down
