//! §4.2  The opening handshake of a server.

use alloc::sync::Arc;
use core::fmt;
use core::mem::take;
use core::time::Duration;

use super::answer::Answer;
use super::head_collector::{HeadCollector, HeadKind};
use super::request::RequestParts;
use super::response::render;
use super::{HandshakeError, Request};
use crate::timer::{Clock, Deadline};
use crate::{Config, State, Transmit};

/// The opening handshake of a server, from the first byte to the [`Request`] (§4.2).
///
/// ```text
///          receive                       accept ──► Connection
/// Server ───────────► Request ────────┤
///    │                                   reject ──► Rejection
///    └─ Err: its HTTP answer is queued: transmit, Shutdown, read to the end
/// ```
///
/// The bytes behind the head stay in the caller's cursor: they are for the `Connection`.
///
/// ```
/// use bytes::Buf;
/// use websocket_proto::handshake::{Acceptance, Server};
/// use websocket_proto::{Config, Transmit};
///
/// let mut received = *b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
///     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
///     Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";
/// let mut input = received.as_mut_slice();
///
/// let mut server = Server::new(Config::server());
/// let request = server.receive(&mut input)?.expect("a complete head");
/// assert_eq!(request.path(), "/chat");
///
/// let mut connection = request.accept(&Acceptance::new().subprotocols(["superchat"]))?;
/// assert_eq!(connection.subprotocol(), Some("superchat"));
/// let Transmit::Write(output) = connection.transmit() else { panic!("the 101 is queued") };
/// assert!(output.chunk().starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server {
    config: Arc<Config>,
    progress: Progress,
    deadline: Deadline,
    clock: Clock,
    error: Option<HandshakeError>,
}

enum Progress {
    Head(HeadCollector),
    Answering(Answer),
    /// A request was handed over, or the peer ended first.
    Over,
}

impl Server {
    /// A server for one transport, about to receive.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        Self {
            config: config.into(),
            progress: Progress::Head(HeadCollector::new(HeadKind::Request)),
            deadline: Deadline::ASKED,
            clock: Clock::default(),
            error: None,
        }
    }

    /// Takes bytes of the head off the input; `None` if there have to be more.
    ///
    /// Once it has yielded the request it takes no more: what is left of the input is for the connection.
    /// After an error everything is discarded.
    ///
    /// # Errors
    /// [`HandshakeError`], once: the HTTP answer with [`HandshakeError::status`] is queued and the input
    /// is emptied. A request that does not name websocket in `Upgrade` is no error, but a request with
    /// [`Request::is_upgrade`] false.
    pub fn receive(&mut self, input: &mut &mut [u8]) -> Result<Option<Request>, HandshakeError> {
        let head = match &mut self.progress {
            Progress::Head(collector) => {
                collector.receive_request(&self.config.limits, input, RequestParts::read)
            }
            Progress::Answering(_) => {
                take(input);
                return Ok(None);
            }
            Progress::Over => {
                if self.error.is_some() {
                    take(input);
                }
                return Ok(None);
            }
        };
        match head {
            Ok(None) => Ok(None),
            Ok(Some((head, parts))) => {
                self.progress = Progress::Over;
                Ok(Some(Request::new(head, parts, self.config.clone())))
            }
            Err(error) => {
                take(input);
                self.fail(error);
                Err(error)
            }
        }
    }

    /// Says that the peer has ended its direction. A request that is not complete never will be.
    pub fn receive_eof(&mut self) {
        match &mut self.progress {
            Progress::Head(_) => {
                self.error = Some(HandshakeError::ConnectionEnded);
                self.progress = Progress::Over;
            }
            Progress::Answering(answer) => answer.receive_eof(),
            Progress::Over => {}
        }
    }

    /// What to do next for the direction towards the peer: the answer to a request in error, if there is one.
    pub fn transmit(&mut self) -> Transmit<'_> {
        match &mut self.progress {
            Progress::Answering(answer) => answer.transmit(),
            Progress::Head(_) | Progress::Over => Transmit::Idle,
        }
    }

    /// Says that `Shutdown` or `Abort` was carried out.
    pub fn transport_shut_down(&mut self) {
        if let Progress::Answering(answer) = &mut self.progress {
            answer.transport_shut_down();
        }
    }

    /// Does what is due at `now` and returns the next deadline; call it before each wait.
    ///
    /// When [`Timeouts::handshake`](crate::Timeouts::handshake) has passed since the first call, 408 is
    /// queued, however busily the client sends.
    pub fn tick(&mut self, now: Duration) -> Option<Duration> {
        let now = self.clock.advance(now);
        if let Progress::Head(_) = self.progress {
            self.deadline.arm(now, self.config.timeouts.handshake);
            if !self.deadline.is_due(now) {
                return self.deadline.time();
            }
            self.fail(HandshakeError::Timeout);
        }
        match &mut self.progress {
            Progress::Answering(answer) => answer.tick(now, &self.config.timeouts),
            Progress::Head(_) | Progress::Over => None,
        }
    }

    /// `Open` until the head is complete; then `Closed` if a request was handed over, else `Closing` until the answer
    /// is transmitted and the peer has ended.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.progress {
            Progress::Head(_) => State::Open,
            Progress::Answering(answer) => answer.state(),
            Progress::Over => State::Closed,
        }
    }

    /// What went wrong, if anything did; also what [`receive`](Self::receive) could not tell: a deadline, the
    /// peer's end.
    #[must_use]
    pub fn error(&self) -> Option<HandshakeError> {
        self.error
    }

    fn fail(&mut self, error: HandshakeError) {
        let status = error.status().unwrap_or(400);
        let output = render(status, error.answer_header(), &[], &[], false);
        self.progress = Progress::Answering(Answer::new(output));
        self.error = Some(error);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not what has arrived: there are cookies and credentials in it.
        f.debug_struct("Server")
            .field("state", &self.state())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
