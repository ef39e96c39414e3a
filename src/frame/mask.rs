//! §5.3  Masking: octet i of the payload meets octet i mod 4 of the key in an exclusive or.
//!
//! ```text
//! up to 128 bytes  [ first N ]          two overlapping ends, N a power of two: no loop, no odd bytes
//!                       [ last N  ]
//! more             [ first 64 ]  [ last 64 ]
//!                     [ block ][ block ]          aligned from 1 KiB on, else at the start
//! ```
//!
//! What overlaps is computed from the bytes as they were and written twice, the same both times. The loop over
//! blocks of 64 bytes is compiled twice: for the target's baseline and, on x86-64 with `std`, for AVX2, chosen
//! once a call. All report on the way whether the result was all ASCII, so that text costs no second pass.

#[cfg(any(feature = "alloc", test))]
use core::mem::MaybeUninit;

const BLOCK: usize = 64;
/// From here on, the blocks are aligned: where loads and stores are split over two cache lines, 16 KiB take a
/// third more time. What is before the first one is done as an end.
const LONG: usize = 1024;

/// Masks or unmasks `data` in place; its first byte meets the first byte of `key`.
///
/// To go on where an earlier call ended, [rotate](rotate) the key by the bytes done so far.
///
/// ```
/// let mut data = *b"Hello";
/// websocket_proto::frame::apply_mask(&mut data, [0x37, 0xFA, 0x21, 0x3D]);
/// assert_eq!(data, [0x7F, 0x9F, 0x4D, 0x51, 0x58]);
/// ```
#[inline]
pub fn apply_mask(data: &mut [u8], key: [u8; 4]) {
    // What a server sends is as it should be.
    if key != [0; 4] {
        let _ascii = mask_in_place(data, key);
    }
}

/// The key for the byte that stands `offset` bytes behind the start of the payload.
#[inline]
#[must_use]
pub const fn rotate(key: [u8; 4], offset: u64) -> [u8; 4] {
    u32::from_le_bytes(key).rotate_right(((offset & 3) as u32) << 3).to_le_bytes()
}

/// As [`apply_mask`], also with the key zero; says whether every byte is ASCII afterwards.
#[inline]
pub(crate) fn mask_in_place(data: &mut [u8], key: [u8; 4]) -> bool {
    if data.len() <= BLOCK { in_place_small(data, key) } else { dispatch_in_place(data, key) }
}

/// Copies `source`, masked, to the front of `target`, which must be at least as long; says whether
/// every byte written is ASCII. With the key zero it is a plain copy.
#[cfg(any(feature = "alloc", test))]
#[inline]
pub(crate) fn mask_copy(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    debug_assert!(target.len() >= source.len());
    if source.len() <= 2 * BLOCK {
        copy_small(source, target, key)
    } else {
        dispatch_copy(source, target, key)
    }
}

#[inline]
fn wide(key: [u8; 4]) -> u64 {
    let key = u64::from(u32::from_ne_bytes(key));
    key << 32 | key
}

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The bytes, masked, and all of them in one word, laid over each other. `N` is 4 or a multiple of 8.
#[inline(always)]
fn masked<const N: usize>(mut bytes: [u8; N], key: [u8; 4]) -> ([u8; N], u64) {
    let mut seen = 0;
    if let Some(word) = bytes.first_chunk_mut::<4>().filter(|_| N == 4) {
        let masked = u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key);
        *word = masked.to_ne_bytes();
        seen = u64::from(masked);
    }
    for word in bytes.chunks_exact_mut(8) {
        if let Some(word) = word.first_chunk_mut::<8>() {
            let masked = u64::from_ne_bytes(*word) ^ wide(key);
            *word = masked.to_ne_bytes();
            seen |= masked;
        }
    }
    (bytes, seen)
}

/// The first and the last `N` bytes, which together are all of them, masked.
#[inline(always)]
fn masked_ends<const N: usize>(data: &[u8], key: [u8; 4]) -> Option<([u8; N], [u8; N], u64)> {
    let (first, last) = (data.first_chunk()?, data.last_chunk()?);
    let (first, seen_first) = masked(*first, key);
    // `N` is a multiple of 4.
    let (last, seen_last) = masked(*last, rotate(key, data.len() as u64));
    Some((first, last, seen_first | seen_last))
}

#[inline(always)]
fn in_place_ends<const N: usize>(data: &mut [u8], key: [u8; 4]) -> bool {
    let Some((first, last, seen)) = masked_ends::<N>(data, key) else {
        return false;
    };
    if let Some(place) = data.first_chunk_mut() {
        *place = first;
    }
    if let Some(place) = data.last_chunk_mut() {
        *place = last;
    }
    seen & HIGH_BITS == 0
}

