//! One connection's sending direction and its transport: what waiting for the peer and waiting for the transport
//! come to.

use core::task::{Context, Poll, ready};
use core::time::Duration;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::task::coop::has_budget_remaining;

use super::held::Held;
use super::line::{Line, Received};
use super::tasks::Party;
use crate::adapter::read_buffer::ReadBuffer;
use crate::adapter::{Error, Message, outcome};
use crate::timer::earlier;
use crate::{Incoming, Outgoing, SendError, State};

#[derive(Debug)]
pub(super) struct Sending<S> {
    pub(super) outgoing: Outgoing,
    pub(super) line: Line<S>,
    /// When the connection wants to be told the time.
    deadline: Option<Duration>,
    /// Bytes read since there was nothing to be read, or others had their turn.
    read_in_turn: usize,
    pub(super) held: Held,
    /// Whether everybody knows that the connection has ended.
    announced: bool,
}

/// Bytes that a task reads before others have their turn, however much there is. A runtime counts reads at best (tokio's
/// 128 are 2 MiB, which in small frames take ten milliseconds), and looks at other sockets only once in a number
/// of turns: a few peers who sent without a pause kept the others waiting for seconds.
const TURN: usize = 64 << 10;

/// Something that queues one message, called again after [`SendError::Full`].
pub(super) type Queue<'q> = dyn FnMut(&mut Outgoing) -> Result<(), SendError> + Send + 'q;

impl<S: AsyncRead + AsyncWrite + Unpin> Sending<S> {
    pub(super) fn new(outgoing: Outgoing, line: Line<S>) -> Self {
        Self {
            outgoing,
            line,
            deadline: None,
            read_in_turn: 0,
            held: Held::default(),
            announced: false,
        }
    }

    /// Has what was received take effect on what is sent.
    pub(super) fn apply(&mut self, incoming: &mut Incoming) {
        if let Some(reply) = incoming.take_reply() {
            self.outgoing.apply(reply);
        }
    }

    /// Writes what is queued, then waits until the buffer is filled. `false`: the connection has ended.
    pub(super) fn poll_receive(
        &mut self,
        incoming: &mut Incoming,
        buffer: &mut ReadBuffer,
        cx: &mut Context<'_>,
    ) -> Poll<bool> {
        self.line.tasks.enter(Party::Reader, cx.waker());
        let result = self.poll_more(incoming, buffer, cx);
        if result.is_pending() {
            self.line.tasks.wait(Party::Reader, cx.waker());
            buffer.give_back();
        } else {
            self.line.tasks.leave(Party::Reader);
        }
        result
    }

    fn poll_more(
        &mut self,
        incoming: &mut Incoming,
        buffer: &mut ReadBuffer,
        cx: &mut Context<'_>,
    ) -> Poll<bool> {
        loop {
            self.apply(incoming);
            let _: Poll<()> = self.poll_write_out(cx);
            while self.held.queue(&mut self.outgoing) {
                let _: Poll<()> = self.poll_write_out(cx);
            }
            self.stop_if_ended(incoming);
            if self.is_closed() {
                return Poll::Ready(false);
            }
            if self.read_in_turn >= TURN {
                self.read_in_turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match self.line.poll_read(buffer, cx) {
                Poll::Ready(Received::Bytes) => {
                    self.read_in_turn += buffer.len();
                    // One that goes on and on does not get past the deadline for its Close, nor past that for what
                    // it does not take.
                    let is_open = self.outgoing.state() == State::Open;
                    if !is_open || self.line.patience().is_some() {
                        self.let_time_pass(!is_open);
                        self.stop_if_ended(incoming);
                    }
                    return Poll::Ready(true);
                }
                Poll::Ready(Received::End) => {
                    incoming.receive_eof();
                    continue;
                }
                // Perhaps not because nothing has come, but because it is another task's turn. A transport that
                // knows nothing of turns has not asked for the next one.
                Poll::Pending if !has_budget_remaining() => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => self.read_in_turn = 0,
            }
            let deadline = earlier(self.let_time_pass(true), incoming.tick(self.line.now()));
            if self.line.has_work(&mut self.outgoing) {
                continue;
            }
            ready!(self.line.poll_deadline(deadline, cx));
        }
    }

    /// Queues, if there is nothing to be waited for or told: else nothing has happened.
    #[inline]
    pub(super) fn feed_at_once(
        &mut self,
        queue: impl FnOnce(&mut Outgoing) -> Result<(), SendError>,
    ) -> bool {
        let can = self.held.is_empty() && self.line.is_writable() && self.line.tasks.are_idle();
        can && queue(&mut self.outgoing).is_ok()
    }

    /// Queues, and waits for room first if that is needed.
    pub(super) fn poll_feed(
        &mut self,
        party: Party,
        queue: &mut Queue<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_feed_held(party, cx))?;
        self.poll_queue(party, queue, cx)
    }

