//! §4.1, RFC 8441 §5, RFC 9220 §3  What a client asks for and makes of the response, over an HTTP stack.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use ::http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use ::http::{Method, Request, Response, Version, request};

use super::PROTOCOL;
#[cfg(feature = "deflate")]
use crate::deflate::Compression;
use crate::handshake::awaited::Awaited;
use crate::handshake::key::{Accept, accept, key};
use crate::handshake::{ClientRequest, HandshakeError};
use crate::outgoing::MaskKeys;
use crate::seed::{SeedError, seed};
use crate::{Config, Connection};

/// A client that has made its request and awaits the response.
///
/// ```text
///   upgrade, extended_connect          establish
/// ────────────────────────────► Client ─────────► Connection
/// ```
///
/// No byte of the WebSocket can go out before the response has come: there is no connection before it.
pub struct Client {
    config: Arc<Config>,
    /// Of an upgrade.
    accept: Option<Accept>,
    awaited: Awaited,
}

/// Why there is no request.
#[derive(Debug)]
#[non_exhaustive]
pub enum RequestError {
    /// The `http` crate does not take a part of it: a host with percent-encoding, a URI of over 64 KiB.
    Http(::http::Error),
    /// The operating system gave no random bytes; nothing falls back to weaker ones.
    Seed(SeedError),
}

impl Client {
    /// Makes the request of HTTP/1.1 (§4.1): the target is a path, with a `Host` beside it.
    ///
    /// `seed`: 32 bytes that nobody can predict and that are used once; the key of the handshake and the masking
    /// keys of the connection come from it (§4.1, §10.3).
    ///
    /// # Errors
    /// [`RequestError::Http`].
    pub fn upgrade(
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
        seed: [u8; 32],
    ) -> Result<(Request<()>, Self), RequestError> {
        let mut mask_keys = MaskKeys::new(seed);
        let key = key(&mask_keys.nonce());
        let uri = request.uri();
        let head = Request::builder()
            .method(Method::GET)
            .uri(uri.resource_name())
            .header(HOST, uri.host_header())
            .header(UPGRADE, PROTOCOL)
            .header(CONNECTION, "Upgrade")
            .header(SEC_WEBSOCKET_KEY, key.as_slice());
        Self::new(head, request, config.into(), Some(accept(&key)), mask_keys)
    }

    /// As [`upgrade`](Self::upgrade), with a seed from the operating system.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn upgrade_from_os(
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
    ) -> Result<(Request<()>, Self), RequestError> {
        Self::upgrade(request, config, seed()?)
    }

    /// Makes the request of HTTP/2 and HTTP/3 (RFC 8441 §5): the target is an absolute https or http URI.
    ///
    /// `:protocol`, for which the `http` crate has no place, is for the caller to add as the stack wants it:
    /// [`PROTOCOL`](super::PROTOCOL) as `hyper::ext::Protocol` or `h2::ext::Protocol` in the request's extensions.
    /// So is waiting until the server has said that it takes the request (RFC 8441 §3). `seed` is as that of
    /// [`upgrade`](Self::upgrade), for the masking keys.
    ///
    /// # Errors
    /// [`RequestError::Http`].
    pub fn extended_connect(
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
        seed: [u8; 32],
    ) -> Result<(Request<()>, Self), RequestError> {
        let uri = request.uri();
        let scheme = if uri.secure() { "https" } else { "http" };
        let target = [scheme, "://", uri.host_header(), uri.resource_name()].concat();
        let head = Request::builder().method(Method::CONNECT).uri(target).version(Version::HTTP_2);
        Self::new(head, request, config.into(), None, MaskKeys::new(seed))
    }

    /// As [`extended_connect`](Self::extended_connect), with a seed from the operating system.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn extended_connect_from_os(
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
    ) -> Result<(Request<()>, Self), RequestError> {
        Self::extended_connect(request, config, seed()?)
    }

    /// Completes the head by what all versions have in common.
    fn new(
        mut head: request::Builder,
        request: &ClientRequest,
        config: Arc<Config>,
        accept: Option<Accept>,
        mask_keys: MaskKeys,
    ) -> Result<(Request<()>, Self), RequestError> {
        head = head.header(SEC_WEBSOCKET_VERSION, "13");
        let names: String = request.offered().join(", ");
        if !names.is_empty() {
            head = head.header(SEC_WEBSOCKET_PROTOCOL, names);
        }
        if let Some(origin) = request.origin_bytes() {
            head = head.header(ORIGIN, origin);
        }
        #[cfg(feature = "deflate")]
        if let Some(offer) = config.compression.as_ref().and_then(Compression::offer) {
            head = head.header(::http::header::SEC_WEBSOCKET_EXTENSIONS, offer);
        }
        for (name, value) in request.headers() {
            head = head.header(name, value);
        }
        let client = Self { config, accept, awaited: Awaited::new(request, mask_keys) };
        Ok((head.body(())?, client))
    }

    /// Checks the response (§4.1, RFC 8441 §5) and opens the connection for the bytes that follow it.
    ///
    /// # Errors
    /// [`HandshakeError::Refused`] for a status other than 101, or than 2xx to an extended CONNECT: the response says
    /// why. Else what is wrong with it; nothing of the WebSocket may be sent, and the transport, or the stream, is
    /// to be dropped.
    pub fn establish<B>(self, response: &Response<B>) -> Result<Connection, HandshakeError> {
        let status = response.status().as_u16();
        let headers = response.headers();
        let agreed = match (&self.accept, status) {
            // RFC 9110 §7.8: nothing but HTTP/1.1 has upgrades, and (T-HS-10) its 2xx grants none.
            (Some(accept), 101) if response.version() == Version::HTTP_11 => {
                self.awaited.check_upgrade(accept, headers, &self.config)?
            }
            // RFC 9110 §9.3.6: lengths and codings in a 2xx to CONNECT are ignored.
            (None, 200..=299) if response.version() > Version::HTTP_11 => {
                self.awaited.check_agreement(headers, &self.config)?
            }
            (Some(_), 101) | (None, 200..=299) => return Err(HandshakeError::HttpVersion),
            _ => return Err(HandshakeError::Refused { status }),
        };
        Ok(self.awaited.open(self.config, agreed))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("is_upgrade", &self.accept.is_some()).finish_non_exhaustive()
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(_) => "the http crate does not take a part of the request",
            Self::Seed(_) => "no seed for the masking keys",
        })
    }
}

impl core::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Http(error) => Some(error),
            Self::Seed(error) => Some(error),
        }
    }
}

impl From<::http::Error> for RequestError {
    fn from(error: ::http::Error) -> Self {
        Self::Http(error)
    }
}

impl From<SeedError> for RequestError {
    fn from(error: SeedError) -> Self {
        Self::Seed(error)
    }
}
