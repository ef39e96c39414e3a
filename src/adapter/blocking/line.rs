//! A transport with a clock: every read and write of the adapter, and the waits they may take.

use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};
use std::time::Instant;

use bytes::Buf;

use super::Transport;
use super::timeout::{Timeout, is_timeout};
use crate::adapter::machine::Machine;
use crate::timer::earlier;
use crate::{Outgoing, Output, State, Timeouts, Transmit};

/// Runs of bytes that one vectored write takes.
const RUNS: usize = 64;

pub(super) struct Line<S> {
    transport: S,
    origin: Instant,
    close: Option<Duration>,
    write_stall: Option<Duration>,
    read_timeout: Timeout,
    write_timeout: Timeout,
    /// Whether writing makes sense: no write has failed, and the transport was not given up.
    writable: bool,
    /// Both directions were ended from here.
    ended: bool,
    held: Held,
    /// When the connection wants to be told the time.
    deadline: Option<Duration>,
    /// Until when it is known what the peer sent: the latest read took all there was.
    heard_until: Duration,
    /// The first error that was not reported.
    failure: Option<io::Error>,
}

/// What was written and may still be held by the transport, as TLS does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    Perhaps,
    /// It could not pass it on in time.
    Back,
}

/// How long to let a transport alone that holds something back, and for how long to try then.
const PAUSE: Duration = Duration::from_millis(50);
const BRIEFLY: Duration = Duration::from_millis(10);

/// What came of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    Bytes(usize),
    /// The deadline is near or has passed.
    Nothing,
    /// The peer will send no more.
    End,
}

/// What came of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Bytes(usize),
    /// The transport took nothing in time.
    Nothing,
    /// The transport takes no more.
    Failed,
}

impl<S: Transport> Line<S> {
    pub(super) fn new(transport: S, timeouts: &Timeouts) -> Self {
        Self::since(Instant::now(), transport, timeouts)
    }

    /// With a clock that began before the transport was there.
    pub(super) fn since(origin: Instant, mut transport: S, timeouts: &Timeouts) -> Self {
        // Without it the connection is only slower.
        let _: io::Result<()> = transport.set_no_delay();
        Self::on(transport, origin, timeouts.close, timeouts.write_stall)
    }

    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Does what `machine` asks for until it is idle, or the transport takes no more; returns its next
    /// deadline.
    pub(super) fn write_out(&mut self, machine: &mut impl Machine) -> Option<Duration> {
        let deadline = loop {
            let deadline = machine.tick(self.now());
            match machine.transmit() {
                Transmit::Write(output) if self.writable => self.write_some(output, deadline),
                Transmit::Shutdown => self.half_close(machine),
                Transmit::Abort => {
                    self.shut_down();
                    machine.transport_shut_down();
                }
                Transmit::Idle | Transmit::Write(_) => break deadline,
            }
        };
        self.flush();
        if machine.state() == State::Closed {
            // The peer may be waiting for our end.
            self.shut_down();
        }
        deadline
    }

    /// As `write_out`, for a connection: that the peer is silent is for [`tick`](Self::tick) to find out,
    /// unless it takes nothing either.
    pub(super) fn write_queued(&mut self, outgoing: &mut Outgoing) {
        let mut progress = None;
        let mut stalled = false;
        loop {
            let now = self.now();
            let open = outgoing.state() == State::Open;
            if stalled || !open || self.deadline.is_none_or(|deadline| now < deadline) {
                self.deadline = outgoing.tick(now);
            }
            let patience_ends = match self.write_stall {
                Some(stall) if open => Some(progress.get_or_insert(now).saturating_add(stall)),
                _ => self.deadline,
            };
            match outgoing.transmit() {
                Transmit::Write(output) if self.writable => {
                    let before = output.remaining();
                    self.write_some(output, patience_ends);
                    let took = outgoing.unsent() < before;
                    if took {
                        progress = None;
                    }
                    stalled = !took && patience_ends.is_some_and(|end| end <= self.now());
                }
                Transmit::Shutdown => self.half_close(outgoing),
                Transmit::Abort => {
                    self.shut_down();
                    outgoing.transport_shut_down();
                }
                Transmit::Idle | Transmit::Write(_) => break,
            }
        }
        self.flush();
        if outgoing.state() == State::Closed {
            // The peer may be waiting for our end.
            self.shut_down();
        }
    }

