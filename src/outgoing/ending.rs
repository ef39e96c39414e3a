//! §5.5.1 §7  The closing handshake, failures, deadlines and the end of the transport.
//!
//! ```text
//!                close()                    peer's Close
//!   Open ─────────────────────▶ CloseSent ─────────────────▶ BothClosed ──┐
//!    │ │  peer's Close (answered)                               ▲         │ EOF
//!    │ └────────────────────────────────────────────────────────┘         ▼
//!    │ violation, no Pong                                    EOF
//!    ├─────────────────────────▶ Failed ───────────────────────────────▶ Closed
//!    │ abort(), deadline                           transport_shut_down()  ▲
//!    └─────────────────────────▶ Aborting ────────────────────────────────┘
//! ```
//!
//! A Close that answers one, or a violation, makes haste only where the peer does not read: bytes that
//! the transport was shown and did not take are what it would have to wait for. What was queued since the
//! last write, such as the answers to the messages in front of the Close, goes out before it.

use alloc::boxed::Box;
use core::time::Duration;

use bytes::Bytes;

use super::outbox::Outbox;
use super::{Outgoing, Output, Transmit};
use crate::buffer::KEPT;
use crate::closing::{CloseInformation, CloseRecord, ExpiredDeadline, Initiator, State};
use crate::frame::{CloseCode, MAX_CONTROL_PAYLOAD, Opcode};
use crate::incoming::{React, Reply};
use crate::timer::{Due, Situation};
use crate::{Liveness, ProtocolError};

/// How far the end of the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// Our Close is queued; the peer's has not come.
    CloseSent,
    /// Both Closes are queued or received. `half`: one direction of the transport has ended.
    BothClosed {
        half: Half,
    },
    /// We failed the connection: our Close is queued, and the peer is not listened to any more.
    Failed {
        half: Half,
    },
    /// The transport is to be dropped. `clean`: the closing handshake had been completed.
    Aborting {
        clean: bool,
    },
    /// The transport has ended.
    Closed {
        clean: bool,
    },
}

/// Which direction of the transport has ended while the other goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    None,
    /// Ours: it was shut down for writing.
    Sending,
    /// The peer's.
    Receiving,
}

