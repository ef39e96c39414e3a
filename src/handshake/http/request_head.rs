//! §4.2, RFC 8441 §4 §5, RFC 9220 §3  What a server makes of a request that an HTTP stack has read.

use alloc::sync::Arc;
use core::fmt;

use ::http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL,
    TE, TRANSFER_ENCODING, UPGRADE,
};
use ::http::{Method, Request, Response, StatusCode, Uri, Version, request};

use super::{PROTOCOL, Rejection};
use crate::handshake::acceptance::{Acceptance, Asked};
use crate::handshake::authority::Authority;
use crate::handshake::grammar::{elements, is_name, is_target_byte};
use crate::handshake::header_lines::HeaderLines;
use crate::handshake::key::{Accept, accept};
use crate::handshake::negotiation::{self, Agreed, EXTENSIONS, SUBPROTOCOLS};
use crate::handshake::origin::default_port;
use crate::handshake::request_fields::Fields;
use crate::handshake::target::Target;
use crate::handshake::{Extension, HandshakeError};
use crate::{Config, Connection};

/// The head of a request: an opening handshake, or whatever else the stack has read.
///
/// Borrows the request, whose body is neither looked at nor needed.
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a Method,
    uri: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    protocol: Option<&'a str>,
}

/// RFC 9113 §8.2.2, RFC 9114 §4.2: what HTTP/2 and HTTP/3 have no place for.
const OF_A_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TRANSFER_ENCODING,
    UPGRADE,
];

