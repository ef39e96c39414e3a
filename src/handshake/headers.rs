//! RFC 9110 §5  Headers that the application adds, checked so that no line can be smuggled in.

use alloc::vec::Vec;
use core::fmt;

use super::grammar::{is_field_value, is_token, trim};

/// Names that belong to the crate, in lower case; `sec-websocket-*` does, too.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
const RESERVED_PREFIX: &str = "sec-websocket-";

/// A header that cannot be sent; nothing was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidHeader {
    /// The name is no token (RFC 9110 §5.1).
    Name,
    /// The value has a CR, LF, NUL or another control character in it (RFC 9110 §5.5).
    Value,
    /// The crate itself sets headers of this name, such as `Host`, `Connection` or `Sec-WebSocket-Key`.
    Reserved,
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name of the header is no token",
            Self::Value => "the value of the header has a control character in it",
            Self::Reserved => "the crate itself sets the header of this name",
        })
    }
}

impl core::error::Error for InvalidHeader {}

/// Header lines as they will be sent.
#[derive(Clone, Default)]
pub(crate) struct ExtraHeaders {
    lines: Vec<u8>,
}

impl ExtraHeaders {
    pub(crate) fn push(&mut self, name: &str, value: &[u8]) -> Result<(), InvalidHeader> {
        if !is_token(name.as_bytes()) {
            return Err(InvalidHeader::Name);
        }
        if is_reserved(name) {
            return Err(InvalidHeader::Reserved);
        }
        if !is_field_value(value) {
            return Err(InvalidHeader::Value);
        }
        self.append(name, trim(value));
        Ok(())
    }

    /// Adds a line that needs no check.
    pub(crate) fn append(&mut self, name: &str, value: &[u8]) {
        self.lines.reserve([name.len(), value.len(), 4].iter().sum());
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            self.lines.extend_from_slice(part);
        }
    }

    /// Removes all lines of this name (ASCII case-insensitive).
    pub(crate) fn remove(&mut self, name: &str) {
        let is_other = |line: &&[u8]| {
            let length = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
            line.get(..length).is_none_or(|other| !other.eq_ignore_ascii_case(name.as_bytes()))
        };
        let lines = self.lines.split_inclusive(|byte| *byte == b'\n');
        self.lines = lines.filter(is_other).flatten().copied().collect();
    }

    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    #[cfg(feature = "http")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        super::head::Headers::of_lines(&self.lines)
    }
}

impl fmt::Debug for ExtraHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are credentials at times.
        write!(f, "ExtraHeaders({} bytes)", self.lines.len())
    }
}

fn is_reserved(name: &str) -> bool {
    let is_prefixed = name
        .get(..RESERVED_PREFIX.len())
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case(RESERVED_PREFIX));
    is_prefixed || RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}
