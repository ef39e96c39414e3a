//! The machines of the crate, in every state that they can be in.

use std::time::Duration;

use bytes::Buf;
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Response, Server, Uri};
use websocket_proto::{CloseCode, Config, Connection, MessageKind, Role, Transmit};

use super::Machine;
use crate::support::{BINARY, CLOSE, CONTINUATION, PING, TEXT, frame, header, output, seed};

/// A name, what makes it and the time then, and input that goes on with what it has.
type Made = (String, Box<dyn Fn() -> (Box<dyn Machine>, Duration)>, &'static [u8]);

const START: Duration = Duration::from_secs(100);

const HEAD: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

pub(super) fn all() -> Vec<Made> {
    let mut made = Vec::new();
    servers(&mut made);
    clients(&mut made);
    for role in [Role::Server, Role::Client] {
        connections(role, &mut made);
    }
    made
}

/// Takes so many bytes of the output.
fn take(machine: &mut dyn Machine, most: usize) {
    let mut left = most;
    while let Transmit::Write(mut output) = machine.transmit() {
        let count = left.min(output.remaining());
        output.advance(count);
        left -= count;
        if left == 0 {
            return;
        }
    }
}

fn add<M: Machine + 'static>(
    made: &mut Vec<Made>,
    name: String,
    late: &'static [u8],
    make: impl Fn() -> M + 'static,
) {
    let ready = move || {
        let mut machine: Box<dyn Machine> = Box::new(make());
        machine.tick(START);
        (machine, START)
    };
    made.push((name, Box::new(ready), late));
}

