//! §10.2, RFC 6454  Which pages may open a WebSocket here.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::authority::Authority;

/// Which origins are let in. A browser says which page opens the WebSocket, so that a foreign page
/// cannot use the cookies of its visitor here (cross-site WebSocket hijacking).
///
/// Other programs can send any `Origin` or none: this is no authentication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginPolicy {
    /// Requests with no `Origin`, and those whose origin is http or https at the host and port that
    /// `Host` names. The default.
    ///
    /// Where a name of someone else's may lead here (a service on loopback), check `Host`, too:
    /// [`Acceptance::allowed_hosts`](super::Acceptance::allowed_hosts).
    #[default]
    SameHost,
    /// Exactly these. A request with no `Origin` is refused; `null` is let in only if it is listed.
    List(Vec<Origin>),
    /// All of them. For services that are meant for every page, or that look at
    /// [`Request::origin`](super::Request::origin) themselves.
    Any,
}

impl OriginPolicy {
    /// A list from the origins' texts.
    ///
    /// # Errors
    /// [`InvalidOrigin`] for a text that no browser could send.
    ///
    /// ```
    /// use websocket_proto::handshake::OriginPolicy;
    ///
    /// let policy = OriginPolicy::list(["https://example.com", "https://example.com:8443"])?;
    /// assert!(OriginPolicy::list(["example.com"]).is_err());
    /// # Ok::<(), websocket_proto::handshake::InvalidOrigin>(())
    /// ```
    pub fn list<I>(origins: I) -> Result<Self, InvalidOrigin>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let origins = origins.into_iter().map(|origin| origin.as_ref().parse());
        Ok(Self::List(origins.collect::<Result<_, _>>()?))
    }

    /// Whether a request with this origin, for this host, is let in. `host`: valid.
    pub(crate) fn allows(&self, origin: Option<&[u8]>, host: Option<&[u8]>) -> bool {
        let parts = |origin| core::str::from_utf8(origin).ok().and_then(Parts::parse);
        match (self, origin) {
            (Self::Any, _) | (Self::SameHost, None) => true,
            (Self::List(_), None) => false,
            (Self::SameHost, Some(origin)) => host.is_some_and(|host| {
                // Nearly always both are spelled alike: then there is nothing to take apart.
                let page = strip_either(origin, b"https://", b"http://");
                page == Some(host)
                    || match (parts(origin), Authority::parse(host)) {
                        (Some(origin), Ok(host)) => origin.is_page_of(&host),
                        _ => false,
                    }
            }),
            (Self::List(list), Some(origin)) => parts(origin)
                .is_some_and(|origin| list.iter().any(|listed| listed.parts() == Some(origin))),
        }
    }
}

fn strip_either<'a>(text: &'a [u8], prefix: &[u8], other: &[u8]) -> Option<&'a [u8]> {
    text.strip_prefix(prefix).or_else(|| text.strip_prefix(other))
}

/// An origin as browsers write it (RFC 6454 §6.2): `scheme://host`, `scheme://host:port` or `null`.
///
/// Two are equal if scheme and host are, regardless of ASCII case, and the ports are exactly, where
/// a missing one is that of the scheme.
#[derive(Clone, Eq)]
pub struct Origin {
    text: String,
}

impl Origin {
    fn parts(&self) -> Option<Parts<'_>> {
        Parts::parse(&self.text)
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        match Parts::parse(text) {
            Some(_) => Ok(Self { text: text.into() }),
            None => Err(InvalidOrigin),
        }
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text is no origin as browsers write it (RFC 6454 §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidOrigin;

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an origin: scheme://host[:port] or null")
    }
}

impl core::error::Error for InvalidOrigin {}

#[derive(Clone, Copy)]
enum Parts<'a> {
    Null,
    Page { scheme: &'a str, authority: Authority<'a> },
}

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let (scheme, authority) = text.split_once("://")?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let authority = Authority::parse(authority.as_bytes()).ok()?;
        is_scheme.then_some(Self::Page { scheme, authority })
    }

    /// Whether a page of this origin comes from the host and port that `Host` names. (`Host` does not
    /// tell the scheme: a missing port is taken for that of the origin's.)
    fn is_page_of(&self, host: &Authority<'_>) -> bool {
        match self {
            Self::Page { scheme, authority } => {
                let default = default_port(scheme);
                default.is_some() && authority.is_same(host, default)
            }
            Self::Null => false,
        }
    }
}

impl PartialEq for Parts<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (
                Self::Page { scheme, authority },
                Self::Page { scheme: other_scheme, authority: other },
            ) => {
                scheme.eq_ignore_ascii_case(other_scheme)
                    && authority.is_same(other, default_port(scheme))
            }
            _ => false,
        }
    }
}

/// The port of a page's scheme.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    if scheme.eq_ignore_ascii_case("http") {
        Some(80)
    } else if scheme.eq_ignore_ascii_case("https") {
        Some(443)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not taken apart is judged as what is.
    #[test]
    fn an_origin_spelled_as_host_is_of_that_host() {
        let hosts = ["a", "A", "a:", "a:80", "a:443", "a:8080", "b", "[::1]", "[::1]:80"];
        let schemes = ["http", "https", "HTTP", "Https", "ws", "httpss", "", "a.http"];
        for host in hosts {
            let authority = Authority::parse(host.as_bytes()).unwrap();
            for other in hosts {
                for scheme in schemes {
                    let origin = alloc::format!("{scheme}://{other}");
                    let parts = Parts::parse(&origin);
                    let is_page = parts.is_some_and(|origin| origin.is_page_of(&authority));
                    let (origin, host) = (Some(origin.as_bytes()), Some(host.as_bytes()));
                    assert_eq!(OriginPolicy::SameHost.allows(origin, host), is_page, "{origin:?}");
                }
            }
            let host = Some(host.as_bytes());
            for origin in ["", "null", "http:", "https://", "http:/a", "http://a/", "https://a@a"] {
                let origin = Some(origin.as_bytes());
                assert!(!OriginPolicy::SameHost.allows(origin, host), "{origin:?}");
            }
        }
    }
}
