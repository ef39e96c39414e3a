//! §4.2.2, RFC 9110 §15  The response to a request that is not accepted.

use core::fmt;

use ::http::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use ::http::{Response, StatusCode, Version};

use super::PROTOCOL;
use crate::handshake::HandshakeError;

/// Why a request is not accepted, and the response that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub(super) reason: HandshakeError,
    pub(super) version: Version,
}

/// RFC 9220 §3: problem details (RFC 9457) may come with the 501.
const OTHER_PROTOCOL: &str = r#"{"title":"Not Implemented","status":501,"detail":"The only :protocol that CONNECT is answered for here is websocket."}"#;

impl Rejection {
    /// Why.
    #[must_use]
    pub fn reason(&self) -> HandshakeError {
        self.reason
    }

    /// The status of the response: [`HandshakeError::status`], but 400 in place of 426 over HTTP/2 and HTTP/3, which
    /// have nothing to upgrade.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let status = self.reason.status().and_then(|status| StatusCode::from_u16(status).ok());
        match status {
            Some(StatusCode::UPGRADE_REQUIRED) if !self.is_http1() => StatusCode::BAD_REQUEST,
            status => status.unwrap_or(StatusCode::BAD_REQUEST),
        }
    }

    /// The response to send. Nothing of the request is in it; the body is empty but for 501.
    ///
    /// Over HTTP/1.1 it ends the connection (`Connection: close`): to somebody on the way an upgrade may look
    /// as if it had been granted, and what follows must not be read as another request.
    #[must_use]
    pub fn response(&self) -> Response<&'static str> {
        let status = self.status();
        let mut response = Response::new("");
        *response.status_mut() = status;
        *response.version_mut() = self.version;
        let mut put = |name: HeaderName, value: &'static str| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        if status == StatusCode::UPGRADE_REQUIRED {
            // RFC 9110 §15.5.22, §7.8: what to upgrade to, with the option that goes with it.
            put(UPGRADE, PROTOCOL);
            put(CONNECTION, "Upgrade, close");
        } else if self.is_http1() {
            put(CONNECTION, "close");
        }
        match self.reason {
            // RFC 9110 §15.5.6: what is allowed.
            HandshakeError::Method => put(ALLOW, if self.is_http1() { "GET" } else { "CONNECT" }),
            // §4.4: the versions that the server is willing to use.
            HandshakeError::Version
            | HandshakeError::UnsupportedVersion
            | HandshakeError::NotUpgrade => put(SEC_WEBSOCKET_VERSION, "13"),
            HandshakeError::ConnectProtocol => {
                put(CONTENT_TYPE, "application/problem+json");
                *response.body_mut() = OTHER_PROTOCOL;
            }
            _ => {}
        }
        response
    }

    fn is_http1(&self) -> bool {
        self.version <= Version::HTTP_11
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rejected with status {}: {}", self.status().as_u16(), self.reason)
    }
}

impl core::error::Error for Rejection {}
