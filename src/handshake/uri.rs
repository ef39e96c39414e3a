//! §3  WebSocket URIs.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use super::authority::{Authority, InvalidAuthority, encoded};

/// A `ws` or `wss` URI: where to connect to, and what to ask for.
///
/// ```
/// use websocket_proto::handshake::Uri;
///
/// let uri = Uri::parse("wss://example.com/chat?room=1")?;
/// assert!(uri.secure());
/// assert_eq!((uri.host(), uri.port()), ("example.com", 443));
/// assert_eq!(uri.resource_name(), "/chat?room=1");
/// # Ok::<(), websocket_proto::handshake::InvalidUri>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    secure: bool,
    /// An IP literal without its brackets.
    host: String,
    port: u16,
    resource_name: String,
    host_header: String,
}

/// Which part of a URI is wrong (§3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidUri {
    /// It does not begin with `ws://` or `wss://`.
    Scheme,
    /// It has a user name or a password, for which §3 has no place.
    Credentials,
    /// The host is missing or not one by RFC 3986.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// Path or query have a character in them that RFC 3986 does not allow, or the path does not begin with `/`.
    ResourceName,
    /// It has a fragment; a `#` that belongs to the path is written `%23`.
    Fragment,
}

impl fmt::Display for InvalidUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the URI does not begin with ws:// or wss://",
            Self::Credentials => "credentials in the URI",
            Self::Host => "missing or invalid host",
            Self::Port => "invalid port",
            Self::ResourceName => "invalid path or query",
            Self::Fragment => "a fragment in the URI",
        })
    }
}

impl core::error::Error for InvalidUri {}

impl Uri {
    /// Reads a URI. Nothing of it is decoded or normalised.
    ///
    /// # Errors
    /// [`InvalidUri`] for anything but `ws://` or `wss://` (any case), host, and perhaps port, path and query.
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUri::Scheme)?;
        let secure = scheme.eq_ignore_ascii_case("wss");
        if !secure && !scheme.eq_ignore_ascii_case("ws") {
            return Err(InvalidUri::Scheme);
        }
        if rest.contains('#') {
            return Err(InvalidUri::Fragment);
        }
        let length = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(InvalidUri::Credentials);
        }
        let authority =
            Authority::parse(authority.as_bytes()).map_err(|invalid| match invalid {
                InvalidAuthority::Host => InvalidUri::Host,
                InvalidAuthority::Port => InvalidUri::Port,
            })?;
        Self::from_parts(secure, authority, resource)
    }

    /// Puts a URI together. The host may be an IPv6 address with or without brackets; `port`: `None` for the
    /// one of the scheme; `resource_name`: path and query, empty for `/`.
    ///
    /// # Errors
    /// [`InvalidUri`] for a part that could not stand in a URI.
    ///
    /// ```
    /// use websocket_proto::handshake::{InvalidUri, Uri};
    ///
    /// assert_eq!(Uri::new(false, "::1", Some(9001), "/chat")?, Uri::parse("ws://[::1]:9001/chat")?);
    /// assert_eq!(Uri::new(false, "a\r\nb", None, "/"), Err(InvalidUri::Host));
    /// # Ok::<(), InvalidUri>(())
    /// ```
    pub fn new(
        secure: bool,
        host: &str,
        port: Option<u16>,
        resource_name: &str,
    ) -> Result<Self, InvalidUri> {
        if resource_name.contains('#') {
            return Err(InvalidUri::Fragment);
        }
        let host = match host.contains(':') && !host.starts_with('[') {
            true => alloc::format!("[{host}]"),
            false => host.to_string(),
        };
        match Authority::parse(host.as_bytes()) {
            Ok(Authority { host, port: None }) => {
                Self::from_parts(secure, Authority { host, port }, resource_name)
            }
            _ => Err(InvalidUri::Host),
        }
    }

    fn from_parts(
        secure: bool,
        authority: Authority<'_>,
        resource: &str,
    ) -> Result<Self, InvalidUri> {
        let default = if secure { 443 } else { 80 };
        let port = match authority.port {
            Some(0) => return Err(InvalidUri::Port),
            port => port.unwrap_or(default),
        };
        // RFC 3986 §3.3, §3.4: the characters of paths and queries.
        let is_legal = |byte: u8| matches!(byte, b':' | b'@' | b'/' | b'?');
        if !matches!(resource.as_bytes(), [] | [b'/' | b'?', ..])
            || encoded(resource.as_bytes(), is_legal) < resource.len()
        {
            return Err(InvalidUri::ResourceName);
        }
        let host = core::str::from_utf8(authority.host).map_err(|_| InvalidUri::Host)?;
        let name = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        Ok(Self {
            secure,
            host: name.unwrap_or(host).to_string(),
            port,
            resource_name: resource_name(resource),
            host_header: match port == default {
                true => host.to_string(),
                false => alloc::format!("{host}:{port}"),
            },
        })
    }

    /// Whether the scheme is `wss`, so that TLS comes first (§3).
    #[must_use]
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// The host to connect to; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to: that of the URI, else 80 for `ws` and 443 for `wss` (§3).
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name to ask TLS for (SNI) and to verify its certificate by, if TLS is to be used: the host (§4.1).
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.secure.then_some(&*self.host)
    }

    /// Path and query, which become the request target (§3); at least `/`.
    #[must_use]
    pub fn resource_name(&self) -> &str {
        &self.resource_name
    }

    /// The value of `Host`: the port only if it is not that of the scheme (§4.1).
    #[must_use]
    pub fn host_header(&self) -> &str {
        &self.host_header
    }
}

/// §3: "/" if the path is empty, the path, and "?" and the query if that is not empty.
fn resource_name(resource: &str) -> String {
    let (path, query) = resource.split_once('?').unwrap_or((resource, ""));
    let path = if path.is_empty() { "/" } else { path };
    match query {
        "" => path.to_string(),
        _ => alloc::format!("{path}?{query}"),
    }
}

impl FromStr for Uri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        Self::parse(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.host_header, self.resource_name)
    }
}
