//! §5.4  A message in one frame that stands in the input whole: the usual case, with no way through the states.

use core::mem;

use super::header::FIN;
#[cfg(feature = "deflate")]
use super::header::RSV1;
use super::{Decoder, MessageKind, Opcode, Role};

/// The first byte of a text in one frame.
const TEXT: u8 = FIN | Opcode::Text as u8;
/// The first byte of a binary message in one frame.
const BINARY: u8 = FIN | Opcode::Binary as u8;

/// A message in one frame.
pub(crate) struct Unfragmented<'i> {
    pub(crate) kind: MessageKind,
    pub(crate) data: &'i mut [u8],
    /// The masking key of a message that is masked.
    pub(crate) key: Option<[u8; 4]>,
    /// Bytes of the frame, its header included.
    pub(crate) size: usize,
}

impl Decoder {
    /// Takes a message off the input that stands there in one frame, whole, right, uncompressed and within the
    /// limits. `None`: nothing was taken; [`begin`](Self::begin) says what is there instead. (A frame of fewer than eight bytes at the end of the input is left to it, too.)
    #[inline(always)]
    pub(crate) fn take_message<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Option<Unfragmented<'i>> {
        self.take_message_with(input, 0)
    }

    /// As `take_message`, for one that is compressed.
    #[cfg(feature = "deflate")]
    pub(crate) fn take_compressed_message<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Option<Unfragmented<'i>> {
        if self.allows_compression() { self.take_message_with(input, RSV1) } else { None }
    }

    /// All of the header is looked at in one word, and only one sum stands between the start of this frame
    /// and that of the next.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the key is the lower half of what is left"
    )]
    fn take_message_with<'i>(
        &mut self,
        input: &mut &'i mut [u8],
        rsv1: u8,
    ) -> Option<Unfragmented<'i>> {
        if !self.is_between_messages() {
            return None;
        }
        let head = u64::from_le_bytes(*input.first_chunk()?);
        let [first, second, high, low, ..] = head.to_le_bytes();
        let kind = match first ^ rsv1 {
            TEXT => MessageKind::Text,
            BINARY => MessageKind::Binary,
            _ => return None,
        };
        let masked = self.receiver() == Role::Server;
        // Greater than all lengths if the mask bit is not what it has to be.
        let (length, behind) = match second ^ u8::from(masked) << 7 {
            short @ 0..126 => (u16::from(short), 2),
            126 => match u16::from_be_bytes([high, low]) {
                0..126 => return None,
                length => (length, 4),
            },
            _ => return None,
        };
        let (key, header_size) = if masked {
            (Some(((head >> (8 * behind)) as u32).to_le_bytes()), behind + 4)
        } else {
            (None, behind)
        };
        let size = header_size + usize::from(length);
        if length >= self.whole_messages_below() || input.len() < size {
            return None;
        }
        let (frame, rest) = mem::take(input).split_at_mut(size);
        *input = rest;
        let (_, data) = frame.split_at_mut(header_size);
        Some(Unfragmented { kind, data, key, size })
    }
}
