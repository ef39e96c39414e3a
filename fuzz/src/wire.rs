//! What a peer makes of our output, whatever happened to us: it has to be by the rules.

use websocket_proto::Role;
use websocket_proto::frame::{Decoder, Opcode, parse_close};
use websocket_proto::utf8::Validator;

/// The peer's end of the wire.
pub struct Wire {
    receiver: Role,
    decoder: Decoder,
    /// The text message that is being received.
    text: Option<Validator>,
    control: Vec<u8>,
    closed: bool,
    /// A frame has begun and not ended.
    inside: bool,
    pub frames: u64,
    pub bytes: u64,
}

impl Wire {
    /// With `compression`, messages may be compressed.
    pub fn new(receiver: Role, compression: bool) -> Self {
        let decoder = Decoder::new(receiver);
        Self {
            receiver,
            decoder: if compression { decoder.with_compression() } else { decoder },
            text: None,
            control: Vec::new(),
            closed: false,
            inside: false,
            frames: 0,
            bytes: 0,
        }
    }

    /// Whether a whole Close has come through.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes bytes that were transmitted.
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let mut bytes = bytes.to_vec();
        let mut input = bytes.as_mut_slice();
        loop {
            let result = self.decoder.decode(&mut input);
            let Some(part) = result.expect("our output is by the rules") else { break };
            if part.first {
                self.frames += 1;
            }
            self.inside = !part.last;
            let header = part.header;
            if self.closed {
                // §5.5.2: a Ping may be answered as long as the peer's own Close has not come.
                assert_eq!(header.opcode, Opcode::Pong, "nothing but a Pong follows a Close");
            }
            match header.opcode {
                Opcode::Text if !header.rsv1 => {
                    self.text = Some(self.text.take().unwrap_or_default())
                }
                Opcode::Text | Opcode::Binary => self.text = None,
                _ => {}
            }
            if header.opcode.is_control() {
                self.control.extend_from_slice(part.payload);
                if part.last {
                    let payload = std::mem::take(&mut self.control);
                    if header.opcode == Opcode::Close {
                        parse_close(&payload).expect("our Close is valid");
                        self.closed = true;
                        // What follows is judged by itself.
                        self.decoder = Decoder::new(self.receiver);
                    }
                }
            } else if let Some(text) = &mut self.text {
                text.push(part.payload).expect("our text is UTF-8");
                if part.last && header.fin {
                    text.finish().expect("our text ends with a whole character");
                    self.text = None;
                }
            }
        }
    }

    /// Whether the bytes so far end where a frame does.
    pub fn is_between_frames(&self) -> bool {
        !self.inside && self.decoder.held().is_empty()
    }
}
