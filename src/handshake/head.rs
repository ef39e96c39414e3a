//! §4.1 §4.2.1, RFC 9112 §2  Collects a head as it arrives and parses it once, when it is complete.
//!
//! Every byte is looked at once while the head is collected, whatever pieces it comes in.

use alloc::vec::Vec;
use core::iter::from_fn;
use core::mem::{MaybeUninit, take};
use core::ops::Range;

use super::HandshakeError;
use super::grammar::{is_name, trim};
use super::header_lines::HeaderLines;
use crate::Limits;

/// RFC 9112 §2.2: a server skips "at least one" empty line before the request line.
const MAX_EMPTY_LINES: u8 = 8;
/// Bytes allocated ahead while a head is incomplete.
const STEP: usize = 1024;
/// Headers up to which the table for `httparse` is on the stack.
const STACK_HEADERS: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadKind {
    Request,
    Response,
}

/// A head that is not complete yet.
pub(crate) struct HeadCollector {
    kind: HeadKind,
    bytes: Vec<u8>,
    /// The request line or the status line is complete.
    has_first_line: bool,
    /// Complete header lines.
    headers: usize,
    /// Bytes of the line that is not complete yet.
    line: usize,
    empty_lines: u8,
    #[cfg(test)]
    scanned: usize,
}

impl HeadCollector {
    pub(crate) fn new(kind: HeadKind) -> Self {
        Self {
            kind,
            bytes: Vec::new(),
            has_first_line: false,
            headers: 0,
            line: 0,
            empty_lines: 0,
            #[cfg(test)]
            scanned: 0,
        }
    }

    /// Takes the bytes of a request's head off the input, and has its parts read when it is complete.
    pub(crate) fn receive_request<R>(
        &mut self,
        limits: &Limits,
        input: &mut &mut [u8],
        read: ReadRequest<R>,
    ) -> Result<Option<(Head, R)>, HandshakeError> {
        if self.bytes.is_empty() {
            if let Some(parsed) = whole_request(limits, input, read) {
                take(input);
                return parsed.map(Some);
            }
        }
        let Some(head) = self.receive(limits, input)? else {
            return Ok(None);
        };
        let parsed =
            parse_request(&head.bytes, head.headers, |line, headers| read(line, headers, limits));
        Ok(Some((head, parsed.unwrap_or(Err(HandshakeError::Malformed))?)))
    }

    /// Takes the bytes of the head off the input, up to its end or the end of the input.
    ///
    /// The errors are found at the same byte whatever pieces the head comes in.
    pub(crate) fn receive(
        &mut self,
        limits: &Limits,
        input: &mut &mut [u8],
    ) -> Result<Option<Head>, HandshakeError> {
        // The head is `self.bytes` and then input[start..at].
        let mut start = 0;
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or_default();
            if rest.is_empty() {
                self.keep(limits, input.get(start..).unwrap_or_default(), true);
                take(input);
                return Ok(None);
            }
            let (room, excess) = self.room(limits, self.bytes.len() + (at - start));
            let window = rest.get(..room).unwrap_or(rest);
            let Some(end) = memchr::memchr(b'\n', window) else {
                if window.len() < rest.len() {
                    return Err(excess);
                }
                self.count_scanned(window.len());
                self.line += window.len();
                at += window.len();
                continue;
            };
            self.count_scanned(end + 1);
            let line_end = at + end;
            let before = match line_end.checked_sub(1) {
                Some(before) if before >= start => input.get(before),
                _ => self.bytes.last(),
            };
            // RFC 9112 §2.2: a recipient may take a bare LF for the end of a line; this one does not.
            if before != Some(&b'\r') {
                return Err(HandshakeError::Malformed);
            }
            let line = self.line + end + 1;
            self.line = 0;
            at = line_end + 1;
            match (line, self.has_first_line) {
                (2, false) => {
                    self.empty_lines += 1;
                    if self.kind == HeadKind::Response || self.empty_lines > MAX_EMPTY_LINES {
                        return Err(HandshakeError::Malformed);
                    }
                    self.bytes.clear();
                    start = at;
                }
                (2, true) => {
                    self.keep(limits, input.get(start..at).unwrap_or_default(), false);
                    let (_, behind) = take(input).split_at_mut_checked(at).unwrap_or_default();
                    *input = behind;
                    return Ok(Some(Head { bytes: take(&mut self.bytes), headers: self.headers }));
                }
                (_, false) => self.has_first_line = true,
                (_, true) => {
                    self.headers += 1;
                    if self.headers > limits.max_headers {
                        return Err(HandshakeError::TooManyHeaders);
                    }
                }
            }
        }
    }

    /// How many bytes may still come for the line or the head, and what one more is.
    fn room(&self, limits: &Limits, held: usize) -> (usize, HandshakeError) {
        let head = limits.max_head_size.saturating_sub(held);
        let line = limits.max_request_line.saturating_sub(self.line);
        if self.kind == HeadKind::Request && !self.has_first_line && line <= head {
            (line, HandshakeError::RequestLineTooLong)
        } else {
            (head, HandshakeError::HeadTooLarge)
        }
    }

    /// Keeps a copy. `more`: the head goes on in another piece.
    fn keep(&mut self, limits: &Limits, part: &[u8], more: bool) {
        let wanted = self.bytes.len() + part.len();
        if wanted > self.bytes.capacity() {
            // An exact fit for a head that comes in one piece; else by steps that grow with a great
            // head, so that copying stays linear, and never beyond the limit.
            let ahead = if more { STEP.max(wanted / 16) } else { 0 };
            let room = limits.max_head_size.saturating_sub(wanted);
            self.bytes.reserve_exact(part.len() + ahead.min(room));
        }
        self.bytes.extend_from_slice(part);
    }

    #[cfg(test)]
    fn count_scanned(&mut self, count: usize) {
        self.scanned += count;
    }

    #[cfg(not(test))]
    fn count_scanned(&mut self, _: usize) {}
}

