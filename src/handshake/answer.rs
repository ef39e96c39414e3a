//! §4.2.2  The one response that is not 101, and the end of the transport after it.
//!
//! ```text
//! Writing ── all transmitted, Shutdown ──► Draining ── end of the peer ──► Closed
//!    └──────────────── a deadline passed ──────┴──► Aborting ── Abort ──────┘
//! ```
//! Whatever the peer sends meanwhile is discarded: it is never read as another request.

use core::mem::take;
use core::time::Duration;

use bytes::{Buf, BytesMut};

use crate::timer::Deadline;
use crate::{Output, State, Timeouts, Transmit};

pub(crate) struct Answer {
    output: BytesMut,
    step: Step,
    deadline: Deadline,
    /// Bytes that were left when the deadline was asked for: fewer are progress.
    left: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Writing { peer_ended: bool },
    Draining,
    Aborting,
    Closed,
}

impl Answer {
    pub(crate) fn new(output: BytesMut) -> Self {
        Self {
            left: output.len(),
            output,
            step: Step::Writing { peer_ended: false },
            deadline: Deadline::ASKED,
        }
    }

    pub(crate) fn transmit(&mut self) -> Transmit<'_> {
        match self.step {
            Step::Writing { .. } if self.output.has_remaining() => {
                Transmit::Write(Output::plain(&mut self.output))
            }
            Step::Writing { peer_ended: false } => Transmit::Shutdown,
            Step::Aborting => Transmit::Abort,
            Step::Writing { peer_ended: true } | Step::Draining | Step::Closed => Transmit::Idle,
        }
    }

    pub(crate) fn transport_shut_down(&mut self) {
        self.output.clear();
        match self.step {
            Step::Writing { peer_ended: false } => {
                self.step = Step::Draining;
                self.deadline = Deadline::ASKED;
            }
            Step::Writing { peer_ended: true } | Step::Aborting => self.step = Step::Closed,
            Step::Draining | Step::Closed => {}
        }
    }

    pub(crate) fn receive_eof(&mut self) {
        self.step = match self.step {
            // The peer may have shut down its direction only, and still be waiting for the answer.
            Step::Writing { .. } if self.output.has_remaining() => {
                Step::Writing { peer_ended: true }
            }
            _ => Step::Closed,
        };
    }

    pub(crate) fn tick(&mut self, now: Duration, timeouts: &Timeouts) -> Option<Duration> {
        let after = match self.step {
            _ if self.state() == State::Closed => return None,
            Step::Writing { .. } if self.output.has_remaining() => timeouts.write_stall,
            Step::Writing { .. } | Step::Draining => timeouts.close,
            Step::Aborting | Step::Closed => return None,
        };
        if self.output.len() != self.left {
            self.left = self.output.len();
            self.deadline = Deadline::ASKED;
        }
        self.deadline.arm(now, after);
        if self.deadline.is_due(now) {
            take(&mut self.output);
            self.step = Step::Aborting;
            return None;
        }
        self.deadline.time()
    }

    pub(crate) fn state(&self) -> State {
        match self.step {
            Step::Writing { peer_ended: true } if !self.output.has_remaining() => State::Closed,
            Step::Closed => State::Closed,
            _ => State::Closing,
        }
    }
}
