//! The client of `tests/interop/run`: carries out one case with a server of another implementation.
//!
//! ```text
//! interop_client ws://HOST:PORT CASE
//! ```
//!
//! Exits 0 if everything was as it should be; `tests/interop/README.md` says what the cases are.

use std::{env, error::Error, fmt::Debug};

use websocket_proto::{
    CloseStatus, Event, Initiator, MessageKind,
    adapter::blocking::{self, ClientStream, Message, WebSocket},
    frame::CloseCode,
    handshake::{ClientRequest, Uri},
};

const TEXT: &str = "Hello, 世界 👋";
const PING: &[u8] = b"are you there?";

type Socket = WebSocket<ClientStream>;
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [server, case] = arguments.as_slice() else {
        return Err("interop_client ws://HOST:PORT CASE".into());
    };
    match case.as_str() {
        "text" => echo(server, &[text(TEXT), text("")]),
        "binary" => echo(server, &[binary(every_byte(1)), binary(Vec::new())]),
        "large" => echo(server, &[binary(every_byte(1 << 16))]),
        "many" => many(server),
        "subprotocol" => subprotocol(server),
        "close" => close(open(server, "/")?, 4000, "so long"),
        "peer-close" => peer_close(server),
        "origin-allowed" => {
            let request = request(server, "/")?.origin("http://allowed.example")?;
            close(blocking::connect(request)?, 1000, "")
        }
        "origin-refused" => origin_refused(server),
        "ping" => ping(server),
        "peer-ping" => {
            let mut socket = open(server, "/ping")?;
            expect_message(&mut socket, &text("pong"))?;
            close(socket, 1000, "")
        }
        "fragmented" => fragmented(server),
        "peer-fragmented" => {
            let mut socket = open(server, "/fragments")?;
            expect_message(&mut socket, &text(TEXT))?;
            expect_message(&mut socket, &binary(every_byte(2)))?;
            close(socket, 1000, "")
        }
        _ => Err(format!("no case {case}").into()),
    }
}

fn echo(server: &str, messages: &[Message]) -> Outcome {
    let mut socket = open(server, "/")?;
    for message in messages {
        match message {
            Message::Text(text) => socket.send_text(text)?,
            Message::Binary(data) => socket.send_binary(data)?,
        }
        expect_message(&mut socket, message)?;
    }
    close(socket, 1000, "")
}

fn many(server: &str) -> Outcome {
    let mut socket = open(server, "/")?;
    // A batch of both directions fits the buffers of the system: nobody waits for the other to read.
    for batch in 0..10 {
        let numbers = batch * 1_000..(batch + 1) * 1_000;
        for number in numbers.clone() {
            socket.feed_text(&format!("message {number}"))?;
        }
        socket.flush()?;
        for number in numbers {
            expect_message(&mut socket, &text(&format!("message {number}")))?;
        }
    }
    close(socket, 1000, "")
}

fn subprotocol(server: &str) -> Outcome {
    let request = request(server, "/")?.subprotocols(["unknown", "superchat", "chat"])?;
    let socket = blocking::connect(request)?;
    expect("subprotocol", &socket.subprotocol(), &Some("superchat"))?;
    close(socket, 1000, "")
}

fn peer_close(server: &str) -> Outcome {
    let mut socket = open(server, "/close?code=4001&reason=bye")?;
    if socket.read()?.is_some() {
        return Err("a message instead of a close".into());
    }
    let end = socket.close_information().ok_or("still open")?;
    expect("code", &end.received, &CloseStatus::Code(code(4001)?))?;
    expect("reason", &end.reason, &"bye")?;
    expect("initiator", &end.initiator, &Initiator::Peer)?;
    expect("clean", &end.clean, &true)
}

fn origin_refused(server: &str) -> Outcome {
    let request = request(server, "/")?.origin("http://refused.example")?;
    match blocking::connect(request) {
        Ok(_) => Err("not refused".into()),
        Err(blocking::Error::Refused(refused)) => expect("status", &refused.status, &403),
        Err(error) => Err(error.into()),
    }
}

fn ping(server: &str) -> Outcome {
    let mut socket = open(server, "/")?;
    for payload in [PING, b""] {
        socket.ping(payload)?;
        expect_pong(&mut socket, payload)?;
    }
    close(socket, 1000, "")
}

fn expect_pong(socket: &mut Socket, payload: &[u8]) -> Outcome {
    loop {
        let mut batch = socket.read_batch()?.ok_or("closed")?;
        while let Some(event) = batch.next_event()? {
            match event {
                Event::Pong(data) => return expect("pong", &&*data, &payload),
                Event::Ping(_) => {}
                other => return Err(format!("{other:?} instead of a pong").into()),
            }
        }
    }
}

fn fragmented(server: &str) -> Outcome {
    let mut socket = open(server, "/")?;
    // One byte each: characters are split, too. The ping goes between two fragments.
    for (index, byte) in TEXT.as_bytes().iter().enumerate() {
        let fin = index + 1 == TEXT.len();
        socket.send_with(|outgoing| outgoing.fragment(MessageKind::Text, &[*byte], fin))?;
        if index == 3 {
            socket.ping(PING)?;
        }
    }
    expect_message(&mut socket, &text(TEXT))?;
    let bytes = every_byte(1);
    for (data, fin) in [(&[][..], false), (&bytes, false), (&[], false), (&bytes, true)] {
        socket.feed_with(|outgoing| outgoing.fragment(MessageKind::Binary, data, fin))?;
    }
    socket.flush()?;
    expect_message(&mut socket, &binary(every_byte(2)))?;
    close(socket, 1000, "")
}

fn request(server: &str, target: &str) -> Outcome<ClientRequest> {
    let url = format!("{}{target}", server.trim_end_matches('/'));
    Ok(ClientRequest::new(Uri::parse(&url)?))
}

fn open(server: &str, target: &str) -> Outcome<Socket> {
    Ok(blocking::connect(request(server, target)?)?)
}

/// Closes and waits for the end, which must be clean. Not every peer answers with the code it got.
fn close(mut socket: Socket, status: u16, reason: &str) -> Outcome {
    let end = socket.close(code(status)?, reason)?;
    expect("sent", &end.sent, &Some(CloseStatus::Code(code(status)?)))?;
    expect("initiator", &end.initiator, &Initiator::Local)?;
    expect("clean", &end.clean, &true)
}

fn expect_message(socket: &mut Socket, expected: &Message) -> Outcome {
    let message = socket.read()?.ok_or("closed")?;
    if message == *expected {
        return Ok(());
    }
    let (kind, length) = (message.kind(), message.as_bytes().len());
    Err(format!("{kind:?} of {length} bytes instead of {:?}", expected.kind()).into())
}

fn expect<T: Debug + PartialEq>(what: &str, actual: &T, expected: &T) -> Outcome {
    if actual == expected {
        return Ok(());
    }
    Err(format!("{what}: {actual:?} instead of {expected:?}").into())
}

fn code(code: u16) -> Outcome<CloseCode> {
    Ok(CloseCode::new(code).ok_or("no such code")?)
}

fn text(text: &str) -> Message {
    Message::Text(text.to_owned().into())
}

fn binary(data: Vec<u8>) -> Message {
    Message::Binary(data.into())
}

/// All values of a byte in order, so many times.
fn every_byte(times: usize) -> Vec<u8> {
    (0..=u8::MAX).collect::<Vec<_>>().repeat(times)
}
