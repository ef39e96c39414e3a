//! Other implementations, what is known of how they deviate, and a transport for them.

mod fastwebsockets;
mod tungstenite;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::{Limits, Role};

use crate::{Deviation, Outcome};

pub use fastwebsockets::FASTWEBSOCKETS;
pub use tungstenite::TUNGSTENITE;

/// Another implementation.
pub struct Peer {
    pub name: &'static str,
    pub read: fn(Role, &Limits, Transport) -> Outcome,
    pub known: &'static [Known],
}

/// Something that is known of an implementation.
pub struct Known {
    pub deviation: Deviation,
    /// A stream that shows it, with the limits of a frame of 127 bytes and a message of 6 or 2 fragments, 1 of them empty.
    pub shown_to: (Role, &'static [u8]),
    /// What can be seen.
    pub is: &'static str,
}

/// A transport that brings pieces, one a read, and then ends; it takes everything.
pub struct Transport {
    input: VecDeque<Vec<u8>>,
    pub output: Vec<u8>,
}

impl Transport {
    pub fn new(pieces: Vec<Vec<u8>>) -> Self {
        Self { input: pieces.into(), output: Vec::new() }
    }

    fn next(&mut self, most: usize) -> Vec<u8> {
        let Some(mut piece) = self.input.pop_front() else { return Vec::new() };
        let rest = piece.split_off(most.min(piece.len()));
        if !rest.is_empty() {
            self.input.push_front(rest);
        }
        piece
    }
}

impl io::Read for Transport {
    fn read(&mut self, place: &mut [u8]) -> io::Result<usize> {
        let piece = self.next(place.len());
        place[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

impl io::Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        place: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let piece = self.next(place.remaining());
        place.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.output.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The code of the one Close in what was sent; `None` if there was none.
pub fn close_in(mut output: &[u8]) -> Option<Option<u16>> {
    let mut found = None;
    while let [first, second, rest @ ..] = output {
        let (length, rest) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
            127 => {
                let (field, rest) = rest.split_first_chunk::<8>().expect("a whole header");
                (u64::from_be_bytes(*field) as usize, rest)
            }
            short => (usize::from(short), rest),
        };
        let (key, rest) = rest.split_at(if second & 0x80 != 0 { 4 } else { 0 });
        let (payload, rest) = rest.split_at(length);
        if first & 0x0F == 8 {
            let key: [u8; 4] = key.try_into().unwrap_or_default();
            let code = match payload {
                [] => None,
                _ => Some(u16::from_be_bytes([payload[0] ^ key[0], payload[1] ^ key[1]])),
            };
            assert_eq!(found.replace(code), None, "one Close at most");
        }
        output = rest;
    }
    assert!(output.is_empty(), "whole frames are sent");
    found
}
