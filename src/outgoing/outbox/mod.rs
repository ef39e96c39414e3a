//! What is queued for the transport: frames in order, with two ways to be faster.
//!
//! ```text
//! data     [ 101 | frame | frame | header ·      | frame | ... ]   one buffer, `sent` is the cursor
//! references                            └ payload                  large payloads, not copied
//! control                  [ pong | ping ]                         goes in at a frame boundary
//! ```
//!
//! Pings and Pongs overtake what is queued at the next boundary between two frames (§5.5.3). That
//! boundary is found when it is needed, by walking over our own headers from the last one known.

mod boundaries;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
#[cfg(feature = "std")]
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

use super::control_lane::ControlLane;
use crate::buffer::{append_frame, append_short};
use crate::frame::{EncodedHeader, Header};

#[derive(Default)]
pub(super) struct Outbox {
    data: BytesMut,
    /// Bytes of `data` that the transport has taken.
    sent: usize,
    /// Where a frame starts in `data`. If behind `sent`, the frame there is the one in transmission,
    /// or one before it; if ahead, what is before it cannot be interrupted.
    boundary: usize,
    beside: Option<Box<Beside>>,
}

/// What stands beside the data: made on first use, freed when idle.
#[derive(Default)]
struct Beside {
    references: VecDeque<Reference>,
    /// Bytes of all references that the transport has not taken.
    referenced: usize,
    control: ControlLane,
    /// Where in `data` the control frames go in; of meaning while there are any.
    control_at: usize,
}

/// The payload of a frame whose header ends at `at` in `data`.
struct Reference {
    at: usize,
    payload: Bytes,
}

/// The next run of contiguous bytes to transmit.
enum Run {
    Data { until: usize },
    Reference,
    Control,
    None,
}

impl Outbox {
    /// An outbox that begins with bytes that are no frame (the 101 of the handshake).
    pub(super) fn starting_with(head: BytesMut) -> Self {
        Self { boundary: head.len(), data: head, ..Self::default() }
    }

    /// Bytes that the transport has not taken, control frames not counted.
    #[inline]
    fn unsent_data(&self) -> usize {
        self.data.len() - self.sent + self.beside.as_ref().map_or(0, |beside| beside.referenced)
    }

    /// As `unsent_data`, with what remembering each reference takes: many small ones are large, too.
    #[inline]
    pub(super) fn weight(&self) -> usize {
        let references = self.beside.as_ref().map_or(0, |beside| beside.references.len());
        self.unsent_data() + references * size_of::<Reference>()
    }

    #[inline]
    pub(super) fn unsent(&self) -> usize {
        let control = self.beside.as_ref().map_or(0, |beside| beside.control.len());
        self.unsent_data() + control
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.data.is_empty() && self.beside.as_ref().is_none_or(|beside| beside.is_empty())
    }

    /// Bytes that the buffer of the frames has.
    #[inline]
    pub(super) fn capacity(&self) -> usize {
        self.data.capacity()
    }

    /// Bytes of control frames that the transport has not taken.
    #[inline]
    pub(super) fn unsent_control(&self) -> usize {
        self.beside.as_ref().map_or(0, |beside| beside.control.len())
    }

    /// Queues a frame as [`push`](Self::push) does, if it is short, there is room for it in what is allocated, no
    /// payload is referenced, and the output comes to no more than `most` bytes; else does nothing.
    #[inline(always)]
    pub(super) fn push_short(
        &mut self,
        first: u8,
        key: Option<[u8; 4]>,
        payload: &[u8],
        most: usize,
    ) -> bool {
        let after = (self.data.len() - self.sent).saturating_add(Header::MAX_SIZE + payload.len());
        self.beside.as_ref().is_none_or(|beside| beside.references.is_empty())
            && after <= most
            && append_short(&mut self.data, first, key, payload)
    }

    /// Queues a frame behind the others, with this first byte of its header; the payload is copied, masked on
    /// the way if there is a key.
    pub(super) fn push(&mut self, first: u8, key: Option<[u8; 4]>, payload: &[u8]) {
        self.make_room(Header::MAX_SIZE + payload.len());
        append_frame(&mut self.data, first, key, payload);
    }

    /// Queues what is left of a frame of which the transport has taken the first bytes, and so everything before.
    #[cold]
    pub(super) fn push_rest(&mut self, header: &[u8], payload: &[u8]) {
        self.make_room(header.len() + payload.len());
        self.data.extend_from_slice(header);
        self.data.extend_from_slice(payload);
        // Nothing goes in before its end.
        self.boundary = self.data.len();
    }

