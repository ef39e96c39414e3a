//! Byte buffers that grow by what was received, never by what was announced.

use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::mem::{self, MaybeUninit};

use bytes::{Bytes, BytesMut};

use crate::frame::{Header, encode, encode_word, mask_copy};

/// The first capacity, unless less is expected.
const FIRST: usize = 512;

/// Capacity up to which a buffer is kept for the next message in any case. A larger one is kept from the second
/// time on that it is needed before it is released: of a message alone, nothing stays, and thousands of
/// connections that get one each do not hold as many buffers at once.
pub(crate) const KEPT: usize = 16 << 10;

/// Makes room for `additional` bytes: in what the buffer has, in what it had and its other holders
/// have dropped, or by growing to at most twice what it holds with them and never over `expected` bytes in
/// all (unless the bytes at hand are more).
///
/// # Errors
/// The allocator's. What the buffer held is gone then.
#[inline]
pub(crate) fn try_reserve(
    buffer: &mut BytesMut,
    additional: usize,
    expected: usize,
) -> Result<(), TryReserveError> {
    if buffer.capacity() - buffer.len() >= additional {
        return Ok(());
    }
    grow(buffer, additional, expected)
}

#[cold]
fn grow(buffer: &mut BytesMut, additional: usize, expected: usize) -> Result<(), TryReserveError> {
    if buffer.try_reclaim(additional) {
        return Ok(());
    }
    let held = buffer.len();
    let needed = held.saturating_add(additional);
    let most = expected.min(isize::MAX as usize).max(needed);
    let capacity = needed.saturating_mul(2).max(FIRST).min(most);
    // By way of a `Vec`, the one of the two that can say that there is no memory.
    let mut bytes = Vec::from(mem::take(buffer));
    bytes.try_reserve_exact(capacity - held)?;
    *buffer = BytesMut::from(Bytes::from(bytes));
    Ok(())
}

/// Appends `source`, masked with `key` on the way; says whether all that was appended is ASCII.
#[inline]
#[expect(unsafe_code, reason = "writing to spare capacity: zeroing it first costs a pass")]
pub(crate) fn append_masked(buffer: &mut BytesMut, source: &[u8], key: [u8; 4]) -> bool {
    let count = source.len();
    buffer.reserve(count);
    let held = buffer.len();
    let Some(place) = buffer.spare_capacity_mut().get_mut(..count) else {
        return false;
    };
    let ascii = mask_copy(source, place, key);
    // SAFETY: `place` is the first `count` bytes of the spare capacity, and `mask_copy` has
    // initialised as many bytes as `source` has, which is `count`.
    unsafe { buffer.set_len(held + count) };
    ascii
}

/// Payloads of at most so many bytes are appended without a call.
pub(crate) const SHORT: usize = 128;

/// As [`append_frame`], of a payload of at most [`SHORT`] bytes and into the capacity that is there, without a
/// call; `false`: it was not enough, and nothing was appended.
#[inline(always)]
#[expect(unsafe_code, reason = "writing to spare capacity: a short frame in half the time")]
pub(crate) fn append_short(
    buffer: &mut BytesMut,
    first: u8,
    key: Option<[u8; 4]>,
    payload: &[u8],
) -> bool {
    let held = buffer.len();
    let spare = buffer.spare_capacity_mut();
    if payload.len() > SHORT || spare.len() < WORD + payload.len() {
        return false;
    }
    let Some((header, size)) = encode_word(first, key, payload.len()) else { return false };
    let Some(place) = spare.first_chunk_mut::<WORD>() else { return false };
    *place = header.map(MaybeUninit::new);
    let Some(place) = spare.get_mut(size..size + payload.len()) else { return false };
    let _ascii = mask_copy(payload, place, key.unwrap_or_default());
    // SAFETY: the spare capacity begins with the `size` bytes of the header, at most 8, which were just
    // written, and the payload behind them, all of which `mask_copy` has initialised.
    unsafe { buffer.set_len(held + size + payload.len()) };
    true
}

/// Bytes of a header of less than 64 KiB of payload, at most.
const WORD: usize = 8;

/// Appends a frame with this first byte of its header and this payload, masked on the way if there is a key.
pub(crate) fn append_frame(buffer: &mut BytesMut, first: u8, key: Option<[u8; 4]>, payload: &[u8]) {
    buffer.reserve(Header::MAX_SIZE + payload.len());
    if append_short(buffer, first, key, payload) {
        return;
    }
    append_header(buffer, first, key, payload.len());
    match key {
        Some(key) => {
            let _ascii = append_masked(buffer, payload, key);
        }
        None => buffer.extend_from_slice(payload),
    }
}

