//! §4.2.1, RFC 9112 §3.2  The request target: a path, or an absolute http or https URI that has one.

use core::ops::Range;

use super::HandshakeError;
use super::authority::Authority;
use super::origin::default_port;

/// What a request target consists of; ranges are those of its text.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// May be empty in the absolute form.
    pub(crate) path: Range<usize>,
    pub(crate) query: Option<Range<usize>>,
    /// In the absolute form: host and port, and the port of its scheme.
    pub(crate) authority: Option<(Authority<'a>, Option<u16>)>,
}

impl<'a> Target<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, HandshakeError> {
        // §3: no fragment; everything else is the application's to interpret.
        let is_legal = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if !text.bytes().all(is_legal) {
            return Err(HandshakeError::Target);
        }
        let (path, authority) = if text.starts_with('/') {
            (0, None)
        } else {
            let (scheme, rest) = text.split_once("://").ok_or(HandshakeError::Target)?;
            let default = default_port(scheme).ok_or(HandshakeError::Target)?;
            let length = rest.find(['/', '?']).unwrap_or(rest.len());
            let authority = rest.get(..length).unwrap_or_default();
            let authority = Authority::parse(authority).map_err(|_| HandshakeError::Target)?;
            let path = scheme.len() + "://".len() + length;
            (path, Some((authority, Some(default))))
        };
        let behind = text.get(path..).unwrap_or_default();
        let (path, query) = match behind.find('?') {
            Some(mark) => (path..path + mark, Some(path + mark + 1..text.len())),
            None => (path..text.len(), None),
        };
        Ok(Self { path, query, authority })
    }
}
