//! §4.1 §4.4, RFC 9112 §6  What a client learns of a response: its head, and the body of a refusal.

use alloc::vec::Vec;
use core::fmt;
use core::mem::take;

use super::grammar::{decimal, elements};
use super::head::{Head, StatusLine};
use super::header_lines::single;
use super::negotiation::parse_version;
use super::{ClientRequest, RedirectError};

/// The head of a response.
pub struct ResponseHead {
    head: Head,
    status: u16,
}

impl ResponseHead {
    pub(crate) fn new(head: Head, status: u16) -> Self {
        Self { head, status }
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
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
}

impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The response of a server that did not upgrade: 401, a redirect, 426 ... Nothing is done about it: whether to
/// try again, where and with what credentials, is the application's to decide.
pub struct Refusal {
    head: ResponseHead,
    body: Vec<u8>,
}

impl Refusal {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// All headers in their order, values without the whitespace around them.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.headers()
    }

    /// The value of the first header of this name (ASCII case-insensitive).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.header(name)
    }

    /// The body, up to [`Limits::max_refusal_body`](crate::Limits::max_refusal_body) bytes of it, as far as
    /// it arrived.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The request to make next if this is a redirect: a status of 301, 302, 303, 307 or 308, with a `Location`
    /// (RFC 9110 §15.4). `request`: the one that was refused. How often is the caller's to bound.
    ///
    /// ```
    /// # use websocket_proto::Config;
    /// use websocket_proto::handshake::{Client, ClientRequest, Uri};
    ///
    /// let request = ClientRequest::new(Uri::parse("ws://example.com/old")?);
    /// let mut client = Client::new(&request, Config::client(), [7; 32]);
    /// # while let websocket_proto::Transmit::Write(mut output) = client.transmit() {
    /// #     bytes::Buf::advance(&mut output, 1);
    /// # }
    /// let mut received = *b"HTTP/1.1 301 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n";
    /// assert!(client.receive(&mut received.as_mut_slice()).is_err());
    /// if let Some(next) = client.refusal().and_then(|refusal| refusal.redirect(&request)) {
    ///     assert_eq!(next?.uri().to_string(), "ws://example.com/new");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn redirect(
        &self,
        request: &ClientRequest,
    ) -> Option<Result<ClientRequest, RedirectError>> {
        request.redirect_by(self.status(), self.head.head.values("location"))
    }

    /// The versions of the protocol that the server is willing to use (§4.4), over all header lines.
    pub fn versions(&self) -> impl Iterator<Item = u8> {
        self.head.head.values("sec-websocket-version").flat_map(elements).filter_map(parse_version)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.status())
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// A refusal whose body is still arriving.
pub(crate) struct RefusalCollector {
    refusal: Refusal,
    framing: Framing,
    max_body: usize,
}

/// RFC 9112 §6.3: where the body ends.
enum Framing {
    Length(u64),
    ChunkSize {
        line: Vec<u8>,
    },
    ChunkData(u64),
    /// The line end behind the data of a chunk: bytes of it that are missing.
    ChunkEnd(u8),
    UntilEnd,
}

/// Bytes that the line with a chunk's size may have.
const MAX_CHUNK_LINE: usize = 128;

impl RefusalCollector {
    pub(crate) fn new(head: Head, line: StatusLine, max_body: usize) -> Self {
        Self {
            framing: Framing::of(&head, line.status),
            refusal: Refusal { head: ResponseHead::new(head, line.status), body: Vec::new() },
            max_body,
        }
    }

    /// Takes bytes of the body; `true` once it is complete, or as much of it as is wanted.
    pub(crate) fn receive(&mut self, input: &mut &mut [u8]) -> bool {
        let mut rest: &[u8] = take::<&mut [u8]>(input);
        loop {
            let wanted = self.max_body.saturating_sub(self.refusal.body.len());
            if wanted == 0 || matches!(self.framing, Framing::Length(0)) {
                return true;
            }
            let Some((&first, behind)) = rest.split_first() else {
                return false;
            };
            match &mut self.framing {
                Framing::Length(left) | Framing::ChunkData(left) => {
                    let left = usize::try_from(*left).unwrap_or(usize::MAX);
                    rest = self.keep(rest, wanted.min(left));
                }
                Framing::UntilEnd => rest = self.keep(rest, wanted),
                Framing::ChunkEnd(missing) => {
                    let expected = if *missing == 2 { b'\r' } else { b'\n' };
                    if first != expected {
                        return true;
                    }
                    rest = behind;
                    self.framing = match *missing {
                        2 => Framing::ChunkEnd(1),
                        _ => Framing::ChunkSize { line: Vec::new() },
                    };
                }
                Framing::ChunkSize { line } => {
                    if line.len() == MAX_CHUNK_LINE {
                        return true;
                    }
                    line.push(first);
                    rest = behind;
                    if first == b'\n' {
                        match chunk_size(line) {
                            // The last chunk, or what is none: the trailers do not matter.
                            None | Some(0) => return true,
                            Some(size) => self.framing = Framing::ChunkData(size),
                        }
                    }
                }
            }
        }
    }

    /// Keeps up to `count` bytes of the body and returns what is behind them.
    fn keep<'i>(&mut self, input: &'i [u8], count: usize) -> &'i [u8] {
        let (part, rest) = input.split_at_checked(count).unwrap_or((input, &[]));
        let body = &mut self.refusal.body;
        if body.capacity().saturating_sub(body.len()) < part.len() {
            // To twice what is held, and never beyond the limit.
            let held = body.len().saturating_add(part.len());
            let ahead = held.min(self.max_body.saturating_sub(held));
            body.reserve_exact(part.len().saturating_add(ahead));
        }
        body.extend_from_slice(part);
        let count = u64::try_from(part.len()).unwrap_or(u64::MAX);
        match &mut self.framing {
            Framing::Length(left) => *left = left.saturating_sub(count),
            Framing::ChunkData(left) => {
                *left = left.saturating_sub(count);
                if *left == 0 {
                    self.framing = Framing::ChunkEnd(2);
                }
            }
            _ => {}
        }
        rest
    }

    pub(crate) fn status(&self) -> u16 {
        self.refusal.status()
    }

    /// What has arrived.
    pub(crate) fn into_refusal(self) -> Refusal {
        self.refusal
    }
}

impl Framing {
    fn of(head: &Head, status: u16) -> Self {
        if matches!(status, 100..=199 | 204 | 304) {
            return Self::Length(0);
        }
        let mut codings = head.values("transfer-encoding").flat_map(elements);
        if let Some(coding) = codings.next() {
            let is_plain = codings.next().is_none() && coding.eq_ignore_ascii_case(b"chunked");
            return match is_plain {
                true => Self::ChunkSize { line: Vec::new() },
                false => Self::UntilEnd,
            };
        }
        match single(head.values("content-length")) {
            Ok(None) => Self::UntilEnd,
            // A length that cannot be trusted: no body rather than a wrong one.
            length => Self::Length(length.ok().flatten().and_then(decimal).unwrap_or(0)),
        }
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    match httparse::parse_chunk_size(line) {
        Ok(httparse::Status::Complete((_, size))) => Some(size),
        _ => None,
    }
}
