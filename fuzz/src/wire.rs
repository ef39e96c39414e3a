//! What a peer makes of our output, whatever happened to us: it has to be by the rules.
//!
//! Like the other references it is written from the RFC, and shares nothing with the crate. Compressed messages are
//! looked at as frames only; what is in them, `deflate_roundtrip` reads.

use websocket_proto::Role;

/// The peer's end of the wire.
pub struct Wire {
    receiver: Role,
    compression: bool,
    /// What has come of a frame that is not complete.
    pending: Vec<u8>,
    /// The message of which not all frames have come.
    message: Option<Message>,
    closed: bool,
    pub frames: u64,
    pub bytes: u64,
}

/// What there is of a message; nothing is kept but of text, and of text only as it is.
struct Message {
    text: Option<Vec<u8>>,
}

/// A whole frame.
struct Frame {
    first: u8,
    payload: Vec<u8>,
}

impl Wire {
    /// With `compression`, messages may be compressed.
    pub fn new(receiver: Role, compression: bool) -> Self {
        Self {
            receiver,
            compression,
            pending: Vec::new(),
            message: None,
            closed: false,
            frames: 0,
            bytes: 0,
        }
    }

    /// Whether a whole Close has come through.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether the bytes so far end where a frame does.
    pub fn is_between_frames(&self) -> bool {
        self.pending.is_empty()
    }

    /// Takes bytes that were transmitted.
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
        let mut at = 0;
        while let Some((frame, size)) = whole_frame(self.receiver, &self.pending[at..]) {
            at += size;
            self.frames += 1;
            self.frame(frame);
        }
        self.pending.drain(..at);
    }

    fn frame(&mut self, frame: Frame) {
        let (fin, rsv, opcode) = (frame.first >> 7 == 1, frame.first >> 4 & 7, frame.first & 15);
        // RFC 7692 §6: RSV1, in the first frame of a message.
        let rsv1 = rsv == 4 && self.compression && matches!(opcode, 1 | 2);
        assert!(rsv == 0 || rsv1, "reserved bits");
        // §5.5.2: a Ping may be answered as long as the peer's own Close has not come.
        assert!(!self.closed || opcode == 10, "nothing but a Pong follows a Close");
        match opcode {
            0 => {
                let mut message = self.message.take().expect("a continuation continues something");
                if let Some(text) = &mut message.text {
                    text.extend_from_slice(&frame.payload);
                }
                self.message(message, fin);
            }
            1 | 2 => {
                assert!(self.message.is_none(), "a message begins when the one before has ended");
                let text = (opcode == 1 && !rsv1).then_some(frame.payload);
                self.message(Message { text }, fin);
            }
            8 => {
                assert!(fin);
                check_close(&frame.payload);
                self.closed = true;
            }
            9 | 10 => assert!(fin, "control frames are whole"),
            _ => panic!("reserved opcode {opcode}"),
        }
    }

    fn message(&mut self, message: Message, fin: bool) {
        if !fin {
            self.message = Some(message);
        } else if let Some(text) = message.text {
            std::str::from_utf8(&text).expect("our text is UTF-8");
        }
    }
}

/// §7.4
fn check_close(payload: &[u8]) {
    match payload {
        [] => {}
        [_] => panic!("half a status code"),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            assert!(matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999), "{code} is sent");
            std::str::from_utf8(reason).expect("our reason is UTF-8");
        }
    }
}

/// §5.2: the frame that stands in front, if all of it does, and how many bytes it has. What is wrong with it is
/// found as soon as it is there.
fn whole_frame(receiver: Role, bytes: &[u8]) -> Option<(Frame, usize)> {
    let [first, second, ..] = *bytes else { return None };
    let masked = second >> 7 == 1;
    assert_eq!(masked, receiver == Role::Server, "what goes to a server is masked");
    let short = second & 0x7F;
    assert!(first & 8 == 0 || short <= 125, "control frames are short");
    let extended = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let field = bytes.get(2..2 + extended)?;
    let length = match extended {
        0 => u64::from(short),
        _ => field.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
    };
    let least = match extended {
        0 => 0,
        2 => 126,
        _ => 65_536,
    };
    assert!((least..1 << 63).contains(&length), "the length in its shortest form");
    let begin = 2 + extended + if masked { 4 } else { 0 };
    let size = begin + length as usize;
    let mut payload = bytes.get(begin..size)?.to_vec();
    if masked {
        let key = &bytes[begin - 4..begin];
        payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    }
    Some((Frame { first, payload }, size))
}
