//! §1.3 §4.1 §4.2.2  `Sec-WebSocket-Key` and its answer, `Sec-WebSocket-Accept`.
//!
//! §10.8: neither is a secret, and the strength of SHA-1 does not matter here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::grammar::is_base64_digit;

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The text of `Sec-WebSocket-Key`.
pub(crate) type Key = [u8; 24];

/// The text of `Sec-WebSocket-Accept`.
pub(crate) type Accept = [u8; 28];

/// The value of `Sec-WebSocket-Accept` for one of `Sec-WebSocket-Key` (§4.2.2): 28 bytes of ASCII. `None` if the key
/// is not base64 of 16 bytes, for which a server answers 400.
///
/// [`Server`](super::Server) and [`Client`](super::Client) do this by themselves; it is for an HTTP stack of
/// one's own.
///
/// ```
/// use websocket_proto::handshake::sec_websocket_accept;
///
/// let accept = sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==").expect("a key");
/// assert_eq!(&accept, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(sec_websocket_accept("short"), None);
/// ```
#[must_use]
pub fn sec_websocket_accept(key: impl AsRef<[u8]>) -> Option<[u8; 28]> {
    parse_key(key.as_ref()).map(accept)
}

/// §4.1: "a randomly selected 16-byte value that has been base64-encoded".
pub(crate) fn key(nonce: &[u8; 16]) -> Key {
    let mut text = [0; 24];
    let written = STANDARD.encode_slice(nonce, &mut text);
    debug_assert_eq!(written, Ok(text.len()));
    text
}

/// §4.2.1: the value, if it is base64 of 16 bytes: 22 digits, of which the last may have bits to spare.
pub(crate) fn parse_key(value: &[u8]) -> Option<&Key> {
    let key: &Key = value.try_into().ok()?;
    let digits = key.strip_suffix(b"==")?;
    digits.iter().all(|digit| is_base64_digit(*digit)).then_some(key)
}

/// §4.2.2: base64 of the SHA-1 of the key's text and the GUID; the key is not decoded.
pub(crate) fn accept(key: &Key) -> Accept {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let mut text = [0; 28];
    let written = STANDARD.encode_slice(digest, &mut text);
    debug_assert_eq!(written, Ok(text.len()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    // R6455-4.2.2-10, R6455-10.8-01
    #[test]
    fn accept_is_made_of_the_text_of_the_key() {
        let cases = [
            ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("AQIDBAUGBwgJCgsMDQ4PEA==", "C/0nmHhBztSRGR1CwL6Tf4ZjwpY="),
        ];
        for (text, expected) in cases {
            let key = parse_key(text.as_bytes()).unwrap();
            assert_eq!(accept(key), expected.as_bytes());
        }
    }

    // R6455-4.1-12
    #[test]
    fn key_is_base64_of_the_nonce() {
        let nonce = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        assert_eq!(&key(&nonce), b"AQIDBAUGBwgJCgsMDQ4PEA==");
    }
}
