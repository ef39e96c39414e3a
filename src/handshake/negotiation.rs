//! §4.2.2 §9.1  What both sides agree on: version, subprotocol, extensions.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::HandshakeError;
use super::extension::{Extension, ExtensionList};
use super::grammar::{decimal, tokens};
use super::header_lines::HeaderLines;
use crate::{Config, Limits};

pub(crate) const SUBPROTOCOLS: &str = "Sec-WebSocket-Protocol";
pub(crate) const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// The version of the protocol, and the only one (§4.1).
pub(crate) const VERSION: u8 = 13;

/// §4.3: a version is 0 to 255 in decimal without leading zeros.
pub(crate) fn parse_version(text: &[u8]) -> Option<u8> {
    match text {
        // The only one that is met: 1 % of the handshake is not spent on it.
        b"13" => Some(VERSION),
        [b'0', _, ..] => None,
        _ => decimal(text),
    }
}

/// The subprotocols of a request in their order, over all its header lines (§11.3.4), which were checked.
pub(crate) fn subprotocols<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = &'a str> {
    lines.flat_map(tokens).map_while(Result::ok)
}

/// Checks one more line of the list that [`subprotocols`] reads, and counts on.
pub(crate) fn count_subprotocols(
    mut count: usize,
    line: &[u8],
    limits: &Limits,
) -> Result<usize, HandshakeError> {
    for name in tokens(line) {
        count = count.saturating_add(1);
        if name.is_err() || count > limits.max_subprotocols {
            return Err(HandshakeError::Subprotocols);
        }
    }
    Ok(count)
}

/// The extensions of a head in their order, over all its header lines, which were checked.
pub(crate) fn extensions<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = Extension<'a>> {
    super::extension::extensions(lines).map_while(Result::ok)
}

/// Checks one more line of the list that [`extensions`] reads, and counts on.
pub(crate) fn count_extensions(
    mut count: usize,
    line: &[u8],
    limits: &Limits,
) -> Result<usize, HandshakeError> {
    for extension in ExtensionList::new(line, limits.max_extension_parameters) {
        count = count.saturating_add(1);
        if extension.is_err() || count > limits.max_extensions {
            return Err(HandshakeError::Extensions);
        }
    }
    Ok(count)
}

/// Checks the whole list of a response and says whether there are any.
fn has_extensions<'a>(
    headers: impl HeaderLines<'a>,
    limits: &Limits,
) -> Result<bool, HandshakeError> {
    let mut lines = headers.values(EXTENSIONS);
    Ok(lines.try_fold(0, |count, line| count_extensions(count, line, limits))? > 0)
}

/// How a server chooses the subprotocol.
#[derive(Clone, Debug, Default)]
pub(crate) enum SubprotocolChoice {
    /// None, whatever is offered.
    #[default]
    None,
    /// This one or no connection.
    Required(Arc<str>),
    /// The first of those offered that is among these, else none.
    FirstOffered(Vec<Arc<str>>),
}

impl SubprotocolChoice {
    /// §4.2.2: one of those offered or none. Names are compared exactly (RFC 7936 §2).
    pub(crate) fn choose<'a>(
        &self,
        mut offered: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Arc<str>>, HandshakeError> {
        match self {
            Self::None => Ok(None),
            Self::Required(name) if offered.any(|offer| offer == &**name) => Ok(Some(name.clone())),
            Self::Required(_) => Err(HandshakeError::SubprotocolNotOffered),
            Self::FirstOffered(names) => {
                Ok(offered.find_map(|offer| find(names, offer.as_bytes())))
            }
        }
    }
}

/// Our own copy of a name: nothing of the peer's goes into our output (or lives on in the connection).
fn find(names: &[Arc<str>], name: &[u8]) -> Option<Arc<str>> {
    names.iter().find(|own| own.as_bytes() == name).cloned()
}

/// What a client checks of the response: the server may only choose what was offered (§4.1).
pub(crate) fn agreed_subprotocol<'a>(
    headers: impl HeaderLines<'a>,
    offered: &[Arc<str>],
) -> Result<Option<Arc<str>>, HandshakeError> {
    // §11.3.4: not more than once in a response, and a single name.
    match headers.single(SUBPROTOCOLS)? {
        None => Ok(None),
        Some(name) => match find(offered, name) {
            Some(name) => Ok(Some(name)),
            None => Err(HandshakeError::UnexpectedSubprotocol),
        },
    }
}

/// What the two ends agreed on beside the subprotocol: what the connection is opened with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agreed {
    pub(crate) subprotocol: Option<Arc<str>>,
    #[cfg(feature = "deflate")]
    pub(crate) compression: Option<crate::deflate::Agreement>,
}

/// What a client checks of the response: no extension may be there that was not offered (§4.1).
#[cfg(not(feature = "deflate"))]
pub(crate) fn agreed_extensions<'a>(
    headers: impl HeaderLines<'a>,
    config: &Config,
) -> Result<(), HandshakeError> {
    if has_extensions(headers, &config.limits)? {
        return Err(HandshakeError::UnexpectedExtension);
    }
    Ok(())
}

/// What a client checks of the response: no extension may be there that was not offered (§4.1), and none
/// twice (RFC 7692 §5.1).
#[cfg(feature = "deflate")]
pub(crate) fn agreed_extensions<'a>(
    headers: impl HeaderLines<'a>,
    config: &Config,
) -> Result<Option<crate::deflate::Agreement>, HandshakeError> {
    let has_any = has_extensions(headers, &config.limits)?;
    match &config.compression {
        Some(compression) => compression.agree(headers.values(EXTENSIONS)),
        None if has_any => Err(HandshakeError::UnexpectedExtension),
        None => Ok(None),
    }
}

/// Names that a client cannot offer; nothing was added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidSubprotocol {
    /// Empty, or with a character that a token does not have (§4.1).
    NotAToken(String),
    /// There twice (§4.1: "the elements ... MUST all be unique strings").
    Duplicate(String),
}

impl core::fmt::Display for InvalidSubprotocol {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotAToken(name) => write!(f, "subprotocol {name:?} is no token"),
            Self::Duplicate(name) => write!(f, "subprotocol {name:?} is there twice"),
        }
    }
}

impl core::error::Error for InvalidSubprotocol {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn versions_are_numbers_without_leading_zeros() {
        for version in 0..=u8::MAX {
            let text = version.to_string();
            assert_eq!(parse_version(text.as_bytes()), Some(version));
            assert_eq!(parse_version(["0", &*text].concat().as_bytes()), None);
        }
        for text in ["", "256", "1300", "+13", "-1", " 13", "13 ", "1 3", "0x0d", "00"] {
            assert_eq!(parse_version(text.as_bytes()), None, "{text}");
        }
    }
}
