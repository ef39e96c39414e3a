//! websocket-sans-io: frames only. What it leaves to its user is done here: assembling messages, UTF-8
//! (by `simdutf8`), keys (by `fastrand`), the output buffer.

use std::io::IoSlice;

use bytes::Bytes;
use websocket_proto::Role;
use websocket_sans_io::{
    FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent,
};

use super::{BY_OTHERS, Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

pub struct WebsocketSansIo;

struct Receiving {
    decoder: WebsocketFrameDecoder,
    masked: bool,
    stream: Stream,
    buffer: Box<[u8]>,
    unread: std::ops::Range<usize>,
    /// What came of a message that is not whole in the buffer.
    assembled: Vec<u8>,
}

impl Receiving {
    fn new(role: Role, stream: Stream) -> Self {
        Self {
            decoder: WebsocketFrameDecoder::new(),
            masked: role == Role::Server,
            stream,
            buffer: vec![0; READ].into(),
            unread: 0..0,
            assembled: Vec::new(),
        }
    }

    /// Hands one message to `see`.
    #[inline]
    fn next(&mut self, see: &mut impl FnMut(Kind, &[u8]) -> Outcome) -> Outcome {
        let mut whole = 0..0;
        loop {
            let result =
                self.decoder.add_data(&mut self.buffer[self.unread.clone()]).map_err(text)?;
            let start = self.unread.start;
            self.unread.start += result.consumed_bytes;
            match result.event {
                Some(WebsocketFrameEvent::Start { frame_info, .. })
                    if !frame_info.is_reasonable() || frame_info.mask.is_some() != self.masked =>
                {
                    return Err("a frame that is not allowed".into());
                }
                Some(WebsocketFrameEvent::Start { .. }) => {}
                Some(WebsocketFrameEvent::PayloadChunk { .. }) => {
                    if self.assembled.is_empty() && whole.is_empty() {
                        whole = start..self.unread.start;
                    } else {
                        self.keep(&mut whole);
                        self.assembled.extend_from_slice(&self.buffer[start..self.unread.start]);
                    }
                }
                Some(WebsocketFrameEvent::End { frame_info, original_opcode }) => {
                    if !frame_info.fin {
                        continue;
                    }
                    let data = if self.assembled.is_empty() {
                        &self.buffer[whole]
                    } else {
                        &self.assembled
                    };
                    match original_opcode {
                        Opcode::Text => {
                            simdutf8::basic::from_utf8(data).map_err(text)?;
                            see(Kind::Text, data)?;
                        }
                        Opcode::Binary => see(Kind::Binary, data)?,
                        other => return Err(format!("{other:?}")),
                    }
                    self.assembled.clear();
                    return Ok(());
                }
                None if result.consumed_bytes == 0 || self.unread.is_empty() => {
                    self.keep(&mut whole);
                    self.unread = 0..self.stream.fill(&mut self.buffer);
                    if self.unread.is_empty() {
                        return Err("end of the stream".into());
                    }
                }
                None => {}
            }
        }
    }

    /// Puts what was referenced aside.
    fn keep(&mut self, whole: &mut std::ops::Range<usize>) {
        self.assembled.extend_from_slice(&self.buffer[whole.clone()]);
        *whole = 0..0;
    }
}

impl Receive for Receiving {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        let mut see = |kind, data: &[u8]| {
            see(kind, data);
            Ok(())
        };
        (0..messages).try_for_each(|_| self.next(&mut see))
    }
}

/// Encodes messages into one buffer; a server's large payloads are written beside it.
struct Encoding {
    encoder: WebsocketFrameEncoder,
    masked: bool,
    out: Vec<u8>,
    stream: Stream,
}

impl Encoding {
    fn new(role: Role) -> Self {
        Self {
            encoder: WebsocketFrameEncoder::new(),
            masked: role == Role::Client,
            out: Vec::new(),
            stream: Stream::silent(),
        }
    }

    #[inline]
    fn send(&mut self, opcode: Opcode, data: &[u8]) {
        let mask = self.masked.then(|| fastrand::u32(..).to_ne_bytes());
        let payload_length = data.len() as u64;
        let header = FrameInfo { opcode, payload_length, mask, fin: true, reserved: 0 };
        let header = self.encoder.start_frame(&header);
        if !self.masked && data.len() >= 4096 {
            self.flush();
            self.stream.accept_vectored(&[IoSlice::new(&header), IoSlice::new(data)]);
            return;
        }
        self.out.extend_from_slice(&header);
        let start = self.out.len();
        self.out.extend_from_slice(data);
        self.encoder.transform_frame_payload(&mut self.out[start..]);
    }

    #[inline]
    fn flush(&mut self) {
        if !self.out.is_empty() {
            self.stream.accept(&self.out);
            self.out.clear();
        }
    }
}

impl Contender for WebsocketSansIo {
    fn name(&self) -> &'static str {
        "websocket-sans-io"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "read 64 KiB; WebsocketFrameDecoder::add_data; assembly and UTF-8 by hand"),
            (
                "send",
                "WebsocketFrameEncoder::start_frame, transform_frame_payload in one Vec, a write per group; \
                      server from 4 KiB: header and payload vectored",
            ),
            ("echo", "add_data, start_frame of each, a write at the end"),
            ("broadcast", "start_frame per connection, a write each"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(Receiving::new(role, stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let mut encoding = Encoding::new(sending.role);
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    encoding.send(Opcode::Binary, &sending.payload);
                }
                encoding.flush();
                Ok(())
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut receiving = Receiving::new(Role::Server, stream);
        let mut encoding = Encoding::new(Role::Server);
        Ok(Box::new(move |messages| {
            let mut answer = |kind, data: &[u8]| {
                let opcode = if kind == Kind::Text { Opcode::Text } else { Opcode::Binary };
                encoding.send(opcode, data);
                Ok(())
            };
            (0..messages).try_for_each(|_| receiving.next(&mut answer))?;
            encoding.flush();
            Ok(())
        }))
    }

    fn handshake(&self, _: Wire) -> Prepared<Work> {
        Err(BY_OTHERS)
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> = (0..receivers).map(|_| Encoding::new(Role::Server)).collect();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                for encoding in &mut room {
                    encoding.send(Opcode::Binary, &payload);
                    encoding.flush();
                }
            }
            Ok(())
        }))
    }
}
