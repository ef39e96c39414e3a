//! §5.6 §8.1  Text whose UTF-8 is proven by its type.

use alloc::string::String;
use core::fmt;
use core::ops::Deref;

use bytes::{Bytes, BytesMut};

use super::Payload;
use crate::utf8::{self, InvalidUtf8};

/// A received text message. Dereferences to `str`.
///
/// Borrows the caller's input if the message stood there whole, and owns it otherwise.
#[derive(PartialEq, Eq)]
pub struct Text<'i>(Payload<'i>);

impl<'i> Text<'i> {
    /// `payload` must have passed our validator.
    #[inline]
    pub(super) fn validated(payload: Payload<'i>) -> Self {
        debug_assert!(utf8::is_valid(&payload));
        Self(payload)
    }

    /// The text.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        proven(&self.0)
    }

    /// Turns this into text to keep: copies what is borrowed, and what is owned only if it would
    /// hold on to a buffer of more than twice its size.
    #[must_use]
    pub fn into_utf8_bytes(self) -> Utf8Bytes {
        Utf8Bytes(self.0.into_bytes())
    }

    /// The bytes, no longer known to be UTF-8.
    #[must_use]
    pub fn into_payload(self) -> Payload<'i> {
        self.0
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

/// Text to keep: owned, cheap to clone, immutable. Dereferences to `str`.
///
/// ```
/// use websocket_proto::Utf8Bytes;
///
/// let text = Utf8Bytes::from_static("café");
/// assert_eq!(&*text.clone(), "café");
/// assert!(Utf8Bytes::try_from(text.into_bytes().slice(0..4)).is_err());   // cuts a character
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utf8Bytes(Bytes);

impl Utf8Bytes {
    /// Text that lives as long as the program; nothing is copied.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// The text.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        proven(&self.0)
    }

    /// The bytes, shared.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The bytes, no longer known to be UTF-8.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Deref for Utf8Bytes {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Utf8Bytes {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<String> for Utf8Bytes {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl From<&str> for Utf8Bytes {
    /// Copies the text; [`Utf8Bytes::from_static`] does not.
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<Text<'_>> for Utf8Bytes {
    fn from(text: Text<'_>) -> Self {
        text.into_utf8_bytes()
    }
}

impl From<Utf8Bytes> for Bytes {
    fn from(text: Utf8Bytes) -> Self {
        text.0
    }
}

impl From<Utf8Bytes> for String {
    /// Copies the text.
    fn from(text: Utf8Bytes) -> Self {
        text.as_str().into()
    }
}

impl TryFrom<Bytes> for Utf8Bytes {
    type Error = InvalidUtf8;

    fn try_from(bytes: Bytes) -> Result<Self, InvalidUtf8> {
        if utf8::is_valid(&bytes) { Ok(Self(bytes)) } else { Err(InvalidUtf8) }
    }
}

impl TryFrom<BytesMut> for Utf8Bytes {
    type Error = InvalidUtf8;

    fn try_from(bytes: BytesMut) -> Result<Self, InvalidUtf8> {
        Self::try_from(bytes.freeze())
    }
}

impl PartialEq<str> for Utf8Bytes {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Utf8Bytes {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Utf8Bytes {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Utf8Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

/// Only for bytes of a `Text` or `Utf8Bytes`: nothing changes them once they are in one.
#[inline]
#[expect(unsafe_code, reason = "validating again costs a pass at each use")]
fn proven(bytes: &[u8]) -> &str {
    // SAFETY: every constructor of the two types takes bytes that our validator has accepted or that
    // come from a `str`, and neither type gives out mutable access to them.
    unsafe { core::str::from_utf8_unchecked(bytes) }
}