impl<'a> RequestHead<'a> {
    /// The head of this request.
    #[must_use]
    pub fn new<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            protocol: None,
        }
    }

    /// The same, where the body was parted from it.
    #[must_use]
    pub fn from_parts(parts: &'a request::Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            version: parts.version,
            headers: &parts.headers,
            protocol: None,
        }
    }

    /// Says what `:protocol` is (RFC 8441 §4), for which the `http` crate has no place: with hyper it is in
    /// the request's extensions as `hyper::ext::Protocol`, with h2 as `h2::ext::Protocol`. A request of HTTP/1.1 has
    /// none.
    #[must_use]
    pub fn protocol(mut self, protocol: Option<&'a str>) -> Self {
        self.protocol = protocol;
        self
    }

    /// Whether the request asks for a WebSocket, be it valid or not. If it does not, the application answers it
    /// like any other.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        match self.minor() {
            Some(_) => {
                let upgrades = HeaderLines::values(self.headers, "upgrade");
                upgrades.flat_map(elements).any(|name| is_name(name, PROTOCOL))
            }
            None => self.method == Method::CONNECT && self.protocol == Some(PROTOCOL),
        }
    }

    /// Checks the request by the rules of its version of HTTP, and accepts it: the response to send, 101 or 200, and
    /// the connection for the bytes that follow it.
    ///
    /// No byte of the connection may be sent before the response.
    ///
    /// # Errors
    /// A [`Rejection`], which has the response to send instead.
    pub fn accept(
        &self,
        acceptance: &Acceptance,
        config: impl Into<Arc<Config>>,
    ) -> Result<(Response<()>, Connection), Rejection> {
        let config = config.into();
        let negotiated = match self.minor() {
            Some(minor) => self.upgrade(minor, acceptance, &config),
            None => self.extended_connect(acceptance, &config).map(|agreed| (None, agreed)),
        };
        let (accept, agreed) =
            negotiated.map_err(|reason| Rejection { reason, version: self.version })?;
        let mut response = Response::new(());
        *response.version_mut() = self.version;
        match accept {
            Some(accept) => {
                *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
                let headers = response.headers_mut();
                headers.insert(UPGRADE, HeaderValue::from_static(PROTOCOL));
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
                put(headers, SEC_WEBSOCKET_ACCEPT, &accept);
            }
            None => *response.status_mut() = StatusCode::OK,
        }
        put_agreed(response.headers_mut(), acceptance, &agreed);
        Ok((response, Connection::open_server(config, bytes::BytesMut::new(), agreed)))
    }

    /// §4.2.1: the rules of an upgrade; what is agreed on.
    fn upgrade(
        &self,
        minor: u8,
        acceptance: &Acceptance,
        config: &Config,
    ) -> Result<(Option<Accept>, Agreed), HandshakeError> {
        let fields = self.fields(config)?;
        fields.check_host(minor, &self.target()?)?;
        fields.check_framing()?;
        let upgrade = fields.check_upgrade(self.method.as_str(), minor)?;
        let upgrade = upgrade.ok_or(HandshakeError::NotUpgrade)?;
        let agreed = acceptance.negotiate(self.asked(fields.host, fields.origin), config)?;
        Ok((Some(accept(&upgrade.key)), agreed))
    }

    /// RFC 8441 §5: the rules of an extended CONNECT; what is agreed on.
    fn extended_connect(
        &self,
        acceptance: &Acceptance,
        config: &Config,
    ) -> Result<Agreed, HandshakeError> {
        if self.method != Method::CONNECT {
            return Err(HandshakeError::Method);
        }
        // RFC 8441 §4: without a protocol it asks for a tunnel to the authority.
        if self.protocol != Some(PROTOCOL) {
            return Err(HandshakeError::ConnectProtocol);
        }
        self.check_no_connection()?;
        let fields = self.fields(config)?;
        let target = self.target()?;
        // RFC 8441 §4: "the :scheme and :path pseudo-header fields [...] MUST be included".
        if target.authority.is_none() {
            return Err(HandshakeError::Target);
        }
        // RFC 9113 §8.3.1: `Host` may be missing, but not differ from `:authority`.
        fields.check_host(0, &target)?;
        fields.check_framing()?;
        fields.check_connect()?;
        let host = self.uri.authority().map(|authority| authority.as_str().as_bytes());
        acceptance.negotiate(self.asked(host, fields.origin), config)
    }

    /// RFC 9113 §8.2.2: a message with headers of a connection is malformed.
    fn check_no_connection(&self) -> Result<(), HandshakeError> {
        let is_there = |name: &HeaderName| self.headers.contains_key(name);
        let mut transfers = HeaderLines::values(self.headers, TE.as_str());
        if OF_A_CONNECTION.iter().any(is_there)
            || transfers.any(|value| !is_name(value, "trailers"))
        {
            return Err(HandshakeError::Malformed);
        }
        Ok(())
    }

    fn fields(&self, config: &Config) -> Result<Fields<'a>, HandshakeError> {
        let mut fields = Fields::new();
        fields.read(self.headers, &config.limits)?;
        Ok(fields)
    }

    fn target(&self) -> Result<Target<'a>, HandshakeError> {
        let authority = match (self.uri.scheme_str(), self.uri.authority()) {
            (None, None) => None,
            (Some(scheme), Some(authority)) => {
                let default = default_port(scheme).ok_or(HandshakeError::Target)?;
                let authority = Authority::parse(authority.as_str().as_bytes())
                    .map_err(|_| HandshakeError::Target)?;
                Some((authority, Some(default)))
            }
            _ => return Err(HandshakeError::Target),
        };
        let target = self.uri.path_and_query().map_or("", |target| target.as_str());
        if !self.uri.path().starts_with('/') || !target.bytes().all(is_target_byte) {
            return Err(HandshakeError::Target);
        }
        Ok(Target { path: self.uri.path(), authority })
    }

    /// The lists were checked by [`Fields`].
    fn asked(
        &self,
        host: Option<&'a [u8]>,
        origin: Option<&'a [u8]>,
    ) -> Asked<'a, impl Iterator<Item = &'a str>, impl Iterator<Item = Extension<'a>>> {
        Asked {
            host,
            origin,
            subprotocols: negotiation::subprotocols(HeaderLines::values(
                self.headers,
                SUBPROTOCOLS,
            )),
            extensions: negotiation::extensions(HeaderLines::values(self.headers, EXTENSIONS)),
        }
    }

    /// 0 or 1 for HTTP/1.0 or HTTP/1.1; `None` for HTTP/2 and HTTP/3, which have no upgrade.
    fn minor(&self) -> Option<u8> {
        match self.version {
            Version::HTTP_09 | Version::HTTP_10 => Some(0),
            Version::HTTP_11 => Some(1),
            _ => None,
        }
    }
}

/// §4.2.2, RFC 8441 §5: what was agreed on, and what the application adds.
fn put_agreed(headers: &mut HeaderMap, acceptance: &Acceptance, agreed: &Agreed) {
    if let Some(subprotocol) = &agreed.subprotocol {
        put(headers, SEC_WEBSOCKET_PROTOCOL, subprotocol.as_bytes());
    }
    #[cfg(feature = "deflate")]
    if let Some(agreement) = &agreed.compression {
        put(
            headers,
            ::http::header::SEC_WEBSOCKET_EXTENSIONS,
            alloc::format!("{agreement}").as_bytes(),
        );
    }
    for (name, value) in acceptance.headers() {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            put(headers, name, value);
        }
    }
}

/// Names and values were checked when they were made. What then fits no `HeaderMap`, a name of over 64 KiB or the
/// line after some ten thousands, gets through no stack, and is left out.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        let _kept = headers.try_append(name, value);
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No header values: cookies and credentials are among them.
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("uri", &self.uri)
            .field("version", &self.version)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}
