//! RFC 7617, RFC 6750  The values of `Authorization` and `Proxy-Authorization`.

use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Credentials that no header can hold; nothing was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidCredentials {
    /// The user name has a colon in it, which would end it (RFC 7617 §2).
    Colon,
    /// User name or password have a control character in them (RFC 7617 §2).
    ControlCharacter,
    /// The token is empty, or has characters in it other than letters, digits and `-._~+/`, or than `=` at its end
    /// (RFC 6750 §2.1).
    Token,
}

impl fmt::Display for InvalidCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Colon => "a colon in the user name",
            Self::ControlCharacter => "a control character in the user name or the password",
            Self::Token => "not a bearer token",
        })
    }
}

impl core::error::Error for InvalidCredentials {}

/// RFC 7617 §2: the user name, a colon and the password, in UTF-8.
pub(crate) fn basic(user: &str, password: &str) -> Result<Vec<u8>, InvalidCredentials> {
    if user.contains(':') {
        return Err(InvalidCredentials::Colon);
    }
    if user.bytes().chain(password.bytes()).any(|byte| byte.is_ascii_control()) {
        return Err(InvalidCredentials::ControlCharacter);
    }
    let encoded = STANDARD.encode([user, ":", password].concat());
    Ok([b"Basic ", encoded.as_bytes()].concat())
}

/// RFC 6750 §2.1.
pub(crate) fn bearer(token: &str) -> Result<Vec<u8>, InvalidCredentials> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let digits = token.trim_end_matches('=');
    if digits.is_empty() || !digits.bytes().all(is_legal) {
        return Err(InvalidCredentials::Token);
    }
    Ok([b"Bearer ", token.as_bytes()].concat())
}
