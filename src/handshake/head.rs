//! §4.1 §4.2.1, RFC 9112 §2  A head that is complete: parsed once, and read again where its parts are known to be.

use alloc::vec::Vec;
use core::iter::from_fn;
use core::mem::MaybeUninit;
use core::ops::Range;

use super::HandshakeError;
use super::grammar::{is_name, trim};
use super::header_lines::HeaderLines;
use crate::Limits;

/// Headers up to which the table for `httparse` is on the stack.
const STACK_HEADERS: usize = 128;

/// A complete head: its first line, its header lines and the empty line.
#[derive(Clone)]
pub(crate) struct Head {
    pub(super) bytes: Vec<u8>,
    /// Header lines.
    pub(super) headers: usize,
}

/// What the request line says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    pub(crate) minor: u8,
}

/// The header lines as `httparse` has cut them: names are tokens, values have no whitespace around them.
#[derive(Clone, Copy)]
pub(crate) struct HeaderTable<'t, 'a> {
    head: &'a [u8],
    lines: &'t [httparse::Header<'a>],
}

impl HeaderTable<'_, '_> {
    /// Where a part of the head stands in it.
    pub(crate) fn range(self, part: &[u8]) -> Range<usize> {
        let start = part.as_ptr().addr().saturating_sub(self.head.as_ptr().addr());
        start..start.saturating_add(part.len())
    }
}

impl<'a> HeaderLines<'a> for HeaderTable<'_, 'a> {
    fn iter(self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.lines.iter().map(|header| (header.name, header.value))
    }
}

/// What the status line says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusLine {
    pub(crate) minor: u8,
    pub(crate) status: u16,
}

impl Head {
    /// Parses the head of a request and reads its parts.
    pub(super) fn read_request<R>(
        &self,
        limits: &Limits,
        read: ReadRequest<R>,
    ) -> Result<R, HandshakeError> {
        parse_request(&self.bytes, self.headers, |line, headers| read(line, headers, limits))
            .unwrap_or(Err(HandshakeError::Malformed))
    }

    /// Parses the head of a response and lends its parts. Once this is `Ok`, every header line has its form.
    pub(crate) fn parse_response<R>(
        &self,
        read: impl FnOnce(StatusLine, HeaderTable<'_, '_>) -> Result<R, HandshakeError>,
    ) -> Result<R, HandshakeError> {
        with_table(self.headers, |table| {
            let mut response = httparse::Response::new(&mut []);
            let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
                &mut response,
                &self.bytes,
                table,
            );
            match response.code {
                Some(status @ 100..) if is_whole(parsed, &self.bytes) => {
                    let line = StatusLine { minor: response.version.unwrap_or(0), status };
                    read(line, HeaderTable { head: &self.bytes, lines: response.headers })
                }
                _ => Err(HandshakeError::Malformed),
            }
        })
    }

    /// A part of the head.
    pub(crate) fn part(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// A part of the head that was checked to be ASCII.
    pub(crate) fn text(&self, range: &Range<usize>) -> &str {
        core::str::from_utf8(self.part(range)).unwrap_or_default()
    }

    /// The headers in their order, values without the whitespace around them.
    pub(crate) fn headers(&self) -> Headers<'_> {
        let mut headers = Headers { rest: &self.bytes };
        headers.line();
        headers
    }

    /// The values of all headers of this name (ASCII case-insensitive).
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers().values(name)
    }

    /// As [`values`](Self::values), where it is known in which lines they are.
    pub(crate) fn values_in<'a>(
        &'a self,
        lines: &Range<usize>,
        name: &str,
    ) -> impl Iterator<Item = &'a [u8]> {
        Headers { rest: self.part(lines) }.values(name)
    }
}

