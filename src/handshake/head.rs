//! §4.1 §4.2.1, RFC 9112 §2  Collects a head as it arrives and parses it once, when it is complete.
//!
//! Every byte is looked at once while the head is collected, whatever pieces it comes in.

use alloc::vec::Vec;
use core::iter::from_fn;
use core::mem::{MaybeUninit, take};
use core::ops::Range;
use core::slice;

use super::HandshakeError;
use super::grammar::trim;
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

/// Where the header lines end in a head of a usual number of them; those behind are searched for.
#[derive(Clone, Copy, Default)]
struct LineEnds {
    ends: [u16; 24],
    count: u8,
}

impl LineEnds {
    /// Lines are told in their order, and none is left out.
    fn push(&mut self, end: usize) {
        let place = self.ends.get_mut(usize::from(self.count));
        if let (Some(place), Ok(end)) = (place, u16::try_from(end)) {
            *place = end;
            self.count += 1;
        }
    }

    fn as_slice(&self) -> &[u16] {
        self.ends.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// A head that is not complete yet.
pub(crate) struct HeadCollector {
    kind: HeadKind,
    bytes: Vec<u8>,
    /// Bytes of the first line with its end, once it is complete.
    first_line: Option<usize>,
    /// Complete header lines.
    headers: usize,
    ends: LineEnds,
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
            first_line: None,
            headers: 0,
            ends: LineEnds::default(),
            line: 0,
            empty_lines: 0,
            #[cfg(test)]
            scanned: 0,
        }
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
            match (line, self.first_line) {
                (2, None) => {
                    self.empty_lines += 1;
                    if self.kind == HeadKind::Response || self.empty_lines > MAX_EMPTY_LINES {
                        return Err(HandshakeError::Malformed);
                    }
                    self.bytes.clear();
                    start = at;
                }
                (2, Some(first_line)) => {
                    self.keep(limits, input.get(start..at).unwrap_or_default(), false);
                    let (_, behind) = take(input).split_at_mut_checked(at).unwrap_or_default();
                    *input = behind;
                    return Ok(Some(Head {
                        bytes: take(&mut self.bytes),
                        first_line,
                        headers: self.headers,
                        ends: self.ends,
                    }));
                }
                (_, None) => self.first_line = Some(line),
                (_, Some(_)) => {
                    self.headers += 1;
                    if self.headers > limits.max_headers {
                        return Err(HandshakeError::TooManyHeaders);
                    }
                    self.ends.push(self.bytes.len() + (at - start));
                }
            }
        }
    }

    /// How many bytes may still come for the line or the head, and what one more is.
    fn room(&self, limits: &Limits, held: usize) -> (usize, HandshakeError) {
        let head = limits.max_head_size.saturating_sub(held);
        let line = limits.max_request_line.saturating_sub(self.line);
        if self.kind == HeadKind::Request && self.first_line.is_none() && line <= head {
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
    first_line: usize,
    headers: usize,
    ends: LineEnds,
}

/// What the request line says; ranges are those of [`Head::text`].
#[derive(Clone, Debug)]
pub(crate) struct RequestLine {
    pub(crate) method: Range<usize>,
    pub(crate) target: Range<usize>,
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    pub(crate) minor: u8,
}

/// What the status line says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatusLine {
    pub(crate) minor: u8,
    pub(crate) status: u16,
}

impl Head {
    /// Parses the head of a request. Once this is `Ok`, every header line has its form.
    pub(crate) fn parse_request(&self) -> Result<RequestLine, HandshakeError> {
        self.with_table(|table| {
            let mut request = httparse::Request::new(&mut []);
            let parsed = request.parse_with_uninit_headers(&self.bytes, table);
            self.check_complete(parsed)?;
            let method = request.method.map_or(0, str::len);
            let target = request.path.map_or(0, str::len);
            Ok(RequestLine {
                method: 0..method,
                target: method + 1..method + 1 + target,
                minor: request.version.unwrap_or(0),
            })
        })
    }