impl Outgoing {
    /// See [`Connection::transmit`](crate::Connection::transmit).
    #[inline]
    pub fn transmit(&mut self) -> Transmit<'_> {
        match self.phase {
            Phase::Aborting { .. } => Transmit::Abort,
            Phase::Closed { .. } => Transmit::Idle,
            _ if !self.outbox.is_empty() => Transmit::Write(Output::frames(self)),
            // §7.1.1: the server ends the transport first; after a failure, whoever failed it.
            Phase::BothClosed { half: Half::None } if self.keys.is_none() => Transmit::Shutdown,
            Phase::Failed { half: Half::None } => Transmit::Shutdown,
            _ => Transmit::Idle,
        }
    }

    /// See [`Connection::take_output`](crate::Connection::take_output).
    pub fn take_output(&mut self) -> Option<Bytes> {
        let taken = self.draining(Outbox::take)?;
        self.transport_took(taken.len());
        Some(taken)
    }

    /// See [`Connection::transport_shut_down`](crate::Connection::transport_shut_down).
    pub fn transport_shut_down(&mut self) {
        match &mut self.phase {
            Phase::BothClosed { half: half @ Half::None } if self.keys.is_none() => {
                *half = Half::Sending;
            }
            Phase::Failed { half: half @ Half::None } => *half = Half::Sending,
            Phase::Failed { half: Half::Sending } | Phase::BothClosed { half: Half::Sending } => {}
            _ => {
                self.begin(Initiator::Transport);
                self.end();
            }
        }
        if matches!(self.phase, Phase::BothClosed { .. } | Phase::Failed { .. }) {
            // What was not transmitted never will be.
            self.drop_output();
        }
    }

    /// The peer will send no more (§7.1.4). What is queued is dropped, unless the peer's Close was
    /// received: then our answer may still be transmitted.
    pub fn receive_eof(&mut self) {
        self.begin(Initiator::Transport);
        match &mut self.phase {
            Phase::BothClosed { half: half @ Half::None } if !self.outbox.is_empty() => {
                *half = Half::Receiving;
            }
            Phase::BothClosed { half: Half::Receiving } => {}
            _ => self.end(),
        }
    }

    /// See [`Connection::abort`](crate::Connection::abort).
    pub fn abort(&mut self) {
        if !matches!(self.phase, Phase::Closed { .. } | Phase::Aborting { .. }) {
            self.begin(Initiator::Local);
            self.phase = Phase::Aborting { clean: self.is_clean() };
            self.end_compression();
            self.outbox.clear();
        }
    }

    /// Gives up a transport that keeps what it took: that it does, only the driver knows.
    #[cfg(feature = "tokio")]
    pub(crate) fn transport_stalled(&mut self) {
        self.abort();
        self.expired(ExpiredDeadline::WriteStall);
    }

    /// Has the peer's doings take effect here: the other half's
    /// [`take_reply`](crate::Incoming::take_reply). In order, once each.
    pub fn apply(&mut self, reply: Reply) {
        if reply.heard {
            self.heard();
        }
        let end = reply.end;
        reply.carry_out(self);
        if end {
            self.receive_eof();
        }
    }

    /// See [`Connection::tick`](crate::Connection::tick).
    pub fn tick(&mut self, now: Duration) -> Option<Duration> {
        if matches!(self.phase, Phase::Closed { .. } | Phase::Aborting { .. }) {
            return None;
        }
        let situation = self.situation();
        self.timer.observe(now, self.config.liveness, situation);
        while let Some(due) = self.due(now) {
            match due {
                Due::Abort(deadline) => {
                    self.abort();
                    self.expired(deadline);
                }
                Due::Idle => {
                    self.begin_close(Some(CloseCode::GOING_AWAY), "idle");
                    self.expired(ExpiredDeadline::Idle);
                }
                Due::NoPong => {
                    self.fail(CloseCode::INTERNAL_ERROR, "no pong");
                    self.expired(ExpiredDeadline::Pong);
                }
                Due::Ping(payload) => {
                    // One that has to be answered by name waits for that; the others could pile up.
                    let answered = self.config.timeouts.pong.is_some()
                        && self.config.liveness == Liveness::MatchingPong;
                    if answered || self.has_room_for_control(payload.len()) {
                        self.push_control(Opcode::Ping, &payload, usize::MAX);
                    }
                }
                // What is in use now is asked about again when the transport takes some of it.
                Due::Release => {
                    self.outbox.release();
                    self.recurring = false;
                    self.release_compression();
                }
            }
        }
        if matches!(self.phase, Phase::Closed { .. } | Phase::Aborting { .. }) {
            return None;
        }
        let situation = self.situation();
        self.timer.arm(now, &self.config.timeouts, situation)
    }

    fn due(&mut self, now: Duration) -> Option<Due> {
        let situation = self.situation();
        self.timer.fire(now, &self.config.timeouts, situation)
    }

    /// See [`Connection::state`](crate::Connection::state).
    #[must_use]
    pub const fn state(&self) -> State {
        match self.phase {
            Phase::Open => State::Open,
            Phase::Closed { .. } => State::Closed,
            _ => State::Closing,
        }
    }

    /// See [`Connection::close_information`](crate::Connection::close_information).
    #[must_use]
    pub fn close_information(&self) -> Option<CloseInformation<'_>> {
        self.record.as_ref().map(|record| record.information(self.is_clean()))
    }

    /// The latest time that a `tick` saw, this one included (T-GN-03).
    pub(crate) fn now(&mut self, now: Duration) -> Duration {
        self.timer.now(now)
    }

    #[inline]
    pub(crate) fn heard(&mut self) {
        self.timer.heard();
    }

    /// Whether nothing that the peer sends matters any more: its Close came, or the connection has failed
    /// or ended. The receiving half of a [split](crate::Connection::split) connection is then to
    /// [stop](crate::Incoming::stop).
    #[must_use]
    pub const fn ignores_peer(&self) -> bool {
        !matches!(self.phase, Phase::Open | Phase::CloseSent)
    }

    /// The transport took `count` bytes of the output.
    #[inline]
    pub(super) fn transmitted(&mut self, count: usize) {
        let taken = self.draining(|outbox, retain| outbox.advance(count, retain));
        self.transport_took(taken);
    }

    /// Takes from the output, with the capacity up to which its buffer is kept if it is drained.
    #[inline]
    fn draining<T>(&mut self, take: impl FnOnce(&mut Outbox, usize) -> T) -> T {
        let retain = self.config.limits.retain;
        if self.outbox.capacity() <= KEPT {
            return take(&mut self.outbox, retain);
        }
        let retain = if self.recurring { retain } else { retain.min(KEPT) };
        let taken = take(&mut self.outbox, retain);
        self.recurring |= self.outbox.is_empty();
        taken
    }

    #[inline]
    pub(super) fn transport_took(&mut self, count: usize) {
        self.counters.add_bytes(count);
        if count > 0 {
            self.timer.progressed();
        }
        self.refused = self.refused && self.is_half_full(0);
        if self.outbox.unsent_control() == 0 {
            self.timer.control_drained();
        }
        if self.outbox.is_empty() {
            *self.shown.get_mut() = false;
            if let Phase::BothClosed { half: Half::Receiving } = self.phase {
                self.end();
            }
        }
    }

    /// Whether there are, with `more` bytes, more than half as many as the output may have.
    #[inline]
    pub(super) fn is_half_full(&self, more: usize) -> bool {
        self.outbox.weight().saturating_add(more) > self.config.limits.max_write_buffer / 2
    }

    /// Whether the transport was shown bytes that it did not take.
    fn is_backed_up(&mut self) -> bool {
        *self.shown.get_mut()
    }

    /// Queues our Close behind everything else (§7.1.2).
    pub(super) fn begin_close(&mut self, code: Option<CloseCode>, reason: &str) {
        self.begin(Initiator::Local);
        self.phase = Phase::CloseSent;
        self.push_close(code, reason);
    }

    /// Queues our Close (§7.1.7): behind everything if the transport keeps up, else at the next frame
    /// boundary, and the rest is dropped.
    fn fail(&mut self, code: CloseCode, reason: &str) {
        match self.phase {
            Phase::Open => {
                self.begin(Initiator::Local);
                if self.is_backed_up() {
                    self.outbox.cut_at_frame();
                }
                self.push_close(Some(code), reason);
            }
            // One Close goes out in a connection's life (§5.5.1), and it is queued already.
            Phase::CloseSent => self.move_close_up(),
            _ => return,
        }
        self.phase = Phase::Failed { half: Half::None };
    }

    fn push_close(&mut self, code: Option<CloseCode>, reason: &str) {
        let mut body = [0; MAX_CONTROL_PAYLOAD];
        let mut size = 0;
        if let Some(code) = code {
            let content = code.as_u16().to_be_bytes().into_iter().chain(reason.bytes());
            for (place, byte) in body.iter_mut().zip(content) {
                *place = byte;
                size += 1;
            }
        }
        self.end_compression();
        self.push(Opcode::Close, true, body.get(..size).unwrap_or_default());
        self.timer.close_begun();
        self.record(Initiator::Local).sent = Some(code.into());
    }

    /// Moves our Close, if nothing of it was transmitted, to where an answer to a Close goes.
    fn move_close_up(&mut self) {
        if !self.is_backed_up() {
            return;
        }
        if let Some(close) = self.outbox.take_last_frame() {
            self.outbox.cut_at_message();
            self.outbox.put_last_frame(&close);
        }
    }

    /// The transport is of no more use.
    fn end(&mut self) {
        if !matches!(self.phase, Phase::Closed { .. }) {
            self.phase = Phase::Closed { clean: self.is_clean() };
            self.end_compression();
            self.outbox.clear();
        }
    }

    fn drop_output(&mut self) {
        if !self.outbox.is_empty() {
            self.phase = Phase::Closed { clean: false };
            self.outbox.clear();
        }
    }

    /// §7.1.4: both Closes went over the wire, and nothing was wrong before.
    fn is_clean(&self) -> bool {
        match self.phase {
            Phase::BothClosed { .. } => self.outbox.is_empty(),
            Phase::Aborting { clean } | Phase::Closed { clean } => clean,
            Phase::Open | Phase::CloseSent | Phase::Failed { .. } => false,
        }
    }

    fn begin(&mut self, initiator: Initiator) {
        let _record = self.record(initiator);
    }

    /// The first deadline says why; one that comes of it says no more.
    fn expired(&mut self, deadline: ExpiredDeadline) {
        self.record(Initiator::Local).deadline.get_or_insert(deadline);
    }

    /// What is remembered of the close; whoever asks first began it.
    fn record(&mut self, initiator: Initiator) -> &mut CloseRecord {
        self.record.get_or_insert_with(|| Box::new(CloseRecord::begun_by(initiator)))
    }

    #[cfg(not(feature = "deflate"))]
    #[expect(clippy::unused_self, reason = "as with compression")]
    const fn release_compression(&self) {}

    #[cfg(not(feature = "deflate"))]
    #[expect(clippy::unused_self, reason = "as with compression")]
    const fn end_compression(&self) {}

    fn situation(&self) -> Situation {
        Situation {
            closing: !matches!(self.phase, Phase::Open),
            unsent: !self.outbox.is_empty(),
            unsent_control: self.outbox.unsent_control() > 0,
        }
    }
}

