//! This crate: the loop of its documentation, with a read buffer of the driver's: 64 KiB, and 16 KiB as there.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use websocket_proto::handshake::{Acceptance, Server};
use websocket_proto::{Config, Connection, Event, Prepared as Encoded, Role, Transmit};

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Side, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

pub struct Ours {
    pub name: &'static str,
    /// Size of the driver's read buffer, in bytes.
    pub read: usize,
}

fn connection(role: Role) -> Connection {
    match role {
        Role::Server => Connection::server(Config::server()),
        Role::Client => Connection::client_from_os(Config::client()).expect("random bytes"),
    }
}

/// Writes what is queued, the header and a referenced payload in one call.
#[inline]
fn flush(connection: &mut Connection, stream: &mut Stream) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let mut parts = [IoSlice::new(&[]); 16];
        let count = output.chunks_vectored(&mut parts);
        let written = stream.accept_vectored(&parts[..count]);
        output.advance(written);
    }
}

struct Receiving {
    connection: Connection,
    stream: Stream,
    buffer: Box<[u8]>,
    /// What of the buffer was read and not received.
    unread: std::ops::Range<usize>,
}

impl Receive for Receiving {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        let mut left = messages;
        while left > 0 {
            if self.unread.is_empty() {
                self.unread = 0..self.stream.fill(&mut self.buffer);
                if self.unread.is_empty() {
                    return Err("end of the stream".into());
                }
            }
            let mut input = &mut self.buffer[self.unread.clone()];
            while left > 0 {
                match self.connection.receive(&mut input) {
                    Ok(Some(Event::Binary(data))) => see(Kind::Binary, &data),
                    Ok(Some(Event::Text(text))) => see(Kind::Text, text.as_bytes()),
                    Ok(Some(_)) => continue,
                    Ok(None) => break,
                    Err(violation) => return Err(text(violation)),
                }
                left -= 1;
            }
            self.unread.start = self.unread.end - input.len();
        }
        Ok(())
    }
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn side(&self) -> Side {
        Side::Ours
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "read into the driver's buffer; Connection::receive until None"),
            (
                "send",
                "send_binary; transmit, chunks_vectored, advance; \
                      server from 4 KiB: lend_binary, chunks_vectored, advance",
            ),
            ("echo", "receive, send_binary of the event; transmit when the read is used up"),
            ("handshake", "handshake::Server::receive, Request::accept, transmit"),
            ("broadcast", "Prepared::binary once, send_prepared, transmit"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        let buffer = vec![0; self.read].into();
        Ok(Box::new(Receiving { connection: connection(role), stream, buffer, unread: 0..0 }))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let (mut connection, mut stream) = (connection(sending.role), Stream::silent());
        let large = sending.role == Role::Server && sending.payload.len() >= 4096;
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    if large {
                        let mut lent = connection.lend_binary(&sending.payload).map_err(text)?;
                        let mut parts = [IoSlice::new(&[]); 16];
                        let count = lent.chunks_vectored(&mut parts);
                        let written = stream.accept_vectored(&parts[..count]);
                        lent.advance(written);
                    } else {
                        connection.send_binary(&sending.payload).map_err(text)?;
                    }
                }
                flush(&mut connection, &mut stream);
                Ok(())
            })
        }))
    }

    fn echo(&self, mut stream: Stream) -> Prepared<Work> {
        let mut connection = connection(Role::Server);
        let mut buffer: Box<[u8]> = vec![0; self.read].into();
        let mut ahead = 0;
        Ok(Box::new(move |messages| {
            // What an earlier call answered beyond its number counts for this one.
            while ahead < messages {
                let count = stream.fill(&mut buffer);
                let mut input = &mut buffer[..count];
                loop {
                    match connection.receive(&mut input) {
                        Ok(Some(Event::Binary(data))) => connection.send_binary(&data),
                        Ok(Some(Event::Text(text))) => connection.send_text(&text),
                        Ok(Some(_)) => continue,
                        Ok(None) => break,
                        Err(violation) => return Err(text(violation)),
                    }
                    .map_err(text)?;
                    ahead += 1;
                }
                flush(&mut connection, &mut stream);
            }
            ahead -= messages;
            Ok(())
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        let (config, acceptance) = (Arc::new(Config::server()), Acceptance::new());
        let mut buffer: Box<[u8]> = vec![0; self.read].into();
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let mut stream = Stream::once(request.clone(), READ);
                let count = stream.fill(&mut buffer);
                let mut server = Server::new(config.clone());
                let request = server.receive(&mut &mut buffer[..count]).map_err(text)?;
                let request = request.ok_or("no request")?;
                let mut connection = request.accept(&acceptance).map_err(|_| "an objection")?;
                flush(&mut connection, &mut stream);
            }
            Ok(())
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let config = Arc::new(Config::server());
        let mut room: Vec<_> = (0..receivers)
            .map(|_| (Connection::server(config.clone()), Stream::silent()))
            .collect();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                let news = Encoded::binary(payload.clone());
                for (connection, stream) in &mut room {
                    connection.send_prepared(&news).map_err(text)?;
                    flush(connection, stream);
                }
            }
            Ok(())
        }))
    }
}
