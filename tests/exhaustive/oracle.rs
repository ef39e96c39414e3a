//! §5.2 §5.4 §5.5 §7  What a receiver makes of a frame, as a table that knows nothing of the crate's states.

use websocket_proto::{MessageKind, ProtocolError, Role};

use super::support::{BINARY, CLOSE, CONTINUATION, PING, PONG, Seen, TEXT, close_body};

/// What one frame may carry. The limits are inclusive.
pub(crate) const MAX_FRAME: usize = 205;
/// What one message may carry: what the longest frame and one of the others come to.
pub(crate) const MAX_MESSAGE: usize = 331;

/// The first bytes of a frame, rightly or wrongly put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) fin: bool,
    /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
    pub(crate) rsv: u8,
    pub(crate) opcode: u8,
    pub(crate) masked: bool,
    pub(crate) length: usize,
}

/// A receiver in the middle of a sequence of frames.
#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) receiver: Role,
    /// Whether permessage-deflate was agreed on.
    pub(crate) compression: bool,
    open: Option<Message>,
    /// The peer's Close has come.
    pub(crate) closed: bool,
    /// The events so far.
    pub(crate) seen: Vec<Seen>,
    /// What is to be written for them: opcode and payload.
    pub(crate) written: Vec<(u8, Vec<u8>)>,
}

#[derive(Clone, Debug)]
struct Message {
    kind: MessageKind,
    compressed: bool,
    payload: Vec<u8>,
}

/// How much of a frame has to be there for it to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    FirstByte,
    SecondByte,
    Length,
    Header,
    Payload,
}

/// What becomes of a frame.
pub(crate) enum Verdict {
    /// It is legal: the receiver is then there.
    Legal(Oracle),
    /// It is not.
    Wrong(ProtocolError, Stage),
    /// Nothing is looked at behind a Close (§5.5.1).
    Discarded,
}

/// What is wrong with a frame, when, and what it is called.
type Rule = (Stage, ProtocolError, fn(&Oracle, &Spec) -> bool);

/// The rules on a header, in their order: the first that applies is what the frame is refused for.
const RULES: [Rule; 10] = [
    // §5.2 RSV1, RSV2, RSV3: "MUST be 0 unless an extension is negotiated". RFC 7692 §6 defines RSV1.
    (Stage::FirstByte, ProtocolError::ReservedBits, |receiver, frame| {
        frame.rsv & if receiver.compression { 3 } else { 7 } != 0
    }),
    // §5.2 "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
    (
        Stage::FirstByte,
        ProtocolError::ReservedOpcode,
        |_, frame| matches!(frame.opcode, 3..=7 | 11..=15),
    ),
    // §5.5 "All control frames [...] MUST NOT be fragmented."
    (Stage::FirstByte, ProtocolError::FragmentedControl, |_, frame| {
        frame.is_control() && !frame.fin
    }),
    // §5.1 "The server MUST close the connection upon receiving a frame that is not masked."
    (Stage::SecondByte, ProtocolError::UnmaskedFrame, |receiver, frame| {
        receiver.receiver == Role::Server && !frame.masked
    }),
    // §5.1 "A client MUST close a connection if it detects a masked frame."
    (Stage::SecondByte, ProtocolError::MaskedFrame, |receiver, frame| {
        receiver.receiver == Role::Client && frame.masked
    }),
    // §5.5 "All control frames MUST have a payload length of 125 bytes or less"
    (Stage::SecondByte, ProtocolError::ControlTooLong, |_, frame| {
        frame.is_control() && frame.length > 125
    }),
    // §5.4 a continuation continues something
    (Stage::SecondByte, ProtocolError::UnexpectedContinuation, |receiver, frame| {
        frame.opcode == CONTINUATION && receiver.open.is_none()
    }),
    // §5.4 "The fragments of one message MUST NOT be interleaved between the fragments of another message"
    (Stage::SecondByte, ProtocolError::UnfinishedMessage, |receiver, frame| {
        matches!(frame.opcode, TEXT | BINARY) && receiver.open.is_some()
    }),
    // RFC 7692 §6.1 "MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments"
    (Stage::Length, ProtocolError::ReservedBits, |_, frame| {
        frame.rsv & 4 != 0 && !matches!(frame.opcode, TEXT | BINARY)
    }),
    // §10.4
    (Stage::Header, ProtocolError::FrameTooLarge, |_, frame| {
        !frame.is_control() && frame.length > MAX_FRAME
    }),
];

