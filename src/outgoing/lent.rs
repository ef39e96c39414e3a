//! §6.1  A message that is lent to the transport: what it takes at once is never copied.

use core::fmt;
use core::sync::atomic::Ordering;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::Buf;

use super::Outgoing;

/// All that there is to transmit, a message at its end that was not copied: a [`Buf`], to be written and
/// [advanced](Buf::advance) by as much as the transport took.
///
/// Made by [`Connection::lend_binary`](crate::Connection::lend_binary) and
/// [`lend_text`](crate::Connection::lend_text). The message is sent in any case: when this is dropped, what the
/// transport has not taken is copied behind what is queued, to be transmitted later.
#[must_use = "to be written; dropped at once, the message is copied and queued"]
pub struct Lent<'a> {
    outgoing: &'a mut Outgoing,
    /// What the transport has not taken of the payload, the header of which is the last of the output.
    payload: &'a [u8],
}

impl<'a> Lent<'a> {
    /// `payload` must follow the header at the end of the output; empty if it was queued.
    pub(super) fn new(outgoing: &'a mut Outgoing, payload: &'a [u8]) -> Self {
        Self { outgoing, payload }
    }
}

impl Buf for Lent<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        self.outgoing.outbox.unsent() + self.payload.len()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.outgoing.shown.store(true, Ordering::Relaxed);
        match self.outgoing.outbox.chunk() {
            [] => self.payload,
            chunk => chunk,
        }
    }

    #[cfg(feature = "std")]
    #[inline]
    fn chunks_vectored<'a>(&'a self, places: &mut [IoSlice<'a>]) -> usize {
        self.outgoing.shown.store(true, Ordering::Relaxed);
        let filled = self.outgoing.outbox.chunks_vectored(places);
        // With no place left there may be more of the output in front of the payload.
        match places.get_mut(filled) {
            Some(place) if !self.payload.is_empty() => {
                *place = IoSlice::new(self.payload);
                filled + 1
            }
            _ => filled,
        }
    }

    /// Takes off `count` bytes; more than there are takes off all of them.
    #[inline]
    fn advance(&mut self, count: usize) {
        let queued = self.outgoing.outbox.unsent();
        if queued > 0 {
            self.outgoing.transmitted(count.min(queued));
        }
        let (taken, rest) = self
            .payload
            .split_at_checked(count.saturating_sub(queued))
            .unwrap_or((self.payload, &[]));
        if !taken.is_empty() {
            self.payload = rest;
            self.outgoing.transport_took(taken.len());
        }
    }
}

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.payload.is_empty() {
            self.outgoing.keep_lent(self.payload);
        }
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lent({} bytes)", self.remaining())
    }
}