    /// Waits until everything that is queued was written.
    pub(super) fn poll_flush(
        &mut self,
        party: Party,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_feed_held(party, cx))?;
        self.poll_sent(party, 0, cx)
    }

    /// Waits until the messages that were taken early are queued.
    pub(super) fn poll_feed_held(
        &mut self,
        party: Party,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        while let Some((from, message)) = self.held.take_first() {
            let result = self.poll_queue(party, &mut |outgoing| message.queue(outgoing), cx);
            match result {
                Poll::Ready(Ok(())) => {}
                // That is for the other one to know, when it asks.
                Poll::Ready(Err(_)) if from != party => {
                    self.held.put_back((from, message));
                    break;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.held.put_back((from, message));
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes a message whether there is room for it or not; one from each sink.
    pub(super) fn start_send(&mut self, party: Party, message: Message) -> Result<(), Error> {
        let result = match self.held.is_empty() {
            true => message.queue(&mut self.outgoing),
            false => Err(SendError::Full),
        };
        match result {
            Err(SendError::Full) if !self.held.is_from(party) => self.held.add(party, message),
            Err(misuse) => return Err(Error::Send(misuse)),
            Ok(()) => {}
        }
        self.line.tasks.wake_reader();
        Ok(())
    }

    /// Gives up; who waits carries it out.
    pub(super) fn abort(&mut self) {
        self.outgoing.abort();
        self.line.tasks.wake_all();
    }

    /// What the end of the connection means to who reads.
    pub(super) fn outcome(&mut self) -> Result<(), Error> {
        outcome(&self.outgoing, self.line.take_failure())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.outgoing.state() == State::Closed
    }

    fn poll_queue(
        &mut self,
        party: Party,
        queue: &mut Queue<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let was_idle = self.outgoing.unsent() == 0;
            match queue(&mut self.outgoing) {
                Ok(()) if self.line.is_writable() => {
                    // There is something to write, or a deadline for the end.
                    if was_idle || self.outgoing.state() != State::Open {
                        self.line.tasks.wake_reader();
                    }
                    return Poll::Ready(Ok(()));
                }
                Ok(()) => return Poll::Ready(self.written().and(Err(Error::ConnectionLost))),
                Err(SendError::Full) if !was_idle => {
                    ready!(self.poll_sent(party, self.outgoing.unsent(), cx))?;
                }
                Err(misuse) => return Poll::Ready(Err(Error::Send(misuse))),
            }
        }
    }

    /// Writes until fewer than `below` bytes are left, or none and the transport holds none back.
    fn poll_sent(
        &mut self,
        party: Party,
        below: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        self.line.tasks.enter(party, cx.waker());
        let result = loop {
            let flushed = self.poll_write_out(cx);
            if !self.line.is_writable() {
                break Poll::Ready(self.written());
            }
            let unsent = self.outgoing.unsent();
            if unsent < below || unsent == 0 && flushed.is_ready() {
                break Poll::Ready(Ok(()));
            }
            // What the peer sent meanwhile was not looked at.
            let deadline = self.let_time_pass(false);
            if self.line.has_work(&mut self.outgoing) {
                continue;
            }
            if self.line.poll_deadline(deadline, cx).is_pending() {
                break Poll::Pending;
            }
        };
        if result.is_pending() {
            self.line.tasks.wait(party, cx.waker());
        } else {
            self.line.tasks.leave(party);
        }
        result
    }

    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let result = self.line.poll_write_out(&mut self.outgoing, cx);
        if self.is_closed() && !self.announced {
            self.announced = true;
            self.line.tasks.wake_all();
        }
        result
    }

    /// Tells the connection the time, unless it may come to a wrong conclusion: that the peer is silent while what
    /// it sent has not been looked at. Returns until when to wait.
    fn let_time_pass(&mut self, heard_all: bool) -> Option<Duration> {
        let now = self.line.now();
        let patience = self.line.patience();
        let is_open = self.outgoing.state() == State::Open;
        let is_due = self.deadline.is_some_and(|deadline| deadline <= now);
        let is_stalled = patience.is_some_and(|end| end <= now);
        // The connection knows only of what the transport did not take.
        let all_is_taken = is_open && self.outgoing.unsent() == 0;
        if is_stalled && all_is_taken {
            self.outgoing.transport_stalled();
        }
        if heard_all || !is_open || !is_due || is_stalled {
            self.deadline = self.outgoing.tick(now);
        }
        match self.deadline {
            Some(deadline) if deadline <= now && !heard_all && is_open => patience,
            deadline if all_is_taken => earlier(deadline, patience),
            deadline => deadline,
        }
    }

    fn stop_if_ended(&self, incoming: &mut Incoming) {
        if self.outgoing.ignores_peer() {
            incoming.stop();
        }
    }

    /// Whether what was queued has been written, now that nothing is any more.
    fn written(&mut self) -> Result<(), Error> {
        if self.is_closed() {
            self.outcome()
        } else if let Some(failure) = self.line.take_failure() {
            Err(failure.into())
        } else if self.line.has_failed() {
            Err(Error::ConnectionLost)
        } else {
            Ok(())
        }
    }
}
