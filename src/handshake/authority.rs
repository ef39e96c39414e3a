//! RFC 3986 §3.2  Host and port, as they stand in a URI, in `Host` and in `Origin`.

use core::net::Ipv6Addr;
use core::str::FromStr;

/// `host [":" port]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    /// An IP literal has its brackets.
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
}

/// Which part of an authority is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidAuthority {
    Host,
    Port,
}

impl<'a> Authority<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, InvalidAuthority> {
        // Only an IP literal has colons of its own.
        let literal =
            if text.starts_with('[') { text.find(']').ok_or(InvalidAuthority::Host)? } else { 0 };
        let behind = text.as_bytes().get(literal..).unwrap_or_default();
        let colon = behind.iter().position(|byte| *byte == b':');
        let (host, port) = match colon.and_then(|at| text.split_at_checked(literal + at)) {
            Some((host, port)) => (host, port.strip_prefix(':').unwrap_or_default()),
            None => (text, ""),
        };
        if !is_host(host) {
            return Err(InvalidAuthority::Host);
        }
        // RFC 3986 §3.2.3: a colon may come with no port. (`parse` alone would take a sign.)
        let port = match port {
            "" => None,
            _ if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse().map_err(|_| InvalidAuthority::Port)?)
            }
            _ => return Err(InvalidAuthority::Port),
        };
        Ok(Self { host, port })
    }

    /// Whether both name the same host and port, where `default` is the port of one that names none.
    pub(crate) fn is_same(&self, other: &Self, default: Option<u16>) -> bool {
        self.host.eq_ignore_ascii_case(other.host)
            && self.port.or(default) == other.port.or(default)
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(literal) => {
            literal.strip_suffix(']').is_some_and(|address| Ipv6Addr::from_str(address).is_ok())
        }
        None => !host.is_empty() && is_encoded(host, |_| false),
    }
}

/// Whether the text is unreserved, percent-encoded and sub-delims (RFC 3986 §2) and what `also` allows.
pub(crate) fn is_encoded(text: &str, also: impl Fn(u8) -> bool) -> bool {
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return true,
            [byte, rest @ ..] if is_unreserved_or_sub_delim(*byte) || also(*byte) => rest,
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest
            }
            _ => return false,
        };
    }
}

fn is_unreserved_or_sub_delim(byte: u8) -> bool {
    /// One bit for each ASCII character: letters, digits, `-._~` and `!$&'()*+,;=`.
    const SET: u128 = {
        let mut set = 0;
        let mut byte = 0_u8;
        while byte < 128 {
            if byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'')
                || matches!(byte, b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
            {
                set |= 1 << byte;
            }
            byte += 1;
        }
        set
    };
    byte.is_ascii() && SET >> byte & 1 == 1
}
