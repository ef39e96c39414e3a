//! shiguredo_websocket: sans-IO like this crate, with owned buffers everywhere.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use sha1::{Digest, Sha1};
use shiguredo_websocket::{
    ClientConnectionOptions, ConnectionEvent, ConnectionOutput, Error, RandomSource,
    ServerConnectionOptions, Timestamp, WebSocketClientConnection, WebSocketServerConnection,
};
use websocket_proto::Role;

use super::{Contender, Outcome, Prepared, Receive, Receiver, Sending, Work, text};
use crate::stream::{READ, Stream, Wire};
use crate::wire::{Kind, browser_request};

pub struct Shiguredo;

struct Random;

const NONCE: [u8; 16] = *b"the sample nonce";

impl RandomSource for Random {
    fn masking_key(&mut self) -> [u8; 4] {
        fastrand::u32(..).to_ne_bytes()
    }

    fn nonce(&mut self) -> [u8; 16] {
        NONCE
    }
}

enum Connection {
    Server(WebSocketServerConnection),
    Client(WebSocketClientConnection<Random>),
}

impl Connection {
    /// It has no way around the handshake.
    fn new(role: Role) -> Self {
        let mut connection = match role {
            Role::Server => {
                let options = ServerConnectionOptions::new().ping_interval(0);
                let mut server = WebSocketServerConnection::new(options);
                server.feed_recv_buf(browser_request().bytes()).expect("a good request");
                server.accept_handshake_auto().expect("a good request");
                Self::Server(server)
            }
            Role::Client => {
                let options = ClientConnectionOptions::new("example.com", "/").ping_interval(0);
                let mut client = WebSocketClientConnection::new(options, Random);
                client.connect().expect("a good request");
                let key = BASE64_STANDARD.encode(NONCE);
                let accept = Sha1::new()
                    .chain_update(key)
                    .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                    .finalize();
                let response = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: {}\r\n\r\n",
                    BASE64_STANDARD.encode(accept)
                );
                let now = Timestamp::from_millis(0);
                client.feed_recv_buf(response.as_bytes(), now).expect("a good response");
                Self::Client(client)
            }
        };
        while connection.poll_event().is_some() {}
        while connection.poll_output().is_some() {}
        connection
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Server(server) => server.feed_recv_buf(bytes),
            Self::Client(client) => client.feed_recv_buf(bytes, Timestamp::from_millis(0)),
        }
    }

    fn poll_event(&mut self) -> Option<ConnectionEvent> {
        match self {
            Self::Server(server) => server.poll_event(),
            Self::Client(client) => client.poll_event(),
        }
    }

    fn poll_output(&mut self) -> Option<ConnectionOutput> {
        match self {
            Self::Server(server) => server.poll_output(),
            Self::Client(client) => client.poll_output(),
        }
    }

    fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        match self {
            Self::Server(server) => server.send_binary(data),
            Self::Client(client) => client.send_binary(data),
        }
    }

    fn send_text(&mut self, data: &str) -> Result<(), Error> {
        match self {
            Self::Server(server) => server.send_text(data),
            Self::Client(client) => client.send_text(data),
        }
    }

    fn flush(&mut self, stream: &mut Stream) {
        while let Some(output) = self.poll_output() {
            if let ConnectionOutput::SendData(data) = output {
                stream.accept(&data);
            }
        }
    }
}

struct Receiving {
    connection: Connection,
    stream: Stream,
    buffer: Box<[u8]>,
}

impl Receiving {
    fn new(role: Role, stream: Stream) -> Self {
        Self { connection: Connection::new(role), stream, buffer: vec![0; READ].into() }
    }

    fn next(&mut self) -> Result<ConnectionEvent, String> {
        loop {
            if let Some(event) = self.connection.poll_event() {
                return Ok(event);
            }
            let count = self.stream.fill(&mut self.buffer);
            if count == 0 {
                return Err("end of the stream".into());
            }
            self.connection.feed(&self.buffer[..count]).map_err(text)?;
        }
    }
}

impl Receive for Receiving {
    fn receive(&mut self, messages: usize, mut see: impl FnMut(Kind, &[u8])) -> Outcome {
        for _ in 0..messages {
            match self.next()? {
                ConnectionEvent::BinaryMessage(data) => see(Kind::Binary, &data),
                ConnectionEvent::TextMessage(text) => see(Kind::Text, text.as_bytes()),
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(())
    }
}

impl Contender for Shiguredo {
    fn name(&self) -> &'static str {
        "shiguredo_websocket"
    }

    fn calls(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("receive", "read 64 KiB; feed_recv_buf, poll_event"),
            ("send", "send_binary; poll_output, a write of each"),
            ("echo", "poll_event, send_binary of the data; poll_output at the end"),
            (
                "handshake",
                "WebSocketServerConnection::feed_recv_buf, accept_handshake_auto, poll_output",
            ),
            ("broadcast", "send_binary, poll_output"),
        ]
    }

    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>> {
        Ok(Box::new(Receiving::new(role, stream)))
    }

    fn send(&self, sending: Sending) -> Prepared<Work> {
        let (mut connection, mut stream) = (Connection::new(sending.role), Stream::silent());
        Ok(Box::new(move |messages| {
            sending.groups(messages, |count| {
                for _ in 0..count {
                    connection.send_binary(&sending.payload).map_err(text)?;
                }
                connection.flush(&mut stream);
                Ok(())
            })
        }))
    }

    fn echo(&self, stream: Stream) -> Prepared<Work> {
        let mut receiving = Receiving::new(Role::Server, stream);
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                match receiving.next()? {
                    ConnectionEvent::BinaryMessage(data) => receiving.connection.send_binary(&data),
                    ConnectionEvent::TextMessage(text) => receiving.connection.send_text(&text),
                    other => return Err(format!("{other:?}")),
                }
                .map_err(text)?;
            }
            let Receiving { connection, stream, .. } = &mut receiving;
            connection.flush(stream);
            Ok(())
        }))
    }

    fn handshake(&self, request: Wire) -> Prepared<Work> {
        let mut buffer: Box<[u8]> = vec![0; READ].into();
        Ok(Box::new(move |messages| {
            for _ in 0..messages {
                let mut stream = Stream::once(request.clone(), READ);
                let count = stream.fill(&mut buffer);
                let options = ServerConnectionOptions::new().ping_interval(0);
                let mut server = WebSocketServerConnection::new(options);
                server.feed_recv_buf(&buffer[..count]).map_err(text)?;
                server.accept_handshake_auto().map_err(text)?;
                Connection::Server(server).flush(&mut stream);
            }
            Ok(())
        }))
    }

    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work> {
        let mut room: Vec<_> =
            (0..receivers).map(|_| (Connection::new(Role::Server), Stream::silent())).collect();
        Ok(Box::new(move |messages| {
            for _ in 0..messages / receivers {
                for (connection, stream) in &mut room {
                    connection.send_binary(&payload).map_err(text)?;
                    connection.flush(stream);
                }
            }
            Ok(())
        }))
    }
}