    /// Lets time pass for a connection whose peer was heard as far as it was read, unless something that
    /// has come meanwhile might make a difference; returns the next deadline.
    pub(super) fn tick(&mut self, outgoing: &mut Outgoing) -> Option<Duration> {
        let now = self.now();
        let known = |deadline| now < deadline || deadline <= self.heard_until;
        if outgoing.state() != State::Open || self.deadline.is_none_or(known) {
            self.deadline = outgoing.tick(now);
        }
        self.deadline
    }

    /// Reads once, until `deadline` at the latest.
    pub(super) fn read(&mut self, buffer: &mut [u8], deadline: Option<Duration>) -> Received {
        let pause = self.holds_back().then(|| self.now() + PAUSE);
        let end = earlier(deadline, pause);
        let left = end.map(|end| end.saturating_sub(self.now()));
        if let Some(timeout) = self.read_timeout.for_wait(left) {
            // A transport that is broken says so when it is read.
            let _: io::Result<()> = self.transport.set_read_timeout(timeout);
        }
        match self.transport.read(buffer) {
            Ok(0) => Received::End,
            Ok(count) => {
                self.read_timeout.expired = false;
                if count < buffer.len() && self.transport.reads_all() {
                    self.heard_until = self.now();
                }
                Received::Bytes(count)
            }
            Err(error) if is_timeout(&error) => {
                self.read_timeout.expired = true;
                self.heard_until = self.now();
                Received::Nothing
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Received::Nothing,
            Err(error) => {
                self.fail(error);
                Received::End
            }
        }
    }

    /// Writes once, for at most `patience`.
    pub(super) fn write(&mut self, runs: &[IoSlice<'_>], patience: Option<Duration>) -> Written {
        if let Some(timeout) = self.write_timeout.for_wait(patience) {
            let _: io::Result<()> = self.transport.set_write_timeout(timeout);
        }
        let result = match runs {
            [run] => self.transport.write(run),
            runs => self.transport.write_vectored(runs),
        };
        match result {
            Ok(0) => {
                self.fail(ErrorKind::WriteZero.into());
                Written::Failed
            }
            Ok(count) => {
                if self.held == Held::Nothing {
                    self.held = Held::Perhaps;
                }
                self.write_timeout.expired = false;
                Written::Bytes(count)
            }
            Err(error) if is_timeout(&error) => {
                self.write_timeout.expired = true;
                Written::Nothing
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Written::Nothing,
            Err(error) => {
                self.fail(error);
                Written::Failed
            }
        }
    }

    /// Has the transport pass on what it may be holding. If it does not, it is tried again before the next wait,
    /// which is then a short one.
    pub(super) fn flush(&mut self) {
        while self.held != Held::Nothing && self.writable {
            if self.held == Held::Back {
                if let Some(timeout) = self.write_timeout.for_wait(Some(BRIEFLY)) {
                    let _: io::Result<()> = self.transport.set_write_timeout(timeout);
                }
            }
            match self.transport.flush() {
                Ok(()) => self.held = Held::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    self.held = Held::Back;
                    self.write_timeout.expired = true;
                    return;
                }
                Err(error) => self.fail(error),
            }
        }
    }

    /// Whether the transport holds something that it could not pass on.
    pub(super) fn holds_back(&self) -> bool {
        self.held == Held::Back && self.writable
    }

    /// §7.1.1: carries out `Shutdown`.
    pub(super) fn half_close(&mut self, machine: &mut impl Machine) {
        self.flush();
        let result = self.transport.shut_down_write();
        machine.transport_shut_down();
        if result.is_err_and(|error| error.kind() == ErrorKind::Unsupported) {
            // Nobody would learn that we are waiting for the end.
            self.writable = false;
            machine.receive_eof();
        }
    }

    /// Ends both directions.
    pub(super) fn shut_down(&mut self) {
        if !self.ended {
            // What matters is that nothing is read or written any more.
            let _: io::Result<()> = self.transport.shut_down();
            self.ended = true;
            self.writable = false;
        }
    }

    /// Tells `machine` that the transport has ended.
    pub(super) fn end(&self, machine: &mut impl Machine) {
        machine.receive_eof();
        if !self.writable {
            machine.transport_shut_down();
        }
    }

    /// Goes on until `machine` is closed; what the peer sends is discarded.
    pub(super) fn drain(&mut self, machine: &mut impl Machine) {
        let mut discarded = [0; 4096];
        loop {
            let deadline = self.write_out(machine);
            if machine.state() == State::Closed {
                return;
            }
            if self.read(&mut discarded, deadline) == Received::End {
                self.end(machine);
            }
        }
    }

    /// When the connection wants to be told the time next.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// [`Timeouts::close`] of the connection.
    pub(super) fn close(&self) -> Option<Duration> {
        self.close
    }

    /// [`Timeouts::write_stall`] of the connection.
    pub(super) fn write_stall(&self) -> Option<Duration> {
        self.write_stall
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writable
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

    /// A line for each direction, on the same clock.
    pub(super) fn divide<R, W>(
        self,
        divide: impl FnOnce(S) -> io::Result<(R, W)>,
    ) -> io::Result<(Line<R>, Line<W>)> {
        let Self { transport, origin, close, write_stall, writable, held, .. } = self;
        let Self { deadline, heard_until, failure, .. } = self;
        let (read_half, write_half) = divide(transport)?;
        let reading = Line::on(read_half, origin, close, write_stall);
        let reading = Line { writable, deadline, heard_until, failure, ..reading };
        let writing = Line::on(write_half, origin, close, write_stall);
        let writing = Line { writable, held, ..writing };
        Ok((reading, writing))
    }

    fn write_some(&mut self, mut output: Output<'_>, deadline: Option<Duration>) {
        let patience = deadline.map(|deadline| deadline.saturating_sub(self.now()));
        let mut runs = [IoSlice::new(&[]); RUNS];
        let count = output.chunks_vectored(&mut runs);
        if let Written::Bytes(count) = self.write(runs.get(..count).unwrap_or_default(), patience) {
            output.advance(count);
        }
    }

    /// Notes that the transport is of no more use.
    pub(super) fn fail(&mut self, error: io::Error) {
        self.writable = false;
        self.failure.get_or_insert(error);
    }
}

impl<S> Line<S> {
    fn on(
        transport: S,
        origin: Instant,
        close: Option<Duration>,
        write_stall: Option<Duration>,
    ) -> Self {
        Self {
            transport,
            origin,
            close,
            write_stall,
            read_timeout: Timeout::default(),
            write_timeout: Timeout::default(),
            writable: true,
            ended: false,
            held: Held::Nothing,
            deadline: None,
            heard_until: Duration::ZERO,
            failure: None,
        }
    }
}

impl<S> fmt::Debug for Line<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("writable", &self.writable)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use std::io::Cursor;

    use super::*;
    use crate::adapter::blocking::Plain;
    use crate::{Config, Connection};

    fn line() -> Line<Plain<Cursor<Vec<u8>>>> {
        Line::on(Plain(Cursor::default()), Instant::now(), None, None)
    }

    /// Reads all that has come, as sockets do.
    struct Socket(Cursor<Vec<u8>>);

    impl io::Read for Socket {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl io::Write for Socket {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Transport for Socket {
        fn reads_all(&self) -> bool {
            true
        }
    }

    /// A read that fills the buffer may have left something, which is no silence.
    #[test]
    fn what_was_heard_is_known_when_there_was_no_more() {
        let origin = Instant::now();
        let socket = Socket(Cursor::new(alloc::vec![0; 15]));
        let mut line = Line::on(socket, origin, None, None);
        let mut buffer = [0; 10];
        assert_eq!(line.read(&mut buffer, None), Received::Bytes(10));
        assert_eq!(line.heard_until, Duration::ZERO);
        while origin.elapsed().is_zero() {}
        assert_eq!(line.read(&mut buffer, None), Received::Bytes(5));
        assert!(line.heard_until > Duration::ZERO);
    }

    /// What has failed once is not tried again, whatever there is to be written.
    #[test]
    fn a_transport_that_is_given_up_is_not_written_to() {
        for writable in [false, true] {
            let (_, mut outgoing) = Connection::server(Config::server()).split();
            outgoing.send_text("x").expect("open");
            let mut line = Line { writable, ..line() };
            line.write_out(&mut outgoing);
            assert_eq!(line.into_transport().0.get_ref().is_empty(), !writable);
        }
    }

    /// The error is told by one of the two, and by none twice.
    #[test]
    fn both_halves_know_how_the_line_stands() {
        let mut line = line();
        line.fail(io::Error::other("broken"));
        line.deadline = Some(Duration::from_secs(1));
        line.heard_until = Duration::from_secs(2);
        line.held = Held::Perhaps;
        let (reading, writing) = line.divide(|transport| Ok((transport, ()))).expect("divided");
        assert!(!reading.writable && !writing.writable);
        assert_eq!(reading.deadline, Some(Duration::from_secs(1)));
        assert_eq!(reading.heard_until, Duration::from_secs(2));
        assert_eq!(writing.held, Held::Perhaps);
        assert!(reading.failure.is_some() && writing.failure.is_none());
    }
}
