//! §4.2.1, RFC 9112 §3.2 §6  The headers that decide what a request is, and the rules they have to keep.

use super::HandshakeError;
use super::authority::Authority;
use super::grammar::{elements, is_token};
use super::head::{Head, RequestLine};
use super::key::{Key, parse_key};
use super::negotiation::{self, VERSION, parse_version};
use super::target::Target;
use crate::Config;

/// What an upgrade has beside the rest of a request.
#[derive(Clone, Copy)]
pub(crate) struct Upgrade {
    pub(crate) key: Key,
    pub(crate) expects_continue: bool,
}

/// The headers that decide, gathered in one pass.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    host: Option<&'a [u8]>,
    origin: Option<&'a [u8]>,
    content_length: Option<&'a [u8]>,
    transfer_encoding: bool,
    names_websocket: bool,
    connection: Option<Options>,
    key: Once<'a>,
    version: Once<'a>,
    expects_continue: bool,
    has_subprotocols: bool,
    has_extensions: bool,
}

/// What `Connection` lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Options {
    Others,
    Upgrade,
    Malformed,
}

/// A header that an upgrade has once.
#[derive(Clone, Copy, Default)]
enum Once<'a> {
    #[default]
    Absent,
    Value(&'a [u8]),
    Twice,
}

impl<'a> Once<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Absent => Self::Value(value),
            Self::Value(_) | Self::Twice => Self::Twice,
        };
    }

    fn value(self, absent: HandshakeError) -> Result<&'a [u8], HandshakeError> {
        match self {
            Self::Absent => Err(absent),
            Self::Value(value) => Ok(value),
            Self::Twice => Err(HandshakeError::DuplicateHeader),
        }
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn read(head: &'a Head) -> Result<Self, HandshakeError> {
        let mut fields = Self::default();
        for (name, value) in head.headers().fields() {
            let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
            // Most lengths are those of one header: one comparison for each line, or none.
            let single = match name.len() {
                4 if is("host") => &mut fields.host,
                6 if is("origin") => &mut fields.origin,
                14 if is("content-length") => &mut fields.content_length,
                length => {
                    match length {
                        6 if is("expect") => {
                            fields.expects_continue |= value.eq_ignore_ascii_case(b"100-continue");
                        }
                        7 if is("upgrade") => {
                            fields.names_websocket |=
                                elements(value).any(|name| name.eq_ignore_ascii_case(b"websocket"));
                        }
                        10 if is("connection") => fields.add_connection(value),
                        17 if is("transfer-encoding") => fields.transfer_encoding = true,
                        17 if is("sec-websocket-key") => fields.key.add(value),
                        21 if is("sec-websocket-version") => fields.version.add(value),
                        22 => fields.has_subprotocols |= is("sec-websocket-protocol"),
                        24 => fields.has_extensions |= is("sec-websocket-extensions"),
                        _ => {}
                    }
                    continue;
                }
            };
            // No "last one wins": somebody on the way may have seen the other one.
            if single.replace(value).is_some() {
                return Err(HandshakeError::DuplicateHeader);
            }
        }
        Ok(fields)
    }

    fn add_connection(&mut self, value: &[u8]) {
        for option in elements(value) {
            self.connection = Some(match self.connection {
                _ if !is_token(option) => Options::Malformed,
                Some(Options::Malformed) => Options::Malformed,
                Some(Options::Upgrade) => Options::Upgrade,
                _ if option.eq_ignore_ascii_case(b"upgrade") => Options::Upgrade,
                _ => Options::Others,
            });
        }
    }

    /// RFC 9112 §3.2: 400 for an HTTP/1.1 request with no `Host`, more than one or an invalid one.
    pub(crate) fn check_host(
        &self,
        line: &RequestLine,
        target: &Target<'_>,
    ) -> Result<(), HandshakeError> {
        let Some(host) = self.host else {
            return match line.minor {
                0 => Ok(()),
                _ => Err(HandshakeError::Host),
            };
        };
        let host = core::str::from_utf8(host).map_err(|_| HandshakeError::Host)?;
        let host = Authority::parse(host).map_err(|_| HandshakeError::Host)?;
        // RFC 9112 §3.2.2: the absolute form names the host, too. Two different ones are a trap.
        match &target.authority {
            Some((authority, default)) if !authority.is_same(&host, *default) => {
                Err(HandshakeError::Host)
            }
            _ => Ok(()),
        }
    }

    /// RFC 9112 §6.3: what could make two readers find different ends of this request.
    pub(crate) fn check_framing(&self) -> Result<(), HandshakeError> {
        match self.content_length {
            Some(_) if self.transfer_encoding => Err(HandshakeError::Malformed),
            Some(length) if length.is_empty() || !length.iter().all(u8::is_ascii_digit) => {
                Err(HandshakeError::Malformed)
            }
            _ => Ok(()),
        }
    }

    /// §4.2.1: all that a request that names websocket has to be; `None` for another one.
    pub(crate) fn check_upgrade(
        &self,
        head: &Head,
        line: &RequestLine,
        config: &Config,
    ) -> Result<Option<Upgrade>, HandshakeError> {
        if !self.names_websocket {
            return Ok(None);
        }
        match head.text(&line.method) {
            "GET" => {}
            method if method.eq_ignore_ascii_case("GET") => return Err(HandshakeError::Malformed),
            _ => return Err(HandshakeError::Method),
        }
        if line.minor == 0 {
            return Err(HandshakeError::HttpVersion);
        }
        if self.connection != Some(Options::Upgrade) {
            return Err(HandshakeError::Connection);
        }
        let has_length = |length: &[u8]| length.iter().any(|&digit| digit != b'0');
        if self.transfer_encoding || self.content_length.is_some_and(has_length) {
            return Err(HandshakeError::Body);
        }
        match parse_version(self.version.value(HandshakeError::Version)?) {
            Some(VERSION) => {}
            Some(_) => return Err(HandshakeError::UnsupportedVersion),
            None => return Err(HandshakeError::Version),
        }
        let key = parse_key(self.key.value(HandshakeError::Key)?).ok_or(HandshakeError::Key)?;
        if self.has_subprotocols {
            negotiation::check_subprotocols(head, &config.limits)?;
        }
        if self.has_extensions {
            negotiation::check_extensions(head, &config.limits)?;
        }
        Ok(Some(Upgrade { key, expects_continue: self.expects_continue }))
    }
}
