//! The limits: what the machine needs for a part of the work, without a protocol around it.

use std::hint::black_box;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use sha1::{Digest, Sha1};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Side, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

/// XORs `data` with the key over and over: the compiler's loop, for AVX2 where that is there.
#[inline]
pub fn xor(data: &mut [u8], key: [u8; 4]) {
    #[inline(always)]
    fn words(data: &mut [u8], key: [u8; 4]) {
        let word = u64::from(u32::from_ne_bytes(key)) * 0x1_0000_0001;
        let (words, rest) = data.as_chunks_mut::<8>();
        for place in words {
            *place = (u64::from_ne_bytes(*place) ^ word).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(key) {
            *byte ^= key;
        }
        for (byte, key) in rest.iter_mut().skip(4).zip(key) {
            *byte ^= key;
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn wide(data: &mut [u8], key: [u8; 4]) {
        words(data, key);
    }

    #[cfg(target_arch = "x86_64")]
    if data.len() >= 64 && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has AVX2.
        return unsafe { wide(data, key) };
    }
    words(data, key);
}

/// Header, XOR, next: a decoder that checks nothing.
pub struct Loop;

/// Keeps what is left of a frame in front of the next read.
struct Parsing {
    stream: Stream,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    fragments: Vec<u8>,
}

impl Parsing {
    fn new(stream: Stream) -> Self {
        Self { stream, buffer: vec![0; READ], start: 0, end: 0, fragments: Vec::new() }
    }

    /// Makes the next `count` bytes be there.
    #[inline]
    fn want(&mut self, count: usize) -> Outcome {
        while self.end - self.start < count {
            self.read(count)?;
        }
        Ok(())
    }

    fn read(&mut self, count: usize) -> Outcome {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < count + READ {
            self.buffer.resize(count + READ, 0);
        }
        match self.stream.fill(&mut self.buffer[self.end..]) {
            0 => Err("end of the stream".into()),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }

    #[inline]
    fn take(&mut self, count: usize) -> &mut [u8] {
        let start = self.start;
        self.start += count;
        &mut self.buffer[start..start + count]
    }

    /// Hands one message to `see`.
    #[inline]
    fn next(&mut self, see: &mut impl FnMut(Kind, &[u8])) -> Outcome {
        let mut kind = None;
        loop {
            self.want(2)?;
            let head = self.take(2);
            let (first, second) = (head[0], head[1]);
            let length = match second & 0x7F {
                126 => {
                    self.want(2)?;
                    let bytes = self.take(2);
                    usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))
                }
                127 => {
                    self.want(8)?;
                    u64::from_be_bytes(self.take(8).try_into().expect("eight")) as usize
                }
                length => usize::from(length),
            };
            let mut key = [0; 4];
            if second & 0x80 != 0 {
                self.want(4)?;
                key.copy_from_slice(self.take(4));
            }
            self.want(length)?;
            let kind =
                *kind.get_or_insert(if first & 0xF == 1 { Kind::Text } else { Kind::Binary });
            let start = self.start;
            let data = self.take(length);
            if second & 0x80 != 0 {
                xor(data, key);
            }
            if first == (0x80 | (kind as u8 + 1)) {
                see(kind, data);
                return Ok(());
            }
            self.fragments.extend_from_slice(&self.buffer[start..start + length]);
            if first & 0x80 != 0 {
                see(kind, &self.fragments);
                self.fragments.clear();
                return Ok(());
            }
        }
    }
}

impl Receive for Parsing {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        (0..messages).try_for_each(|_| self.next(&mut see))
    }
}

