//! §8.1, RFC 3629  UTF-8 that comes in pieces, refused at its first wrong byte.

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
                self.held += 1;
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
        Some(if promised > behind { behind + 1 } else { 0 })
    });
    bytes.split_at(bytes.len() - unfinished.unwrap_or(0))
}

/// Whether all of it is valid UTF-8.
#[inline]
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    #[cfg(feature = "alloc")]
    {
        simdutf8::basic::from_utf8(bytes).is_ok()
    }
    #[cfg(not(feature = "alloc"))]
    {
        core::str::from_utf8(bytes).is_ok()
    }
}