/// Appends the header of a frame with this first byte and so many bytes of payload.
#[inline]
fn append_header(buffer: &mut BytesMut, first: u8, key: Option<[u8; 4]>, length: usize) {
    match encode_word(first, key, length) {
        // Of a fixed size: to copy what was just put together byte by byte waits for its bytes.
        Some((header, size)) => {
            buffer.extend_from_slice(&header);
            buffer.truncate(buffer.len() - (WORD - size));
        }
        None => buffer.extend_from_slice(&encode(first, key, length as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Opcode;

    /// R6455-5.2-06 R6455-5.3-01: every frame is what the header's own encoding and the exclusive or of §5.3
    /// make it, behind whatever is there.
    #[test]
    fn frames_equal_the_oracle() {
        let lengths = (0..300).chain([65_535, 65_536, 65_537]);
        for (length, before) in lengths.flat_map(|length| [(length, 0), (length, 13)]) {
            let payload: Vec<u8> = (0..length).map(|at| (at * 7 + 3) as u8).collect();
            for mask in [None, Some([0x37, 0xFA, 0x21, 0x3D])] {
                for (fin, rsv1) in [(true, false), (false, true)] {
                    let opcode = Opcode::Binary;
                    let header = Header { fin, rsv1, opcode, mask, length: length as u64 };
                    let mut buffer = BytesMut::from(&[0xEE; 13][..before]);
                    append_frame(&mut buffer, header.first_byte(), mask, &payload);
                    let keys = mask.unwrap_or_default();
                    let masked = payload.iter().zip(keys.iter().cycle()).map(|(a, b)| a ^ b);
                    let mut expected = std::vec![0xEE; before];
                    expected.extend_from_slice(&header.encode());
                    expected.extend(masked);
                    assert!(buffer == expected, "{length} {before} {mask:?} {fin}");
                }
            }
        }
    }

    /// Into what is there if it is enough for the longest header of a short frame, and else not at all.
    #[test]
    fn short_frames_go_into_the_capacity_that_is_there() {
        for key in [None, Some([1, 2, 3, 4])] {
            for length in [0, 1, 125, 126, 127, 128, 129, 300] {
                let payload = std::vec![b'x'; length];
                let mut expected = BytesMut::new();
                append_frame(&mut expected, 0x82, key, &payload);
                for spare in [0, 5, WORD + length - 1, WORD + length, WORD + length + 1, 1000] {
                    let mut buffer = BytesMut::with_capacity(13 + spare);
                    buffer.extend_from_slice(&[0xEE; 13]);
                    let spare = buffer.capacity() - buffer.len();
                    let fits = length <= SHORT && spare >= WORD + length;
                    assert_eq!(append_short(&mut buffer, 0x82, key, &payload), fits);
                    assert_eq!(buffer.capacity() - buffer.len() < spare, fits, "{length} {spare}");
                    assert!(buffer[..13] == [0xEE; 13]);
                    let appended: &[u8] = if fits { &expected } else { &[] };
                    assert!(buffer[13..] == *appended);
                }
            }
        }
    }

    #[test]
    fn what_was_reserved_is_there() {
        for held in [0, 1, 100, 600] {
            for additional in [0, 1, 511, 512, 513, 5000] {
                let mut buffer = BytesMut::from(&std::vec![7; held][..]);
                try_reserve(&mut buffer, additional, usize::MAX).unwrap();
                assert!(buffer.capacity() - buffer.len() >= additional, "{held} {additional}");
                let (capacity, place) = (buffer.capacity(), buffer.as_ptr());
                // What is there is kept.
                try_reserve(&mut buffer, additional, usize::MAX).unwrap();
                assert_eq!((buffer.capacity(), buffer.as_ptr()), (capacity, place));
            }
        }
    }

    /// T-FR-12: never more than twice what was received, beyond the first capacity.
    #[test]
    fn grows_by_what_was_received() {
        let mut buffer = BytesMut::new();
        for received in 1..100_000 {
            try_reserve(&mut buffer, 1, usize::MAX).unwrap();
            append_masked(&mut buffer, b"x", [0; 4]);
            assert!(buffer.capacity() <= FIRST.max(2 * received));
        }
    }

    #[test]
    fn grows_no_further_than_expected() {
        let mut buffer = BytesMut::new();
        try_reserve(&mut buffer, 1, 7).unwrap();
        assert_eq!(buffer.capacity(), 7);
        try_reserve(&mut buffer, 9, 7).unwrap();
        assert_eq!(buffer.capacity(), 9);
    }

    #[test]
    fn impossible_sizes_are_an_error() {
        assert!(try_reserve(&mut BytesMut::new(), usize::MAX, usize::MAX).is_err());
    }
}