#[inline(always)]
fn in_place_small(data: &mut [u8], key: [u8; 4]) -> bool {
    match data.len() {
        33.. => in_place_ends::<32>(data, key),
        16.. => in_place_ends::<16>(data, key),
        8.. => in_place_ends::<8>(data, key),
        4.. => in_place_ends::<4>(data, key),
        _ => {
            let mut seen = 0;
            for (byte, key) in data.iter_mut().zip(key) {
                *byte ^= key;
                seen |= *byte;
            }
            seen.is_ascii()
        }
    }
}

#[inline(always)]
fn in_place_blocks(data: &mut [u8], key: [u8; 4]) -> bool {
    if data.len() <= 2 * BLOCK {
        return in_place_ends::<BLOCK>(data, key);
    }
    let Some((first, last, seen)) = masked_ends::<BLOCK>(data, key) else {
        return false;
    };
    let start = if data.len() < LONG { 0 } else { data.as_ptr().align_offset(BLOCK).min(BLOCK) };
    let key = rotate(key, start as u64);
    let mut lanes = [0; 8];
    for block in data.get_mut(start..).unwrap_or_default().chunks_exact_mut(BLOCK) {
        for (word, lane) in block.chunks_exact_mut(8).zip(&mut lanes) {
            if let Some(word) = word.first_chunk_mut::<8>() {
                let masked = u64::from_ne_bytes(*word) ^ wide(key);
                *word = masked.to_ne_bytes();
                *lane |= masked;
            }
        }
    }
    if let Some(place) = data.first_chunk_mut() {
        *place = first;
    }
    if let Some(place) = data.last_chunk_mut() {
        *place = last;
    }
    lanes.iter().fold(seen, |all, lane| all | lane) & HIGH_BITS == 0
}

#[cfg(any(feature = "alloc", test))]
#[inline(always)]
fn copy_ends<const N: usize>(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    let Some((first, last, seen)) = masked_ends::<N>(source, key) else {
        return false;
    };
    if let Some(place) = target.first_chunk_mut() {
        *place = first.map(MaybeUninit::new);
    }
    if let Some(place) = target.last_chunk_mut() {
        *place = last.map(MaybeUninit::new);
    }
    seen & HIGH_BITS == 0
}

#[cfg(any(feature = "alloc", test))]
#[inline(always)]
fn copy_small(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    let Some(target) = target.get_mut(..source.len()) else {
        return false;
    };
    match source.len() {
        65.. => copy_ends::<BLOCK>(source, target, key),
        33.. => copy_ends::<32>(source, target, key),
        16.. => copy_ends::<16>(source, target, key),
        8.. => copy_ends::<8>(source, target, key),
        4.. => copy_ends::<4>(source, target, key),
        _ => {
            let mut seen = 0;
            for ((byte, place), key) in source.iter().zip(target).zip(key) {
                let masked = byte ^ key;
                place.write(masked);
                seen |= masked;
            }
            seen.is_ascii()
        }
    }
}

#[cfg(any(feature = "alloc", test))]
#[inline(always)]
fn copy_blocks(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    let Some(target) = target.get_mut(..source.len()) else {
        return false;
    };
    let ascii = copy_ends::<BLOCK>(source, target, key);
    let start =
        if source.len() < LONG { 0 } else { target.as_ptr().align_offset(BLOCK).min(BLOCK) };
    let key = rotate(key, start as u64);
    let blocks = source.get(start..).unwrap_or_default().chunks_exact(BLOCK);
    let places = target.get_mut(start..).unwrap_or_default().chunks_exact_mut(BLOCK);
    let mut lanes = [0; 8];
    for (block, places) in blocks.zip(places) {
        let words = block.chunks_exact(8).zip(places.chunks_exact_mut(8));
        for ((word, place), lane) in words.zip(&mut lanes) {
            if let (Some(word), Some(place)) =
                (word.first_chunk::<8>(), place.first_chunk_mut::<8>())
            {
                let masked = u64::from_ne_bytes(*word) ^ wide(key);
                *place = masked.to_ne_bytes().map(MaybeUninit::new);
                *lane |= masked;
            }
        }
    }
    ascii & (lanes.iter().fold(0, |all, lane| all | lane) & HIGH_BITS == 0)
}

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[expect(unsafe_code, reason = "code compiled for AVX2 may only be called where the CPU has it")]
mod dispatch {
    use super::{MaybeUninit, copy_blocks, in_place_blocks};

