//! §4.1, RFC 9110 §15.4, RFC 3986 §5.2  Where a redirect leads to, and what may be told there.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{ClientRequest, InvalidUri, Uri};

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectError {
    /// There are two `Location`s, or the one is not ASCII.
    Location,
    /// The `Location` leads to no WebSocket URI.
    Uri(InvalidUri),
    /// From `wss` to `ws`: what was to be encrypted would not be any more.
    Downgrade,
    /// By an adapter: it was one more than the application allows.
    TooMany,
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Location => "an invalid Location",
            Self::Uri(_) => "the Location is no WebSocket URI",
            Self::Downgrade => "a redirect from wss to ws",
            Self::TooMany => "too many redirects",
        })
    }
}

impl core::error::Error for RedirectError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Uri(error) => Some(error),
            Self::Location | Self::Downgrade | Self::TooMany => None,
        }
    }
}

/// Headers that are meant for one server only.
const CREDENTIALS: [&str; 3] = ["Authorization", "Cookie", "Proxy-Authorization"];

impl ClientRequest {
    /// The request to make when this one was answered with a redirect to `location` (RFC 9110 §10.2.2).
    ///
    /// If scheme, host or port are others, `Authorization`, `Cookie` and `Proxy-Authorization` are left out; every
    /// other header goes along.
    ///
    /// # Errors
    /// [`RedirectError`] if it must not be followed.
    ///
    /// ```
    /// use websocket_proto::handshake::{ClientRequest, RedirectError, Uri};
    ///
    /// let request = ClientRequest::new(Uri::parse("wss://example.com/chat/old?room=1")?);
    /// let text = |location| request.redirect(location).map(|next| next.uri().to_string());
    /// assert_eq!(text("new").as_deref(), Ok("wss://example.com/chat/new"));
    /// assert_eq!(text("https://chat.example.com/").as_deref(), Ok("wss://chat.example.com/"));
    /// assert_eq!(text("http://example.com/"), Err(RedirectError::Downgrade));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn redirect(&self, location: impl AsRef<[u8]>) -> Result<Self, RedirectError> {
        let location = core::str::from_utf8(location.as_ref()).ok();
        let location = location.filter(|text| text.is_ascii()).ok_or(RedirectError::Location)?;
        let from = self.uri();
        let to = resolve(from, location).map_err(RedirectError::Uri)?;
        if from.secure() && !to.secure() {
            return Err(RedirectError::Downgrade);
        }
        let is_same_server = from.secure() == to.secure()
            && from.port() == to.port()
            && from.host().eq_ignore_ascii_case(to.host());
        let mut request = self.with_uri(to);
        if !is_same_server {
            CREDENTIALS.iter().for_each(|name| request.remove_header(name));
        }
        Ok(request)
    }

    /// As `redirect`, if an answer of this status and these `Location`s is a redirect at all.
    pub(crate) fn redirect_by<'a>(
        &self,
        status: u16,
        mut locations: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Result<Self, RedirectError>> {
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = locations.next()?;
        Some(match locations.next() {
            Some(_) => Err(RedirectError::Location),
            None => self.redirect(location),
        })
    }
}

/// RFC 3986 §5.2.2: the target of a reference. A fragment has no meaning here.
fn resolve(base: &Uri, reference: &str) -> Result<Uri, InvalidUri> {
    let reference = reference.split_once('#').map_or(reference, |(reference, _)| reference);
    let (secure, reference) = match split_scheme(reference) {
        None => (base.secure(), reference),
        Some((scheme, rest)) => {
            let is = |names: [&str; 2]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
            let secure = match () {
                () if is(["http", "ws"]) => false,
                () if is(["https", "wss"]) => true,
                () => return Err(InvalidUri::Scheme),
            };
            if !rest.starts_with("//") {
                return Err(InvalidUri::Host);
            }
            (secure, rest)
        }
    };
    let scheme = if secure { "wss:" } else { "ws:" };
    if let Some(rest) = reference.strip_prefix("//") {
        let length = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at_checked(length).unwrap_or((rest, ""));
        return Uri::parse(&[scheme, "//", authority, &without_dots(resource)].concat());
    }
    let (base_path, base_query) = split_query(base.resource_name());
    let (path, query) = split_query(reference);
    let resource = match path {
        "" if query.is_empty() => [base_path, base_query].concat(),
        "" => [base_path, query].concat(),
        _ if path.starts_with('/') => without_dots(reference),
        _ => {
            let folder = base_path.rfind('/').and_then(|slash| base_path.get(..=slash));
            without_dots(&[folder.unwrap_or("/"), reference].concat())
        }
    };
    Uri::new(secure, base.host(), Some(base.port()), &resource)
}

/// RFC 3986 §3.1: the scheme and what is behind its colon.
fn split_scheme(reference: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = reference.split_once(':')?;
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(is_legal);
    is_scheme.then_some((scheme, rest))
}

/// The path, and the query with its question mark.
fn split_query(resource: &str) -> (&str, &str) {
    let length = resource.find('?').unwrap_or(resource.len());
    resource.split_at_checked(length).unwrap_or((resource, ""))
}

/// RFC 3986 §5.2.4, for a path that is empty or begins with a slash, and the query behind it.
fn without_dots(resource: &str) -> String {
    let (path, query) = split_query(resource);
    let Some(path) = path.strip_prefix('/') else {
        return resource.to_string();
    };
    let mut segments = Vec::new();
    let mut rest = path.split('/').peekable();
    while let Some(segment) = rest.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                if rest.peek().is_none() {
                    segments.push("");
                }
            }
            _ => segments.push(segment),
        }
    }
    ["/", &segments.join("/"), query].concat()
}
