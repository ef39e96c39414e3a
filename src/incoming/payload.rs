//! Received bytes: lent by the caller's input, or assembled and owned.

use core::fmt;
use core::ops::{Deref, DerefMut};

use bytes::{Bytes, BytesMut};

/// The bytes of a message, a part of one or a control frame. Dereferences to `[u8]`.
pub enum Payload<'i> {
    /// Unmasked in place: part of the slice that was given to `receive`.
    Borrowed(&'i mut [u8]),
    /// Came in several pieces. The connection recycles the buffer once this is dropped.
    Owned(BytesMut),
}

impl Payload<'_> {
    /// Turns this into bytes to keep: copies what is borrowed, and what is owned only if it would
    /// hold on to a buffer of more than twice its size.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
            Self::Owned(bytes) if bytes.capacity() / 2 > bytes.len() => {
                Bytes::copy_from_slice(&bytes)
            }
            Self::Owned(bytes) => bytes.freeze(),
        }
    }
}

impl Deref for Payload<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl DerefMut for Payload<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Payload<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Payload<'_>> for Bytes {
    fn from(payload: Payload<'_>) -> Self {
        payload.into_bytes()
    }
}

impl PartialEq for Payload<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Payload<'_> {}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
