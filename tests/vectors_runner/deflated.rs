//! RFC 7692 §6  The frames of one direction, with compressed messages inflated by a reader that knows no codec.

use super::compression::Parameters;
use super::frames::{CLOSE, CONTINUATION, Frame};
use super::puff::{Outcome, Puff};
use super::vector::Side;

/// RSV1: the message that begins with this frame is compressed (§6).
pub(crate) const RSV1: u8 = 0x40;

/// What one side sends.
pub(crate) struct Deflated {
    puff: Option<Puff>,
    /// Whether the message that is open is compressed.
    active: bool,
    /// What has come of it, and how much it was inflated to.
    message: Vec<u8>,
    inflated: usize,
}

impl Deflated {
    /// Of a connection that has agreed on these parameters, if on any.
    pub(crate) fn new(agreed: Option<&Parameters>, sender: Side) -> Self {
        let puff = agreed.map(|parameters| {
            let (window, takeover) = parameters.sending(sender);
            Puff::new(window, takeover)
        });
        Self { puff, active: false, message: Vec::new(), inflated: 0 }
    }

    /// What the frame's payload is inflated to, if it belongs to a compressed message. A fragment is inflated
    /// as far as it goes.
    pub(crate) fn inflate(&mut self, frame: &Frame) -> Result<Option<Vec<u8>>, String> {
        match frame.opcode() {
            CLOSE.. => return Ok(None),
            CONTINUATION => {}
            _ => self.active = frame.first & RSV1 != 0,
        }
        let Some(puff) = self.puff.as_mut().filter(|_| self.active) else {
            return Ok(None);
        };
        self.message.extend_from_slice(&frame.payload);
        // §7.2.2, but no bytes are no half of a block.
        let whole = frame.fin() && !self.message.is_empty();
        let inflated = if whole {
            puff.inflate(&self.message, usize::MAX)
        } else {
            puff.beginning(&self.message)
        };
        let good = match inflated.outcome {
            Outcome::Complete { .. } => true,
            Outcome::CutOff => !whole,
            Outcome::Corrupt | Outcome::TooLong => false,
        };
        if !good || !puff.keeps_to_window() {
            let (outcome, furthest) = (inflated.outcome, puff.furthest);
            return Err(format!("compressed: {outcome:?}, refers back by up to {furthest}"));
        }
        let added = inflated.data.get(self.inflated..).unwrap_or_default().to_vec();
        self.inflated = inflated.data.len();
        if frame.fin() {
            self.message.clear();
            self.inflated = 0;
        }
        Ok(Some(added))
    }

    /// The frames that would say the same without compression.
    pub(crate) fn plain(&mut self, frames: &[Frame]) -> Result<Vec<Frame>, String> {
        let plain = |frame: &Frame| {
            Ok(match self.inflate(frame)? {
                None => frame.clone(),
                Some(payload) if frame.opcode() == CONTINUATION => {
                    Frame { first: frame.first, payload }
                }
                Some(payload) => Frame { first: frame.first & !RSV1, payload },
            })
        };
        frames.iter().map(plain).collect()
    }
}
