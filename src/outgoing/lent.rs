//! §6.1  A message that is lent to the transport: what it takes at once is never copied.

use core::fmt;
use core::sync::atomic::Ordering;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::Buf;

use super::Outgoing;
use super::ending::Phase;
use crate::frame::{EncodedHeader, encode};

/// All that there is to transmit, a message at its end that was not copied: a [`Buf`], to be written and
/// [advanced](Buf::advance) by as much as the transport took.
///
/// Made by [`Connection::lend_binary`](crate::Connection::lend_binary) and
/// [`lend_text`](crate::Connection::lend_text). The message is sent, written or not: when this is dropped, what the
/// transport has not taken is copied behind what is queued, to be transmitted later. (If it is leaked instead, the message
/// is not sent; if it is leaked with a part of the message taken, the transport is to be dropped:
/// [`Transmit::Abort`](crate::Transmit::Abort).)
#[must_use = "to be written; dropped at once, the message is copied and queued"]
pub struct Lent<'a> {
    outgoing: &'a mut Outgoing,
    /// `None`: the message was queued, as a client's is, which is masked.
    frame: Option<LentFrame<'a>>,
}

/// What the transport has not taken of a frame.
struct LentFrame<'a> {
    first: u8,
    header: EncodedHeader,
    /// Bytes of the header that the transport has taken.
    taken: usize,
    payload: &'a [u8],
}

impl LentFrame<'_> {
    #[inline]
    fn header(&self) -> &[u8] {
        self.header.get(self.taken..).unwrap_or_default()
    }

    #[inline]
    fn left(&self) -> usize {
        self.header().len() + self.payload.len()
    }

    /// Takes off `count` bytes, or all; returns how many.
    #[inline]
    fn advance(&mut self, count: usize) -> usize {
        let of_header = count.min(self.header().len());
        self.taken += of_header;
        let of_payload = (count - of_header).min(self.payload.len());
        self.payload = self.payload.get(of_payload..).unwrap_or_default();
        of_header + of_payload
    }
}

impl<'a> Lent<'a> {
    /// What is queued, and the message in it.
    pub(super) fn queued(outgoing: &'a mut Outgoing) -> Self {
        Self { outgoing, frame: None }
    }

    /// What is queued, and a frame with this first byte of its header behind it. There has to be room for it.
    #[inline]
    pub(super) fn behind_queued(outgoing: &'a mut Outgoing, first: u8, payload: &'a [u8]) -> Self {
        let header = encode(first, None, payload.len() as u64);
        Self { outgoing, frame: Some(LentFrame { first, header, taken: 0, payload }) }
    }
}

impl Buf for Lent<'_> {
    #[inline]
    fn remaining(&self) -> usize {
        self.outgoing.outbox.unsent() + self.frame.as_ref().map_or(0, LentFrame::left)
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.outgoing.shown.store(true, Ordering::Relaxed);
        match (self.outgoing.outbox.chunk(), &self.frame) {
            ([], Some(frame)) if frame.header().is_empty() => frame.payload,
            ([], Some(frame)) => frame.header(),
            (chunk, _) => chunk,
        }
    }

    #[cfg(feature = "std")]
    #[inline]
    fn chunks_vectored<'a>(&'a self, places: &mut [IoSlice<'a>]) -> usize {
        self.outgoing.shown.store(true, Ordering::Relaxed);
        let mut filled = self.outgoing.outbox.chunks_vectored(places);
        // With no place left there may be more of the output in front of the frame.
        if let Some(frame) = &self.frame {
            for part in [frame.header(), frame.payload] {
                if let Some(place) = places.get_mut(filled).filter(|_| !part.is_empty()) {
                    *place = IoSlice::new(part);
                    filled += 1;
                }
            }
        }
        filled
    }

    /// Takes off `count` bytes; more than there are takes off all of them.
    #[inline]
    fn advance(&mut self, count: usize) {
        let (shown, refused) = (*self.outgoing.shown.get_mut(), self.outgoing.refused);
        let queued = self.outgoing.outbox.unsent();
        if queued > 0 {
            self.outgoing.transmitted(count.min(queued));
        }
        let Some(frame) = &mut self.frame else { return };
        let taken = frame.advance(count.saturating_sub(queued));
        if taken > 0 {
            self.outgoing.transport_took(taken);
        }
        let left = frame.left();
        if left > 0 {
            // What is left was shown as well, and is as much as if it were queued.
            *self.outgoing.shown.get_mut() = shown;
            self.outgoing.refused = refused && self.outgoing.is_half_full(left);
        }
        // Should this be leaked now, the rest of the frame would be missing.
        let is_inside = left > 0 && frame.taken > 0;
        self.outgoing.phase =
            if is_inside { Phase::Aborting { clean: false } } else { Phase::Open };
    }
}

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        let Some(frame) = &self.frame else { return };
        self.outgoing.phase = Phase::Open;
        self.outgoing.queued();
        if frame.taken == 0 {
            self.outgoing.outbox.push(frame.first, None, frame.payload);
        } else if frame.left() > 0 {
            self.outgoing.outbox.push_rest(frame.header(), frame.payload);
        }
    }
}

impl fmt::Debug for Lent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lent({} bytes)", self.remaining())
    }
}
