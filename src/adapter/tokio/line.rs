//! A transport with a clock: every read, write and wait of the adapter.

use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use ::tokio::time::{Instant, Sleep, sleep_until};
use bytes::Buf;

use super::tasks::Tasks;
use crate::adapter::machine::Machine;
use crate::adapter::read_buffer::ReadBuffer;
use crate::{Output, State, Timeouts, Transmit};

/// Runs of bytes that one vectored write takes.
const RUNS: usize = 64;

pub(super) struct Line<S> {
    transport: S,
    origin: Instant,
    write_stall: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    pub(super) tasks: Tasks,
    /// Reading came to its end.
    peer_ended: bool,
    writing: Writing,
    /// Written, but perhaps held back by the transport.
    unflushed: bool,
    /// The transport takes no more, or keeps what it took, since then.
    stuck_since: Option<Duration>,
    /// The first error that was not reported.
    failure: Option<io::Error>,
}

/// Whether writing makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Open,
    /// A write has failed.
    Failed,
    /// The direction was ended from here.
    Ended,
}

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    Bytes,
    /// The peer will send no more.
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(super) fn new(transport: S, timeouts: &Timeouts) -> Self {
        Self::since(Instant::now(), transport, timeouts)
    }

    /// With a clock that began before the transport was there.
    pub(super) fn since(origin: Instant, transport: S, timeouts: &Timeouts) -> Self {
        Self {
            transport,
            origin,
            write_stall: timeouts.write_stall,
            timer: None,
            tasks: Tasks::default(),
            peer_ended: false,
            writing: Writing::Open,
            unflushed: false,
            stuck_since: None,
            failure: None,
        }
    }

    /// Does what `machine` asks for, until there is nothing more or the transport has to be waited for.
    pub(super) fn poll_write_out(
        &mut self,
        machine: &mut impl Machine,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            let step = match machine.transmit() {
                Transmit::Write(output) if self.is_writable() => self.poll_write(output, cx),
                Transmit::Shutdown => {
                    self.poll_shutdown(cx).map(|()| machine.transport_shut_down())
                }
                Transmit::Abort => {
                    self.give_up(cx);
                    machine.transport_shut_down();
                    Poll::Ready(())
                }
                Transmit::Idle | Transmit::Write(_) => break,
            };
            if step.is_pending() {
                return self.stuck();
            }
            self.stuck_since = None;
        }
        // Nothing comes of it any more, either way.
        if self.peer_ended && !self.is_writable() {
            machine.transport_shut_down();
        }
        if machine.state() == State::Closed {
            self.give_up(cx);
        } else if self.poll_flush(cx).is_pending() {
            return self.stuck();
        }
        self.stuck_since = None;
        Poll::Ready(())
    }

    /// Whether `machine` asks for something that would not have to wait.
    pub(super) fn has_work(&self, machine: &mut impl Machine) -> bool {
        match machine.transmit() {
            Transmit::Write(_) => self.is_writable() && self.stuck_since.is_none(),
            Transmit::Shutdown => self.stuck_since.is_none(),
            Transmit::Abort => true,
            Transmit::Idle => machine.state() == State::Closed,
        }
    }

    /// Reads once. Behind the end, which is told once, there is nothing to wait for.
    pub(super) fn poll_read(
        &mut self,
        buffer: &mut ReadBuffer,
        cx: &Context<'_>,
    ) -> Poll<Received> {
        if self.peer_ended {
            return Poll::Pending;
        }
        let mut space = ReadBuf::new(buffer.space());
        let mut cx = self.tasks.on_read(cx.waker());
        loop {
            match Pin::new(&mut self.transport).poll_read(&mut cx, &mut space) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if space.filled().is_empty() => {
                    self.peer_ended = true;
                    return Poll::Ready(Received::End);
                }
                Poll::Ready(Ok(())) => {
                    let count = space.filled().len();
                    buffer.filled(count);
                    return Poll::Ready(Received::Bytes);
                }
                Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Poll::Ready(Err(error)) => {
                    self.fail(error);
                    self.peer_ended = true;
                    return Poll::Ready(Received::End);
                }
            }
        }
    }

    /// Waits for a point in time; `None` never comes.
    pub(super) fn poll_deadline(
        &mut self,
        deadline: Option<Duration>,
        cx: &Context<'_>,
    ) -> Poll<()> {
        let Some(deadline) = deadline.and_then(|deadline| self.origin.checked_add(deadline)) else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        let mut cx = self.tasks.on_write(cx.waker());
        loop {
            // A timer that is early costs one turn, one that is set for each message costs more.
            let is_early = timer.deadline() <= deadline;
            if !is_early {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(&mut cx).is_pending() {
                return Poll::Pending;
            }
            if timer.deadline() == deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Until when the transport may be stuck; `None`: for ever, or it is not.
    pub(super) fn patience(&self) -> Option<Duration> {
        Some(self.stuck_since?.saturating_add(self.write_stall?))
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writing == Writing::Open
    }

    /// Whether a write has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.writing == Writing::Failed
    }

    /// The first error that was not reported yet.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    pub(super) fn transport(&self) -> &S {
        &self.transport
    }

    pub(super) fn transport_mut(&mut self) -> &mut S {
        &mut self.transport
    }

    pub(super) fn into_transport(self) -> S {
        self.transport
    }

    fn poll_write(&mut self, mut output: Output<'_>, cx: &Context<'_>) -> Poll<()> {
        let mut cx = self.tasks.on_write(cx.waker());
        let transport = Pin::new(&mut self.transport);
        let result = if output.chunk().len() < output.remaining() && transport.is_write_vectored() {
            let mut runs = [IoSlice::new(&[]); RUNS];
            let count = output.chunks_vectored(&mut runs);
            transport.poll_write_vectored(&mut cx, runs.get(..count).unwrap_or_default())
        } else {
            transport.poll_write(&mut cx, output.chunk())
        };
        match result {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(0)) => self.fail(ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(count)) => {
                self.unflushed = true;
                output.advance(count);
            }
            Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
            Poll::Ready(Err(error)) => self.fail(error),
        }
        Poll::Ready(())
    }

    /// Notes since when there is no progress.
    fn stuck(&mut self) -> Poll<()> {
        self.stuck_since.get_or_insert_with(|| self.origin.elapsed());
        Poll::Pending
    }

    /// Has the transport pass on what it may be holding back.
    fn poll_flush(&mut self, cx: &Context<'_>) -> Poll<()> {
        let mut cx = self.tasks.on_write(cx.waker());
        while self.unflushed && self.writing == Writing::Open {
            match Pin::new(&mut self.transport).poll_flush(&mut cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Poll::Ready(Err(error)) => {
                    self.writing = Writing::Failed;
                    self.failure.get_or_insert(error);
                }
            }
        }
        Poll::Ready(())
    }

    /// §7.1.1: ends the direction towards the peer.
    fn poll_shutdown(&mut self, cx: &Context<'_>) -> Poll<()> {
        let mut cx = self.tasks.on_write(cx.waker());
        if self.writing != Writing::Ended {
            match Pin::new(&mut self.transport).poll_shutdown(&mut cx) {
                Poll::Pending => return Poll::Pending,
                // That it is broken shows when it is read.
                Poll::Ready(_) => self.writing = Writing::Ended,
            }
        }
        Poll::Ready(())
    }

    /// Ends what can be ended without waiting; the rest comes when the transport is dropped.
    fn give_up(&mut self, cx: &Context<'_>) {
        let _: Poll<()> = self.poll_shutdown(cx);
        self.writing = Writing::Ended;
    }

    /// Notes that the transport is of no more use for writing.
    fn fail(&mut self, error: io::Error) {
        if self.writing == Writing::Open {
            self.writing = Writing::Failed;
        }
        self.failure.get_or_insert(error);
    }
}

impl<S> fmt::Debug for Line<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("writing", &self.writing)
            .field("tasks", &self.tasks)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}
