//! Closing well: how a connection ends, and what is known of it afterwards (§7).
//!
//! A WebSocket is over when both ends have sent a Close frame and then the transport has ended, the server first
//! (§7.1.1). [`close`] only begins that. The rest is done by the loop that drives the connection, if it is let go on:
//!
//! 1. One end calls [`close`]. Its Close goes out behind everything that is queued, and nothing more can be sent
//!    ([`SendError::Closed`]). The peer's messages are still delivered: it may have much under way.
//! 2. The other end gets [`Event::Close`]. Its answer, with the same code, is queued already.
//! 3. When its Close is out, [`transmit`] tells the server [`Transmit::Shutdown`]: half-close the transport and say
//!    so by [`transport_shut_down`]. The client is told nothing but `Idle`: it waits for the server's end.
//! 4. Each end reads the other's end: [`receive_eof`]. The state is [`State::Closed`], and the loop is over.
//!
//! From the first [`tick`] after a Close was queued [`Timeouts::close`] runs, 10 s. When it has passed, `transmit` says
//! [`Transmit::Abort`], whatever the peer does or leaves undone: closing ends, provided that `tick` is called.
//!
//! # All states
//!
//! Found by a test (`tests/state_diagram`) that tries each cause in each state through the public interface and every
//! frame in every state of [`rules::Sequence`]; it fails where this picture shows something else. A box says what is
//! done with what the peer sends and what `transmit` asks for, in this order. `State` tells `Open`,
//! `Closing` and `Closed`; the boxes inside of `Closing` are told apart by [`close_information`].
//!
#![doc = include_str!("../../docs/states.svg")]
//!
//! | State | [`close_information`] | What to do |
//! |---|---|---|
//! | Close sent | `received` is [`Abnormal`], no `error` | Read and write on. |
//! | Both Closes | `received` is what the peer said | Write; as a server half-close; read to the end. |
//! | Failed | `error`, or the `deadline` for the Pong | Write, half-close in either role, read to the end. |
//! | Aborting | whatever it was before; `deadline`, if one passed | Drop the transport, [`transport_shut_down`]. |
//! | Closed | complete, and it stays | Drop the transport. |
//!
//! # What is lost
//!
//! | What happens | Of what is queued | Of what the peer sent |
//! |---|---|---|
//! | `close` | nothing: the Close goes behind it | nothing, up to its Close |
//! | the peer's Close | nothing if the transport keeps up; else what is behind the next message boundary | what comes after its Close (§5.5.1) |
//! | a violation | nothing if the transport keeps up; else what is behind the next frame boundary | what comes after it (§7.1.7), and the message that is not complete |
//! | `receive_eof` without a Close | everything | the message that is not complete |
//! | `abort`, or a deadline that drops the transport | everything | the message that is not complete |
//!
//! "Keeps up": it has taken all the bytes that it was shown. What is queued since the last write, such as the answers
//! to the messages in front of the Close in the same read, goes out before ours. [`unsent`] tells what is not out yet,
//! but not what the peer has read: only the application's own acknowledgement does.
//!
//! # An orderly end, and three others
//!
//! ```
//! use std::time::Duration;
//! use bytes::Buf;
//! use websocket_proto::{
//!     CloseCode, CloseStatus, Config, Connection, Event, ExpiredDeadline, Initiator, ProtocolError,
//!     State, Transmit,
//! };
//!
//! /// Carries what one end writes to the other, and its end; the texts that were delivered.
//! fn carry(from: &mut Connection, to: &mut Connection) -> Vec<String> {
//!     let mut texts = Vec::new();
//!     loop {
//!         match from.transmit() {
//!             Transmit::Write(mut output) => {
//!                 let mut bytes = output.chunk().to_vec();
//!                 output.advance(bytes.len());
//!                 let mut input = &mut bytes[..];
//!                 // After a violation there is nothing left in the input.
//!                 while let Ok(Some(event)) = to.receive(&mut input) {
//!                     if let Event::Text(text) = event {
//!                         texts.push(text.to_string());
//!                     }
//!                 }
//!             }
//!             Transmit::Shutdown | Transmit::Abort => {
//!                 from.transport_shut_down();
//!                 to.receive_eof();
//!             }
//!             _ => return texts,
//!         }
//!     }
//! }
//!
//! fn pair() -> (Connection, Connection) {
//!     (Connection::client(Config::client(), [7; 32]), Connection::server(Config::server()))
//! }
//!
//! // 1. The client closes while the server has something under way: nothing is lost.
//! let (mut client, mut server) = pair();
//! server.send_text("the last news")?;
//! client.close(CloseCode::NORMAL, "done")?;
//! assert_eq!(client.state(), State::Closing);
//! carry(&mut client, &mut server);
//! assert_eq!(carry(&mut server, &mut client), ["the last news"]); // then its Close, and its end
//! assert_eq!(client.state(), State::Closed);
//! server.receive_eof(); // the client has dropped the transport
//! assert_eq!(server.state(), State::Closed);
//! let end = server.close_information().expect("closed");
//! assert!(end.clean);
//! assert_eq!((end.initiator, end.received.as_u16(), end.reason), (Initiator::Peer, 1000, "done"));
//!
//! // 2. The transport breaks.
//! let (mut client, _) = pair();
//! client.send_text("never sent")?;
//! client.receive_eof();
//! let end = client.close_information().expect("closed");
//! assert!(!end.clean);
//! assert_eq!((end.initiator, end.received), (Initiator::Transport, CloseStatus::Abnormal));
//!
//! // 3. The peer breaks a rule: a reserved opcode. It is told why, then the transport ends.
//! let (mut client, mut server) = pair();
//! let mut wrong = *b"\x83\x80\0\0\0\0";
//! assert_eq!(server.receive(&mut &mut wrong[..]), Err(ProtocolError::ReservedOpcode));
//! carry(&mut server, &mut client);
//! let end = client.close_information().expect("it was told");
//! assert_eq!((end.initiator, end.received.as_u16()), (Initiator::Peer, 1002));
//! let end = server.close_information().expect("it failed");
//! assert_eq!(end.error, Some(ProtocolError::ReservedOpcode));
//!
//! // 4. The peer does not answer our Close.
//! let (mut client, _) = pair();
//! client.close(CloseCode::GOING_AWAY, "")?;
//! while let Transmit::Write(mut output) = client.transmit() {
//!     let count = output.remaining();
//!     output.advance(count);
//! }
//! let mut now = Duration::ZERO;
//! while let Some(deadline) = client.tick(now) {
//!     now = deadline;
//! }
//! assert_eq!(now, Duration::from_secs(10));
//! assert!(matches!(client.transmit(), Transmit::Abort));
//! client.transport_shut_down();
//! let end = client.close_information().expect("closed");
//! assert_eq!((end.clean, end.deadline), (false, Some(ExpiredDeadline::Close)));
//! # Ok::<(), websocket_proto::SendError>(())
//! ```
//!
//! # Which code to send
//!
//! | Code | For |
//! |---|---|
//! | [1000](crate::CloseCode::NORMAL) | the purpose is fulfilled |
//! | [1001](crate::CloseCode::GOING_AWAY) | the server goes down, the page is left; the `idle` deadline sends it |
//! | [1008](crate::CloseCode::POLICY_VIOLATION) | a message against the application's rules, such as too many of them |
//! | [1011](crate::CloseCode::INTERNAL_ERROR) | a fault of one's own; the `pong` deadline sends it |
//! | [1012](crate::CloseCode::SERVICE_RESTART), [1013](crate::CloseCode::TRY_AGAIN_LATER) | come back, come back later |
//! | 4000 to 4999 ([`CloseCode::new`]) | what the two applications have agreed on (§7.4.2) |
//!
//! 1002, 1007 and 1009 are sent by the connection itself: [`ProtocolError::close_code`]. 1005 and 1006 are never on the
//! wire, and so no `CloseCode`, but a [`CloseStatus`]. A reason is at most 123 bytes; it is text for logs, chosen by
//! the peer.
//!
//! # A server that goes down
//!
//! Stop accepting; drop the handshakes that are in progress; call `close(CloseCode::GOING_AWAY, "")` on every
//! connection, and drive all of them until each is `Closed`. That takes at most [`Timeouts::close`]: set it to what the
//! supervisor of the process allows. A `close` that fails with [`SendError::Closed`] is of a connection that is ending
//! already. Clients that come back should wait a random time first: [`Backoff`] (§7.2.3).
//!
//! # What goes wrong
//!
//! * The transport is dropped right after `close`: the Close was only queued. The peer sees 1006, and so do
//!   its logs, retries and alarms.
//! * The transport is dropped when both Closes are through, with bytes unread in the socket: TCP then answers them by a
//!   reset, which can destroy our Close on its way (§7.1.1). Hence `Shutdown`, and reading on to the end.
//! * The application sends on after `close` and takes [`SendError::Closed`] for a fault. It is the normal end of
//!   whoever sends.
//! * `clean` is looked at before the state is `Closed`: it can still become true.
//! * 1000 is taken for "all was delivered". It says that the peer has meant to end; its last answer may be to none of
//!   the messages that were under way.
//!
//! [`Abnormal`]: crate::CloseStatus::Abnormal
//! [`Backoff`]: crate::Backoff
//! [`CloseCode::new`]: crate::CloseCode::new
//! [`CloseStatus`]: crate::CloseStatus
//! [`Event::Close`]: crate::Event::Close
//! [`ProtocolError::close_code`]: crate::ProtocolError::close_code
//! [`SendError::Closed`]: crate::SendError::Closed
//! [`State::Closed`]: crate::State::Closed
//! [`Timeouts::close`]: crate::Timeouts::close
//! [`Transmit::Abort`]: crate::Transmit::Abort
//! [`Transmit::Shutdown`]: crate::Transmit::Shutdown
//! [`close_information`]: crate::Connection::close_information
//! [`close`]: crate::Connection::close
//! [`receive_eof`]: crate::Connection::receive_eof
//! [`rules::Sequence`]: crate::rules::Sequence
//! [`tick`]: crate::Connection::tick
//! [`transmit`]: crate::Connection::transmit
//! [`transport_shut_down`]: crate::Connection::transport_shut_down
//! [`unsent`]: crate::Connection::unsent