/// Appends header and payload.
#[inline]
fn append(out: &mut Vec<u8>, key: Option<[u8; 4]>, data: &[u8]) {
    let mask = if key.is_some() { 0x80 } else { 0 };
    match data.len() {
        length @ 0..=125 => out.extend_from_slice(&[0x82, mask | length as u8]),
        length @ 126..=0xFFFF => {
            let length = (length as u16).to_be_bytes();
            out.extend_from_slice(&[0x82, mask | 126, length[0], length[1]]);
        }
        length => {
            out.extend_from_slice(&[0x82, mask | 127]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    if let Some(key) = key {
        out.extend_from_slice(&key);
    }
    let start = out.len();
    out.extend_from_slice(data);
    if let Some(key) = key {
        xor(&mut out[start..], key);
    }
}

impl Contender for Loop {
    fn name(&self) -> &'static str {
        "bare loop"
    }

    fn side(&self) -> Side {
        Side::Limit
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "read 64 KiB; parse, XOR, next; nothing is checked"),
            ("send", "append header and payload, XOR in place, a write per group"),
            ("echo", "both"),
            ("handshake", "httparse, SHA-1, base64, copy the response"),
            ("broadcast", "a write of one frame each"),
        ]
    }

    fn receive(&self, _: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(Parsing::new(stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let (mut out, mut stream) = (Vec::new(), Stream::silent());
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    let key =
                        (sending.role == Role::Client).then(|| fastrand::u32(..).to_ne_bytes());
                    append(&mut out, key, &sending.payload);
                }
                stream.accept(&out);
                out.clear();
                Ok(())
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut parsing = Parsing::new(stream);
        let (mut out, mut sink) = (Vec::new(), Stream::silent());
        Ok(Box::new(move |messages| {
            let mut answer = |_, data: &[u8]| append(&mut out, None, data);
            (0..messages).try_for_each(|_| parsing.next(&mut answer))?;
            sink.accept(&out);
            out.clear();
            Ok(())
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        let mut buffer: Box<[u8]> = vec![0; READ].into();
        let mut response = Vec::new();
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let mut stream = Stream::once(request.clone(), READ);
                let count = stream.fill(&mut buffer);
                let mut headers = [httparse::EMPTY_HEADER; 32];
                let mut request = httparse::Request::new(&mut headers);
                request.parse(&buffer[..count]).map_err(text)?;
                let key = request
                    .headers
                    .iter()
                    .find(|header| header.name.eq_ignore_ascii_case("sec-websocket-key"))
                    .ok_or("no key")?;
                let digest = Sha1::new()
                    .chain_update(key.value)
                    .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                    .finalize();
                let mut accept = [0; 28];
                BASE64_STANDARD.encode_slice(digest, &mut accept).map_err(text)?;
                response.clear();
                response.extend_from_slice(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Accept: ",
                );
                response.extend_from_slice(&accept);
                response.extend_from_slice(b"\r\n\r\n");
                stream.accept(&response);
            }
            Ok(())
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> = (0..receivers).map(|_| Stream::silent()).collect();
        let mut frame = Vec::new();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                frame.clear();
                append(&mut frame, None, &payload);
                for stream in &mut room {
                    stream.accept(&frame);
                }
            }
            Ok(())
        }))
    }
}

/// Moves the bytes that the messages have on the wire into a read buffer of `read` bytes; with `masked`,
/// XORs them there.
pub fn receiving(wire: Wire, frame_length: usize, masked: bool, read: usize) -> Work {
    let mut stream = Stream::endless(wire);
    let mut buffer: Box<[u8]> = vec![0; read].into();
    Box::new(move |messages| {
        let mut left = messages * frame_length;
        while left > 0 {
            let room = left.min(read);
            let count = stream.fill(&mut buffer[..room]);
            if masked {
                xor(&mut buffer[..count], *b"\x37\xFA\x21\x3D");
            }
            black_box(&mut buffer);
            left -= count;
        }
        Ok(())
    })
}

/// Moves the payloads into an output buffer; with `masked`, XORs each there.
pub fn sending(sending: Sending, masked: bool) -> Work {
    let size = sending.payload.len();
    let mut buffer: Box<[u8]> = vec![0; size * sending.per_flush].into();
    Box::new(move |messages| {
        sending.groups(messages, |count| {
            for place in buffer.chunks_exact_mut(size).take(count) {
                place.copy_from_slice(black_box(&sending.payload));
                if masked {
                    xor(place, *b"\x37\xFA\x21\x3D");
                }
            }
            black_box(&mut buffer);
            Ok(())
        })
    })
}

/// Validates the payloads, and nothing else.
pub fn validating(payloads: Vec<Vec<u8>>) -> Work {
    Box::new(move |messages| {
        for payload in payloads.iter().cycle().take(messages) {
            black_box(simdutf8::basic::from_utf8(black_box(payload)).map_err(text)?);
        }
        Ok(())
    })
}

/// The calls of the limits that are not contenders.
pub const CALLS: [(&str, &str); 4] = [
    ("memcpy", "receive: read 64 KiB; send: copy the payload"),
    ("copy+XOR", "the same, then XOR of what was copied, in place"),
    ("memcpy, 16K and copy+XOR, 16K", "with reads of 16 KiB, which stay in the first-level cache"),
    ("simdutf8", "basic::from_utf8 of the payload, alone"),
];
