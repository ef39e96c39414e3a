//! Why an opening handshake failed, and the status that says so (§4.2.2, RFC 9110 §15).

use core::fmt;

/// Why an opening handshake came to nothing.
///
/// At a server the answer with [`status`](Self::status) is queued by the time the error is returned; a
/// client sends nothing more and drops the transport (§4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The head is no HTTP/1.1 head (RFC 9112): a bad line, a bare CR or LF, a folded line ... Of HTTP/2 and
    /// HTTP/3: it has headers of an HTTP/1.1 connection (RFC 9113 §8.2.2).
    Malformed,
    /// A header that may be there once is there twice (§11.3).
    DuplicateHeader,
    /// The head is over [`Limits::max_head_size`](crate::Limits::max_head_size).
    HeadTooLarge,
    /// The request line is over [`Limits::max_request_line`](crate::Limits::max_request_line).
    RequestLineTooLong,
    /// The head has more header lines than [`Limits::max_headers`](crate::Limits::max_headers).
    TooManyHeaders,
    /// [`Timeouts::handshake`](crate::Timeouts::handshake) passed.
    Timeout,
    /// The peer ended the connection before the handshake was complete.
    ConnectionEnded,
    /// `Sec-WebSocket-Extensions` breaks its grammar (§9.1) or lists too much.
    Extensions,
    /// `Connection` does not hold the token `Upgrade` (§4.1, §4.2.1).
    Connection,

    /// To a server: the method is not GET (§4.2.1); over HTTP/2 and HTTP/3, not CONNECT (RFC 8441 §5).
    Method,
    /// To a server: an upgrade of HTTP/1.0 (RFC 9110 §7.8). To a client: a response of a version that cannot
    /// answer the request.
    HttpVersion,
    /// To a server: the request target is neither a path nor an absolute http or https URI (§4.2.1); over HTTP/2
    /// and HTTP/3, not the latter with a path (RFC 8441 §4, §5).
    Target,
    /// To a server: `Host` is missing, invalid or not the host of the request target (RFC 9112 §3.2).
    Host,
    /// To a server: an upgrade with a body (RFC 9112 §6).
    Body,
    /// To a server: a CONNECT that names another protocol than websocket, or none: a tunnel is not what there is
    /// here (RFC 8441 §4, RFC 9220 §3).
    ConnectProtocol,
    /// To a server: `Sec-WebSocket-Key` is not base64 of 16 bytes (§4.2.1).
    Key,
    /// To a server: `Sec-WebSocket-Version` is missing or no number (§4.2.1).
    Version,
    /// To a server: a version other than 13 (§4.2.2).
    UnsupportedVersion,
    /// To a server: `Sec-WebSocket-Protocol` is no list of tokens or lists too many (§4.2.1).
    Subprotocols,

    /// By a server: the request asks for no upgrade to WebSocket, so that it cannot be accepted.
    NotUpgrade,
    /// By a server: the origin policy does not let the origin in (§4.2.2, §10.2).
    OriginRefused,
    /// By a server: the host is none of those that the application answers for.
    HostRefused,
    /// By a server: the application insists on a subprotocol that was not offered (§4.2.2).
    SubprotocolNotOffered,

    /// To a client: an answer other than 101, or than 2xx to an extended CONNECT; see
    /// [`Client::refusal`](super::Client::refusal) (§4.1, RFC 8441 §5).
    Refused {
        /// The status code of the answer.
        status: u16,
    },
    /// To a client: the 101 came before the request was transmitted, so that it cannot be its answer.
    EarlyResponse,
    /// To a client: `Upgrade` of the 101 is not `websocket` (§4.1).
    Upgrade,
    /// To a client: `Sec-WebSocket-Accept` does not fit the key (§4.1).
    Accept,
    /// To a client: the 101 names a subprotocol that was not offered (§4.1).
    UnexpectedSubprotocol,
    /// To a client: the 101 names an extension that was not offered (§4.1).
    UnexpectedExtension,
    /// To a client: the 101 has parameters of permessage-deflate that are invalid or fit no offer
    /// (RFC 7692 §5.1, §7).
    ExtensionParameters,
    /// To a client: over [`Limits::max_interim_responses`](crate::Limits::max_interim_responses).
    TooManyInterimResponses,
    /// To a client: the transport could not be opened (§4.1), as the driver said.
    TransportFailed,
    /// By a client: the application gave up.
    Aborted,
}

