//! How a WebSocket over a transport fails: whose fault it was, kept apart.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;
use core::error::Error as StdError;
use core::fmt;
use std::io;

use crate::handshake::{ClientRequest, HandshakeError, InvalidUri, RedirectError, Refusal};
use crate::{ExpiredDeadline, ProtocolError, SeedError, SendError};

/// What a call on a WebSocket over a transport may fail with. Why is told by its
/// [`source`](core::error::Error::source), where there is one: print both.
#[derive(Debug)]
#[non_exhaustive]
// A tag of a whole word: with one of a byte, each move of a result takes it apart (6 ns of 68 in an echo).
#[repr(u64)]
pub enum Error {
    /// What a client was to connect to is no WebSocket URI.
    Uri(InvalidUri),
    /// There is no transport to the server: its name leads nowhere, or no TCP connection came about.
    Connect(io::Error),
    /// `wss` was asked for, and the crate was built without TLS: the blocking adapter has it with the feature
    /// `rustls`, the tokio adapter with `tokio-rustls`.
    TlsNotBuilt,
    /// TLS failed, or could not be set up: a certificate that is not trusted, or is for another name ...
    #[cfg(feature = "rustls")]
    Tls(Box<rustls::Error>),
    /// The transport failed. Reading goes on where that is possible: the peer may have said why.
    Io(io::Error),
    /// The opening handshake failed. At a server, the client was answered with
    /// [`HandshakeError::status`].
    Handshake(HandshakeError),
    /// To a client: the server answered with something other than a WebSocket.
    Refused(Box<Refused>),
    /// To a client: the proxy answered with something other than a tunnel: 407 asks for credentials.
    Proxy(Box<Refused>),
    /// To a client that follows redirects: not this one.
    Redirect(Box<UnfollowedRedirect>),
    /// By a server: the request was answered with this status instead of being accepted, and the
    /// transport has ended. For the application's own answers (a page, say) this is no failure.
    Rejected {
        /// The status of the answer.
        status: u16,
        /// Why the crate refused; `None` if the application rejected.
        reason: Option<HandshakeError>,
    },
    /// The peer violated the protocol. It was told so by a Close, and the transport has ended.
    Protocol(ProtocolError),
    /// The call does not fit the state of the connection, or its argument no message. Nothing was sent.
    Send(SendError),
    /// A deadline passed, and the connection has ended for it.
    Timeout(ExpiredDeadline),
    /// The connection ended without the peer's Close (1006).
    ConnectionLost,
    /// The operating system gave no random bytes for a client.
    Seed(SeedError),
    /// `read` met a chunk: it gives whole messages, which
    /// [`Delivery::Chunks`](crate::Delivery::Chunks) does not.
    ChunkedDelivery,
}

// It is part of what each call returns.
const _: () = assert!(size_of::<Error>() <= 16);

/// A redirect that was not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnfollowedRedirect {
    /// Why not.
    pub reason: RedirectError,
    /// The answer that was the redirect.
    pub answer: Refused,
}

/// An answer to a client's request that is no WebSocket: 401, a redirect, 426 ... What to do about it is the
/// application's to decide.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The status code.
    pub status: u16,
    /// The headers in their order; values are bytes, see [`header`](Self::header).
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, up to [`Limits::max_refusal_body`](crate::Limits::max_refusal_body) bytes of it.
    pub body: Vec<u8>,
}

impl Refused {
    /// The value of the first header of this name (ASCII case-insensitive).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &**value)
    }

    /// The request to make next if this is a redirect: a status of 301, 302, 303, 307 or 308, with a `Location`
    /// (RFC 9110 §15.4). `request`: the one that was refused.
    #[must_use]
    pub fn redirect(
        &self,
        request: &ClientRequest,
    ) -> Option<Result<ClientRequest, RedirectError>> {
        let is_location = |name: &str| name.eq_ignore_ascii_case("location");
        let locations = self.headers.iter().filter(|(name, _)| is_location(name));
        request.redirect_by(self.status, locations.map(|(_, value)| &**value))
    }
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        let headers = refusal.headers().map(|(name, value)| (name.to_string(), value.to_vec()));
        Self { status: refusal.status(), headers: headers.collect(), body: refusal.body().to_vec() }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may carry secrets.
        f.debug_struct("Refused")
            .field("status", &self.status)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

