//! tungstenite: blocking calls on `Read + Write`, its default 128-KiB buffers ("improves performance").

use bytes::Bytes;
use tungstenite::Message;
use tungstenite::protocol::{Role as Side, WebSocket};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

pub struct Tungstenite;

fn socket(role: Role, stream: Stream) -> WebSocket<Stream> {
    let side = if role == Role::Server { Side::Server } else { Side::Client };
    WebSocket::from_raw_socket(stream, side, None)
}

impl Receive for WebSocket<Stream> {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        for _ in 0..messages {
            match self.read().map_err(text)? {
                Message::Binary(data) => see(Kind::Binary, &data),
                Message::Text(text) => see(Kind::Text, text.as_bytes()),
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(())
    }
}

impl Contender for Tungstenite {
    fn name(&self) -> &'static str {
        "tungstenite"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "WebSocket::read"),
            ("send", "WebSocket::write of a Bytes, flush per group"),
            ("echo", "read, write of the message, flush at the end"),
            ("handshake", "tungstenite::accept"),
            ("broadcast", "WebSocket::send of a clone of one Bytes"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(socket(role, stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let mut socket = socket(sending.role, Stream::silent());
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    socket.write(Message::Binary(sending.payload.clone())).map_err(text)?;
                }
                socket.flush().map_err(text)
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut socket = socket(Role::Server, stream);
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let message = socket.read().map_err(text)?;
                socket.write(message).map_err(text)?;
            }
            socket.flush().map_err(text)
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let stream = Stream::once(request.clone(), READ);
                drop(tungstenite::accept(stream).map_err(text)?);
            }
            Ok(())
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> =
            (0..receivers).map(|_| socket(Role::Server, Stream::silent())).collect();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                for socket in &mut room {
                    socket.send(Message::Binary(payload.clone())).map_err(text)?;
                }
            }
            Ok(())
        }))
    }
}
