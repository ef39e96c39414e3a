//! nexus-web: `FrameReader` and `FrameWriter`, "directly for sans-IO integration".

use std::io::IoSlice;

use bytes::Bytes;
use nexus_web::ws::{ClientBuilder, FrameReader, FrameWriter, Message, Role as Side};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

pub struct NexusWeb;

fn side(role: Role) -> Side {
    if role == Role::Server { Side::Server } else { Side::Client }
}

struct Receiving {
    reader: FrameReader,
    stream: Stream,
}

impl Receiving {
    fn new(role: Role, stream: Stream) -> Self {
        Self { reader: FrameReader::builder().role(side(role)).build(), stream }
    }

    /// Hands one message to `see`.
    #[inline]
    fn next(&mut self, see: &mut impl FnMut(Kind, &[u8])) -> Outcome {
        while !self.reader.poll().map_err(text)? {
            if self.reader.read_from(&mut self.stream).map_err(text)? == 0 {
                return Err("end of the stream".into());
            }
        }
        match self.reader.next().map_err(text)? {
            Some(Message::Binary(data)) => see(Kind::Binary, data),
            Some(Message::Text(text)) => see(Kind::Text, text.as_bytes()),
            other => return Err(format!("{other:?}")),
        }
        Ok(())
    }
}

impl Receive for Receiving {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        (0..messages).try_for_each(|_| self.next(&mut see))
    }
}

/// Frames one behind the other; a server's large payloads are written beside them.
struct Encoding {
    writer: FrameWriter,
    client: bool,
    out: Vec<u8>,
    used: usize,
    stream: Stream,
}

impl Encoding {
    fn new(role: Role, capacity: usize) -> Self {
        let (writer, out) = (FrameWriter::new(side(role)), vec![0; capacity]);
        Self { writer, client: role == Role::Client, out, used: 0, stream: Stream::silent() }
    }

    #[inline]
    fn send(&mut self, kind: Kind, data: &[u8]) {
        if !self.client && data.len() >= 4096 {
            self.flush();
            let first = if kind == Kind::Text { 0x81 } else { 0x82 };
            let (header, _) = self.writer.build_header(first, data.len());
            let parts = [IoSlice::new(header.as_bytes()), IoSlice::new(data)];
            self.stream.accept_vectored(&parts);
            return;
        }
        if self.out.len() - self.used < self.writer.max_encoded_len(data.len()) {
            self.flush();
        }
        let place = &mut self.out[self.used..];
        self.used += match kind {
            Kind::Text => self.writer.encode_text(data, place),
            Kind::Binary => self.writer.encode_binary(data, place),
        };
    }

    #[inline]
    fn flush(&mut self) {
        if self.used > 0 {
            self.stream.accept(&self.out[..self.used]);
            self.used = 0;
        }
    }
}

impl Contender for NexusWeb {
    fn name(&self) -> &'static str {
        "nexus-web"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "FrameReader::read_from, poll, next"),
            (
                "send",
                "FrameWriter::encode_binary into one buffer, a write per group; \
                      server from 4 KiB: build_header, header and payload vectored",
            ),
            ("echo", "poll, next, encode_binary of each, a write at the end"),
            ("handshake", "ClientBuilder::accept, buffer_capacity(64 KiB)"),
            ("broadcast", "encode_binary per connection, a write each"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(Receiving::new(role, stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let room = (sending.payload.len() + 14) * sending.per_flush;
        let mut encoding = Encoding::new(sending.role, room);
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    encoding.send(Kind::Binary, &sending.payload);
                }
                encoding.flush();
                Ok(())
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut receiving = Receiving::new(Role::Server, stream);
        let mut encoding = Encoding::new(Role::Server, 2 * READ);
        Ok(Box::new(move |messages| {
            let mut answer = |kind, data: &[u8]| encoding.send(kind, data);
            (0..messages).try_for_each(|_| receiving.next(&mut answer))?;
            encoding.flush();
            Ok(())
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let stream = Stream::once(request.clone(), READ);
                let builder = ClientBuilder::new().buffer_capacity(READ);
                drop(builder.accept(stream).map_err(text)?);
            }
            Ok(())
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> =
            (0..receivers).map(|_| Encoding::new(Role::Server, payload.len() + 14)).collect();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                for encoding in &mut room {
                    encoding.send(Kind::Binary, &payload);
                    encoding.flush();
                }
            }
            Ok(())
        }))
    }
}
