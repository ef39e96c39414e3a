//! fastwebsockets: whole messages by its `FragmentCollector`, vectored writes above 1 KiB (its default).

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role as Side, WebSocket};
use websocket_proto::Role;

use super::{BY_OTHERS, Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{Stream, Wire, now};
use crate::wire::Kind;

pub struct Fastwebsockets;

fn socket(role: Role, stream: Stream) -> WebSocket<Stream> {
    let side = if role == Role::Server { Side::Server } else { Side::Client };
    WebSocket::after_handshake(stream, side)
}

impl Receive for FragmentCollector<Stream> {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        now(async {
            for _ in 0..messages {
                let frame = self.read_frame().await.map_err(text)?;
                match frame.opcode {
                    OpCode::Binary => see(Kind::Binary, &frame.payload),
                    OpCode::Text => see(Kind::Text, &frame.payload),
                    other => return Err(format!("{other:?}")),
                }
            }
            Ok(())
        })
    }
}

impl Contender for Fastwebsockets {
    fn name(&self) -> &'static str {
        "fastwebsockets"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "FragmentCollector::read_frame"),
            (
                "send",
                "WebSocket::write_frame, which writes at once; server: Payload::Borrowed; \
                      client: a copy by the caller as Payload::BorrowedMut, which it masks in place",
            ),
            ("echo", "FragmentCollector::read_frame, write_frame of the frame"),
            ("broadcast", "WebSocket::write_frame of Payload::Borrowed"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(FragmentCollector::new(socket(role, stream))))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let mut socket = socket(sending.role, Stream::silent());
        let mut copy = sending.payload.to_vec();
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages {
                    let payload = if sending.role == Role::Server {
                        Payload::Borrowed(&sending.payload)
                    } else {
                        copy.copy_from_slice(&sending.payload);
                        Payload::BorrowedMut(&mut copy)
                    };
                    socket.write_frame(Frame::binary(payload)).await.map_err(text)?;
                }
                Ok(())
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut socket = FragmentCollector::new(socket(Role::Server, stream));
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages {
                    let frame = socket.read_frame().await.map_err(text)?;
                    socket.write_frame(frame).await.map_err(text)?;
                }
                Ok(())
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
                        let frame = Frame::binary(Payload::Borrowed(&payload));
                        socket.write_frame(frame).await.map_err(text)?;
                    }
                }
                Ok(())
            })
        }))
    }
}