    /// Queues a frame behind the others; the payload, which must not be empty, is referenced.
    pub(super) fn push_reference(&mut self, header: &EncodedHeader, payload: Bytes) {
        self.make_room(Header::MAX_SIZE);
        self.data.extend_from_slice(header);
        let at = self.data.len();
        let beside = self.beside.get_or_insert_default();
        beside.referenced += payload.len();
        beside.references.push_back(Reference { at, payload });
    }

    /// Queues a Ping or Pong ahead of the frames that are not in transmission; of more than
    /// `max_pongs` Pongs the oldest is dropped, if it is not in transmission.
    pub(super) fn push_control(&mut self, header: Header, payload: &[u8], max_pongs: usize) {
        if self.beside.as_ref().is_none_or(|beside| beside.control.is_empty()) {
            let at = self.next_boundary();
            self.beside.get_or_insert_default().control_at = at;
        }
        if let Some(beside) = &mut self.beside {
            beside.control.push(header, payload, max_pongs);
        }
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Frees the buffers if nothing is queued.
    pub(super) fn release(&mut self) {
        if self.is_empty() {
            self.clear();
        }
    }

    /// The next run of contiguous bytes to transmit.
    #[inline]
    pub(super) fn chunk(&self) -> &[u8] {
        match self.next_run() {
            Run::Data { until } => self.data.get(self.sent..until).unwrap_or_default(),
            Run::Reference => self.front().map_or(&[], |reference| reference.payload.chunk()),
            Run::Control => self.beside.as_ref().map_or(&[], |beside| beside.control.bytes()),
            Run::None => &[],
        }
    }

    /// All runs, in order, as far as there are places for them; returns how many were filled.
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn chunks_vectored<'a>(&'a self, places: &mut [IoSlice<'a>]) -> usize {
        if self.beside.is_some() {
            return self.runs_vectored(places);
        }
        match (self.data.get(self.sent..), places.first_mut()) {
            (Some(bytes), Some(place)) if !bytes.is_empty() => {
                *place = IoSlice::new(bytes);
                1
            }
            _ => 0,
        }
    }

    #[cfg(feature = "std")]
    fn runs_vectored<'a>(&'a self, places: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let mut put = |bytes: &'a [u8]| {
            if bytes.is_empty() {
                return true;
            }
            let Some(place) = places.get_mut(filled) else {
                return false;
            };
            *place = IoSlice::new(bytes);
            filled += 1;
            true
        };
        let mut from = self.sent;
        if let Some(beside) = &self.beside {
            let mut control = (!beside.control.is_empty()).then_some(beside.control_at);
            for reference in &beside.references {
                if let Some(at) = control.filter(|at| *at < reference.at) {
                    control = None;
                    if !(put(self.data.get(from..at).unwrap_or_default())
                        && put(beside.control.bytes()))
                    {
                        return filled;
                    }
                    from = at;
                }
                if !(put(self.data.get(from..reference.at).unwrap_or_default())
                    && put(&reference.payload))
                {
                    return filled;
                }
                from = reference.at;
            }
            if let Some(at) = control {
                if !(put(self.data.get(from..at).unwrap_or_default())
                    && put(beside.control.bytes()))
                {
                    return filled;
                }
                from = at;
            }
        }
        put(self.data.get(from..).unwrap_or_default());
        filled
    }

    /// Takes off `count` bytes; more than there are takes off all. Returns how many. Buffers of more than
    /// `retain` bytes are freed once nothing is queued.
    #[inline]
    pub(super) fn advance(&mut self, count: usize, retain: usize) -> usize {
        if self.beside.is_some() {
            return self.advance_runs(count, retain);
        }
        let taken = count.min(self.data.len() - self.sent);
        self.sent += taken;
        self.reset_if_drained(self.data.capacity(), retain);
        taken
    }

    fn advance_runs(&mut self, count: usize, retain: usize) -> usize {
        let unsent = self.unsent();
        if let Some(beside) = self.beside.as_mut().filter(|_| count >= unsent) {
            // Usually the transport takes all there is.
            beside.references.clear();
            beside.referenced = 0;
            beside.control.clear();
            self.sent = self.data.len();
            self.reset_if_drained(self.data.capacity(), retain);
            return unsent;
        }
        let mut left = count;
        while left > 0 {
            let taken = self.advance_run(left);
            if taken == 0 {
                break;
            }
            left -= taken;
        }
        self.reset_if_drained(self.data.capacity(), retain);
        count - left
    }

    /// Takes the next run off, owned.
    pub(super) fn take(&mut self, retain: usize) -> Option<Bytes> {
        // Of the whole buffer: the part that is left shares it with the part that is taken.
        let capacity = self.data.capacity();
        let bytes = match self.next_run() {
            Run::Data { until } => {
                self.data.advance(self.sent);
                let bytes = self.data.split_to(until - self.sent).freeze();
                // What was cut off ends at a frame boundary or in front of a reference.
                self.shift_back(until);
                self.boundary = 0;
                bytes
            }
            Run::Reference => {
                let bytes = self.front()?.payload.clone();
                self.advance_run(bytes.len());
                bytes
            }
            Run::Control => self.beside.as_mut()?.control.take(),
            Run::None => return None,
        };
        self.reset_if_drained(capacity, retain);
        Some(bytes)
    }

    fn next_run(&self) -> Run {
        let Some(beside) = &self.beside else {
            return if self.sent < self.data.len() {
                Run::Data { until: self.data.len() }
            } else {
                Run::None
            };
        };
        let control_at = (!beside.control.is_empty()).then_some(beside.control_at);
        let reference_at = beside.references.front().map(|reference| reference.at);
        let until =
            control_at.unwrap_or(self.data.len()).min(reference_at.unwrap_or(self.data.len()));
        if self.sent < until {
            Run::Data { until }
        } else if reference_at == Some(self.sent) {
            // A payload ends in front of the control frames that go in behind its header.
            Run::Reference
        } else if control_at == Some(self.sent) {
            Run::Control
        } else {
            Run::None
        }
    }

    /// Takes up to `count` bytes off the next run; returns how many.
    fn advance_run(&mut self, count: usize) -> usize {
        let run = self.next_run();
        let Some(beside) = &mut self.beside else {
            return 0;
        };
        match run {
            Run::Data { until } => {
                let taken = count.min(until - self.sent);
                self.sent += taken;
                taken
            }
            Run::Reference => {
                let Some(front) = beside.references.front_mut() else {
                    return 0;
                };
                let taken = count.min(front.payload.len());
                front.payload.advance(taken);
                beside.referenced -= taken;
                if front.payload.is_empty() {
                    beside.references.pop_front();
                    self.boundary = self.sent;
                }
                taken
            }
            Run::Control => {
                let taken = beside.control.advance(count);
                if beside.control.is_empty() {
                    self.boundary = self.sent;
                }
                taken
            }
            Run::None => 0,
        }
    }

    #[inline]
    fn reset_if_drained(&mut self, capacity: usize, retain: usize) {
        if self.sent < self.data.len() {
            return;
        }
        if let Some(beside) = &mut self.beside {
            if !beside.references.is_empty() {
                return;
            }
            beside.control_at = 0;
        }
        self.data.clear();
        self.sent = 0;
        self.boundary = 0;
        if capacity > retain {
            self.data = BytesMut::new();
        }
    }

    /// Makes room at the end of the data, by dropping transmitted bytes from its front if there are
    /// many of them. Room grows to at least twice what is queued.
    #[inline(always)]
    fn make_room(&mut self, count: usize) {
        if self.data.capacity() - self.data.len() < count {
            self.make_room_slowly(count);
        }
    }

    #[cold]
    fn make_room_slowly(&mut self, count: usize) {
        if self.sent >= self.data.len() / 2 {
            let gone = self.sent;
            self.boundary = self.next_boundary() - gone;
            self.data.advance(gone);
            self.shift_back(gone);
        }
        self.data.reserve(count);
    }

    /// Moves every position back by `gone` bytes that were cut off the front, all of them transmitted.
    fn shift_back(&mut self, gone: usize) {
        self.sent = 0;
        if let Some(beside) = &mut self.beside {
            beside.control_at = beside.control_at.saturating_sub(gone);
            for reference in &mut beside.references {
                reference.at = reference.at.saturating_sub(gone);
            }
        }
    }

    fn front(&self) -> Option<&Reference> {
        self.beside.as_ref()?.references.front()
    }
}

impl Beside {
    fn is_empty(&self) -> bool {
        self.references.is_empty() && self.control.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit is inclusive.
    #[test]
    fn a_drained_buffer_of_the_limit_is_kept() {
        for over in [0, 1] {
            let mut outbox = Outbox::default();
            outbox.push(0x82, None, &[0; 1000]);
            let capacity = outbox.capacity();
            assert_eq!(outbox.advance(usize::MAX, capacity - over), 1004);
            assert_eq!(outbox.capacity(), if over == 0 { capacity } else { 0 });
        }
    }
}
