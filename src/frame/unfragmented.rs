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
    /// limits. `None`: nothing was taken; [`take_rare_message`](Self::take_rare_message) and then
    /// [`begin`](Self::begin) say what is there instead.
    #[inline(always)]
    pub(crate) fn take_message<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Option<Unfragmented<'i>> {
        let head = u64::from_le_bytes(*input.first_chunk()?);
        self.take_message_with(head, input, 0)
    }

    /// The same for what [`take_message`](Self::take_message) leaves out, so that it stays small: messages that are
    /// compressed, which is told as well, and inputs of fewer than eight bytes.
    pub(crate) fn take_rare_message<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Option<(Unfragmented<'i>, bool)> {
        let (head, is_short) = match input.first_chunk() {
            Some(head) => (u64::from_le_bytes(*head), false),
            None => (short_word(input), true),
        };
        #[cfg(feature = "deflate")]
        let rsv1 = if self.allows_compression() { head.to_le_bytes()[0] & RSV1 } else { 0 };
        #[cfg(not(feature = "deflate"))]
        let rsv1 = 0;
        if rsv1 == 0 && !is_short {
            return None;
        }
        let message = self.take_message_with(head, input, rsv1)?;
        Some((message, rsv1 != 0))
    }

    /// All of the header is looked at in one word, `head`, and only one sum stands between the start of this frame
    /// and that of the next.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the key is the lower half of what is left"
    )]
    fn take_message_with<'i>(
        &mut self,
        head: u64,
        input: &mut &'i mut [u8],
        rsv1: u8,
    ) -> Option<Unfragmented<'i>> {
        if !self.is_between_messages() {
            return None;
        }
        let [first, second, high, low, ..] = head.to_le_bytes();
        let kind = match first ^ rsv1 {
            TEXT => MessageKind::Text,
            BINARY => MessageKind::Binary,
            _ => return None,
        };
        let masked = self.receiver() == Role::Server;
        // Greater than all lengths if the mask bit is not what it has to be.
        let (length, behind) = match second ^ u8::from(masked) << 7 {
            short @ 0..126 => (u16::from(short), 2_usize),
            126 => match u16::from_be_bytes([high, low]) {
                0..126 => return None,
                length => (length, 4),
            },
            _ => return None,
        };
        let (key, header_size) = if masked {
            let key = head.wrapping_shr((behind << 3) as u32) as u32;
            (Some(key.to_le_bytes()), behind.saturating_add(4))
        } else {
            (None, behind)
        };
        // At most 65,543.
        let size = header_size.wrapping_add(length.into());
        if length >= self.whole_messages_below() || input.len() < size {
            return None;
        }
        let (frame, rest) = mem::take(input).split_at_mut(size);
        *input = rest;
        let (_, data) = frame.split_at_mut(header_size);
        Some(Unfragmented { kind, data, key, size })
    }
}

/// The bytes of an input that has fewer than eight, and zeros behind them: whatever they say is behind it is missed
/// when the size of the frame is looked at.
fn short_word(input: &[u8]) -> u64 {
    input.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames at the end of an input, and what is cut off them, down to nothing.
    #[test]
    fn short_inputs() {
        for (role, whole) in [
            (Role::Client, &b"\x81\x05Hello"[..]),
            (Role::Client, b"\x82\x00"),
            (Role::Server, b"\x81\x81\x01\x02\x03\x04\x40"),
            (Role::Server, b"\x82\x80\x01\x02\x03\x04"),
            (Role::Client, b"\x82\x7e\x00\x7e"),
            (Role::Server, b"\x82\xfe\x00\x7e\x01\x02\x03\x04"),
        ] {
            for count in 0..=whole.len() {
                let mut decoder = Decoder::new(role).with_whole_messages_below(1000);
                let mut bytes = whole[..count].to_vec();
                let mut input = &mut bytes[..];
                assert!(decoder.take_message(&mut input).is_none() || whole.len() >= 8);
                let taken = decoder.take_rare_message(&mut input).is_some();
                let announced = usize::from(whole[1] & 0x7F);
                assert_eq!(taken, count == whole.len() && announced < 126, "{whole:?} {count}");
                assert_eq!(input.len(), if taken { 0 } else { count });
            }
        }
    }

    /// Messages that stand there whole come by the short way: of any length that has one, and compressed ones, too.
    #[test]
    fn the_short_way_is_taken() {
        for role in [Role::Client, Role::Server] {
            for length in [8, 125, 126, 300] {
                let key = role.peer().masks().then_some([1, 2, 3, 4]);
                let mut bytes = crate::frame::encode(BINARY, key, length as u64).to_vec();
                bytes.resize(bytes.len() + length, 0);
                let mut decoder = Decoder::new(role).with_whole_messages_below(1000);
                let message = decoder.take_message(&mut &mut bytes[..]).expect("it is whole");
                assert_eq!((message.data.len(), message.key), (length, key));
                // What is not compressed and long enough was for the first look.
                assert!(decoder.take_rare_message(&mut &mut bytes[..]).is_none());
            }
        }
        #[cfg(feature = "deflate")]
        for (first, kind) in
            [(TEXT | RSV1, MessageKind::Text), (BINARY | RSV1, MessageKind::Binary)]
        {
            let mut bytes = crate::frame::encode(first, None, 8).to_vec();
            bytes.extend_from_slice(b"compress");
            let mut decoder = Decoder::new(Role::Client).with_whole_messages_below(1000);
            assert!(decoder.take_rare_message(&mut &mut bytes[..]).is_none(), "not agreed on");
            let mut decoder = decoder.with_compression();
            assert!(decoder.take_message(&mut &mut bytes[..]).is_none());
            let (message, compressed) =
                decoder.take_rare_message(&mut &mut bytes[..]).expect("whole");
            assert_eq!((message.kind, &*message.data, compressed), (kind, &b"compress"[..], true));
        }
    }

    /// To ask for the next frame of an empty input changes nothing.
    #[test]
    fn an_empty_input_is_no_start() {
        let mut decoder = Decoder::new(Role::Client).with_whole_messages_below(1000);
        assert!(decoder.begin(&mut &mut [][..]).unwrap().is_none());
        assert!(decoder.take_message(&mut &mut b"\x81\x08whole it".to_vec()[..]).is_some());
    }
}
