//! What the benches and the instruction counts share: messages as they stand on the wire, and the two ends.
//!
//! The frames are put together here and not by a `Connection`, so that the masking key is the same in every run.
#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod opening;
pub(crate) mod timing;

use std::hint::black_box;
use std::sync::Arc;

use bytes::Buf;
use websocket_proto::frame::{Header, Opcode, apply_mask};
use websocket_proto::{Config, Connection, Delivery, Event, MessageKind, Role, Transmit};

/// The masking key of every frame: the one of §5.7.
pub(crate) const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// Bytes of a message for the benches of messages.
pub(crate) const SIZES: [usize; 6] = [16, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20];

pub(crate) const ROLES: [Role; 2] = [Role::Server, Role::Client];

/// What a message is made of. The validation of text takes other ways for ASCII and for the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Binary,
    Ascii,
    Multilingual,
}

impl Content {
    pub(crate) const ALL: [Self; 3] = [Self::Binary, Self::Ascii, Self::Multilingual];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Ascii => "ascii",
            Self::Multilingual => "multilingual",
        }
    }

    pub(crate) fn kind(self) -> MessageKind {
        if self == Self::Binary { MessageKind::Binary } else { MessageKind::Text }
    }

    /// So many bytes of it. Text ends with a whole character.
    pub(crate) fn payload(self, size: usize) -> Vec<u8> {
        let text = match self {
            Self::Binary => return (0..=255).cycle().take(size).collect(),
            Self::Ascii => "The quick brown fox. ",
            Self::Multilingual => "Всё о мире: 世界のすべて, Ελλάδα, עולם, 🙂 and more. ",
        };
        let mut bytes = Vec::with_capacity(size);
        for character in text.chars().cycle() {
            if bytes.len() + character.len_utf8() > size {
                break;
            }
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        bytes.resize(size, b'.');
        bytes
    }
}

pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Server => "server",
        Role::Client => "client",
    }
}

/// A frame as the peer of `receiver` sends it.
pub(crate) fn frame(receiver: Role, fin: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mask = receiver.peer().masks().then_some(KEY);
    let header = Header { fin, rsv1: false, opcode, mask, length: payload.len() as u64 };
    let encoded = header.encode();
    let mut bytes = [&encoded, payload].concat();
    if let Some(key) = mask {
        apply_mask(&mut bytes[encoded.len()..], key);
    }
    bytes
}

/// A message of `size` bytes in one frame.
pub(crate) fn message(receiver: Role, content: Content, size: usize) -> Vec<u8> {
    frame(receiver, true, content.kind().opcode(), &content.payload(size))
}

/// A message of `size` bytes in so many frames of equal length.
pub(crate) fn fragments(receiver: Role, content: Content, size: usize, count: usize) -> Vec<u8> {
    let payload = content.payload(size);
    let parts = payload.chunks(size / count).enumerate();
    parts
        .flat_map(|(index, part)| {
            let opcode = if index == 0 { content.kind().opcode() } else { Opcode::Continuation };
            frame(receiver, index + 1 == count, opcode, part)
        })
        .collect()
}

/// How many messages of this length on the wire make an input of 64 KiB; one at least.
pub(crate) fn messages_in_64_kib(length: usize) -> usize {
    ((64 << 10) / length).max(1)
}

pub(crate) fn connection(role: Role) -> Connection {
    connection_with(role, Delivery::Messages)
}

/// An end that never refuses to queue. Its masking keys are the same in every run.
pub(crate) fn connection_with(role: Role, delivery: Delivery) -> Connection {
    let mut config = Config::client();
    config.delivery = delivery;
    config.limits.max_write_buffer = usize::MAX;
    let config = Arc::new(config);
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, [7; 32]),
    }
}

/// Receives one read, and looks at what comes of it; how many messages, or chunks of one, that was.
#[inline]
pub(crate) fn receive(connection: &mut Connection, mut input: &mut [u8]) -> usize {
    let mut count = 0;
    while let Some(event) = connection.receive(&mut input).expect("legal") {
        match &event {
            Event::Text(text) => drop(black_box(text.as_bytes())),
            Event::Binary(data) => drop(black_box(&**data)),
            Event::Chunk(chunk) => drop(black_box(&*chunk.data)),
            _ => continue,
        }
        count += 1;
    }
    count
}

/// Answers each binary message of one read with itself.
#[inline]
pub(crate) fn echo(connection: &mut Connection, mut input: &mut [u8]) {
    while let Some(event) = connection.receive(&mut input).expect("legal") {
        let Event::Binary(data) = event else { unreachable!("only binary messages are fed") };
        connection.send_binary(&data).expect("room");
    }
    drain(connection);
}

/// Takes the output as a driver does whose transport takes everything.
#[inline]
pub(crate) fn drain(connection: &mut Connection) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = black_box(output.chunk()).len();
        output.advance(count);
    }
}

/// Text like that of an interface: objects of the same shape with other values.
pub(crate) fn json(length: usize, seed: u32) -> Vec<u8> {
    let mut text = String::from("[");
    let mut number = seed;
    while text.len() < length {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (id, user, score) = (number >> 8, number >> 20, f64::from(number >> 12) / 100.0);
        let active = number & 1 == 0;
        text +=
            &format!(r#"{{"id":{id},"name":"user{user}","active":{active},"score":{score:.2}}},"#);
    }
    text.truncate(length);
    text.into_bytes()
}

/// A conversation of other messages of this size, 64 KiB at least: longer than a window of DEFLATE.
pub(crate) fn conversation(size: usize) -> Vec<Vec<u8>> {
    (0..(64_usize << 10).div_ceil(size).max(2))
        .map(|index| json(size, 7 + index as u32 * 99))
        .collect()
}
