//! §4.2.1  What a server reads of a request.

use alloc::sync::Arc;
use core::fmt;
use core::ops::Range;

use super::acceptance::Asked;
use super::extension::Extension;
use super::head::{Head, HeaderTable, RequestLine};
use super::key::accept;
use super::negotiation::{self, EXTENSIONS, SUBPROTOCOLS};
use super::request_fields::{Fields, List, Upgrade};
use super::response::render;
use super::target::Target;
use super::{Acceptance, HandshakeError, Rejection, Response};
use crate::{Config, Connection, Limits};

/// A complete and valid request head: an upgrade to WebSocket, or whatever else arrives on the port.
///
/// Owned, in one allocation; the application may take its time to decide. (No deadline runs meanwhile.)
///
/// ```
/// use websocket_proto::Config;
/// use websocket_proto::handshake::{Acceptance, Rejection, Request, Response, Server};
///
/// fn answer(request: Request) -> Result<websocket_proto::Connection, Rejection> {
///     if request.is_upgrade() && request.path() == "/chat" {
///         return request.accept(&Acceptance::new().subprotocols(["chat"]));
///     }
///     let page = match request.path() {
///         "/" => Response::new(200).expect("final").body("Hello"),
///         _ => Response::new(404).expect("final"),
///     };
///     Err(request.reject(&page))
/// }
///
/// let mut bytes = *b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
/// let request = Server::new(Config::server()).receive(&mut bytes.as_mut_slice())?;
/// assert_eq!(answer(request.expect("complete")).expect_err("a page").status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Request {
    config: Arc<Config>,
    head: Head,
    parts: RequestParts,
}

/// What was read of a head; ranges are those in it.
pub(crate) struct RequestParts {
    target: Range<usize>,
    path: Range<usize>,
    host: Option<Range<usize>>,
    origin: Option<Range<usize>>,
    /// From the first header line of the list to the end of the last.
    subprotocols: Range<usize>,
    extensions: Range<usize>,
    upgrade: Option<Upgrade>,
}

impl RequestParts {
    /// Reads a head that is complete. An error is answered with its status.
    pub(crate) fn read(
        line: RequestLine<'_>,
        headers: HeaderTable<'_, '_>,
        limits: &Limits,
    ) -> Result<Self, HandshakeError> {
        let mut fields = Fields::new();
        fields.read(headers, limits)?;
        let target = Target::parse(line.target)?;
        fields.check_host(line.minor, &target)?;
        fields.check_framing()?;
        let upgrade = fields.check_upgrade(line.method, line.minor)?;
        let place = |text: &str| headers.range(text.as_bytes());
        let lines = |list: List<'_>| match list.lines {
            Some((first, last)) => place(first).start..headers.range(last).end,
            None => 0..0,
        };
        Ok(Self {
            target: place(line.target),
            path: place(target.path),
            host: fields.host.map(|value| headers.range(value)),
            origin: fields.origin.map(|value| headers.range(value)),
            subprotocols: lines(fields.subprotocols),
            extensions: lines(fields.extensions),
            upgrade,
        })
    }
}

impl Request {
    pub(crate) fn new(head: Head, parts: RequestParts, config: Arc<Config>) -> Self {
        Self { config, head, parts }
    }

    /// The method, such as `GET`; case matters.
    #[must_use]
    pub fn method(&self) -> &str {
        // One space stands between it and the target.
        self.head.text(&(0..self.parts.target.start.saturating_sub(1)))
    }

    /// The request target as it was sent: printable ASCII without `#`.
    #[must_use]
    pub fn target(&self) -> &str {
        self.head.text(&self.parts.target)
    }

    /// The path of the target, with nothing decoded; it starts with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        match self.head.text(&self.parts.path) {
            "" => "/",
            path => path,
        }
    }

    /// What stands behind the `?` of the target, with nothing decoded.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        let (target, path) = (&self.parts.target, &self.parts.path);
        (path.end < target.end).then(|| self.head.text(&(path.end.saturating_add(1)..target.end)))
    }

    /// All headers in their order, values without the whitespace around them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.headers()
    }

    /// The value of the first header of this name (ASCII case-insensitive).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.values(name).next()
    }

    /// The value of `Host`: valid, and there unless the request is HTTP/1.0.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.parts.host.as_ref().map(|host| self.head.text(host))
    }

    /// The value of `Origin` as it was sent. A request without one comes from no browser (§4.2.1).
    #[must_use]
    pub fn origin(&self) -> Option<&[u8]> {
        self.parts.origin.as_ref().map(|origin| self.head.part(origin))
    }

    /// The subprotocols that the client offers, the one it likes best first (§4.2.1).
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        negotiation::subprotocols(self.head.values_in(&self.parts.subprotocols, SUBPROTOCOLS))
    }

    /// The extensions that the client offers, the one it likes best first (§9.1).
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'_>> {
        negotiation::extensions(self.head.values_in(&self.parts.extensions, EXTENSIONS))
    }

    /// Whether this is an upgrade to WebSocket, by all the rules of §4.2.1. If not, it is some other
    /// request, which the application answers with [`reject`](Self::reject).
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.parts.upgrade.is_some()
    }

    /// Accepts the request: the 101 is the first thing in the output of the connection (§4.2.2).
    ///
    /// # Errors
    /// A [`Rejection`], to be driven to its end: 426 if this is no upgrade, 403 if the origin or the host
    /// is not let in, 500 if the client did not offer the subprotocol.
    pub fn accept(self, acceptance: &Acceptance) -> Result<Connection, Rejection> {
        let Some(upgrade) = self.parts.upgrade else {
            return Err(self.refuse(HandshakeError::NotUpgrade));
        };
        match acceptance.negotiate(self.asked(), &self.config) {
            Ok(agreed) => {
                let output =
                    acceptance.render(&accept(&upgrade.key), &agreed, upgrade.expects_continue);
                Ok(Connection::open_server(self.config, output, agreed))
            }
            Err(reason) => Err(self.refuse(reason)),
        }
    }

    /// Answers with the response instead of accepting, and ends the transport after it (§4.2.2).
    pub fn reject(self, response: &Response) -> Rejection {
        let output = response.render(self.method() == "HEAD");
        Rejection::new(self.config, output, response.status(), None)
    }

    fn asked(&self) -> Asked<'_, impl Iterator<Item = &str>, impl Iterator<Item = Extension<'_>>> {
        Asked {
            host: self.parts.host.as_ref().map(|host| self.head.part(host)),
            origin: self.origin(),
            subprotocols: self.subprotocols(),
            extensions: self.extensions(),
        }
    }

    fn refuse(self, reason: HandshakeError) -> Rejection {
        let status = reason.status().unwrap_or(500);
        let to_head = self.method() == "HEAD";
        let output = render(status, reason.answer_header(), &[], &[], to_head);
        Rejection::new(self.config, output, status, Some(reason))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No header values: cookies and credentials are among them.
        f.debug_struct("Request")
            .field("method", &self.method())
            .field("target", &self.target())
            .field("is_upgrade", &self.is_upgrade())
            .finish_non_exhaustive()
    }
}
