//! sockudo-ws, its stream: `Stream` and `Sink`; feed and flush as its `Config` advises. Pings and idle
//! deadlines are off, since they need a runtime's timer.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::handshake::server_handshake;
use sockudo_ws::{Config, Message, WebSocketStream};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire, now};
use crate::wire::Kind;

pub struct SockudoStream;

fn config() -> Config {
    Config::builder().auto_ping(false).idle_timeout(0).build()
}

fn socket(role: Role, stream: Stream) -> WebSocketStream<Stream> {
    match role {
        Role::Server => WebSocketStream::server(stream, config()),
        Role::Client => WebSocketStream::client(stream, config()),
    }
}

impl Receive for WebSocketStream<Stream> {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        now(async {
            for _ in 0..messages {
                match self.next().await.ok_or("end of the stream")?.map_err(text)? {
                    Message::Binary(data) => see(Kind::Binary, &data),
                    Message::Text(data) => see(Kind::Text, &data),
                    other => return Err(format!("{other:?}")),
                }
            }
            Ok(())
        })
    }
}

impl Contender for SockudoStream {
    fn name(&self) -> &'static str {
        "sockudo-ws stream"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "StreamExt::next"),
            ("send", "SinkExt::feed of Message::Binary(Bytes), flush per group"),
            ("echo", "next, feed of the message, flush at the end"),
            ("handshake", "handshake::server_handshake, WebSocketStream::server"),
            ("broadcast", "SinkExt::send of Message::Binary of a clone of one Bytes"),
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
                        let message = Message::Binary(sending.payload.clone());
                        socket.feed(message).await.map_err(text)?;
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
                    let message = socket.next().await.ok_or("end of the stream")?.map_err(text)?;
                    socket.feed(message).await.map_err(text)?;
                }
                socket.flush().await.map_err(text)
            })
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        let config = config();
        Ok(Box::new(move |messages| {
            now(async {
                for _ in 0..messages {
                    let mut stream = Stream::once(request.clone(), READ);
                    drop(server_handshake(&mut stream).await.map_err(text)?);
                    drop(WebSocketStream::server(stream, config.clone()));
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
                        socket.send(Message::Binary(payload.clone())).await.map_err(text)?;
                    }
                }
                Ok(())
            })
        }))
    }
}