impl Oracle {
    pub(crate) fn new(receiver: Role, compression: bool) -> Self {
        Self {
            receiver,
            compression,
            open: None,
            closed: false,
            seen: Vec::new(),
            written: Vec::new(),
        }
    }

    /// A payload that is right for this frame if anything is.
    pub(crate) fn payload(&self, frame: &Spec) -> Vec<u8> {
        if frame.opcode == CLOSE && frame.length >= 2 {
            return close_body(1000, &"r".repeat(frame.length - 2));
        }
        let (start, compressed) = match &self.open {
            Some(message) if frame.opcode == CONTINUATION => {
                (message.payload.len(), message.compressed)
            }
            _ => (0, self.compression && frame.rsv & 4 != 0),
        };
        if compressed {
            return (start..start + frame.length).map(|at| STORED[at % STORED.len()]).collect();
        }
        vec![b'a' + (start % 26) as u8; frame.length]
    }

    /// What becomes of the frame with its payload.
    pub(crate) fn judge(&self, frame: &Spec) -> Verdict {
        if self.closed {
            return Verdict::Discarded;
        }
        for (stage, error, applies) in RULES {
            if applies(self, frame) {
                return Verdict::Wrong(error, stage);
            }
        }
        let payload = self.payload(frame);
        match frame.opcode {
            CLOSE => self.close(&payload),
            PING => self.after(Seen::Ping(payload.clone()), Some((PONG, payload))),
            PONG => self.after(Seen::Pong(payload), None),
            _ => self.data(frame, &payload),
        }
    }

    /// §5.5.1: a body of one byte is no status code. The answer has the peer's code.
    fn close(&self, body: &[u8]) -> Verdict {
        let Some(code) = body.first_chunk() else {
            return match body {
                [] => self.after(Seen::Close(None, String::new()), Some((CLOSE, Vec::new()))),
                _ => Verdict::Wrong(ProtocolError::ClosePayloadTooShort, Stage::Payload),
            };
        };
        let reason = String::from_utf8(body[2..].to_vec()).expect("all reasons are ASCII");
        let seen = Seen::Close(Some(u16::from_be_bytes(*code)), reason);
        self.after(seen, Some((CLOSE, code.to_vec())))
    }

    /// §5.4: fragments are put together, and the last one brings the message.
    fn data(&self, frame: &Spec, payload: &[u8]) -> Verdict {
        let kind = if frame.opcode == TEXT { MessageKind::Text } else { MessageKind::Binary };
        let begun = Message { kind, compressed: frame.rsv & 4 != 0, payload: Vec::new() };
        let mut message = self.open.clone().unwrap_or(begun);
        message.payload.extend_from_slice(payload);
        if message.payload.len() > MAX_MESSAGE {
            return Verdict::Wrong(ProtocolError::MessageTooLarge, Stage::Header);
        }
        if !frame.fin {
            return Verdict::Legal(Self { open: Some(message), ..self.clone() });
        }
        let content =
            if message.compressed { inflate(&message.payload) } else { Some(message.payload) };
        let Some(content) = content else {
            return Verdict::Wrong(ProtocolError::InvalidCompression, Stage::Payload);
        };
        let seen = match message.kind {
            MessageKind::Text => Seen::Text(String::from_utf8(content).expect("all text is ASCII")),
            MessageKind::Binary => Seen::Binary(content),
        };
        Self { open: None, ..self.clone() }.after(seen, None)
    }

    fn after(&self, seen: Seen, written: Option<(u8, Vec<u8>)>) -> Verdict {
        let mut next = self.clone();
        next.closed = matches!(seen, Seen::Close(..));
        next.seen.push(seen);
        next.written.extend(written);
        Verdict::Legal(next)
    }
}

impl Spec {
    pub(crate) fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }
}

/// RFC 1951 §3.2.4: a stored block of one byte. A compressed message is this again and again.
const STORED: [u8; 6] = [0, 1, 0, !1, !0, b'x'];

/// RFC 7692 §7.2.2: with 00 00 FF FF behind it, a compressed message has to be whole blocks: so it ends with the
/// first byte of a block. One of no bytes at all is an empty message.
fn inflate(compressed: &[u8]) -> Option<Vec<u8>> {
    if compressed.is_empty() {
        return Some(Vec::new());
    }
    let (blocks, rest) = (compressed.len() / STORED.len(), compressed.len() % STORED.len());
    (rest == 1).then(|| vec![b'x'; blocks])
}
