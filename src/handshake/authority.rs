//! RFC 3986 §3.2  Host and port, as they stand in a URI, in `Host` and in `Origin`.

use core::net::Ipv6Addr;
use core::str::FromStr;

use super::grammar::{decimal, is_unreserved_or_sub_delim};

/// `host [":" port]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// ASCII. An IP literal has its brackets.
    pub(crate) host: &'a [u8],
    pub(crate) port: Option<u16>,
}

/// Which part of an authority is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidAuthority {
    Host,
    Port,
}

impl<'a> Authority<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, InvalidAuthority> {
        let length = match text {
            [b'[', ..] => ip_literal(text),
            _ => encoded(text, |_| false),
        };
        match text.split_at_checked(length) {
            // RFC 3986 §3.2.3: a colon may come with no port.
            Some((host, [] | [b':'])) if !host.is_empty() => Ok(Self { host, port: None }),
            Some((host, [b':', port @ ..])) if !host.is_empty() => {
                let port = decimal(port).ok_or(InvalidAuthority::Port)?;
                Ok(Self { host, port: Some(port) })
            }
            _ => Err(InvalidAuthority::Host),
        }
    }

    /// Whether both name the same host and port, where `default` is the port of one that names none.
    pub(crate) fn is_same(&self, other: &Self, default: Option<u16>) -> bool {
        self.host.eq_ignore_ascii_case(other.host)
            && self.port.or(default) == other.port.or(default)
    }
}

/// Bytes of the IP literal (RFC 3986 §3.2.2) that the text begins with, or 0.
fn ip_literal(text: &[u8]) -> usize {
    let end = text.iter().position(|byte| *byte == b']').unwrap_or(0);
    let address = text.get(1..end).and_then(|address| core::str::from_utf8(address).ok());
    match address.map(Ipv6Addr::from_str) {
        Some(Ok(_)) => end.saturating_add(1),
        _ => 0,
    }
}

/// How many bytes the text begins with that are unreserved, percent-encoded and sub-delims (RFC 3986 §2) or that
/// `also` allows.
pub(crate) fn encoded(text: &[u8], also: impl Fn(u8) -> bool) -> usize {
    let is_legal = |byte: &u8| is_unreserved_or_sub_delim(*byte) || also(*byte);
    let mut length = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        let legal = rest.iter().position(|byte| !is_legal(byte)).unwrap_or(rest.len());
        length = length.saturating_add(legal);
        match text.get(length..) {
            Some([b'%', high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                length = length.saturating_add(3);
            }
            _ => return length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_a_host_and_perhaps_a_port() {
        let legal = [
            ("a", "a", None),
            ("a:", "a", None),
            ("a:80", "a", Some(80)),
            ("a:00080", "a", Some(80)),
            ("A-b._~!$&'()*+,;=", "A-b._~!$&'()*+,;=", None),
            ("%41b%7e:1", "%41b%7e", Some(1)),
            ("%41", "%41", None),
            ("127.0.0.1:65535", "127.0.0.1", Some(65535)),
            ("[::1]", "[::1]", None),
            ("[::1]:", "[::1]", None),
            ("[::1]:80", "[::1]", Some(80)),
        ];
        for (text, host, port) in legal {
            let host = host.as_bytes();
            assert_eq!(Authority::parse(text.as_bytes()), Ok(Authority { host, port }), "{text}");
        }
        let illegal_hosts = [
            "",
            ":",
            ":80",
            "a b",
            "a b:80",
            "a/",
            "a@b",
            "a%",
            "a%4",
            "a%4g",
            "a%%41",
            "ä",
            "a[::1]",
            "[",
            "[]",
            "[]:80",
            "[::1",
            "[::1:80",
            "[::1]a",
            "[::1]a:80",
            "[g::]",
            "[::1%25a]",
            "]",
        ];
        for text in illegal_hosts {
            let parsed = Authority::parse(text.as_bytes());
            assert_eq!(parsed, Err(InvalidAuthority::Host), "{text}");
        }
        for text in ["a:b", "a:80b", "a:+1", "a: 1", "a:65536", "a:1:2", "a::", "[::1]:x", "a:ä"] {
            let parsed = Authority::parse(text.as_bytes());
            assert_eq!(parsed, Err(InvalidAuthority::Port), "{text}");
        }
    }
}
