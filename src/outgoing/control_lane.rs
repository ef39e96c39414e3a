//! §5.5.2 §5.5.3  Pings and Pongs that wait for the next frame boundary.

use bytes::{Buf, Bytes, BytesMut};

use crate::buffer::append_masked;
use crate::frame::{Header, Opcode};

/// Whole frames one after the other, but for the first, of which a part may have been transmitted.
#[derive(Default)]
pub(super) struct ControlLane {
    frames: BytesMut,
    /// Bytes left of a first frame that is partly transmitted.
    partial: usize,
    /// Pongs of which nothing was transmitted.
    pongs: usize,
}

impl ControlLane {
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.frames
    }

    /// Adds a frame; a Pong beyond `max_pongs` takes the place of the oldest (§5.5.3: only the latest
    /// Ping needs an answer).
    pub(super) fn push(&mut self, header: Header, payload: &[u8], max_pongs: usize) {
        if header.opcode == Opcode::Pong {
            while self.pongs >= max_pongs {
                if !self.drop_oldest_pong() {
                    return;
                }
            }
            self.pongs += 1;
        }
        self.frames.extend_from_slice(&header.encode());
        append_masked(&mut self.frames, payload, header.mask.unwrap_or_default());
    }

    /// Takes off up to `count` bytes; returns how many.
    pub(super) fn advance(&mut self, count: usize) -> usize {
        let count = count.min(self.frames.len());
        let mut left = count;
        while left > 0 {
            if self.partial == 0 {
                self.begin_frame();
            }
            let taken = left.min(self.partial);
            self.frames.advance(taken);
            self.partial -= taken;
            left -= taken;
        }
        count
    }

    /// Takes everything off; the buffer stays.
    pub(super) fn clear(&mut self) {
        self.partial = 0;
        self.pongs = 0;
        self.frames.clear();
    }

    /// Takes everything, owned.
    pub(super) fn take(&mut self) -> Bytes {
        self.partial = 0;
        self.pongs = 0;
        self.frames.split().freeze()
    }

    fn begin_frame(&mut self) {
        let (opcode, size) = frame_size(&self.frames).unwrap_or((Opcode::Ping, self.frames.len()));
        self.partial = size.max(1);
        if opcode == Opcode::Pong {
            self.pongs = self.pongs.saturating_sub(1);
        }
    }

    /// Removes the oldest Pong of which nothing was transmitted; `false` if there is none.
    fn drop_oldest_pong(&mut self) -> bool {
        let oldest = self.whole_frames().find(|(_, opcode, _)| *opcode == Opcode::Pong);
        let Some((start, _, size)) = oldest else {
            return false;
        };
        self.frames.copy_within(..start, size);
        self.frames.advance(size);
        self.pongs -= 1;
        true
    }

    /// Start, opcode and size of each frame of which nothing was transmitted.
    fn whole_frames(&self) -> impl Iterator<Item = (usize, Opcode, usize)> {
        let mut at = self.partial;
        core::iter::from_fn(move || {
            let start = at;
            let (opcode, size) = frame_size(self.frames.get(start..)?)?;
            at += size;
            Some((start, opcode, size))
        })
    }
}

/// Opcode and size of the frame at the front.
fn frame_size(frames: &[u8]) -> Option<(Opcode, usize)> {
    let (header, size) = Header::decode_own(frames)?;
    Some((header.opcode, size.saturating_add(usize::try_from(header.length).ok()?)))
}