    /// Parses the head of a response. Once this is `Ok`, every header line has its form.
    pub(crate) fn parse_response(&self) -> Result<StatusLine, HandshakeError> {
        self.with_table(|table| {
            let mut response = httparse::Response::new(&mut []);
            let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
                &mut response,
                &self.bytes,
                table,
            );
            self.check_complete(parsed)?;
            match response.code {
                Some(status @ 100..) => {
                    Ok(StatusLine { minor: response.version.unwrap_or(0), status })
                }
                _ => Err(HandshakeError::Malformed),
            }
        })
    }

    fn check_complete(&self, parsed: httparse::Result<usize>) -> Result<(), HandshakeError> {
        match parsed {
            Ok(httparse::Status::Complete(length)) if length == self.bytes.len() => Ok(()),
            _ => Err(HandshakeError::Malformed),
        }
    }

    /// Lends a header table that is large enough.
    fn with_table<'a, R>(
        &'a self,
        parse: impl FnOnce(&mut [MaybeUninit<httparse::Header<'a>>]) -> R,
    ) -> R {
        let mut table = [const { MaybeUninit::uninit() }; STACK_HEADERS];
        if self.headers <= table.len() {
            return parse(&mut table);
        }
        let mut table = Vec::new();
        table.resize_with(self.headers, MaybeUninit::uninit);
        parse(&mut table)
    }

    /// A part of the head that was checked to be ASCII.
    pub(crate) fn text(&self, range: &Range<usize>) -> &str {
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The headers in their order, values without the whitespace around them.
    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers { head: &self.bytes, at: self.first_line, ends: self.ends.as_slice().iter() }
    }

    /// The values of all headers of this name (ASCII case-insensitive).
    pub(crate) fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        // Only the lines are read, not the names in them: where a name ends, its own colon stands.
        self.headers().lines().filter_map(move |line| {
            if line.get(name.len()) != Some(&b':') {
                return None;
            }
            let (start, rest) = line.split_at_checked(name.len())?;
            let value = rest.strip_prefix(b":")?;
            start.eq_ignore_ascii_case(name.as_bytes()).then(|| trim(value))
        })
    }

    /// The value of a header that may be there once.
    pub(crate) fn single(&self, name: &str) -> Result<Option<&[u8]>, HandshakeError> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(HandshakeError::DuplicateHeader),
        }
    }
}

/// Reads the lines again each time, so that nothing has to be allocated for them.
#[derive(Clone, Debug)]
pub(crate) struct Headers<'a> {
    head: &'a [u8],
    /// Where the next line begins.
    at: usize,
    ends: slice::Iter<'a, u16>,
}

impl<'a> Headers<'a> {
    /// The lines without their ends.
    fn lines(mut self) -> impl Iterator<Item = &'a [u8]> {
        from_fn(move || self.line())
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.head.get(self.at..)?;
        let length = match self.ends.next() {
            Some(end) => usize::from(*end).checked_sub(self.at)?,
            None => memchr::memchr(b'\n', rest)? + 1,
        };
        self.at += length;
        rest.get(..length)?.strip_suffix(b"\r\n").filter(|line| !line.is_empty())
    }

    /// The names and values, as bytes.
    pub(crate) fn fields(mut self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        from_fn(move || {
            let line = self.line()?;
            // Names are short: a search that sets nothing up.
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            Some((name, trim(value.strip_prefix(b":")?)))
        })
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.line()?;
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

    /// More lines than are remembered, and lines behind what a position can say, in pieces of any length.
    #[test]
    fn headers_behind_the_remembered_ones() {
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
                    assert_eq!(head.single(&name), Ok(Some(value.as_bytes())), "{count} {piece}");
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
        head.parse_request().unwrap();
        let headers: Vec<_> = head.headers().collect();
        assert_eq!(headers, [("A", &b"1"[..]), ("B", b"2 : 3"), ("C", b"")]);
    }
}
