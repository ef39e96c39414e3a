//! sockudo-ws, its `protocol`: bytes in a `BytesMut`, many messages per call ("zero-allocation hot path").

use bytes::{Bytes, BytesMut};
use sockudo_ws::handshake::{build_response, generate_accept_key, parse_request};
use sockudo_ws::protocol::{Message, Protocol, Role as Side};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

pub struct SockudoProtocol;

fn protocol(role: Role) -> Protocol {
    let side = if role == Role::Server { Side::Server } else { Side::Client };
    // The limits of its `Config`.
    Protocol::new(side, 16 << 20, 64 << 20)
}

struct Receiving {
    protocol: Protocol,
    stream: Stream,
    buffer: BytesMut,
    messages: Vec<Message>,
    /// How many of them were seen.
    seen: usize,
}

impl Receiving {
    fn new(role: Role, stream: Stream) -> Self {
        let buffer = BytesMut::with_capacity(READ);
        Self { protocol: protocol(role), stream, buffer, messages: Vec::new(), seen: 0 }
    }

    /// Reads on. The old messages go first, so that the buffer can be used again.
    fn advance(&mut self) -> Outcome {
        self.messages.clear();
        self.seen = 0;
        self.buffer.reserve(READ);
        if self.stream.append(&mut self.buffer) == 0 {
            return Err("end of the stream".into());
        }
        self.protocol.process_into(&mut self.buffer, &mut self.messages).map_err(text)
    }
}

impl Receive for Receiving {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        for _ in 0..messages {
            while self.seen == self.messages.len() {
                self.advance()?;
            }
            match &self.messages[self.seen] {
                Message::Binary(data) => see(Kind::Binary, data),
                Message::Text(data) => see(Kind::Text, data),
                other => return Err(format!("{other:?}")),
            }
            self.seen += 1;
        }
        Ok(())
    }
}

impl Contender for SockudoProtocol {
    fn name(&self) -> &'static str {
        "sockudo-ws protocol"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "read 64 KiB; Protocol::process_into"),
            ("send", "Protocol::encode_message into one BytesMut, a write per group"),
            ("echo", "process_into, encode_message of each, a write per read"),
            ("handshake", "parse_request, generate_accept_key, build_response, Protocol::new"),
            ("broadcast", "Protocol::encode_message per connection, a write each"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(Receiving::new(role, stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let mut protocol = protocol(sending.role);
        let (mut out, mut stream) = (BytesMut::new(), Stream::silent());
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    let message = Message::Binary(sending.payload.clone());
                    protocol.encode_message(&message, &mut out).map_err(text)?;
                }
                stream.accept(&out);
                out.clear();
                Ok(())
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut receiving = Receiving::new(Role::Server, stream);
        let (mut out, mut ahead) = (BytesMut::new(), 0);
        Ok(Box::new(move |messages| {
            // What an earlier call answered beyond its number counts for this one.
            while ahead < messages {
                receiving.advance()?;
                let Receiving { protocol, stream, messages, .. } = &mut receiving;
                for message in messages.iter() {
                    protocol.encode_message(message, &mut out).map_err(text)?;
                }
                ahead += messages.len();
                stream.accept(&out);
                out.clear();
            }
            ahead -= messages;
            Ok(())
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        let mut buffer: Box<[u8]> = vec![0; READ].into();
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let mut stream = Stream::once(request.clone(), READ);
                let count = stream.fill(&mut buffer);
                let (request, _) =
                    parse_request(&buffer[..count]).map_err(text)?.ok_or("no request")?;
                stream.accept(&build_response(&generate_accept_key(request.key), None, None));
                drop(protocol(Role::Server));
            }
            Ok(())
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> = (0..receivers)
            .map(|_| (protocol(Role::Server), BytesMut::new(), Stream::silent()))
            .collect();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                let message = Message::Binary(payload.clone());
                for (protocol, out, stream) in &mut room {
                    protocol.encode_message(&message, out).map_err(text)?;
                    stream.accept(out);
                    out.clear();
                }
            }
            Ok(())
        }))
    }
}