    pub(super) fn dispatch_in_place(data: &mut [u8], key: [u8; 4]) -> bool {
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has AVX2.
            unsafe { in_place_avx2(data, key) }
        } else {
            in_place_blocks(data, key)
        }
    }

    pub(super) fn dispatch_copy(
        source: &[u8],
        target: &mut [MaybeUninit<u8>],
        key: [u8; 4],
    ) -> bool {
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the CPU has AVX2.
            unsafe { copy_avx2(source, target, key) }
        } else {
            copy_blocks(source, target, key)
        }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn in_place_avx2(data: &mut [u8], key: [u8; 4]) -> bool {
        in_place_blocks(data, key)
    }

    #[target_feature(enable = "avx2")]
    unsafe fn copy_avx2(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
        copy_blocks(source, target, key)
    }
}

#[cfg(not(all(feature = "std", target_arch = "x86_64")))]
mod dispatch {
    #[cfg(any(feature = "alloc", test))]
    pub(super) use super::copy_blocks as dispatch_copy;
    pub(super) use super::in_place_blocks as dispatch_in_place;
}

#[cfg(any(feature = "alloc", test))]
use dispatch::dispatch_copy;
use dispatch::dispatch_in_place;

#[cfg(test)]
mod tests {
    use super::*;

    /// R6455-5.3-01, as the RFC writes it.
    fn oracle(data: &[u8], key: [u8; 4]) -> std::vec::Vec<u8> {
        data.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
    }

    fn data(length: usize, high: bool) -> std::vec::Vec<u8> {
        (0..length).map(|i| (i * 7 + 3) as u8 & if high { 0xFF } else { 0x7F }).collect()
    }

    /// R6455-5.3-05 T-MK-05: every length and alignment against the byte-wise oracle.
    #[test]
    fn kernels_equal_the_oracle() {
        for key in [[0x37, 0xFA, 0x21, 0x3D], [0; 4], [0x01, 0x02, 0x03, 0x04]] {
            for length in 0..300 {
                for offset in 0..16 {
                    let source = data(length + offset, true);
                    let expected = oracle(&source[offset..], key);
                    let mut place = source.clone();
                    assert_eq!(
                        mask_in_place(&mut place[offset..], key),
                        expected.is_ascii(),
                        "{length} {offset}"
                    );
                    assert_eq!(&place[offset..], expected);
                    assert_eq!(&place[..offset], &source[..offset]);
                    let mut target = std::vec![MaybeUninit::new(0xEE_u8); length + 3];
                    assert_eq!(mask_copy(&source[offset..], &mut target, key), expected.is_ascii());
                    let copied: std::vec::Vec<u8> = target.iter().map(read).collect();
                    assert_eq!(&copied[..length], expected);
                    assert_eq!(&copied[length..], [0xEE; 3]);
                }
            }
        }
    }

    #[expect(unsafe_code, reason = "reads back what the test itself initialised")]
    fn read(byte: &MaybeUninit<u8>) -> u8 {
        // SAFETY: every element was initialised by the test.
        unsafe { byte.assume_init() }
    }

    /// A single byte over 0x7F anywhere is noticed, whichever loop meets it.
    #[test]
    fn ascii_is_seen_at_every_position() {
        for length in 1..260 {
            for at in 0..length {
                let key = [9, 8, 7, 6];
                let mut plain = data(length, false);
                let mut copy = std::vec![MaybeUninit::uninit(); length];
                assert!(mask_in_place(&mut oracle(&plain, key), key));
                assert!(mask_copy(&oracle(&plain, key), &mut copy, key));
                plain[at] |= 0x80;
                assert!(!mask_in_place(&mut oracle(&plain, key), key), "{length} {at}");
                assert!(!mask_copy(&oracle(&plain, key), &mut copy, key), "{length} {at}");
                // Nor do two of them make up for each other.
                plain[(at + 8) % length] |= 0x80;
                assert!(!mask_in_place(&mut oracle(&plain, key), key), "{length} {at}");
                assert!(!mask_copy(&oracle(&plain, key), &mut copy, key), "{length} {at}");
            }
        }
    }

    #[test]
    fn a_rotated_key_goes_on_where_it_stopped() {
        let key = [1, 2, 3, 4];
        let source = data(40, true);
        for split in 0..40 {
            let mut place = source.clone();
            apply_mask(&mut place[..split], key);
            apply_mask(&mut place[split..], rotate(key, split as u64));
            assert_eq!(place, oracle(&source, key));
        }
    }
}