/// What reads the parts of a request.
pub(super) type ReadRequest<R> =
    fn(RequestLine<'_>, HeaderTable<'_, '_>, &Limits) -> Result<R, HandshakeError>;

/// Reads a head that came alone and in one piece, as nearly all do: `httparse` finds its lines, and the search for
/// them is left out, an eighth of the handshake. `None` for one with anything wrong in it or behind it, or with more
/// to come: then the lines tell what is wrong first.
pub(super) fn whole_request<R>(
    limits: &Limits,
    head: &[u8],
    read: ReadRequest<R>,
) -> Option<Result<(Head, R), HandshakeError>> {
    if head.len() > limits.max_head_size || !head.ends_with(b"\r\n\r\n") {
        return None;
    }
    let max_headers = limits.max_headers.min(STACK_HEADERS);
    parse_request(head, max_headers, |line, headers| {
        let starts = || headers.iter().map(|(name, _)| headers.range(name.as_bytes()).start);
        // It takes a bare LF for the end of a line, which is refused here.
        let is_behind_crlf = |at: usize| head.get(at.wrapping_sub(2)) == Some(&b'\r');
        let first_line = starts().next().unwrap_or(head.len().saturating_sub(2));
        let is_in_order = headers.range(line.method.as_bytes()).start == 0
            && first_line <= limits.max_request_line
            && starts().all(is_behind_crlf);
        is_in_order.then(|| {
            let parts = read(line, headers, limits)?;
            Ok((Head { bytes: head.to_vec(), headers: headers.lines.len() }, parts))
        })
    })
    .flatten()
}

/// Parses the head of a request of at most so many header lines; `None`: the bytes are no such thing.
fn parse_request<'a, R>(
    head: &'a [u8],
    max_headers: usize,
    read: impl FnOnce(RequestLine<'a>, HeaderTable<'_, 'a>) -> R,
) -> Option<R> {
    with_table(max_headers, |table| {
        let mut request = httparse::Request::new(&mut []);
        let parsed = request.parse_with_uninit_headers(head, table);
        let line =
            RequestLine { method: request.method?, target: request.path?, minor: request.version? };
        is_whole(parsed, head).then(|| read(line, HeaderTable { head, lines: request.headers }))
    })
}

/// Lends a table that has room for so many headers.
fn with_table<'a, R>(
    headers: usize,
    parse: impl FnOnce(&mut [MaybeUninit<httparse::Header<'a>>]) -> R,
) -> R {
    let mut table = [const { MaybeUninit::uninit() }; STACK_HEADERS];
    if let Some(table) = table.get_mut(..headers) {
        return parse(table);
    }
    let mut table = Vec::new();
    table.resize_with(headers, MaybeUninit::uninit);
    parse(&mut table)
}

fn is_whole(parsed: httparse::Result<usize>, head: &[u8]) -> bool {
    matches!(parsed, Ok(httparse::Status::Complete(length)) if length == head.len())
}

/// Reads the lines again each time, so that nothing has to be allocated for them.
#[derive(Clone, Debug)]
pub(crate) struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Of lines that are known to have their form.
    #[cfg(feature = "http")]
    pub(crate) fn of_lines(lines: &'a [u8]) -> Self {
        Self { rest: lines }
    }

    fn values(mut self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        // Only the lines are read, not the names in them: where a name ends, its own colon stands.
        from_fn(move || self.line()).filter_map(move |line| {
            if line.get(name.len()) != Some(&b':') {
                return None;
            }
            let (start, rest) = line.split_at_checked(name.len())?;
            let value = rest.strip_prefix(b":")?;
            is_name(start, name).then(|| trim(value))
        })
    }

    /// The next line without its end.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end =
            memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end.saturating_add(1));
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(line.strip_suffix(b"\r\n").unwrap_or(line)).filter(|line| !line.is_empty())
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.line()?;
        // Names are short: a search that sets nothing up.
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        Some((core::str::from_utf8(name).ok()?, trim(value.strip_prefix(b":")?)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::handshake::head_collector::{HeadCollector, HeadKind};

    /// Few lines, many and long ones, in pieces of any length.
    #[test]
    fn headers_are_found_by_their_names() {
        let long = "x".repeat(70_000);
        let limits = Limits { max_head_size: 1 << 20, ..Limits::default() };
        for (count, long) in [(23, ""), (24, ""), (25, ""), (40, ""), (30, &long[..])] {
            let mut text = format!("GET / HTTP/1.1\r\nLong: {long}\r\n");
            for index in 1..count {
                text += &format!("Name-{index}: value {index}\r\n");
            }
            text += "\r\n";
            for piece in [1000, 37, text.len()] {
                let mut collector = HeadCollector::new(HeadKind::Request);
                let mut head = None;
                for piece in text.as_bytes().chunks(piece) {
                    let mut piece = piece.to_vec();
                    head = collector.receive(&limits, &mut piece.as_mut_slice()).unwrap();
                }
                let head = head.unwrap();
                assert_eq!(head.headers().count(), count, "{piece}");
                for index in 1..count {
                    let name = format!("NAME-{index}");
                    let value = format!("value {index}");
                    assert_eq!(
                        head.values(&name).collect::<Vec<_>>(),
                        [value.as_bytes()],
                        "{count} {piece}"
                    );
                }
            }
        }
    }

    #[test]
    fn headers_are_read_again_from_the_lines() {
        let mut bytes = *b"GET / HTTP/1.1\r\nA:1\r\nB: \t 2 : 3\t \r\nC:\r\n\r\nrest";
        let mut input = bytes.as_mut_slice();
        let mut collector = HeadCollector::new(HeadKind::Request);
        let head = collector.receive(&Limits::default(), &mut input).unwrap().unwrap();
        assert_eq!(input, b"rest");
        let headers: Vec<_> = head.headers().collect();
        assert_eq!(headers, [("A", &b"1"[..]), ("B", b"2 : 3"), ("C", b"")]);
        let parsed = parse_request(&head.bytes, 3, |_, table| table.iter().collect::<Vec<_>>());
        assert_eq!(parsed.unwrap(), headers);
        let places = parse_request(&head.bytes, 3, |line, table| {
            let value = |name| table.range(table.values(name).next().unwrap());
            [table.range(line.target.as_bytes()), value("b"), value("c")]
        });
        let parts = places.unwrap().map(|place| head.part(&place).to_vec());
        assert_eq!(parts, [&b"/"[..], b"2 : 3", b""]);
    }

    /// What comes alone and whole is read by the short way, up to the greatest size, and by it alone: anything wrong
    /// with it is for the lines to say.
    #[test]
    fn a_whole_head_is_read_at_once() {
        let head = "GET /chat HTTP/1.1\r\nHost: example.com\r\n\r\n";
        let read = |limits: &Limits, head: &str| {
            whole_request(limits, head.as_bytes(), |line, _, _| Ok(line.target.len()))
                .map(|read| read.map(|(_, length)| length))
        };
        let mut limits = Limits { max_head_size: head.len(), ..Limits::default() };
        assert_eq!(read(&limits, head), Some(Ok(5)));
        assert_eq!(read(&limits, &head.replacen("\r\n", "\n", 1)), None);
        limits.max_head_size -= 1;
        assert_eq!(read(&limits, head), None);
    }
}
