//! §5.2  The frame header: two to fourteen bytes.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! |F|R|R|R| opcode|M| length (7)  |  16 more bits if it is 126,   |
//! |I|S|S|S|  (4)  |A|             |  64 more bits if it is 127,   |
//! |N|V|V|V|       |S|             |  then a masking key of        |
//! | |1|2|3|       |K|             |  32 bits if MASK is set       |
//! +-+-+-+-+-------+-+-------------+-------------------------------+
//! ```

use core::fmt;

use super::{Opcode, Role};
use crate::ProtocolError;
use crate::rules::Sequence;

pub(crate) const FIN: u8 = 0x80;
pub(super) const RSV1: u8 = 0x40;
const RSV2_RSV3: u8 = 0x30;
const OPCODE: u8 = 0x0F;
pub(super) const MASK: u8 = 0x80;
pub(super) const LENGTH: u8 = 0x7F;

/// Payload bytes that a control frame may carry (§5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The header of one frame. RSV2 and RSV3 are always 0: no extension that we know uses them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// Whether the message that begins here is compressed (RFC 7692 §6); always `false` unless that was
    /// agreed.
    pub rsv1: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key, exactly when the frame is masked.
    pub mask: Option<[u8; 4]>,
    /// Payload bytes.
    pub length: u64,
}

impl Header {
    /// Bytes of the longest header.
    pub const MAX_SIZE: usize = 14;

    /// Reads the header at the front of `bytes`, as sent to `receiver` in the state `sequence`;
    /// with it comes its size in bytes. `None`: nothing is wrong so far, but it is not complete.
    ///
    /// The checks have a fixed order, each made as soon as its bytes are there: reserved bits and
    /// opcode, FIN of a control frame (first byte); mask bit, length of a control frame, sequence
    /// (second byte); then the length's top bit and its shortest form.
    ///
    /// # Errors
    /// The first violation in that order; each of them is told the peer as 1002.
    #[inline]
    pub fn decode(
        bytes: &[u8],
        receiver: Role,
        sequence: Sequence,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        Self::decode_with(bytes, receiver, sequence, false)
    }

    /// As [`decode`](Self::decode); if `compression` was agreed, RSV1 may be set on the first frame of a
    /// data message (RFC 7692 §6). Elsewhere it is the last violation in the order.
    #[inline(always)]
    pub(crate) fn decode_with(
        bytes: &[u8],
        receiver: Role,
        sequence: Sequence,
        compression: bool,
    ) -> Result<Option<(Self, usize)>, ProtocolError> {
        let Some(&first) = bytes.first() else {
            return Ok(None);
        };
        let opcode = check_first(first, compression)?;
        let (fin, rsv1) = (first & FIN != 0, first & RSV1 != 0);
        let Some(&second) = bytes.get(1) else {
            return Ok(None);
        };
        check_second(second, fin, opcode, receiver, sequence)?;

        let rest = bytes.get(2..).unwrap_or_default();
        let (length, rest, size) = match second & LENGTH {
            126 => {
                let Some((field, rest)) = rest.split_first_chunk::<2>() else {
                    return Ok(None);
                };
                let length = u64::from(u16::from_be_bytes(*field));
                if length < 126 {
                    return Err(ProtocolError::LengthNotMinimal);
                }
                (length, rest, 4_usize)
            }
            127 => {
                let Some((field, rest)) = rest.split_first_chunk::<8>() else {
                    return Ok(None);
                };
                let length = u64::from_be_bytes(*field);
                if length > u64::MAX >> 1 {
                    return Err(ProtocolError::LengthOverflow);
                }
                if length <= 0xFFFF {
                    return Err(ProtocolError::LengthNotMinimal);
                }
                (length, rest, 10)
            }
            short => (u64::from(short), rest, 2),
        };
        // RFC 7692 §6.1: "An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and
        // non-first fragments of a data message."
        if rsv1 && !matches!(opcode, Opcode::Text | Opcode::Binary) {
            return Err(ProtocolError::ReservedBits);
        }
        if receiver.peer().masks() {
            let Some(key) = rest.first_chunk::<4>() else {
                return Ok(None);
            };
            let size = size.saturating_add(key.len());
            Ok(Some((Self { fin, rsv1, opcode, mask: Some(*key), length }, size)))
        } else {
            Ok(Some((Self { fin, rsv1, opcode, mask: None, length }, size)))
        }
    }

    /// Reads back a header that [`encode`](Self::encode) wrote; with it comes its size in bytes.
    #[cfg(feature = "alloc")]
    pub(crate) fn decode_own(bytes: &[u8]) -> Option<(Self, usize)> {
        let masked = bytes.get(1)? & MASK != 0;
        let receiver = if masked { Role::Server } else { Role::Client };
        // In a sequence in which a frame of any kind may come.
        let sequence = match Opcode::from_bits(bytes.first()? & OPCODE)? {
            Opcode::Continuation => Sequence::Message(super::MessageKind::Binary),
            _ => Sequence::Idle,
        };
        Self::decode_with(bytes, receiver, sequence, true).ok().flatten()
    }

