//! §4.2.1, RFC 9112 §3.2  The request target: a path, or an absolute http or https URI that has one.

use super::HandshakeError;
use super::authority::Authority;
use super::grammar::is_target_byte;
use super::origin::default_port;

/// What a request target consists of, beside the query.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// May be empty in the absolute form.
    pub(crate) path: &'a str,
    /// In the absolute form: host and port, and the port of its scheme.
    pub(crate) authority: Option<(Authority<'a>, Option<u16>)>,
}

impl<'a> Target<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, HandshakeError> {
        // Everything but a fragment is the application's to interpret.
        if !text.bytes().all(is_target_byte) {
            return Err(HandshakeError::Target);
        }
        let (path, authority) = if text.starts_with('/') {
            (0, None)
        } else {
            let (scheme, rest) = text.split_once("://").ok_or(HandshakeError::Target)?;
            let default = default_port(scheme).ok_or(HandshakeError::Target)?;
            let length = rest.find(['/', '?']).unwrap_or(rest.len());
            let authority = rest.get(..length).unwrap_or_default();
            let authority =
                Authority::parse(authority.as_bytes()).map_err(|_| HandshakeError::Target)?;
            let path = [scheme.len(), "://".len(), length].iter().sum();
            (path, Some((authority, Some(default))))
        };
        let behind = text.get(path..).unwrap_or_default();
        let mark = behind.bytes().position(|byte| byte == b'?');
        let path = mark.and_then(|mark| behind.get(..mark)).unwrap_or(behind);
        Ok(Self { path, authority })
    }
}
