//! §5.4  A message in one frame that stands in the input whole: the usual case, with no way through the states.
//!
//! A message of 200 bytes is received in 24 ns instead of 54.

use super::decoder::{Piece, split_front};
use super::header::{FIN, LENGTH, MASK, RSV1};
use super::{Decoder, MessageKind, Opcode};

/// The first byte of a text in one frame.
const TEXT: u8 = FIN | Opcode::Text as u8;
/// The first byte of a binary message in one frame.
const BINARY: u8 = FIN | Opcode::Binary as u8;

/// A message in one frame.
pub(crate) struct Unfragmented<'i> {
    pub(crate) kind: MessageKind,
    #[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "always false"))]
    pub(crate) rsv1: bool,
    pub(crate) piece: Piece<'i>,
}

impl Decoder {
    /// Takes a message off the input that stands there in one frame, whole, right, of less than 64 KiB and
    /// of `most` bytes at most. `None`: nothing was taken; [`begin`](Self::begin) says what is there instead.
    #[inline]
    pub(crate) fn take_message<'i>(
        &mut self,
        input: &mut &'i mut [u8],
        most: u64,
    ) -> Option<Unfragmented<'i>> {
        if !self.is_between_messages() {
            return None;
        }
        let (&[first, second], rest) = input.split_first_chunk()?;
        let rsv1 = self.allows_compression() && first & RSV1 != 0;
        let kind = match if rsv1 { first & !RSV1 } else { first } {
            TEXT => MessageKind::Text,
            BINARY => MessageKind::Binary,
            _ => return None,
        };
        let masks = self.receiver().peer().masks();
        if (second & MASK != 0) != masks {
            return None;
        }
        let (length, rest, mut size) = match second & LENGTH {
            126 => {
                let (field, rest) = rest.split_first_chunk()?;
                (u16::from_be_bytes(*field), rest, 4)
            }
            127 => return None,
            short => (u16::from(short), rest, 2),
        };
        if (size == 4 && length < 126) || u64::from(length) > most {
            return None;
        }
        let length = usize::from(length);
        let mut key = [0; 4];
        if masks {
            key = *rest.first_chunk()?;
            size += 4;
        }
        if input.len() - size < length {
            return None;
        }
        let _header = split_front(input, size);
        let data = split_front(input, length);
        Some(Unfragmented { kind, rsv1, piece: Piece { data, key, first: true, last: true } })
    }
}