    /// Bytes of the header of a frame with so many bytes of payload.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(crate) const fn size(length: u64, masked: bool) -> usize {
        let size: usize = match length {
            0..=125 => 2,
            126..=0xFFFF => 4,
            _ => 10,
        };
        if masked { size.saturating_add(4) } else { size }
    }

    /// Writes the header, with the length in its shortest form (§5.2).
    #[inline]
    #[must_use]
    pub fn encode(&self) -> EncodedHeader {
        encode(self.first_byte(), self.mask, self.length)
    }

    /// FIN, RSV1 and opcode.
    #[inline]
    pub(crate) const fn first_byte(&self) -> u8 {
        let fin = if self.fin { FIN } else { 0 };
        let rsv1 = if self.rsv1 { RSV1 } else { 0 };
        self.opcode as u8 | rsv1 | fin
    }
}

/// The header with this first byte, of a frame with so many bytes of payload, masked if there is a key.
#[inline]
pub(crate) fn encode(first: u8, key: Option<[u8; 4]>, length: u64) -> EncodedHeader {
    let mut bytes = [0; Header::MAX_SIZE];
    let masked = if key.is_some() { MASK } else { 0 };
    let [b0, b1, b2, b3, ..] = &mut bytes;
    *b0 = first;
    let mut size: usize = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..=125), _) => {
            *b1 = masked | length;
            2
        }
        (_, Ok(length)) => {
            *b1 = masked | 126;
            [*b2, *b3] = length.to_be_bytes();
            4
        }
        _ => {
            *b1 = masked | 127;
            if let Some(field) = bytes.get_mut(2..10) {
                field.copy_from_slice(&length.to_be_bytes());
            }
            10
        }
    };
    if let Some(key) = key {
        if let Some(field) = bytes.get_mut(size..).and_then(<[u8]>::first_chunk_mut) {
            *field = key;
        }
        size = size.saturating_add(key.len());
    }
    EncodedHeader { bytes, size }
}

/// As [`encode`], of a payload of less than 64 KiB: the header with zeros behind it, and its size. Put
/// together in a register: from bytes on the stack it takes three times as long.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn encode_word(
    first: u8,
    key: Option<[u8; 4]>,
    length: usize,
) -> Option<([u8; 8], usize)> {
    let length = u16::try_from(length).ok()?;
    let (fields, size) = match length {
        0..=125 => (u64::from(length) << 8, 2_u8),
        _ => (126 << 8 | u64::from(length.swap_bytes()) << 16, 4),
    };
    let fields = fields | u64::from(first);
    Some(match key {
        None => (fields.to_le_bytes(), size.into()),
        Some(key) => {
            let key = u64::from(u32::from_le_bytes(key)).wrapping_shl(u32::from(size) << 3);
            let size = size.saturating_add(4);
            ((fields | u64::from(MASK) << 8 | key).to_le_bytes(), size.into())
        }
    })
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the masking key: no key is ever shown.
        f.debug_struct("Header")
            .field("fin", &self.fin)
            .field("rsv1", &self.rsv1)
            .field("opcode", &self.opcode)
            .field("masked", &self.mask.is_some())
            .field("length", &self.length)
            .finish()
    }
}

/// A header as it goes over the wire. Dereferences to its bytes.
#[derive(Clone, Copy)]
pub struct EncodedHeader {
    bytes: [u8; Header::MAX_SIZE],
    size: usize,
}

impl core::ops::Deref for EncodedHeader {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.size).unwrap_or_default()
    }
}

impl fmt::Debug for EncodedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedHeader({} bytes)", self.size)
    }
}

#[inline]
fn check_first(first: u8, compression: bool) -> Result<Opcode, ProtocolError> {
    let reserved = if compression { RSV2_RSV3 } else { RSV1 | RSV2_RSV3 };
    if first & reserved != 0 {
        return Err(ProtocolError::ReservedBits);
    }
    let opcode = Opcode::from_bits(first & OPCODE).ok_or(ProtocolError::ReservedOpcode)?;
    if opcode.is_control() && first & FIN == 0 {
        return Err(ProtocolError::FragmentedControl);
    }
    Ok(opcode)
}

#[inline]
fn check_second(
    second: u8,
    fin: bool,
    opcode: Opcode,
    receiver: Role,
    sequence: Sequence,
) -> Result<(), ProtocolError> {
    let masked = second & MASK != 0;
    match receiver {
        Role::Server if !masked => return Err(ProtocolError::UnmaskedFrame),
        Role::Client if masked => return Err(ProtocolError::MaskedFrame),
        _ => {}
    }
    if opcode.is_control() && usize::from(second & LENGTH) > MAX_CONTROL_PAYLOAD {
        return Err(ProtocolError::ControlTooLong);
    }
    sequence.follow(opcode, fin).map(drop)
}
