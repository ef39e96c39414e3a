//! The driver: a transport and a timer, polled on behalf of a handshake or a connection.

use std::io::{self, ErrorKind, IoSlice};
use std::mem;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_io::{AsyncRead, AsyncWrite};
use smol::Timer;
use websocket_proto::bytes::Buf;
use websocket_proto::{State, Transmit};

use crate::machine::Machine;

/// Bytes that one read may bring.
const READ: usize = 16 << 10;

pub(crate) struct Line<S> {
    /// `None`: dropped, because the connection is closed, a deadline has passed, or it was given up.
    transport: Option<S>,
    buffer: Box<[u8]>,
    /// The part of the buffer that was read and that nobody has received yet.
    unread: Range<usize>,
    /// Something was read, and no time has passed since.
    has_read: bool,
    /// The peer has not ended its direction.
    readable: bool,
    /// No write has failed.
    writable: bool,
    /// Written, but perhaps held back by the transport (TLS does that).
    unflushed: bool,
    failure: Option<io::Error>,
    origin: Instant,
    timer: Timer,
    /// When the timer rings.
    armed: Option<Duration>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(crate) fn new(transport: S) -> Self {
        Self {
            transport: Some(transport),
            buffer: vec![0; READ].into(),
            unread: 0..0,
            has_read: false,
            readable: true,
            writable: true,
            unflushed: false,
            failure: None,
            origin: Instant::now(),
            timer: Timer::never(),
            armed: None,
        }
    }

    /// What was read. Whoever takes of it says so with [`keep_last`](Self::keep_last).
    pub(crate) fn unread(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.unread.clone()).unwrap_or_default()
    }

    /// So many bytes at the end of [`unread`](Self::unread) were not taken.
    pub(crate) fn keep_last(&mut self, count: usize) {
        self.unread.start = self.unread.end.saturating_sub(count);
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Why the transport failed, if it did.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Waits for the peer: ready when there is something unread, or the machine is closed. What is queued goes out
    /// meanwhile, and time passes.
    ///
    /// What has arrived is read before time passes: to a program that was held up, a Pong may wait in the transport.
    /// But between two reads time does pass, so that nobody outruns a deadline by sending.
    pub(crate) fn poll_in(&mut self, cx: &mut Context<'_>, machine: &mut impl Machine) -> Poll<()> {
        while self.unread.is_empty() {
            if !self.has_read && self.poll_read(cx, machine).is_ready() {
                self.has_read = true;
                continue;
            }
            let had_read = mem::take(&mut self.has_read);
            let was_full = machine.is_full();
            // Pending or not: it has taken care of being woken.
            let _written = self.poll_out(cx, machine);
            if machine.state() == State::Closed {
                break;
            }
            if !had_read && was_full == machine.is_full() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Reads once: ready when something has arrived, or the end of it.
    fn poll_read(&mut self, cx: &mut Context<'_>, machine: &mut impl Machine) -> Poll<()> {
        // Who does not read our answers gets no more questions in.
        if machine.is_full() || !self.readable {
            return Poll::Pending;
        }
        loop {
            let Some(transport) = &mut self.transport else { return Poll::Pending };
            match ready!(Pin::new(transport).poll_read(cx, &mut self.buffer)) {
                Ok(0) => self.end(machine),
                Ok(count) => self.unread = 0..count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failure.get_or_insert(error);
                    self.end(machine);
                }
            }
            return Poll::Ready(());
        }
    }

    /// Writes what is queued and keeps the deadlines: ready when nothing is left, or nothing can be written any more.
    pub(crate) fn poll_out(
        &mut self,
        cx: &mut Context<'_>,
        machine: &mut impl Machine,
    ) -> Poll<()> {
        loop {
            let written = self.poll_write(cx, machine);
            // Behind the write, which may have moved the deadline.
            let deadline = machine.tick(self.origin.elapsed());
            if machine.state() == State::Closed {
                // The peer may be waiting for our end.
                self.transport = None;
                return Poll::Ready(());
            }
            let has_more = match machine.transmit() {
                Transmit::Abort => true,
                // A deadline has passed: there is a Ping, a Close or an end to see to.
                Transmit::Write(_) | Transmit::Shutdown => written.is_ready() && self.writable,
                _ => false,
            };
            if !has_more && self.poll_deadline(cx, deadline).is_pending() {
                return written;
            }
        }
    }

    /// Does what the machine asks for until it asks for nothing or the transport takes no more.
    fn poll_write(&mut self, cx: &mut Context<'_>, machine: &mut impl Machine) -> Poll<()> {
        loop {
            let transmit = machine.transmit();
            if let Transmit::Abort = transmit {
                self.transport = None;
                machine.transport_shut_down();
                return Poll::Ready(());
            }
            let Some(transport) = self.transport.as_mut().filter(|_| self.writable) else {
                return Poll::Ready(());
            };
            let transport = Pin::new(transport);
            let result = match transmit {
                Transmit::Write(mut output) => {
                    let mut slices = [IoSlice::new(&[]); 16];
                    let filled = output.chunks_vectored(&mut slices);
                    let slices = slices.get(..filled).unwrap_or_default();
                    match ready!(transport.poll_write_vectored(cx, slices)) {
                        Ok(0) => Err(ErrorKind::WriteZero.into()),
                        Ok(count) => {
                            output.advance(count);
                            self.unflushed = true;
                            Ok(())
                        }
                        Err(error) => Err(error),
                    }
                }
                // Closing a stream of `futures-io` ends our direction only: §7.1.1 wants us to read on.
                Transmit::Shutdown => {
                    let result = ready!(transport.poll_close(cx));
                    machine.transport_shut_down();
                    result
                }
                _ if self.unflushed => {
                    let result = ready!(transport.poll_flush(cx));
                    self.unflushed = result.is_err();
                    result
                }
                _ => return Poll::Ready(()),
            };
            match result {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Reading goes on: the peer may have said why.
                    self.writable = false;
                    self.failure.get_or_insert(error);
                }
            }
        }
    }

    /// Ready when the deadline has passed; else this task is woken then.
    fn poll_deadline(&mut self, cx: &mut Context<'_>, deadline: Option<Duration>) -> Poll<()> {
        let Some(deadline) = deadline else { return Poll::Pending };
        // A timer that rings too early costs a `tick`; to set it anew for every message would cost more.
        if self.armed.is_none_or(|armed| deadline < armed) {
            match self.origin.checked_add(deadline) {
                Some(at) => self.timer.set_at(at),
                None => return Poll::Pending,
            }
            self.armed = Some(deadline);
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        self.armed = None;
        Poll::Ready(())
    }

    /// Nothing comes from the peer any more.
    fn end(&mut self, machine: &mut impl Machine) {
        self.readable = false;
        machine.receive_eof();
        if !self.writable {
            machine.transport_shut_down();
        }
    }
}
