//! yawc: `WebSocket` over any stream, no compression, UTF-8 validation on (it is off by default).

use bytes::Bytes;
use futures_util::SinkExt;
use websocket_proto::Role;
use yawc::{Frame, OpCode, Options, Role as Side, WebSocket};

use super::{BY_OTHERS, Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{Stream, Wire, now};
use crate::wire::Kind;

pub struct Yawc;

fn socket(role: Role, stream: Stream) -> WebSocket<Stream> {
    let side = if role == Role::Server { Side::Server } else { Side::Client };
    let options =
        Options::default().with_utf8().without_compression().with_limits(16 << 20, 64 << 20);
    WebSocket::from_stream(stream, side, options).expect("no extensions")
}

impl Receive for WebSocket<Stream> {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        now(async {
            for _ in 0..messages {
                let frame = self.next_frame().await.map_err(text)?;
                match frame.opcode() {
                    OpCode::Binary => see(Kind::Binary, frame.payload()),
                    OpCode::Text => see(Kind::Text, frame.payload()),
                    other => return Err(format!("{other:?}")),
                }
            }
            Ok(())
        })
    }
}

impl Contender for Yawc {
    fn name(&self) -> &'static str {
        "yawc"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "WebSocket::next_frame"),
            ("send", "SinkExt::feed of Frame::binary(Bytes), flush per group"),
            ("echo", "next_frame, feed of the frame, flush at the end"),
            ("broadcast", "SinkExt::send of Frame::binary of a clone of one Bytes"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(socket(role, stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let mut socket = socket(sending.role, Stream::silent());
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                now(async {
                    for _ in 0..count {
                        socket.feed(Frame::binary(sending.payload.clone())).await.map_err(text)?;
                    }
                    socket.flush().await.map_err(text)
                })
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut socket = socket(Role::Server, stream);
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages {
                    let frame = socket.next_frame().await.map_err(text)?;
                    socket.feed(frame).await.map_err(text)?;
                }
                socket.flush().await.map_err(text)
            })
        }))
    }

    fn handshake(&self, _: Wire) -> Prepared<Work> {
        Err(BY_OTHERS)
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> =
            (0..receivers).map(|_| socket(Role::Server, Stream::silent())).collect();
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages / receivers {
                    for socket in &mut room {
                        socket.send(Frame::binary(payload.clone())).await.map_err(text)?;
                    }
                }
                Ok(())
            })
        }))
    }
}
