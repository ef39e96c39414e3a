//! A transport that is never quite ready: it waits for no reason, takes and gives parts, and keeps what it took
//! until it is flushed, as one with TLS does.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

use crate::random::Random;

pub(crate) struct Unsteady {
    inner: DuplexStream,
    random: Random,
    /// In how many of a hundred cases it waits.
    waits: usize,
    vectored: bool,
    /// How many bytes it keeps before it passes them on of its own accord.
    keeps: usize,
    kept: Vec<u8>,
}

impl Unsteady {
    pub(crate) fn pair(random: &mut Random) -> (Self, Self) {
        let most = if random.chance(50) { 30 } else { 3000 };
        let capacity = 1 + random.below(most);
        let (near, far) = duplex(capacity);
        (Self::new(near, random), Self::new(far, random))
    }

    fn new(inner: DuplexStream, random: &mut Random) -> Self {
        let keeps = if random.chance(50) { 0 } else { random.below(500) };
        Self {
            inner,
            waits: random.below(70),
            vectored: random.chance(50),
            random: Random::new(random.next()),
            keeps,
            kept: Vec::new(),
        }
    }

    /// Whether it keeps nothing.
    pub(crate) fn has_passed_on(&self) -> bool {
        self.kept.is_empty()
    }

    /// Waits now and then, but is woken.
    fn poll_turn(&mut self, cx: &Context<'_>) -> Poll<()> {
        if self.random.chance(self.waits) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn poll_pass_on(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<()>> {
        while self.kept.len() > most {
            let count = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.kept))?;
            self.kept.drain(..count);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Unsteady {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_turn(cx));
        let most = if self.random.chance(50) { 10 } else { 2000 };
        let mut part = buffer.take(1 + self.random.below(most));
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        let count = part.filled().len();
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Unsteady {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_turn(cx));
        let most = self.keeps;
        ready!(self.poll_pass_on(cx, most))?;
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        let count = bytes.len().min(1 + self.random.below(1000));
        if most > 0 {
            self.kept.extend_from_slice(&bytes[..count]);
            return Poll::Ready(Ok(count));
        }
        Pin::new(&mut self.inner).poll_write(cx, &bytes[..count])
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_turn(cx));
        self.poll_pass_on(cx, 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_turn(cx));
        ready!(self.poll_pass_on(cx, 0))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
