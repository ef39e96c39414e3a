//! §4.1 §4.2.1, RFC 9112 §2  Collects a head as it arrives.
//!
//! Every byte is looked at once, whatever pieces the head comes in; its lines are parsed when it is complete.

use alloc::vec::Vec;
use core::mem::take;

use super::HandshakeError;
use super::head::{Head, ReadRequest, whole_request};
use crate::Limits;

/// RFC 9112 §2.2: a server skips "at least one" empty line before the request line.
const MAX_EMPTY_LINES: u8 = 8;
/// Bytes allocated ahead while a head is incomplete.
const STEP: usize = 1024;

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
        let parts = head.read_request(limits, read)?;
        Ok(Some((head, parts)))
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
            let (room, excess) =
                self.room(limits, self.bytes.len().saturating_add(at.saturating_sub(start)));
            let window = rest.get(..room).unwrap_or(rest);
            let Some(end) = memchr::memchr(b'\n', window) else {
                if window.len() < rest.len() {
                    return Err(excess);
                }
                self.count_scanned(window.len());
                self.line = self.line.saturating_add(window.len());
                at = at.saturating_add(window.len());
                continue;
            };
            let size = end.saturating_add(1);
            self.count_scanned(size);
            let line_end = at.saturating_add(end);
            let before = match line_end.checked_sub(1) {
                Some(before) if before >= start => input.get(before),
                _ => self.bytes.last(),
            };
            // RFC 9112 §2.2: a recipient may take a bare LF for the end of a line; this one does not.
            if before != Some(&b'\r') {
                return Err(HandshakeError::Malformed);
            }
            let line = self.line.saturating_add(size);
            self.line = 0;
            at = line_end.saturating_add(1);
            match (line, self.has_first_line) {
                (2, false) => {
                    self.empty_lines = self.empty_lines.saturating_add(1);
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
                    self.headers = self.headers.saturating_add(1);
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
        let wanted = self.bytes.len().saturating_add(part.len());
        if wanted > self.bytes.capacity() {
            // An exact fit for a head that comes in one piece; else by steps that grow with a great
            // head, so that copying stays linear, and never beyond the limit.
            let ahead = if more { STEP.max(wanted / 16) } else { 0 };
            let room = limits.max_head_size.saturating_sub(wanted);
            self.bytes.reserve_exact(part.len().saturating_add(ahead.min(room)));
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
}
