//! What the tests of compression share: connections that have agreed on it, frames by hand, and a reader of
//! DEFLATE that has nothing in common with the codec.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod puff;

use websocket_proto::deflate::{Agreement, Compress, Compression, CompressionPool, WindowBits};
use websocket_proto::{Config, Connection, Delivery, Event, MessageKind, ProtocolError, Role};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

pub(crate) const HELLO: [u8; 7] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
/// "Hello" as a reference to the "Hello" before it.
pub(crate) const HELLO_AGAIN: [u8; 5] = [0xF2, 0x00, 0x11, 0x00, 0x00];

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let value = |digit: u8| char::from(digit).to_digit(16).expect("hexadecimal") as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

pub(crate) fn bits(bits: u8) -> WindowBits {
    WindowBits::new(bits).expect("8 to 15")
}

pub(crate) fn config(role: Role) -> Config {
    let mut config = match role {
        Role::Server => Config::server(),
        Role::Client => Config::client(),
    };
    let mut compression = Compression::default();
    compression.compress = Compress::Always;
    // Its own, so that a test sees all that it takes.
    compression.pool = CompressionPool::new(8);
    config.compression = Some(compression);
    config
}

pub(crate) fn connection(role: Role, config: Config, agreement: Agreement) -> Connection {
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, [7; 32]),
    }
    .with_compression(agreement)
}

pub(crate) fn plain(role: Role) -> Connection {
    connection(role, config(role), Agreement::default())
}

pub(crate) fn no_takeover() -> Agreement {
    let mut agreement = Agreement::default();
    agreement.server_no_context_takeover = true;
    agreement.client_no_context_takeover = true;
    agreement
}

pub(crate) fn windows(server: u8, client: u8) -> Agreement {
    let mut agreement = Agreement::default();
    agreement.server_max_window_bits = Some(bits(server));
    agreement.client_max_window_bits = Some(bits(client));
    agreement
}

