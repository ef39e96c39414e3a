//! The two loops of a driver: bytes to events, and output to bytes.

use bytes::Buf;
use websocket_proto::{Connection, Event, MessageKind, ProtocolError, Role, Transmit};

use super::{Frame, read_whole};

/// What `receive` said, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Chunk { kind: MessageKind, data: Vec<u8>, first: bool, last: bool },
    Violation(ProtocolError),
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Text(text) => Self::Text(text.to_string()),
            Event::Binary(data) => Self::Binary(data.to_vec()),
            Event::Ping(payload) => Self::Ping(payload.to_vec()),
            Event::Pong(payload) => Self::Pong(payload.to_vec()),
            Event::Close(close) => {
                Self::Close(close.code().map(u16::from), close.reason().to_owned())
            }
            Event::Chunk(chunk) => Self::Chunk {
                kind: chunk.kind,
                data: chunk.data.to_vec(),
                first: chunk.first,
                last: chunk.last,
            },
            other => panic!("an event without a test: {other:?}"),
        }
    }
}

pub(crate) fn text(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

pub(crate) fn binary(data: impl Into<Vec<u8>>) -> Seen {
    Seen::Binary(data.into())
}

/// 32 bytes that make a client's masking keys come out the same in every run.
pub(crate) fn seed(number: u64) -> [u8; 32] {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

/// Has the connection receive these bytes in one read.
///
/// T-FR-02 T-FR-09: each call takes bytes or yields something, and in the end nothing is left.
pub(crate) fn feed(connection: &mut Connection, bytes: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut buffer = bytes.to_vec();
    let mut input = &mut buffer[..];
    let mut calls = 0;
    loop {
        calls += 1;
        assert!(calls <= bytes.len() + 2, "no progress");
        match connection.receive(&mut input) {
            Ok(Some(event)) => seen.push(event.into()),
            Ok(None) => break,
            Err(violation) => {
                assert!(input.is_empty(), "an error empties the input");
                seen.push(Seen::Violation(violation));
            }
        }
    }
    assert!(input.is_empty(), "all input is taken, always");
    seen
}

/// As `feed`, in reads of so many bytes.
pub(crate) fn feed_by(connection: &mut Connection, bytes: &[u8], size: usize) -> Vec<Seen> {
    bytes.chunks(size).flat_map(|read| feed(connection, read)).collect()
}

/// Takes all there is to write, by `chunk` and `advance`.
pub(crate) fn output(connection: &mut Connection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Transmit::Write(mut output) = connection.transmit() {
        let run = output.chunk();
        assert!(!run.is_empty(), "an empty run with {} bytes remaining", output.remaining());
        bytes.extend_from_slice(run);
        let count = run.len();
        output.advance(count);
    }
    assert_eq!(connection.unsent(), 0);
    bytes
}

/// Takes all there is to write; the frames, read without the crate.
pub(crate) fn frames_out(connection: &mut Connection) -> Vec<Frame> {
    let sender: Role = connection.role();
    read_whole(sender, &output(connection))
}
