//! §4.3, RFC 9110 §5.5 §5.6  Tokens, field values and lists, each read in a single pass.

use core::str::FromStr;

/// Something that does not fit the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What each byte may be part of, a bit for each kind: one look, where a chain of ranges takes ten instructions.
static KINDS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    let mut rest: &mut [u8] = &mut table;
    while let Some((kinds, behind)) = rest.split_first_mut() {
        *kinds = kinds_of(byte);
        byte = byte.wrapping_add(1);
        rest = behind;
    }
    table
};

const TOKEN: u8 = 1;
const UNRESERVED_OR_SUB_DELIM: u8 = 2;
const BASE64_DIGIT: u8 = 4;
const TARGET: u8 = 8;

const fn kinds_of(byte: u8) -> u8 {
    let mut kinds = match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => TOKEN | UNRESERVED_OR_SUB_DELIM | BASE64_DIGIT,
        b'!' | b'$' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'_' | b'~' => {
            TOKEN | UNRESERVED_OR_SUB_DELIM
        }
        b'#' | b'%' | b'^' | b'`' | b'|' => TOKEN,
        b'(' | b')' | b',' | b';' | b'=' => UNRESERVED_OR_SUB_DELIM,
        _ => 0,
    };
    if matches!(byte, b'+' | b'/') {
        kinds |= BASE64_DIGIT;
    }
    if byte.is_ascii_graphic() && byte != b'#' {
        kinds |= TARGET;
    }
    kinds
}

fn is(kind: u8, byte: u8) -> bool {
    KINDS.get(usize::from(byte)).is_some_and(|kinds| kinds & kind != 0)
}

/// RFC 9110 §5.6.2: what a token is made of; the same as 0x21-0x7E without the separators of §4.1.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    is(TOKEN, byte)
}

/// RFC 3986 §2: what stands for itself in every part of a URI.
pub(crate) fn is_unreserved_or_sub_delim(byte: u8) -> bool {
    is(UNRESERVED_OR_SUB_DELIM, byte)
}

/// RFC 4648 §4.
pub(crate) fn is_base64_digit(byte: u8) -> bool {
    is(BASE64_DIGIT, byte)
}

/// §3: what a request target is made of; no fragment.
pub(crate) fn is_target_byte(byte: u8) -> bool {
    is(TARGET, byte)
}

pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// RFC 9110 §5.5: what a field value is made of: no CR, no LF, no NUL, no other control character.
pub(crate) fn is_field_value(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7F))
}

/// A number in ASCII digits and nothing else.
pub(crate) fn decimal<N: FromStr>(text: &[u8]) -> Option<N> {
    // `parse` alone would take a sign.
    let is_decimal = text.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(text).ok().filter(|_| is_decimal)?.parse().ok()
}

/// Whether the text is this name (ASCII case-insensitive), which is given as it is usually spelled: then the whole is
/// compared at once.
pub(crate) fn is_name(text: &[u8], name: &str) -> bool {
    text == name.as_bytes() || text.eq_ignore_ascii_case(name.as_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_of_its_kinds() {
        for byte in 0..=u8::MAX {
            let is_alphanumeric = byte.is_ascii_alphanumeric();
            // §4.1: not these separators, RFC 2616 §2.2.
            let is_separator = b"()<>@,;:\\\"/[]?={} \t".contains(&byte);
            assert_eq!(is_token_byte(byte), byte.is_ascii_graphic() && !is_separator, "{byte}");
            let is_mark = b"-._~!$&'()*+,;=".contains(&byte);
            assert_eq!(is_unreserved_or_sub_delim(byte), is_alphanumeric || is_mark, "{byte}");
            assert_eq!(is_base64_digit(byte), is_alphanumeric || b"+/".contains(&byte), "{byte}");
            assert_eq!(
                is_target_byte(byte),
                (b'!'..=b'~').contains(&byte) && byte != b'#',
                "{byte}"
            );
        }
    }

    #[test]
    fn names_are_compared_regardless_of_case() {
        for (text, is) in [("Host", true), ("host", true), ("hOST", true), ("Hosts", false)] {
            assert_eq!(is_name(text.as_bytes(), "Host"), is, "{text}");
        }
    }

    #[test]
    fn decimals_have_digits_only() {
        let cases = [("0", Some(0)), ("080", Some(80)), ("65535", Some(65535)), ("65536", None)];
        for (text, number) in
            cases.into_iter().chain(["", "+1", "-1", " 1", "1a"].map(|text| (text, None)))
        {
            assert_eq!(decimal::<u16>(text.as_bytes()), number, "{text}");
        }
        assert_eq!(decimal::<u16>(b"\xFF"), None);
    }
}