/// A complete head: its first line, its header lines and the empty line.
#[derive(Clone)]
pub(crate) struct Head {
    bytes: Vec<u8>,
    headers: usize,
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
        start..start + part.len()
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
type ReadRequest<R> =
    fn(RequestLine<'_>, HeaderTable<'_, '_>, &Limits) -> Result<R, HandshakeError>;

/// Reads a head that came alone and in one piece, as nearly all do: `httparse` finds its lines, and the search for
/// them is left out, an eighth of the handshake. `None` for one with anything wrong in it or behind it, or with more
/// to come: then the lines tell what is wrong first.
fn whole_request<R>(
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
        let first_line = starts().next().unwrap_or(head.len() - 2);
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
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end + 1);
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

    /// Feeds the bytes in pieces of that length; the bytes scanned and the most that was held.
    fn collect(bytes: &[u8], piece: usize, limits: &Limits) -> (usize, usize) {
        let mut collector = HeadCollector::new(HeadKind::Request);
        let mut held = 0;
        let mut fed = 0;
        for piece in bytes.chunks(piece) {
            let mut piece = piece.to_vec();
            let head = collector.receive(limits, &mut piece.as_mut_slice()).unwrap();
            fed += piece.len();
            held = held.max(collector.bytes.capacity());
            // T-HS-04: what a slow client makes us hold is what it sent and 1 KiB.
            assert!(collector.bytes.capacity() <= fed + STEP);
            if let Some(head) = head {
                assert_eq!(head.bytes, bytes);
                held = held.max(head.bytes.capacity());
            }
        }
        (collector.scanned, held)
    }

    // T-HS-01, T-HS-02
    #[test]
    fn every_byte_is_scanned_once() {
        let limits = Limits::default();
        let fill = "x".repeat(limits.max_head_size - 26);
        let head = format!("GET / HTTP/1.1\r\nX: {fill}y\r\nZ:\r\n\r\n").replacen("xxxx", "", 1);
        let head = head.as_bytes();
        for piece in [1, 2, 3, 100, 4096, head.len()] {
            let (scanned, held) = collect(head, piece, &limits);
            assert_eq!(scanned, head.len(), "pieces of {piece}");
            assert!(held <= limits.max_head_size, "pieces of {piece}: {held}");
        }
        assert_eq!(collect(head, head.len(), &limits).1, head.len(), "an exact fit");
    }

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
}
