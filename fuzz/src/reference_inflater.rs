//! RFC 7692 §7.2.2 once more: one direction of compressed messages, by the inflater of the tests.

#[allow(dead_code, reason = "the tests look at more of it")]
#[path = "../../tests/deflate_support/puff.rs"]
mod puff;

use puff::{Outcome, Puff};

/// What the peer of a direction makes of its messages, by rule and not by speed.
pub struct ReferenceInflater(Puff);

/// What a message comes to.
pub struct Inflated {
    /// As far as it could be inflated.
    pub data: Vec<u8>,
    pub ending: Ending,
    /// Final blocks (BFINAL) that have ended in it.
    pub final_blocks: u32,
    /// The greatest distance of a reference.
    pub furthest: usize,
}

/// Where inflating a message and its tail came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the last bit, between two blocks.
    Complete,
    /// With the last bit, elsewhere.
    CutOff,
    Corrupt,
    /// There would be more than was asked for.
    TooLong,
}

impl ReferenceInflater {
    /// Has made what all of them share, so that it is not counted later.
    pub fn prepare() {
        // One fixed block, with nothing in it.
        Self::new(15, false).inflate(&[3, 0], 0);
    }

    pub fn new(window_bits: u8, takeover: bool) -> Self {
        Self(Puff::new(window_bits, takeover))
    }

    /// Inflates a message that has to be as a compressor of ours makes them: no final blocks, an empty
    /// block at the end, no reference beyond the window.
    pub fn message(&mut self, payload: &[u8]) -> Vec<u8> {
        self.0.message(payload)
    }

    /// Inflates any message, up to `most` bytes.
    pub fn inflate(&mut self, payload: &[u8], most: usize) -> Inflated {
        if payload.is_empty() {
            // §7.2.2 would have the tail inflated, which is half of a block: it stands for nothing.
            let data = Vec::new();
            return Inflated { data, ending: Ending::Complete, final_blocks: 0, furthest: 0 };
        }
        self.0.furthest = 0;
        let inflated = self.0.inflate(payload, most);
        Inflated {
            data: inflated.data,
            ending: match inflated.outcome {
                Outcome::Complete { .. } => Ending::Complete,
                Outcome::CutOff => Ending::CutOff,
                Outcome::Corrupt => Ending::Corrupt,
                Outcome::TooLong => Ending::TooLong,
            },
            final_blocks: inflated.final_blocks,
            furthest: self.0.furthest,
        }
    }
}