/// A frame to a connection of this role; `first` is its first byte. The masking key is zero.
pub(crate) fn frame(to: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = if to == Role::Server { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(mask | length as u8),
        length @ 126..=0xFFFF => {
            bytes.push(mask | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(mask | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    if to == Role::Server {
        bytes.extend([0; 4]);
    }
    bytes.extend(payload);
    bytes
}

/// What a connection made of its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Control,
    Failed(ProtocolError),
}

/// Feeds `bytes` in pieces of at most `step`; chunks are joined to messages.
pub(crate) fn receive(connection: &mut Connection, bytes: &[u8], step: usize) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut open = Vec::new();
    for piece in bytes.chunks(step) {
        let mut piece = piece.to_vec();
        let mut input = &mut piece[..];
        loop {
            match connection.receive(&mut input) {
                Ok(None) => break,
                Ok(Some(Event::Text(text))) => seen.push(Seen::Text(text.to_string())),
                Ok(Some(Event::Binary(data))) => seen.push(Seen::Binary(data.to_vec())),
                Ok(Some(Event::Chunk(chunk))) => {
                    assert_eq!(chunk.first, open.is_empty() && chunk.first);
                    open.extend_from_slice(&chunk.data);
                    if chunk.last {
                        let data = std::mem::take(&mut open);
                        seen.push(match chunk.kind {
                            MessageKind::Text => {
                                Seen::Text(String::from_utf8(data).expect("UTF-8"))
                            }
                            MessageKind::Binary => Seen::Binary(data),
                        });
                    }
                }
                Ok(Some(_)) => seen.push(Seen::Control),
                Err(error) => {
                    assert!(input.is_empty());
                    seen.push(Seen::Failed(error));
                    break;
                }
            }
        }
        assert!(input.is_empty(), "input is used up");
    }
    seen
}

/// The same in every way that must make no difference: whole, in two pieces, byte by byte; as messages and in
/// chunks.
pub(crate) fn receive_every_way(role: Role, agreement: Agreement, bytes: &[u8]) -> Vec<Seen> {
    let whole = receive(&mut connection(role, config(role), agreement), bytes, usize::MAX);
    for delivery in [Delivery::Messages, Delivery::Chunks] {
        let mut config = config(role);
        config.delivery = delivery;
        let steps = [1, 2, 3, 5, 7, bytes.len() / 2 + 1, bytes.len().max(1)];
        for step in steps {
            let mut connection = connection(role, config.clone(), agreement);
            assert_eq!(receive(&mut connection, bytes, step), whole, "{delivery:?}, {step}");
        }
    }
    whole
}

pub(crate) fn text(text: &str) -> Seen {
    Seen::Text(text.into())
}

/// A compressor as peers have it.
pub(crate) struct Peer(Deflate);

impl Peer {
    pub(crate) fn new(window: u8, level: i32) -> Self {
        let window_bits = -i32::from(window);
        Self(Deflate::new_with_config(DeflateConfig {
            level,
            window_bits,
            ..DeflateConfig::default()
        }))
    }

    /// A part of a message, flushed, with the tail.
    pub(crate) fn part(&mut self, data: &[u8]) -> Vec<u8> {
        let mut output = vec![0; data.len() + data.len() / 8 + 64];
        let before = self.0.total_out();
        self.0.compress(data, &mut output, DeflateFlush::SyncFlush).expect("compresses");
        output.truncate((self.0.total_out() - before) as usize);
        output
    }

    /// A stream of its own, ended by a final block.
    pub(crate) fn finished(mut self, data: &[u8]) -> Vec<u8> {
        let mut output = vec![0; data.len() + data.len() / 8 + 64];
        self.0.compress(data, &mut output, DeflateFlush::Finish).expect("compresses");
        output.truncate(self.0.total_out() as usize);
        output
    }

    /// A message, without the tail.
    pub(crate) fn message(&mut self, data: &[u8]) -> Vec<u8> {
        let mut output = self.part(data);
        if output.is_empty() {
            // Nothing to flush behind a flush: the header of an empty block.
            return vec![0];
        }
        assert!(output.ends_with(&[0, 0, 0xFF, 0xFF]));
        output.truncate(output.len() - 4);
        output
    }
}

/// A frame that a connection has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

/// Takes all output apart.
pub(crate) fn sent(connection: &mut Connection) -> Vec<Sent> {
    let mut bytes = Vec::new();
    while let Some(run) = connection.take_output() {
        bytes.extend_from_slice(&run);
    }
    let mut rest = &bytes[..];
    let mut frames = Vec::new();
    while let [first, second, tail @ ..] = rest {
        let (length, tail) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([tail[0], tail[1]])), &tail[2..]),
            127 => {
                (u64::from_be_bytes(tail[..8].try_into().expect("8 bytes")) as usize, &tail[8..])
            }
            length => (usize::from(length), tail),
        };
        let (key, tail) = if second & 0x80 != 0 { tail.split_at(4) } else { (&[0; 4][..], tail) };
        let payload = tail[..length].iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        frames.push(Sent { first: *first, payload: payload.collect() });
        rest = &tail[length..];
    }
    frames
}

/// Bytes that cannot be compressed.
pub(crate) fn noise(length: usize, mut seed: u64) -> Vec<u8> {
    std::iter::repeat_with(|| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.wrapping_mul(0x2545_F491_4F6C_DD1D) as u8 ^ (seed >> 32) as u8
    })
    .take(length)
    .collect()
}

/// Text like that of an interface: objects of the same shape with other values.
pub(crate) fn json(length: usize) -> Vec<u8> {
    let mut text = String::from("[");
    let mut number = 7u32;
    while text.len() < length {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(&format!(
            "{{\"id\":{},\"name\":\"user{}\",\"active\":{},\"score\":{}.{},\"tags\":[\"a{}\",\"b\"]}},",
            number >> 8, number >> 20, number & 1 == 0, number >> 16 & 0xFF, number >> 10 & 63, number >> 28
        ));
    }
    text.truncate(length);
    text.into_bytes()
}