fn servers(made: &mut Vec<Made>) {
    let late = HEAD.as_bytes();
    for (state, bytes) in [
        ("nothing", ""),
        ("half a line", "GET /"),
        ("a line", "GET /chat HTTP/1.1\r\n"),
        ("all but a byte", &HEAD[..HEAD.len() - 1]),
        ("a head", HEAD),
        ("no upgrade", "POST /chat HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("an error", "SSH-2.0\r\n\r\n"),
    ] {
        for taken in [0, 1, 10_000] {
            add(made, format!("server, {state}, {taken} taken"), late, move || {
                let mut server = Server::new(Config::server());
                let mut bytes = bytes.as_bytes().to_vec();
                // One that has handed its request over is done, and says nothing more.
                let _request = server.receive(&mut &mut bytes[..]);
                take(&mut server, taken);
                server
            });
        }
    }
    for taken in [0, 1, 10_000] {
        for shut_down in [false, true] {
            let name = format!("rejection, {taken} taken, shut down {shut_down}");
            add(made, name, late, move || {
                let mut bytes = HEAD.as_bytes().to_vec();
                let request = Server::new(Config::server()).receive(&mut &mut bytes[..]);
                let request = request.expect("valid").expect("whole");
                let mut rejection = request.reject(&Response::new(404).expect("a status"));
                take(&mut rejection, taken);
                if shut_down {
                    rejection.transport_shut_down();
                }
                rejection
            });
        }
    }
}

fn clients(made: &mut Vec<Made>) {
    let late = b"HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx";
    for (state, taken, bytes) in [
        ("nothing sent", 0, ""),
        ("half a request", 20, ""),
        ("half a request, a refusal", 20, "HTTP/1.1 503 x\r\n\r\n"),
        ("a request", 10_000, ""),
        ("half a response", 10_000, "HTTP/1.1 101 Sw"),
        ("an interim response", 10_000, "HTTP/1.1 100 Continue\r\n\r\n"),
        ("half a body", 10_000, "HTTP/1.1 401 x\r\nContent-Length: 10\r\n\r\nhello"),
        ("a refusal", 10_000, "HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n"),
        ("nonsense", 10_000, "SSH-2.0\r\n\r\n"),
        (
            "another accept",
            10_000,
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        ),
    ] {
        add(made, format!("client, {state}"), late, move || {
            let request = ClientRequest::new(Uri::parse("ws://h/").expect("a URI"));
            let mut client = Client::new(&request, Config::client(), seed(1));
            take(&mut client, taken);
            let mut bytes = bytes.as_bytes().to_vec();
            let _refused = client.receive(&mut &mut bytes[..]);
            client
        });
    }
    add(made, "client, a 101".into(), late, || {
        let request = ClientRequest::new(Uri::parse("ws://h/").expect("a URI"));
        let mut client = Client::new(&request, Config::client(), seed(1));
        let mut head = Vec::new();
        while let Transmit::Write(mut output) = client.transmit() {
            head.extend_from_slice(output.chunk());
            output.advance(output.chunk().len());
        }
        let asked = Server::new(Config::server()).receive(&mut &mut head[..]);
        let asked = asked.expect("valid").expect("whole");
        let mut answer = output(&mut asked.accept(&Acceptance::new()).expect("accepted"));
        let established = client.receive(&mut &mut answer[..]);
        assert!(established.expect("valid").is_some());
        client
    });
}

/// A name, and what is done to a fresh connection.
type Step = (&'static str, fn(&mut Connection));

/// A server's begin as they are, and with the 101 in front of everything that is queued.
fn connections(role: Role, made: &mut Vec<Made>) {
    let late: &[u8] = match role {
        Role::Server => &[0x81, 0x81, 0, 0, 0, 0, b'x', 0x88, 0x80, 0, 0, 0, 0],
        Role::Client => &[0x81, 1, b'x', 0x88, 0],
    };
    let steps: [Step; 22] = [
        ("fresh", |_| {}),
        ("half a header", |it| receive(it, 1, &peer(it, true, TEXT, b"x"))),
        ("half a payload", |it| receive(it, 9, &peer(it, true, TEXT, b"0123456789"))),
        ("half a Ping", |it| receive(it, 9, &peer(it, true, PING, b"0123456789"))),
        ("half a Close", |it| receive(it, 9, &peer(it, true, CLOSE, b"\x03\xE80123456"))),
        ("a fragment", |it| receive(it, 99, &peer(it, false, BINARY, b"x"))),
        ("a message queued", |it| it.send_text("a message").expect("room")),
        ("a message in transmission", |it| {
            it.send_text("a message").expect("room");
            take(it, 1);
        }),
        ("a fragment queued", |it| it.fragment(MessageKind::Text, b"x", false).expect("room")),
        ("a Ping queued", |it| it.ping(b"x").expect("room")),
        ("a Close queued", |it| it.close(CloseCode::NORMAL, "bye").expect("open")),
        ("a Close in transmission", |it| {
            it.close(CloseCode::NORMAL, "bye").expect("open");
            take(it, 1);
        }),
        ("a Close sent", |it| {
            it.close(CloseCode::NORMAL, "bye").expect("open");
            take(it, 99);
        }),
        ("a Close sent, half a message", |it| {
            it.close(CloseCode::NORMAL, "bye").expect("open");
            take(it, 99);
            receive(it, 9, &peer(it, true, TEXT, b"0123456789"));
        }),
        ("a Close received", |it| receive(it, 99, &peer(it, true, CLOSE, b"\x03\xE8"))),
        ("a Close received, half answered", |it| {
            receive(it, 99, &peer(it, true, CLOSE, b"\x03\xE8"));
            take(it, 1);
        }),
        ("both Closes", |it| {
            receive(it, 99, &peer(it, true, CLOSE, b"\x03\xE8"));
            take(it, 99);
        }),
        ("both Closes, shut down", |it| {
            receive(it, 99, &peer(it, true, CLOSE, b"\x03\xE8"));
            take(it, 99);
            it.transport_shut_down();
        }),
        ("failed", |it| receive(it, 99, &peer(it, true, CONTINUATION, b"x"))),
        ("failed, and told", |it| {
            receive(it, 99, &peer(it, true, CONTINUATION, b"x"));
            take(it, 99);
        }),
        ("failed at a header", |it| {
            receive(it, 99, &header(it.role().peer(), true, TEXT, 1 << 40));
            take(it, 99);
            it.transport_shut_down();
        }),
        ("given up", Connection::abort),
    ];
    for (state, step) in steps {
        let is_server = role == Role::Server;
        for begun in [false, true].into_iter().take(1 + usize::from(is_server)) {
            add(made, format!("{role:?}, {state}, 101 queued {begun}"), late, move || {
                let mut connection = match role {
                    Role::Server if begun => accepted(),
                    Role::Server => Connection::server(Config::server()),
                    Role::Client => Connection::client(Config::server(), seed(2)),
                };
                step(&mut connection);
                connection
            });
        }
    }
}

/// A connection whose 101 has not gone out.
fn accepted() -> Connection {
    let mut bytes = HEAD.as_bytes().to_vec();
    let request = Server::new(Config::server()).receive(&mut &mut bytes[..]);
    let request = request.expect("valid").expect("whole");
    request.accept(&Acceptance::new()).expect("accepted")
}

fn peer(connection: &Connection, fin: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(connection.role().peer(), fin, opcode, payload)
}

/// Has it receive the first bytes.
fn receive(connection: &mut Connection, most: usize, bytes: &[u8]) {
    let mut bytes = bytes[..most.min(bytes.len())].to_vec();
    let mut input = &mut bytes[..];
    while !input.is_empty() {
        let _violation = connection.receive(&mut input);
    }
}
