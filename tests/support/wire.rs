//! §5.2  Frames, read and written byte by byte from the RFC and without the crate.

use websocket_proto::Role;

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xA;

/// The key of every masked frame that a test writes: the RFC's own.
pub(crate) const MASKING_KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    pub(crate) rsv1: bool,
    pub(crate) opcode: u8,
    pub(crate) masked: bool,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    pub(crate) fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }

    /// The status code of a Close; `None` without one.
    pub(crate) fn close_code(&self) -> Option<u16> {
        assert_eq!(self.opcode, CLOSE);
        self.payload.first_chunk().map(|code| u16::from_be_bytes(*code))
    }
}

/// A header as `sender` writes it.
pub(crate) fn header(sender: Role, fin: bool, opcode: u8, length: u64) -> Vec<u8> {
    let mask = if sender == Role::Client { 0x80 } else { 0 };
    let mut bytes = vec![opcode | if fin { 0x80 } else { 0 }];
    if length < 126 {
        bytes.push(mask | length as u8);
    } else if length < 65_536 {
        bytes.push(mask | 126);
        bytes.extend((length as u16).to_be_bytes());
    } else {
        bytes.push(mask | 127);
        bytes.extend(length.to_be_bytes());
    }
    if sender == Role::Client {
        bytes.extend(MASKING_KEY);
    }
    bytes
}

/// A frame as `sender` writes it.
pub(crate) fn frame(sender: Role, fin: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(sender, fin, opcode, payload.len() as u64);
    let key = if sender == Role::Client { MASKING_KEY } else { [0; 4] };
    bytes.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

pub(crate) fn close_body(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

/// The whole frames at the front, and the bytes left behind them. Stops the test at anything that
/// `sender` may not write (§5.1, §5.2, §5.5).
pub(crate) fn read_frames(sender: Role, bytes: &[u8]) -> (Vec<Frame>, usize) {
    let (frames, left) = read_compressed_frames(sender, bytes);
    assert!(frames.iter().all(|frame| !frame.rsv1), "reserved bits");
    (frames, left)
}

/// As `read_frames`, where permessage-deflate was agreed on and gives RSV1 a meaning (RFC 7692 §6).
pub(crate) fn read_compressed_frames(sender: Role, mut bytes: &[u8]) -> (Vec<Frame>, usize) {
    let mut frames = Vec::new();
    while let Some((frame, size)) = read_frame(sender, bytes) {
        frames.push(frame);
        bytes = &bytes[size..];
    }
    (frames, bytes.len())
}

/// As `read_frames`, of bytes that end where a frame does.
pub(crate) fn read_whole(sender: Role, bytes: &[u8]) -> Vec<Frame> {
    let (frames, left) = read_frames(sender, bytes);
    assert_eq!(left, 0, "the output ends inside a frame");
    frames
}

fn read_frame(sender: Role, bytes: &[u8]) -> Option<(Frame, usize)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    assert_eq!(first & 0x30, 0, "reserved bits");
    let (fin, rsv1, opcode) = (first & 0x80 != 0, first & 0x40 != 0, first & 0x0F);
    assert!([CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG].contains(&opcode), "opcode {opcode}");
    let masked = second & 0x80 != 0;
    assert_eq!(masked, sender == Role::Client, "the mask bit");
    let mut at = 2;
    let length = match second & 0x7F {
        126 => {
            at += 2;
            let length = u16::from_be_bytes(*bytes.get(2..4)?.first_chunk()?);
            assert!(length > 125, "a length in more bytes than it needs");
            length.into()
        }
        127 => {
            at += 8;
            let length = u64::from_be_bytes(*bytes.get(2..10)?.first_chunk()?);
            assert!(length > 65_535, "a length in more bytes than it needs");
            length
        }
        length => u64::from(length),
    };
    assert!(opcode < CLOSE || (fin && length <= 125), "a control frame");
    let mut key = [0; 4];
    if masked {
        key = *bytes.get(at..at + 4)?.first_chunk()?;
        at += 4;
    }
    let end = at + usize::try_from(length).expect("a length that was written");
    let payload = bytes.get(at..end)?.iter().zip(key.iter().cycle());
    let payload = payload.map(|(byte, key)| byte ^ key).collect();
    Some((Frame { fin, rsv1, opcode, masked, payload }, end))
}
