//! §4.2.1, RFC 9112 §3.2 §6  The headers that decide what a request is, and the rules they have to keep.

use super::HandshakeError;
use super::authority::Authority;
use super::grammar::{elements, is_name, is_token};
use super::header_lines::HeaderLines;
use super::key::{Key, parse_key};
use super::negotiation::{VERSION, count_extensions, count_subprotocols, parse_version};
use super::target::Target;
use crate::Limits;

/// What an upgrade has beside the rest of a request.
#[derive(Clone, Copy)]
pub(crate) struct Upgrade {
    pub(crate) key: Key,
    pub(crate) expects_continue: bool,
}

/// The headers that decide, gathered in one pass.
pub(crate) struct Fields<'a> {
    pub(crate) host: Option<&'a [u8]>,
    pub(crate) origin: Option<&'a [u8]>,
    content_length: Option<&'a [u8]>,
    transfer_encoding: bool,
    names_websocket: bool,
    connection: Option<Options>,
    key: Once<'a>,
    version: Once<'a>,
    expects_continue: bool,
    pub(crate) subprotocols: List<'a>,
    pub(crate) extensions: List<'a>,
}

/// A list that may go on over several header lines.
pub(crate) struct List<'a> {
    /// The name of the first of them and the value of the last.
    pub(crate) lines: Option<(&'a str, &'a [u8])>,
    /// How many elements there are. What is wrong with the list matters to an upgrade only.
    count: Result<usize, HandshakeError>,
}

impl<'a> List<'a> {
    const EMPTY: Self = Self { lines: None, count: Ok(0) };

    fn add(
        &mut self,
        name: &'a str,
        value: &'a [u8],
        count_on: impl FnOnce(usize) -> Result<usize, HandshakeError>,
    ) {
        self.lines = Some((self.lines.map_or(name, |(first, _)| first), value));
        self.count = self.count.and_then(count_on);
    }
}

/// What `Connection` lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Options {
    Others,
    Upgrade,
    Malformed,
}

/// A header that an upgrade has once.
#[derive(Clone, Copy)]
enum Once<'a> {
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
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            host: None,
            origin: None,
            content_length: None,
            transfer_encoding: false,
            names_websocket: false,
            connection: None,
            key: Once::Absent,
            version: Once::Absent,
            expects_continue: false,
            subprotocols: List::EMPTY,
            extensions: List::EMPTY,
        }
    }

    /// Gathers them. A header that may be there once is not there twice, then; the other rules are for later.
    pub(crate) fn read(
        &mut self,
        headers: impl HeaderLines<'a>,
        limits: &Limits,
    ) -> Result<(), HandshakeError> {
        for (name, value) in headers.iter() {
            let is = |other: &str| is_name(name.as_bytes(), other);
            // Most lengths are those of one header: one comparison for each line, or none.
            let single = match name.len() {
                4 if is("Host") => &mut self.host,
                6 if is("Origin") => &mut self.origin,
                14 if is("Content-Length") => &mut self.content_length,
                length => {
                    match length {
                        6 if is("Expect") => {
                            self.expects_continue |= value.eq_ignore_ascii_case(b"100-continue");
                        }
                        7 if is("Upgrade") => {
                            self.names_websocket |=
                                elements(value).any(|name| is_name(name, "websocket"));
                        }
                        10 if is("Connection") => self.add_connection(value),
                        17 if is("Transfer-Encoding") => self.transfer_encoding = true,
                        17 if is("Sec-WebSocket-Key") => self.key.add(value),
                        21 if is("Sec-WebSocket-Version") => self.version.add(value),
                        22 if is("Sec-WebSocket-Protocol") => {
                            let count_on = |count| count_subprotocols(count, value, limits);
                            self.subprotocols.add(name, value, count_on);
                        }
                        24 if is("Sec-WebSocket-Extensions") => {
                            let count_on = |count| count_extensions(count, value, limits);
                            self.extensions.add(name, value, count_on);
                        }
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
        Ok(())
    }

    fn add_connection(&mut self, value: &[u8]) {
        for option in elements(value) {
            self.connection = Some(match self.connection {
                Some(Options::Malformed) => Options::Malformed,
                _ if is_name(option, "Upgrade") => Options::Upgrade,
                _ if !is_token(option) => Options::Malformed,
                Some(Options::Upgrade) => Options::Upgrade,
                _ => Options::Others,
            });
        }
    }

    /// RFC 9112 §3.2: 400 for an HTTP/1.1 request with no `Host`, more than one or an invalid one. `minor`: the
    /// version, 0 where `Host` may be missing.
    pub(crate) fn check_host(&self, minor: u8, target: &Target<'_>) -> Result<(), HandshakeError> {
        let Some(host) = self.host else {
            return match minor {
                0 => Ok(()),
                _ => Err(HandshakeError::Host),
            };
        };
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
        method: &str,
        minor: u8,
    ) -> Result<Option<Upgrade>, HandshakeError> {
        if !self.names_websocket {
            return Ok(None);
        }
        match method {
            "GET" => {}
            method if method.eq_ignore_ascii_case("GET") => return Err(HandshakeError::Malformed),
            _ => return Err(HandshakeError::Method),
        }
        if minor == 0 {
            return Err(HandshakeError::HttpVersion);
        }
        if self.connection != Some(Options::Upgrade) {
            return Err(HandshakeError::Connection);
        }
        self.check_body()?;
        self.check_version()?;
        let key = parse_key(self.key.value(HandshakeError::Key)?).ok_or(HandshakeError::Key)?;
        self.check_lists()?;
        Ok(Some(Upgrade { key: *key, expects_continue: self.expects_continue }))
    }

    /// RFC 8441 §5: what is left of these rules for an extended CONNECT, which has no key.
    #[cfg(feature = "http")]
    pub(crate) fn check_connect(&self) -> Result<(), HandshakeError> {
        self.check_body()?;
        self.check_version()?;
        self.check_lists()
    }

    fn check_body(&self) -> Result<(), HandshakeError> {
        let has_length = |length: &[u8]| length.iter().any(|&digit| digit != b'0');
        match self.transfer_encoding || self.content_length.is_some_and(has_length) {
            true => Err(HandshakeError::Body),
            false => Ok(()),
        }
    }

    fn check_version(&self) -> Result<(), HandshakeError> {
        match parse_version(self.version.value(HandshakeError::Version)?) {
            Some(VERSION) => Ok(()),
            Some(_) => Err(HandshakeError::UnsupportedVersion),
            None => Err(HandshakeError::Version),
        }
    }

    fn check_lists(&self) -> Result<(), HandshakeError> {
        self.subprotocols.count?;
        self.extensions.count?;
        Ok(())
    }
}
