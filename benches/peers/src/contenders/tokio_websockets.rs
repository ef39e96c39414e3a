//! tokio-websockets: a `Stream` and a `Sink`; SIMD chosen at run time, keys from `fastrand`.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Config, Message, ServerBuilder, WebSocketStream};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire, now};
use crate::wire::Kind;

pub struct TokioWebsockets;

/// Messages that are answered together.
const BATCH: usize = 64;

fn socket(role: Role, stream: Stream) -> WebSocketStream<Stream> {
    // As much as is sent before a flush here: less would write in between.
    let config = Config::default().flush_threshold(READ);
    match role {
        Role::Server => ServerBuilder::new().config(config).serve(stream),
        Role::Client => ClientBuilder::new().config(config).take_over(stream),
    }
}

impl Receive for WebSocketStream<Stream> {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        now(async {
            for _ in 0..messages {
                let message = self.next().await.ok_or("end of the stream")?.map_err(text)?;
                let kind = if message.is_text() { Kind::Text } else { Kind::Binary };
                see(kind, message.as_payload());
            }
            Ok(())
        })
    }
}

impl Contender for TokioWebsockets {
    fn name(&self) -> &'static str {
        "tokio-websockets"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "StreamExt::next"),
            ("send", "SinkExt::feed of Message::binary(Bytes), flush per group"),
            ("echo", "next 64 times, feed of each message, flush"),
            ("handshake", "ServerBuilder::accept"),
            ("broadcast", "SinkExt::send of Message::binary of a clone of one Bytes"),
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
                        let message = Message::binary(sending.payload.clone());
                        socket.feed(message).await.map_err(text)?;
                    }
                    socket.flush().await.map_err(text)
                })
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut socket = socket(Role::Server, stream);
        let mut batch = Vec::with_capacity(BATCH);
        Ok(Box::new(move |messages| {
            now(async {
                let mut left = messages;
                while left > 0 {
                    // `next` flushes what is queued: taken in turn, each answer would be a write of its own.
                    for _ in 0..left.min(BATCH) {
                        let message = socket.next().await.ok_or("end of the stream")?;
                        batch.push(message.map_err(text)?);
                    }
                    left -= batch.len();
                    for message in batch.drain(..) {
                        socket.feed(message).await.map_err(text)?;
                    }
                    socket.flush().await.map_err(text)?;
                }
                Ok(())
            })
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        let builder = ServerBuilder::new();
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages {
                    let stream = Stream::once(request.clone(), READ);
                    drop(builder.accept(stream).await.map_err(text)?);
                }
                Ok(())
            })
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> =
            (0..receivers).map(|_| socket(Role::Server, Stream::silent())).collect();
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages / receivers {
                    for socket in &mut room {
                        socket.send(Message::binary(payload.clone())).await.map_err(text)?;
                    }
                }
                Ok(())
            })
        }))
    }
}
