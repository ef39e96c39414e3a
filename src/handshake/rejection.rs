//! §4.2.2  A request that was not accepted, until its transport is closed.

use alloc::sync::Arc;
use core::fmt;
use core::mem::take;
use core::time::Duration;

use bytes::BytesMut;

use super::HandshakeError;
use super::answer::Answer;
use crate::timer::Clock;
use crate::{Config, State, Transmit};

/// A request that gets a response instead of a WebSocket.
///
/// The response is queued. Drive it to its end like a connection: transmit, half-close when
/// [`transmit`](Self::transmit) says `Shutdown`, and go on reading (what comes is discarded) until
/// [`state`](Self::state) is `Closed`.
#[must_use = "the response is queued only: transmit it"]
pub struct Rejection {
    config: Arc<Config>,
    answer: Answer,
    clock: Clock,
    status: u16,
    reason: Option<HandshakeError>,
}

impl Rejection {
    pub(crate) fn new(
        config: Arc<Config>,
        output: BytesMut,
        status: u16,
        reason: Option<HandshakeError>,
    ) -> Self {
        Self { config, answer: Answer::new(output), clock: Clock::default(), status, reason }
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Why the crate refused the request; `None` if the application rejected it.
    #[must_use]
    pub fn reason(&self) -> Option<HandshakeError> {
        self.reason
    }

    /// What to do next for the direction towards the peer.
    pub fn transmit(&mut self) -> Transmit<'_> {
        self.answer.transmit()
    }

    /// Says that `Shutdown` or `Abort` was carried out.
    pub fn transport_shut_down(&mut self) {
        self.answer.transport_shut_down();
    }

    /// Discards what the peer sent: nothing of it is read as another request.
    pub fn receive(&mut self, input: &mut &mut [u8]) {
        take(input);
    }

    /// Says that the peer has ended its direction.
    pub fn receive_eof(&mut self) {
        self.answer.receive_eof();
    }

    /// Does what is due at `now` and returns the next deadline.
    pub fn tick(&mut self, now: Duration) -> Option<Duration> {
        let now = self.clock.advance(now);
        self.answer.tick(now, &self.config.timeouts)
    }

    /// `Closing` until the response is transmitted and the peer has ended, or a deadline passed; then `Closed`.
    #[must_use]
    pub fn state(&self) -> State {
        self.answer.state()
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejection")
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("state", &self.state())
            .finish()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Some(reason) => write!(f, "rejected with status {}: {reason}", self.status),
            None => write!(f, "rejected with status {}", self.status),
        }
    }
}

impl core::error::Error for Rejection {}
