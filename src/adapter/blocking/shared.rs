//! What the halves of a split WebSocket share: the sending direction, and who may write.
//!
//! ```text
//!  Writer, Writer ...  ── queue ──▶ Outgoing (locked for a moment)
//!         │                             │ a piece at a time
//!         └──── token: one writes ──▶ WriteHalf ──▶ transport
//!                    ▲
//!  Reader ───────────┘ tries, and does not wait
//! ```
//!
//! Whoever holds the token writes until nothing is queued, gives it back and looks again: what was queued by
//! someone who did not get it meanwhile is not stranded. Nothing is written under the lock of `Outgoing`,
//! so that queueing, and the reader, never wait for the transport.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io::{self, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use bytes::{Buf, BufMut, BytesMut};

use super::line::{Line, Written};
use super::receiving::Queue;
use super::{Closed, Error, Transport};
use crate::adapter::outcome;
use crate::{ExpiredDeadline, Outgoing, SendError, State, Transmit};

/// Bytes that are taken from the queue at a time. What stays there can still be overtaken by a Pong, dropped by
/// a Close and counted against the limit.
const PIECE: usize = 64 << 10;

/// Pieces that who must not wait writes on behalf of those who go on queueing.
const MOST_PIECES: usize = 16;

/// Capacity that the buffer for pieces may keep while nothing is queued.
const KEPT: usize = 4 << 10;

pub(super) struct Shared<W> {
    outgoing: Mutex<Outgoing>,
    /// The token.
    half: Mutex<WriteHalf<W>>,
    write_stall: Option<Duration>,
    /// No write has failed.
    writable: AtomicBool,
    /// A write took longer than `write_stall`.
    stalled: AtomicBool,
    /// The transport could not pass on what it holds: the reader is to try again.
    holds_back: AtomicBool,
}

struct WriteHalf<W> {
    line: Line<W>,
    /// Taken from the queue and not written.
    piece: BytesMut,
    /// The last byte of the piece is still in the queue: it is the last there was, and as long as it
    /// is there, the queue does not pass for transmitted. Nothing gets in between: its frame is in
    /// transmission.
    holds_last: bool,
    /// When the piece was taken, or the transport took some of it.
    progress: Duration,
}

/// How far writing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing is queued any more.
    Done,
    /// Someone else is writing, and will write everything.
    Busy,
    /// The transport took no more for the moment.
    Blocked,
    /// The transport takes no more.
    Failed,
}

impl<W: Transport> Shared<W> {
    pub(super) fn new(
        outgoing: Outgoing,
        line: Line<W>,
        write_stall: Option<Duration>,
    ) -> Arc<Self> {
        Arc::new(Self {
            outgoing: Mutex::new(outgoing),
            writable: AtomicBool::new(line.is_writable()),
            half: Mutex::new(WriteHalf {
                line,
                piece: BytesMut::new(),
                holds_last: false,
                progress: Duration::ZERO,
            }),
            write_stall,
            stalled: AtomicBool::new(false),
            holds_back: AtomicBool::new(false),
        })
    }

    /// The sending direction. Never wait while holding it.
    pub(super) fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn feed(&self, queue: &mut Queue<'_>) -> Result<(), Error> {
        loop {
            let result = queue(&mut self.outgoing());
            match result {
                Err(SendError::Full) => self.flush()?,
                Err(misuse) => return Err(Error::Send(misuse)),
                Ok(()) if self.is_writable() => return Ok(()),
                Ok(()) => return self.flush().and(Err(Error::ConnectionLost)),
            }
        }
    }

    /// Writes what is queued, after whoever is writing.
    pub(super) fn flush(&self) -> Result<(), Error> {
        loop {
            let mut half = self.half.lock().unwrap_or_else(PoisonError::into_inner);
            let progress = self.write_out(&mut half, None);
            if progress == Progress::Failed {
                return Err(self.failure(&mut half));
            }
            drop(half);
            if self.outgoing().state() == State::Closed {
                // What was queued may have been dropped.
                return self.outcome(None);
            }
            // What the transport holds back is the reader's to see to.
            if progress == Progress::Blocked || !self.has_output() {
                return Ok(());
            }
        }
    }

    /// Writes what is queued, if nobody else is writing and as long as the transport takes it
    /// with this patience.
    pub(super) fn try_write_out(&self, patience: Duration) -> Progress {
        loop {
            let mut half = match self.half.try_lock() {
                Ok(half) => half,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return Progress::Busy,
            };
            let progress = self.write_out(&mut half, Some(patience));
            drop(half);
            if progress != Progress::Done || !self.has_output() {
                return progress;
            }
        }
    }

    /// Gives up: drops what is queued, and ends the transport unless someone is writing.
    pub(super) fn abort(&self) {
        self.outgoing().abort();
        self.shut_down();
    }

    /// Ends the transport unless someone is writing.
    pub(super) fn shut_down(&self) {
        if let Ok(mut half) = self.half.try_lock() {
            half.line.shut_down();
        }
    }

