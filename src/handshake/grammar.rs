//! §4.3, RFC 9110 §5.5 §5.6  Tokens, field values and lists, each read in a single pass.

/// Something that does not fit the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// RFC 9110 §5.6.2: what a token is made of; the same as 0x21-0x7E without the separators of §4.1.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// RFC 9110 §5.5: what a field value is made of: no CR, no LF, no NUL, no other control character.
pub(crate) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7F))
}

/// Takes optional whitespace (RFC 9110 §5.6.3) off both ends.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The elements of a list without quoted strings; empty ones are left out (RFC 9110 §5.6.1).
pub(crate) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// The elements of a list of tokens.
pub(crate) fn tokens(value: &[u8]) -> impl Iterator<Item = Result<&str, Malformed>> {
    elements(value).map(|element| {
        if is_token(element) {
            core::str::from_utf8(element).map_err(|_| Malformed)
        } else {
            Err(Malformed)
        }
    })
}
