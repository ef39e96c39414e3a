//! §5: the messages of the rows as they arrive, and reading frames back to check what was sent.

use std::fmt::Write as _;

use websocket_proto::Role;

use crate::frames::{KEY, frame};
use crate::stream::Wire;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Binary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Binary,
    Ascii,
    Multilingual,
}

impl Content {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Binary => Kind::Binary,
            Self::Ascii | Self::Multilingual => Kind::Text,
        }
    }

    /// The payload of the message of number `index`.
    pub fn payload(self, size: usize, index: usize) -> Vec<u8> {
        match self {
            Self::Binary => {
                let mut random = fastrand::Rng::with_seed(index as u64);
                (0..size).map(|_| random.u8(..)).collect()
            }
            Self::Ascii => cut("The quick brown fox jumps over the lazy dog. ", size, index),
            Self::Multilingual => cut(
                "Ζεῦς 日本語のテキスト, Привет мир, naïve café, 한국어 문장, שלום עולם, 😀🎉 done. ",
                size,
                index,
            ),
        }
    }
}

/// `size` bytes of `sample` over and over, from a different character for each `index`, padded with dots
/// where the next character does not fit.
fn cut(sample: &str, size: usize, index: usize) -> Vec<u8> {
    let skip = index % sample.chars().count();
    let mut text = String::with_capacity(size);
    for character in sample.chars().cycle().skip(skip) {
        if text.len() + character.len_utf8() > size {
            break;
        }
        text.push(character);
    }
    while text.len() < size {
        text.push('.');
    }
    text.into_bytes()
}

/// Appends one message in `frames` frames.
pub fn message(out: &mut Vec<u8>, receiver: Role, kind: Kind, payload: &[u8], frames: usize) {
    let opcode = if kind == Kind::Text { 1 } else { 2 };
    let parts = payload.chunks(payload.len().div_ceil(frames));
    let last = parts.len() - 1;
    for (index, part) in parts.enumerate() {
        frame(out, receiver, index == last, if index == 0 { opcode } else { 0 }, part);
    }
}

/// Messages for one receiver, as they arrive: 64 KiB of them, at least one.
pub struct Batch {
    pub wire: Wire,
    pub kind: Kind,
    pub payloads: Vec<Vec<u8>>,
}

impl Batch {
    pub fn new(receiver: Role, content: Content, size: usize, frames: usize) -> Self {
        let mut bytes = Vec::new();
        let mut payloads = Vec::new();
        while bytes.len() < crate::stream::READ {
            let payload = content.payload(size, payloads.len());
            message(&mut bytes, receiver, content.kind(), &payload, frames);
            payloads.push(payload);
        }
        Self { wire: Wire::new(&bytes), kind: content.kind(), payloads }
    }

    /// Bytes on the wire per message.
    pub fn frame_length(&self) -> usize {
        self.wire.bytes().len() / self.payloads.len()
    }
}

/// Reads what a sender of role `sender` wrote: the payloads of whole messages.
pub fn read_back(sender: Role, mut bytes: &[u8]) -> Result<Vec<(Kind, Vec<u8>)>, String> {
    let mut messages = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        let masked = second & 0x80 != 0;
        if masked != (sender == Role::Client) {
            return Err(format!("sent a frame with the wrong masking ({masked})"));
        }
        let (length, mut rest) = match second & 0x7F {
            126 => (number(&rest[..2]), &rest[2..]),
            127 => (number(&rest[..8]), &rest[8..]),
            length => (usize::from(length), rest),
        };
        let mut key = [0; 4];
        if masked {
            key.copy_from_slice(&rest[..4]);
            rest = &rest[4..];
        }
        if rest.len() < length {
            return Err("sent less than a frame".into());
        }
        let kind = match first {
            0x81 => Kind::Text,
            0x82 => Kind::Binary,
            _ => return Err(format!("sent a frame that begins with {first:#x}")),
        };
        let payload = rest[..length].iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k).collect();
        messages.push((kind, payload));
        bytes = &rest[length..];
    }
    if bytes.is_empty() { Ok(messages) } else { Err("sent less than a header".into()) }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// The opening request of a browser, about 500 bytes.
pub fn browser_request() -> Wire {
    let mut request = String::new();
    let _ = write!(
        request,
        "GET /chat HTTP/1.1\r\n\
         Host: example.com\r\n\
         Connection: Upgrade\r\n\
         Pragma: no-cache\r\n\
         Cache-Control: no-cache\r\n\
         User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36\r\n\
         Upgrade: websocket\r\n\
         Origin: http://example.com\r\n\
         Sec-WebSocket-Version: 13\r\n\
         Accept-Encoding: gzip, deflate, br\r\n\
         Accept-Language: en-GB,en;q=0.9\r\n\
         Sec-WebSocket-Key: {KEY}\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\
         \r\n"
    );
    Wire::new(request.as_bytes())
}
