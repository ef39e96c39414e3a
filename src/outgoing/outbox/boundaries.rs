//! §5.4 §5.5.1  Where frames and messages begin and end in what is queued.

use bytes::BytesMut;

use super::Outbox;
use crate::frame::{Header, Opcode};

impl Outbox {
    /// Drops what is queued behind the next frame boundary.
    pub(in crate::outgoing) fn cut_at_frame(&mut self) {
        let at = self.next_boundary();
        self.cut(at);
    }

    /// Drops what is queued behind the next message boundary; behind the next frame boundary if the
    /// message that is open there has not been finished.
    pub(in crate::outgoing) fn cut_at_message(&mut self) {
        let boundary = self.next_boundary();
        let mut at = boundary;
        let mut inside = false;
        // A continuation here means that the boundary is inside a message: on to its end.
        while let Some((Header { opcode: Opcode::Continuation, fin, .. }, end)) = self.frame_at(at)
        {
            at = end;
            inside = !fin;
            if fin {
                break;
            }
        }
        self.cut(if inside { boundary } else { at });
    }

    /// Takes the last frame, one without a referenced payload, off the end if no byte of it was
    /// transmitted.
    pub(in crate::outgoing) fn take_last_frame(&mut self) -> Option<BytesMut> {
        let mut at = self.next_boundary();
        let mut last = None;
        while let Some((_, end)) = self.frame_at(at) {
            last = Some(at);
            at = end;
        }
        last.map(|start| self.data.split_off(start))
    }

    /// Puts back what `take_last_frame` took.
    pub(in crate::outgoing) fn put_last_frame(&mut self, frame: &[u8]) {
        self.data.extend_from_slice(frame);
    }

    /// The first boundary between two frames at or behind the cursor. The way there is walked once.
    pub(super) fn next_boundary(&mut self) -> usize {
        while self.boundary < self.sent {
            self.boundary = self.frame_at(self.boundary).map_or(self.data.len(), |(_, end)| end);
        }
        self.boundary
    }

    /// The frame that starts at `at`, and where the next one does.
    fn frame_at(&self, at: usize) -> Option<(Header, usize)> {
        let bytes = self.data.get(at..)?;
        let (header, size) = Header::decode_own(bytes)?;
        let payload_at = at + size;
        let inline = if header.length > 0 && self.has_reference_at(payload_at) {
            0
        } else {
            usize::try_from(header.length).unwrap_or(usize::MAX)
        };
        Some((header, payload_at.saturating_add(inline).min(self.data.len())))
    }

    fn has_reference_at(&self, at: usize) -> bool {
        self.beside.as_ref().is_some_and(|beside| {
            beside.references.binary_search_by_key(&at, |reference| reference.at).is_ok()
        })
    }

    /// Drops what is queued behind `at`, a frame boundary; control frames stay.
    fn cut(&mut self, at: usize) {
        self.data.truncate(at);
        if let Some(beside) = &mut self.beside {
            while let Some(last) = beside.references.back() {
                if last.at <= at {
                    break;
                }
                beside.referenced -= last.payload.len();
                beside.references.pop_back();
            }
        }
    }
}
