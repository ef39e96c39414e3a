//! §8.1, RFC 3629  UTF-8 that comes in pieces, refused at its first wrong byte.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use core::fmt;

/// The bytes cannot be the start of valid UTF-8, or it ended inside a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUtf8;

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid UTF-8")
    }
}

impl core::error::Error for InvalidUtf8 {}

/// Validates a text as it arrives; carries at most three bytes, an unfinished character.
///
/// ```
/// use websocket_proto::utf8::{InvalidUtf8, Validator};
///
/// let mut validator = Validator::new();
/// validator.push(b"caf\xC3")?;         // ends inside a character
/// validator.push(b"\xA9")?;            // which ends here
/// validator.finish()?;
/// assert_eq!(validator.push(b"\xF4\x90"), Err(InvalidUtf8));   // above U+10FFFF
/// # Ok::<(), InvalidUtf8>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validator {
    pending: [u8; 3],
    held: u8,
}

impl Validator {
    /// A validator at the start of a text.
    #[must_use]
    pub const fn new() -> Self {
        Self { pending: [0; 3], held: 0 }
    }

    /// Whether the text so far ends with a whole character.
    #[inline]
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.held == 0
    }

    /// Takes the next bytes of the text.
    ///
    /// # Errors
    /// [`InvalidUtf8`] as soon as no continuation could make the text valid. The validator is then of
    /// no further use.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), InvalidUtf8> {
        let mut rest = bytes;
        while self.held > 0 {
            let Some((&next, after)) = rest.split_first() else {
                return Ok(());
            };
            self.extend_character(next)?;
            rest = after;
        }
        let (whole, tail) = split_unfinished(rest);
        if !is_valid(whole) {
            return Err(InvalidUtf8);
        }
        for &byte in tail {
            self.extend_character(byte)?;
        }
        Ok(())
    }

    /// Ends the text; the validator stands at the start of the next one.
    ///
    /// # Errors
    /// [`InvalidUtf8`] if the text ends inside a character.
    #[inline]
    pub fn finish(&mut self) -> Result<(), InvalidUtf8> {
        let complete = self.is_complete();
        *self = Self::new();
        if complete { Ok(()) } else { Err(InvalidUtf8) }
    }

    /// Adds one byte to the unfinished character, which then has one to four bytes.
    fn extend_character(&mut self, next: u8) -> Result<(), InvalidUtf8> {
        let held = usize::from(self.held);
        let mut bytes = [0; 4];
        for (place, byte) in bytes.iter_mut().zip(self.pending.iter().take(held).chain([&next])) {
            *place = *byte;
        }
        match core::str::from_utf8(bytes.get(..=held).unwrap_or_default()) {
            Ok(_) => *self = Self::new(),
            Err(error) if error.error_len().is_some() => return Err(InvalidUtf8),
            Err(_) => {
                if let Some(place) = self.pending.get_mut(held) {
                    *place = next;
                }
                self.held = self.held.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// Cuts off the last character if its lead byte promises more bytes than there are.
#[inline]
fn split_unfinished(bytes: &[u8]) -> (&[u8], &[u8]) {
    let unfinished = bytes.iter().rev().take(3).enumerate().find_map(|(behind, &byte)| {
        let promised = match byte {
            0xC0..=0xDF => 1,
            0xE0..=0xEF => 2,
            0xF0..=0xFF => 3,
            0x80..=0xBF => return None,
            0x00..=0x7F => 0,
        };
        Some(if promised > behind { behind.saturating_add(1) } else { 0 })
    });
    bytes.split_at(bytes.len().saturating_sub(unfinished.unwrap_or(0)))
}

/// Whether all of it is valid UTF-8.
#[inline]
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    #[cfg(feature = "alloc")]
    {
        match bytes.len() {
            BLOCK.. => simdutf8::basic::from_utf8(bytes).is_ok(),
            FEW.. => is_valid_short(bytes),
            _ => core::str::from_utf8(bytes).is_ok(),
        }
    }
    #[cfg(not(feature = "alloc"))]
    {
        core::str::from_utf8(bytes).is_ok()
    }
}

/// What `simdutf8` takes at a time; it leaves less to the standard library, which goes character by character.
#[cfg(feature = "alloc")]
const BLOCK: usize = 64;
/// From here on, a whole block takes less time than going by characters.
#[cfg(feature = "alloc")]
const FEW: usize = 16;

/// As a block with zeros behind it: they end what is unfinished just as the end does. 50 bytes take 20 ns instead
/// of 90.
#[cfg(feature = "alloc")]
#[inline(never)]
fn is_valid_short(bytes: &[u8]) -> bool {
    if bytes.is_ascii() {
        return true;
    }
    let mut block = [0; BLOCK];
    match block.get_mut(..bytes.len()) {
        Some(place) => {
            place.copy_from_slice(bytes);
            simdutf8::basic::from_utf8(&block).is_ok()
        }
        None => core::str::from_utf8(bytes).is_ok(),
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    /// R6455-8.1-01: with each byte of a text replaced by each other one, at every length around a block.
    #[test]
    fn short_texts_equal_the_oracle() {
        let text = "aé日😀߿\u{800}\u{ffff}\u{10000}\u{10ffff}".repeat(4);
        for length in (0..=70).filter(|length| *length <= text.len()) {
            let bytes = &text.as_bytes()[..length];
            assert_eq!(is_valid(bytes), core::str::from_utf8(bytes).is_ok(), "{length}");
            for at in 0..length {
                for wrong in (0..=0xFF).step_by(if length % 8 == 0 { 1 } else { 5 }) {
                    let mut bytes = bytes.to_vec();
                    bytes[at] = wrong;
                    let expected = core::str::from_utf8(&bytes).is_ok();
                    assert_eq!(is_valid(&bytes), expected, "{length} {at} {wrong:#x}");
                }
            }
        }
    }
}
