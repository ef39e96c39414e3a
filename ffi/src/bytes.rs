//! Bytes in and out.

use std::ffi::c_char;
use std::ptr;

/// Bytes that somebody owns. Not ended by a 0. If there are none at all, `data` is NULL; if there are, but
/// they are empty, it is not.
///
/// Laid out as `struct iovec` of POSIX.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct wsp_slice {
    /// The first byte.
    pub data: *const u8,
    /// How many there are.
    pub length: usize,
}

/// What the transport has delivered, as far as it was not taken yet: wsp_receive takes bytes off its front.
#[repr(C)]
#[derive(Debug)]
pub struct wsp_input {
    /// The first byte that was not taken. What is received is changed in place (unmasked).
    pub data: *mut u8,
    /// How many there are.
    pub length: usize,
}

/// A line of an HTTP head, to be sent. Two texts.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct wsp_header {
    /// Such as "Set-Cookie"
    pub name: *const c_char,
    /// Such as "id=7"
    pub value: *const c_char,
}

impl wsp_slice {
    pub(crate) const NONE: Self = Self { data: ptr::null(), length: 0 };

    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), length: bytes.len() }
    }
}

impl From<Option<&[u8]>> for wsp_slice {
    fn from(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::NONE, Self::new)
    }
}

impl From<Option<&str>> for wsp_slice {
    fn from(text: Option<&str>) -> Self {
        text.map(str::as_bytes).into()
    }
}