impl React for Outgoing {
    /// §5.5.2: answered unless the peer's Close was received; our own Close does not matter.
    fn ping(&mut self, payload: &[u8]) {
        if self.config.automatic_pong && !self.ignores_peer() {
            let most = self.config.limits.max_pending_pongs;
            self.push_control(Opcode::Pong, payload, most);
        }
    }

    fn pong(&mut self, payload: &[u8]) {
        self.timer.pong_received(payload);
    }

    /// §5.5.1: the peer's Close is answered with its own code: behind everything if the transport keeps
    /// up, else at the next message boundary, and the rest is dropped.
    fn close(&mut self, code: Option<CloseCode>, reason: &str) {
        match self.phase {
            Phase::Open => {
                self.begin(Initiator::Peer);
                if self.is_backed_up() {
                    self.outbox.cut_at_message();
                }
                self.push_close(code, "");
            }
            Phase::CloseSent => self.move_close_up(),
            _ => return,
        }
        self.phase = Phase::BothClosed { half: Half::None };
        let record = self.record(Initiator::Peer);
        record.received = code.into();
        record.reason = reason.into();
    }

    fn violation(&mut self, violation: ProtocolError) {
        if self.ignores_peer() {
            return;
        }
        self.fail(violation.close_code(), "");
        self.record(Initiator::Local).error = Some(violation);
    }
}
