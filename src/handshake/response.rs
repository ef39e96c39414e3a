//! §4.2.2  A response other than 101: what the application answers instead of accepting.

use bytes::{BufMut, Bytes, BytesMut};
use core::fmt;

use super::headers::{ExtraHeaders, InvalidHeader};

/// An HTTP response with which a request is answered instead of being accepted: a page, a redirect, a refusal.
///
/// `Content-Length` and `Connection: close` are added, and to 426 what belongs to it (RFC 9110 §15.5.22).
///
/// ```
/// use websocket_proto::handshake::Response;
///
/// let page = Response::new(200)?
///     .header("Content-Type", "text/html; charset=utf-8")?
///     .body("<!doctype html><title>Hello</title>");
/// let login = Response::new(401)?.header("WWW-Authenticate", "Basic realm=\"chat\"")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: ExtraHeaders,
    body: Bytes,
}

/// The status is no final one (200 to 599); 101 is sent by accepting only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidStatus;

impl fmt::Display for InvalidStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a final HTTP status (200 to 599)")
    }
}

impl core::error::Error for InvalidStatus {}

impl Response {
    /// A response with no body.
    ///
    /// # Errors
    /// [`InvalidStatus`] unless the status is from 200 to 599.
    pub fn new(status: u16) -> Result<Self, InvalidStatus> {
        if !(200..=599).contains(&status) {
            return Err(InvalidStatus);
        }
        Ok(Self { status, headers: ExtraHeaders::default(), body: Bytes::new() })
    }

    /// Adds a header line.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a name that is no token or belongs to the crate, or a value with control
    /// characters in it.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        self.headers.push(name, value.as_ref())?;
        Ok(self)
    }

    /// Sets the body; it is not sent where HTTP allows none (204, 304, an answer to HEAD).
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The bytes of the response; `to_head`: of the one to a HEAD request.
    pub(crate) fn render(&self, to_head: bool) -> BytesMut {
        render(self.status, None, self.headers.lines(), &self.body, to_head)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// The bytes of a response: the one place that writes one other than 101.
pub(crate) fn render(
    status: u16,
    header: Option<(&str, &str)>,
    headers: &[u8],
    body: &[u8],
    to_head: bool,
) -> BytesMut {
    // RFC 9110 §15.3.5, §15.3.6, §15.4.5: these never have a body.
    let body = match status {
        204 | 205 | 304 => &[],
        _ => body,
    };
    let sent = if to_head { &[] } else { body };
    let mut output = BytesMut::with_capacity([224, headers.len(), sent.len()].iter().sum());
    output.put_slice(b"HTTP/1.1 ");
    put_number(&mut output, status.into());
    output.put_slice(b" ");
    output.put_slice(reason_phrase(status).as_bytes());
    output.put_slice(b"\r\n");
    // §4.2.2, RFC 9110 §7.8: a 426 says what to upgrade to, and `Upgrade` comes with its option.
    output.put_slice(match status {
        426 => b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: Upgrade, close\r\n",
        _ => b"Connection: close\r\n".as_slice(),
    });
    if !matches!(status, 204 | 304) {
        output.put_slice(b"Content-Length: ");
        put_number(&mut output, body.len());
        output.put_slice(b"\r\n");
    }
    if let Some((name, value)) = header {
        for part in [name, ": ", value, "\r\n"] {
            output.put_slice(part.as_bytes());
        }
    }
    output.put_slice(headers);
    output.put_slice(b"\r\n");
    output.put_slice(sent);
    output
}

fn put_number(output: &mut BytesMut, number: usize) {
    // It grows, and never fails.
    let _ = fmt::Write::write_fmt(output, format_args!("{number}"));
}

/// RFC 9110 §15, RFC 6585. Never a text of the peer or of the application.
const fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