    /// Whether there is something to do for who holds the token.
    pub(super) fn has_output(&self) -> bool {
        if self.holds_back.load(Ordering::Relaxed) {
            return true;
        }
        let mut outgoing = self.outgoing();
        outgoing.unsent() > 0 || matches!(outgoing.transmit(), Transmit::Shutdown)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    /// What the end means to who reads.
    pub(super) fn outcome(&self, failure: Option<io::Error>) -> Result<(), Error> {
        let failure = failure.or_else(|| self.half.try_lock().ok()?.line.take_failure());
        let result = outcome(&self.outgoing(), failure);
        match result {
            Err(Error::Io(_) | Error::ConnectionLost) if self.stalled.load(Ordering::Relaxed) => {
                Err(Error::Timeout(ExpiredDeadline::WriteStall))
            }
            result => result,
        }
    }

    /// Why writing failed.
    fn failure(&self, half: &mut WriteHalf<W>) -> Error {
        let failure = half.line.take_failure();
        if self.stalled.load(Ordering::Relaxed) {
            return Error::Timeout(ExpiredDeadline::WriteStall);
        }
        let mut outgoing = self.outgoing();
        let over = outgoing.state() == State::Closed
            || (outgoing.unsent() == 0 && matches!(outgoing.transmit(), Transmit::Abort));
        match outgoing.close_information().and_then(|information| information.deadline) {
            // If a write failed, then because the deadline had ended the transport.
            Some(deadline) if over => Error::Timeout(deadline),
            _ => failure.map_or(Error::ConnectionLost, Error::from),
        }
    }

    /// Writes until nothing is queued; with `patience`, only as long as the transport takes it, and not for ever.
    fn write_out(&self, half: &mut WriteHalf<W>, patience: Option<Duration>) -> Progress {
        let mut pieces = 0;
        loop {
            if half.piece.is_empty() {
                if patience.is_some() && pieces == MOST_PIECES {
                    return Progress::Blocked;
                }
                match self.next_piece(half) {
                    Progress::Busy => pieces += 1,
                    done_or_failed => return done_or_failed,
                }
            }
            let now = half.line.now();
            let left = self.write_stall.map(|stall| (half.progress + stall).saturating_sub(now));
            if left == Some(Duration::ZERO) {
                self.stalled.store(true, Ordering::Relaxed);
                self.outgoing().abort();
                return self.fail(half);
            }
            let wait = match (left, patience) {
                (Some(left), Some(patience)) => Some(left.min(patience)),
                (left, patience) => left.or(patience),
            };
            match half.line.write(&[IoSlice::new(&half.piece)], wait) {
                Written::Bytes(count) => {
                    half.piece.advance(count);
                    half.progress = half.line.now();
                    if half.piece.is_empty() && core::mem::take(&mut half.holds_last) {
                        self.release_last();
                    }
                }
                Written::Nothing if self.outgoing().state() == State::Closed => {
                    return self.fail(half);
                }
                Written::Nothing if patience.is_some() => return Progress::Blocked,
                Written::Nothing => {}
                Written::Failed => return self.fail(half),
            }
        }
    }

    /// Takes the next piece (`Busy`), or does what is to be done when there is none.
    fn next_piece(&self, half: &mut WriteHalf<W>) -> Progress {
        loop {
            let mut outgoing = self.outgoing();
            match outgoing.transmit() {
                Transmit::Write(mut output) if self.is_writable() => {
                    let queued = output.remaining();
                    half.holds_last = queued <= PIECE;
                    half.piece.reserve(queued.min(PIECE));
                    if half.holds_last {
                        half.piece.put((&mut output).take(queued.saturating_sub(1)));
                        half.piece.extend_from_slice(output.chunk());
                    } else {
                        half.piece.put(output.take(PIECE));
                    }
                    half.progress = half.line.now();
                    return Progress::Busy;
                }
                Transmit::Write(_) | Transmit::Abort => return Progress::Failed,
                Transmit::Shutdown => half.line.half_close(&mut *outgoing),
                Transmit::Idle => {
                    drop(outgoing);
                    half.line.flush();
                    let holds_back = half.line.holds_back();
                    self.holds_back.store(holds_back, Ordering::Relaxed);
                    if holds_back {
                        return Progress::Blocked;
                    }
                    if half.piece.capacity() > KEPT {
                        half.piece = BytesMut::new();
                    }
                    return Progress::Done;
                }
            }
        }
    }

    /// Takes off the queue what `holds_last` left there.
    fn release_last(&self) {
        if let Transmit::Write(mut output) = self.outgoing().transmit() {
            output.advance(1);
        }
    }

    /// Gives the sending direction of the transport up.
    fn fail(&self, half: &mut WriteHalf<W>) -> Progress {
        self.writable.store(false, Ordering::Relaxed);
        if self.stalled.load(Ordering::Relaxed) {
            half.line.shut_down();
        }
        half.piece = BytesMut::new();
        half.holds_last = false;
        Progress::Failed
    }
}

impl<W> Shared<W> {
    /// How and why the connection ends or has ended; `None` while it is open.
    pub(super) fn closed(&self) -> Option<Closed> {
        let outgoing = self.outgoing.lock().unwrap_or_else(PoisonError::into_inner);
        outgoing.close_information().map(Closed::from)
    }

    #[cfg(feature = "deflate")]
    pub(super) fn compression(&self) -> Option<crate::deflate::Agreement> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner).compression()
    }

    pub(super) fn state(&self) -> State {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner).state()
    }
}

impl<W> fmt::Debug for Shared<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("outgoing", &self.outgoing).finish_non_exhaustive()
    }
}