impl HandshakeError {
    /// The HTTP status that a server answers with, or that a client was [`Refused`](Self::Refused) with.
    #[must_use]
    pub const fn status(self) -> Option<u16> {
        Some(match self {
            Self::Malformed
            | Self::DuplicateHeader
            | Self::Extensions
            | Self::Connection
            | Self::HttpVersion
            | Self::Target
            | Self::Host
            | Self::Body
            | Self::Key
            | Self::Version
            | Self::Subprotocols => 400,
            Self::OriginRefused | Self::HostRefused => 403,
            Self::Method => 405,
            Self::Timeout => 408,
            Self::RequestLineTooLong => 414,
            Self::UnsupportedVersion | Self::NotUpgrade => 426,
            Self::HeadTooLarge | Self::TooManyHeaders => 431,
            Self::SubprotocolNotOffered => 500,
            Self::ConnectProtocol => 501,
            Self::Refused { status } => status,
            Self::ConnectionEnded
            | Self::EarlyResponse
            | Self::Upgrade
            | Self::Accept
            | Self::UnexpectedSubprotocol
            | Self::UnexpectedExtension
            | Self::ExtensionParameters
            | Self::TooManyInterimResponses
            | Self::TransportFailed
            | Self::Aborted => return None,
        })
    }

    /// The header that belongs to the answer beside those that every answer of its status has.
    pub(super) const fn answer_header(self) -> Option<(&'static str, &'static str)> {
        match self {
            // RFC 9110 §15.5.6: a 405 says what is allowed.
            Self::Method => Some(("Allow", "GET")),
            // §4.4: the versions that the server is willing to use. (426 has them from its status.)
            Self::Version => Some(("Sec-WebSocket-Version", "13")),
            _ => None,
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed HTTP head",
            Self::DuplicateHeader => "a header that may be there once is there twice",
            Self::HeadTooLarge => "head over the size limit",
            Self::RequestLineTooLong => "request line over the size limit",
            Self::TooManyHeaders => "too many header lines",
            Self::Timeout => "the handshake took too long",
            Self::ConnectionEnded => "the connection ended before the handshake was complete",
            Self::Extensions => "malformed Sec-WebSocket-Extensions",
            Self::Connection => "Connection does not hold Upgrade",
            Self::Method => "the method is not that of an opening handshake",
            Self::HttpVersion => "the version of HTTP does not fit the handshake",
            Self::Target => "invalid request target",
            Self::Host => "missing or invalid Host",
            Self::Body => "an upgrade request with a body",
            Self::ConnectProtocol => "the protocol of the CONNECT is not websocket",
            Self::Key => "missing or invalid Sec-WebSocket-Key",
            Self::Version => "missing or malformed Sec-WebSocket-Version",
            Self::UnsupportedVersion => "unsupported Sec-WebSocket-Version",
            Self::Subprotocols => "malformed Sec-WebSocket-Protocol",
            Self::NotUpgrade => "the request asks for no WebSocket",
            Self::OriginRefused => "origin refused",
            Self::HostRefused => "host refused",
            Self::SubprotocolNotOffered => "the client did not offer the subprotocol",
            Self::Refused { status } => {
                return write!(f, "the server answered with status {status}");
            }
            Self::EarlyResponse => "the server answered before the request was transmitted",
            Self::Upgrade => "Upgrade of the response is not websocket",
            Self::Accept => "Sec-WebSocket-Accept does not fit the key",
            Self::UnexpectedSubprotocol => "the server chose a subprotocol that was not offered",
            Self::UnexpectedExtension => "the server chose an extension that was not offered",
            Self::ExtensionParameters => "the server's answer to an extension fits no offer",
            Self::TooManyInterimResponses => "too many interim responses",
            Self::TransportFailed => "the transport could not be opened",
            Self::Aborted => "the application gave up",
        })
    }
}

impl core::error::Error for HandshakeError {}