impl Error {
    /// Why an opening handshake came to nothing. If all that it knows is that the transport ended, that may know more.
    pub(super) fn of_handshake(error: Option<HandshakeError>, failure: Option<io::Error>) -> Self {
        match (error, failure) {
            (None | Some(HandshakeError::ConnectionEnded), Some(failure)) => failure.into(),
            (Some(error), _) => Self::Handshake(error),
            (None, None) => Self::Handshake(HandshakeError::ConnectionEnded),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(_) => f.write_str("not a WebSocket URI"),
            Self::Connect(_) => f.write_str("no connection to the server"),
            Self::TlsNotBuilt => {
                f.write_str("wss needs the feature `rustls`, or `tokio-rustls` on tokio")
            }
            #[cfg(feature = "rustls")]
            Self::Tls(_) => f.write_str("TLS failed"),
            Self::Io(_) => f.write_str("the transport failed"),
            Self::Handshake(_) => f.write_str("the opening handshake failed"),
            Self::Refused(refused) => {
                write!(f, "the server answered with status {}", refused.status)
            }
            Self::Proxy(refused) => {
                write!(f, "the proxy answered with status {}", refused.status)
            }
            Self::Redirect(_) => f.write_str("a redirect that is not followed"),
            Self::Rejected { status, .. } => {
                write!(f, "the request was answered with status {status}")
            }
            Self::Protocol(_) => f.write_str("the peer violated the protocol"),
            Self::Send(_) => f.write_str("the message was not sent"),
            Self::Timeout(ExpiredDeadline::Close) => f.write_str("the peer did not close in time"),
            Self::Timeout(ExpiredDeadline::WriteStall) => {
                f.write_str("the peer took nothing for too long")
            }
            Self::Timeout(ExpiredDeadline::Idle) => {
                f.write_str("nothing came from the peer for too long")
            }
            Self::Timeout(ExpiredDeadline::Pong) => f.write_str("the peer did not answer a ping"),
            Self::ConnectionLost => f.write_str("the connection ended without a close frame"),
            Self::Seed(_) => f.write_str("no seed for the masking keys"),
            Self::ChunkedDelivery => {
                f.write_str("whole messages were asked for, but the delivery is by chunks")
            }
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Uri(error) => Some(error),
            Self::Connect(error) | Self::Io(error) => Some(error),
            #[cfg(feature = "rustls")]
            Self::Tls(error) => Some(&**error),
            Self::Redirect(redirect) => Some(&redirect.reason),
            Self::Handshake(error) | Self::Rejected { reason: Some(error), .. } => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Seed(error) => Some(error),
            Self::TlsNotBuilt
            | Self::Refused(_)
            | Self::Proxy(_)
            | Self::Rejected { reason: None, .. }
            | Self::Timeout(_)
            | Self::ConnectionLost
            | Self::ChunkedDelivery => None,
        }
    }
}

/// Of a request that needs no conversion.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<InvalidUri> for Error {
    fn from(error: InvalidUri) -> Self {
        Self::Uri(error)
    }
}

impl From<io::Error> for Error {
    /// [`Error::Io`], or what TLS has wrapped up in it.
    fn from(error: io::Error) -> Self {
        #[cfg(feature = "rustls")]
        let error = match error.downcast::<rustls::Error>() {
            Ok(error) => return Self::from(error),
            Err(error) => error,
        };
        Self::Io(error)
    }
}

#[cfg(feature = "rustls")]
impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(Box::new(error))
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<SeedError> for Error {
    fn from(error: SeedError) -> Self {
        Self::Seed(error)
    }
}
