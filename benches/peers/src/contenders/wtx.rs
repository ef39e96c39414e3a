//! wtx: frames that borrow its read buffer, masked as the RFC wants it (`no_masking` is on by default).

use std::future::Future;
use std::io::IoSlice;

use bytes::Bytes;
use websocket_proto::Role;
use wtx::collection::Vector;
use wtx::rng::Xorshift64;
use wtx::stream::{StreamReader, StreamWriter};
use wtx::web_socket::{
    Frame, OpCode, WebSocketAcceptor, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin,
};

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work};
use crate::stream::{READ, Stream, Wire, now};
use crate::wire::Kind;

pub struct Wtx;

type Socket<const IS_CLIENT: bool> = WebSocketOwned<(), Xorshift64, Stream, IS_CLIENT>;

const NO_MASKING: bool = false;

fn socket<const IS_CLIENT: bool>(stream: Stream) -> Socket<IS_CLIENT> {
    let random = Xorshift64::from(fastrand::u64(1..));
    Socket::new((), NO_MASKING, random, stream, WebSocketBuffer::new())
}

fn text(error: wtx::Error) -> String {
    format!("{error:?}")
}

impl StreamReader for Stream {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = wtx::Result<usize>> {
        let count = self.fill(buffer);
        async move { Ok(count) }
    }
}

impl StreamWriter for Stream {
    #[inline]
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.accept(bytes);
        Ok(())
    }

    #[inline]
    async fn write_all_vectored(&mut self, parts: &[&[u8]]) -> wtx::Result<()> {
        let mut slices = [IoSlice::new(&[]); 8];
        for (slice, part) in slices.iter_mut().zip(parts) {
            *slice = IoSlice::new(part);
        }
        self.accept_vectored(&slices[..parts.len()]);
        Ok(())
    }
}

struct Receiving<const IS_CLIENT: bool> {
    socket: Socket<IS_CLIENT>,
    buffer: Vector<u8>,
}

impl<const IS_CLIENT: bool> Receiving<IS_CLIENT> {
    fn new(stream: Stream) -> Self {
        Self { socket: socket(stream), buffer: Vector::new() }
    }
}

impl<const IS_CLIENT: bool> Receive for Receiving<IS_CLIENT> {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        now(async {
            for _ in 0..messages {
                let frame = self
                    .socket
                    .read_frame(&mut self.buffer, WebSocketPayloadOrigin::Adaptive)
                    .await
                    .map_err(text)?;
                match frame.op_code() {
                    OpCode::Binary => see(Kind::Binary, frame.payload()),
                    OpCode::Text => see(Kind::Text, frame.payload()),
                    other => return Err(format!("{other:?}")),
                }
            }
            Ok(())
        })
    }
}

/// It masks in place, so a client's payload is copied first, by the caller.
fn send<const IS_CLIENT: bool>(sending: Sending) -> Work {
    let mut socket = socket::<IS_CLIENT>(Stream::silent());
    let mut payload = sending.payload.to_vec();
    Box::new(move |messages| {
        now(async {
            for _ in 0..messages {
                if IS_CLIENT {
                    payload.copy_from_slice(&sending.payload);
                }
                let mut frame = Frame::new_fin(OpCode::Binary, &mut payload[..]);
                socket.write_frame(&mut frame).await.map_err(text)?;
            }
            Ok(())
        })
    })
}

impl Contender for Wtx {
    fn name(&self) -> &'static str {
        "wtx"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "WebSocket::read_frame, WebSocketPayloadOrigin::Adaptive"),
            (
                "send",
                "WebSocket::write_frame, which writes at once; \
                      client: of a copy by the caller, which it masks in place",
            ),
            ("echo", "split_mut; read_frame, write_frame of the frame"),
            ("handshake", "WebSocketAcceptor::accept, no_masking(false)"),
            ("broadcast", "WebSocket::write_frame"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(match role {
            Role::Server => Box::new(Receiving::<false>::new(stream)),
            Role::Client => Box::new(Receiving::<true>::new(stream)),
        })
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        Ok(match sending.role {
            Role::Server => send::<false>(sending),
            Role::Client => send::<true>(sending),
        })
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let Receiving { mut socket, mut buffer } = Receiving::<false>::new(stream);
        Ok(Box::new(move |messages| {
            now(async {
                let (mut common, mut reader, mut writer) = socket.split_mut();
                for _ in 0..messages {
                    let mut frame = reader
                        .read_frame(&mut buffer, &mut common, WebSocketPayloadOrigin::Adaptive)
                        .await
                        .map_err(text)?;
                    writer.write_frame(&mut common, &mut frame).await.map_err(text)?;
                }
                Ok(())
            })
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages {
                    let stream = Stream::once(request.clone(), READ);
                    let acceptor = WebSocketAcceptor::default().no_masking(NO_MASKING);
                    drop(acceptor.accept(stream).await.map_err(text)?);
                }
                Ok(())
            })
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut payload = payload.to_vec();
        let mut room: Vec<_> = (0..receivers).map(|_| socket::<false>(Stream::silent())).collect();
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages / receivers {
                    for socket in &mut room {
                        let mut frame = Frame::new_fin(OpCode::Binary, &mut payload[..]);
                        socket.write_frame(&mut frame).await.map_err(text)?;
                    }
                }
                Ok(())
            })
        }))
    }
}
