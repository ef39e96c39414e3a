//! §5.3  Masking: octet i of the payload meets octet i mod 4 of the key in an exclusive or.
//!
//! One loop over blocks of 64 bytes, compiled twice: for the target's baseline and, on x86-64 with
//! `std`, for AVX2, chosen once a call. Both report on the way whether the result was all ASCII, so
//! that text costs no second pass.

use core::mem;
#[cfg(any(feature = "alloc", test))]
use core::mem::MaybeUninit;

/// Below this, setting up the block loop costs more than it saves.
const BLOCK: usize = 64;

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
    let _ascii = mask_in_place(data, key);
}

/// The key for the byte that stands `offset` bytes behind the start of the payload.
#[inline]
#[must_use]
pub const fn rotate(key: [u8; 4], offset: u64) -> [u8; 4] {
    let [a, b, c, d] = key;
    match offset & 3 {
        0 => [a, b, c, d],
        1 => [b, c, d, a],
        2 => [c, d, a, b],
        _ => [d, a, b, c],
    }
}

/// As [`apply_mask`]; says whether every byte is ASCII afterwards.
#[inline]
pub(crate) fn mask_in_place(data: &mut [u8], key: [u8; 4]) -> bool {
    if data.len() < BLOCK { in_place_small(data, key) } else { dispatch_in_place(data, key) }
}

/// Copies `source`, masked, to the front of `target`, which must be at least as long; says whether
/// every byte written is ASCII. With the key zero it is a plain copy.
#[cfg(any(feature = "alloc", test))]
#[inline]
pub(crate) fn mask_copy(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    debug_assert!(target.len() >= source.len());
    if source.len() < BLOCK {
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

#[inline(always)]
fn in_place_small(data: &mut [u8], key: [u8; 4]) -> bool {
    let mut seen = 0;
    let mut words = data.chunks_exact_mut(8);
    for word in &mut words {
        if let Some(word) = word.first_chunk_mut::<8>() {
            let masked = u64::from_ne_bytes(*word) ^ wide(key);
            *word = masked.to_ne_bytes();
            seen |= masked;
        }
    }
    let mut tail = words.into_remainder();
    if tail.len() >= 4 {
        let (half, rest) = mem::take(&mut tail).split_at_mut(4);
        if let Some(half) = half.first_chunk_mut::<4>() {
            let masked = u32::from_ne_bytes(*half) ^ u32::from_ne_bytes(key);
            *half = masked.to_ne_bytes();
            seen |= u64::from(masked);
        }
        tail = rest;
    }
    for (byte, key) in tail.iter_mut().zip(key) {
        *byte ^= key;
        seen |= u64::from(*byte);
    }
    seen & HIGH_BITS == 0
}

#[inline(always)]
fn in_place_blocks(data: &mut [u8], key: [u8; 4]) -> bool {
    let key64 = wide(key);
    let mut seen = [0u64; 8];
    let mut blocks = data.chunks_exact_mut(BLOCK);
    for block in &mut blocks {
        for (word, seen) in block.chunks_exact_mut(8).zip(&mut seen) {
            if let Some(word) = word.first_chunk_mut::<8>() {
                let masked = u64::from_ne_bytes(*word) ^ key64;
                *word = masked.to_ne_bytes();
                *seen |= masked;
            }
        }
    }
    let tail = in_place_small(blocks.into_remainder(), key);
    tail & (seen.iter().fold(0, |all, seen| all | seen) & HIGH_BITS == 0)
}

#[cfg(any(feature = "alloc", test))]
#[inline(always)]
fn copy_small(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    let mut seen = 0;
    let words = source.chunks_exact(8);
    for (word, place) in words.zip(target.chunks_exact_mut(8)) {
        if let (Some(word), Some(place)) = (word.first_chunk::<8>(), place.first_chunk_mut::<8>()) {
            let masked = u64::from_ne_bytes(*word) ^ wide(key);
            *place = masked.to_ne_bytes().map(MaybeUninit::new);
            seen |= masked;
        }
    }
    let place = target.get_mut(..source.len()).unwrap_or_default();
    if let (Some(word), Some(place)) = (source.last_chunk::<8>(), place.last_chunk_mut::<8>()) {
        // The last 8 bytes, some of them once more: no loop over single ones.
        let masked = u64::from_ne_bytes(*word) ^ wide(rotate(key, source.len() as u64));
        *place = masked.to_ne_bytes().map(MaybeUninit::new);
        seen |= masked;
    } else {
        for ((byte, place), key) in source.iter().zip(place).zip(key.iter().chain(&key)) {
            let masked = byte ^ key;
            place.write(masked);
            seen |= u64::from(masked);
        }
    }
    seen & HIGH_BITS == 0
}

#[cfg(any(feature = "alloc", test))]
#[inline(always)]
fn copy_blocks(source: &[u8], target: &mut [MaybeUninit<u8>], key: [u8; 4]) -> bool {
    let key64 = wide(key);
    let mut seen = [0u64; 8];
    let blocks = source.chunks_exact(BLOCK);
    let tail = blocks.remainder();
    for (block, places) in blocks.zip(target.chunks_exact_mut(BLOCK)) {
        let words = block.chunks_exact(8).zip(places.chunks_exact_mut(8));
        for ((word, place), seen) in words.zip(&mut seen) {
            if let (Some(word), Some(place)) =
                (word.first_chunk::<8>(), place.first_chunk_mut::<8>())
            {
                let masked = u64::from_ne_bytes(*word) ^ key64;
                *place = masked.to_ne_bytes().map(MaybeUninit::new);
                *seen |= masked;
            }
        }
    }
    let done = source.len() - tail.len();
    let tail = copy_small(tail, target.get_mut(done..).unwrap_or_default(), key);
    tail & (seen.iter().fold(0, |all, seen| all | seen) & HIGH_BITS == 0)
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
        for length in 1..200 {
            for at in 0..length {
                let key = [9, 8, 7, 6];
                let mut plain = data(length, false);
                assert!(mask_in_place(&mut oracle(&plain, key), key));
                plain[at] |= 0x80;
                assert!(!mask_in_place(&mut oracle(&plain, key), key), "{length} {at}");
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
