//! What there is to transmit, as the driver sees it.

use core::fmt;
use core::sync::atomic::Ordering;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::{Buf, BytesMut};

use super::Outgoing;

/// What the driver has to do next for the direction towards the peer.
///
/// Nothing is lost by asking again: the same answer comes until something changes it.
#[derive(Debug)]
#[non_exhaustive]
#[must_use]
pub enum Transmit<'a> {
    /// Nothing to do until the application sends, the peer is heard or a deadline passes.
    Idle,
    /// Write these bytes to the transport and [`advance`](Buf::advance) by as many as it took.
    Write(Output<'a>),
    /// Shut down the transport for writing (half-close), say so with `transport_shut_down`, and keep
    /// reading until the peer's end or the close deadline (§7.1.1).
    Shutdown,
    /// Drop the transport: a deadline passed or the application gave up. Say so with
    /// `transport_shut_down`.
    Abort,
}

/// Bytes to transmit, in order, as a [`Buf`]: what `advance` takes off is gone, the rest is shown
/// again. Hold it for one attempt to write only: a Pong may have to go first by the next.
pub struct Output<'a> {
    source: Source<'a>,
}

enum Source<'a> {
    /// The frames of a connection.
    Frames(&'a mut Outgoing),
    /// The head and body of a handshake message.
    Plain(&'a mut BytesMut),
}

impl<'a> Output<'a> {
    #[inline]
    pub(super) fn frames(outgoing: &'a mut Outgoing) -> Self {
        Self { source: Source::Frames(outgoing) }
    }

    pub(crate) fn plain(bytes: &'a mut BytesMut) -> Self {
        Self { source: Source::Plain(bytes) }
    }
}

impl Buf for Output<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        match &self.source {
            Source::Frames(outgoing) => outgoing.outbox.unsent(),
            Source::Plain(bytes) => bytes.len(),
        }
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        match &self.source {
            Source::Frames(outgoing) => {
                outgoing.shown.store(true, Ordering::Relaxed);
                outgoing.outbox.chunk()
            }
            Source::Plain(bytes) => bytes,
        }
    }

    #[cfg(feature = "std")]
    #[inline]
    fn chunks_vectored<'a>(&'a self, places: &mut [IoSlice<'a>]) -> usize {
        match &self.source {
            Source::Frames(outgoing) => {
                outgoing.shown.store(true, Ordering::Relaxed);
                outgoing.outbox.chunks_vectored(places)
            }
            Source::Plain(bytes) => bytes.chunks_vectored(places),
        }
    }

    /// Takes off `count` bytes; more than there are takes off all of them.
    #[inline]
    fn advance(&mut self, count: usize) {
        match &mut self.source {
            Source::Frames(outgoing) => outgoing.transmitted(count),
            Source::Plain(bytes) => bytes.advance(count.min(bytes.len())),
        }
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({} bytes)", self.remaining())
    }
}
