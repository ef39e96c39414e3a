//! A transport in memory that is always ready: reads of at most 64 KiB, writes of any size.

use std::future::Future;
use std::hint::black_box;
use std::io::{self, IoSlice, Read, Write};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a read delivers at most, in bytes.
pub const READ: usize = 64 * 1024;

/// The bytes a peer sent. They start 576 bytes into their allocation, so that copying them into a
/// buffer at the start of another does not meet equal page offsets.
#[derive(Clone)]
pub struct Wire(Arc<[u8]>);

const SKEW: usize = 576;

impl Wire {
    pub fn new(bytes: &[u8]) -> Self {
        let mut skewed = vec![0; SKEW];
        skewed.extend_from_slice(bytes);
        Self(skewed.into())
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0[SKEW..]
    }
}

pub struct Stream {
    wire: Wire,
    at: usize,
    again: bool,
    read: usize,
}

impl Stream {
    /// Delivers `wire` over and over: its end is followed by its beginning, also within a read.
    pub fn endless(wire: Wire) -> Self {
        Self { wire, at: 0, again: true, read: READ }
    }

    /// Delivers `wire` once, in reads of at most `read` bytes, then the end of the stream.
    pub fn once(wire: Wire, read: usize) -> Self {
        Self { wire, at: 0, again: false, read }
    }

    /// Has nothing to read.
    pub fn silent() -> Self {
        Self::once(Wire::new(&[]), READ)
    }

    /// One read of up to `room` bytes, handed over in the runs that lie together.
    #[inline]
    fn deliver(&mut self, room: usize, mut take: impl FnMut(&[u8])) -> usize {
        count(&READS);
        let wire = self.wire.bytes();
        let wanted = room.min(self.read);
        let mut done = 0;
        while done < wanted {
            if self.at == wire.len() {
                if !self.again {
                    break;
                }
                self.at = 0;
            }
            let run = (wanted - done).min(wire.len() - self.at);
            take(&wire[self.at..self.at + run]);
            self.at += run;
            done += run;
        }
        done
    }

    /// Reads into a slice.
    #[inline]
    pub fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let mut at = 0;
        self.deliver(buffer.len(), |run| {
            buffer[at..at + run.len()].copy_from_slice(run);
            at += run.len();
        })
    }

    /// Reads behind what `buffer` holds, into the capacity that it has.
    #[inline]
    pub fn append(&mut self, buffer: &mut BytesMut) -> usize {
        let room = buffer.capacity() - buffer.len();
        self.deliver(room, |run| buffer.put_slice(run))
    }

    /// Takes everything that is written.
    #[inline]
    pub fn accept(&mut self, bytes: &[u8]) -> usize {
        count(&WRITES);
        self.swallow(bytes)
    }

    #[inline]
    pub fn accept_vectored(&mut self, parts: &[IoSlice<'_>]) -> usize {
        count(&WRITES);
        parts.iter().map(|part| self.swallow(part)).sum()
    }

    #[inline]
    fn swallow(&mut self, bytes: &[u8]) -> usize {
        black_box(bytes);
        if RECORDING.load(Ordering::Relaxed) {
            record(bytes);
        }
        bytes.len()
    }
}

static READS: AtomicUsize = AtomicUsize::new(0);
static WRITES: AtomicUsize = AtomicUsize::new(0);

/// One thread, so a plain load and store is enough.
#[inline]
fn count(calls: &AtomicUsize) {
    calls.store(calls.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// Reads and writes of all streams, so far.
pub fn calls() -> (usize, usize) {
    (READS.load(Ordering::Relaxed), WRITES.load(Ordering::Relaxed))
}

static RECORDING: AtomicBool = AtomicBool::new(false);
static RECORD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[cold]
fn record(bytes: &[u8]) {
    RECORD.lock().expect("one thread").extend_from_slice(bytes);
}

/// What all streams are given to write while `work` runs, in order.
pub fn recorded<T>(work: impl FnOnce() -> T) -> (T, Vec<u8>) {
    RECORDING.store(true, Ordering::Relaxed);
    let result = work();
    RECORDING.store(false, Ordering::Relaxed);
    (result, std::mem::take(&mut *RECORD.lock().expect("one thread")))
}

impl Read for Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.fill(buffer))
    }
}

impl Write for Stream {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.accept(bytes))
    }

    #[inline]
    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.accept_vectored(parts))
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.deliver(buffer.remaining(), |run| buffer.put_slice(run));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.accept(bytes)))
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.accept_vectored(parts)))
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        true
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The executor: everything is ready, so one poll is enough, save for a contender that yields by itself.
#[inline]
pub fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
