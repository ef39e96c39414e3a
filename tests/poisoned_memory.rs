//! §10.1  What goes out follows from what was put in, and not from what stood in memory before: everything is done twice,
//! with an allocator that fills its blocks with one byte and with another.
#![cfg(feature = "alloc")]
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::{Buf, Bytes};
use support::{Chunks, Pair, Random, seed};
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Response, Server, Uri};
use websocket_proto::{CloseCode, Config, MessageKind, Prepared, Role, SendError, Transmit};

thread_local! {
    static POISON: Cell<u8> = const { Cell::new(0) };
}

/// Fills what it gives and what it takes back.
struct Poisoning;

fn poison() -> u8 {
    POISON.try_with(Cell::get).unwrap_or_default()
}

// SAFETY: everything is handed on to the system's allocator; what is filled is in the block, and nobody's yet or no more.
unsafe impl GlobalAlloc for Poisoning {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the same, and a block that is there has its size.
        unsafe {
            let place = System.alloc(layout);
            if !place.is_null() {
                place.write_bytes(poison(), layout.size());
            }
            place
        }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same, and the block is still there.
        unsafe {
            place.write_bytes(poison(), layout.size());
            System.dealloc(place, layout);
        }
    }
    // Growing is a new block, a copy and the old one back: the other methods do so by these.
}

#[global_allocator]
static ALLOCATOR: Poisoning = Poisoning;

/// Does it with each byte in the memory; both have to come to the same.
fn twice<T: PartialEq>(name: &str, work: impl Fn() -> T) -> T {
    let [one, other] = [0xA5, 0x5A].map(|byte| {
        POISON.set(byte);
        work()
    });
    POISON.set(0);
    assert!(one == other, "{name}: it depends on what stood in memory");
    one
}

#[test]
fn the_memory_is_poisoned() {
    POISON.set(0xA5);
    let fresh = Vec::<u8>::with_capacity(100);
    // SAFETY: the allocator has initialised it.
    let first = unsafe { fresh.as_ptr().read() };
    assert_eq!(first, 0xA5);
}

/// All that two connections wrote and saw.
fn conversation(number: u64) -> (Vec<u8>, Vec<u8>, String) {
    let mut random = Random::new(number);
    let [mut client, mut server] = [Config::client(), Config::server()];
    for config in [&mut client, &mut server] {
        config.limits.max_write_buffer = 100_000;
        config.reference_threshold = 1 + random.below(2_000);
        config.limits.retain = random.below(10_000);
    }
    let mut pair = Pair::with(client, server);
    pair.chunks = Chunks::Random(Random::new(number));
    for _ in 0..60 {
        let role = [Role::Client, Role::Server][random.below(2)];
        let (node, _) = pair.nodes(role);
        let it = &mut node.connection;
        let size = random.size() % 70_000;
        let data = Bytes::from(random.bytes(size));
        let text = random.text(size);
        let sent = match random.below(9) {
            0 => it.send_text(&text),
            1 => it.send_binary(&data),
            2 => it.send_shared(MessageKind::Binary, &data),
            3 if role == Role::Server => it.send_prepared(&Prepared::text(text.as_str())),
            3 => it.lend_text(&text).map(drop),
            4 => it.fragment(MessageKind::Binary, &data, random.chance(50)),
            5 => it.message(MessageKind::Binary).and_then(|mut message| {
                message.write(&data)?;
                message.finish(b"end")
            }),
            6 => it.ping(&data[..data.len().min(125)]),
            7 => it.pong(&data[..data.len().min(125)]),
            _ => Ok(()),
        };
        let allowed = [SendError::Full, SendError::MessageOpen, SendError::KindMismatch];
        assert!(sent.is_ok() || allowed.contains(&sent.unwrap_err()), "{sent:?}");
        for _ in 0..random.below(4) {
            pair.step();
        }
    }
    let (node, _) = pair.nodes(Role::Server);
    node.connection.close(CloseCode::GOING_AWAY, &random.text(123)).expect("open");
    pair.drive_to_end();
    let seen = format!("{:?} {:?}", pair.client.seen, pair.server.seen);
    let ends = format!("{:?} {:?}", pair.client.end(), pair.server.end());
    (pair.client.wire, pair.server.wire, seen + &ends)
}

/// T-FR-19: messages of every kind and size, sent in every way, whole and in parts.
#[test]
fn a_conversation() {
    let mut bytes = 0;
    for number in 0..40 {
        let (client, server, _) = twice(&format!("conversation {number}"), || conversation(number));
        bytes += client.len() + server.len();
    }
    assert!(bytes > 1_000_000, "{bytes}");
}

/// All that there is to write.
fn output(mut transmit: impl FnMut(&mut Vec<u8>) -> bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    while transmit(&mut bytes) {}
    bytes
}

fn take(bytes: &mut Vec<u8>, transmit: Transmit<'_>) -> bool {
    let Transmit::Write(mut output) = transmit else { return false };
    let count = output.chunk().len();
    bytes.extend_from_slice(output.chunk());
    output.advance(count);
    true
}

/// T-FR-19: requests, acceptances, rejections and errors, by the byte.
#[test]
fn handshakes() {
    twice("handshakes", || {
        let request = ClientRequest::new(Uri::parse("ws://h/a?b").expect("a URI"))
            .subprotocols(["chat"])
            .expect("a name")
            .header("Cookie", "a=b")
            .expect("a header");
        let mut client = Client::new(&request, Config::client(), seed(1));
        let asked = output(|bytes| take(bytes, client.transmit()));
        let mut answers = vec![asked.clone()];
        for read in [1, 7, asked.len()] {
            for way in 0..3 {
                let mut server = Server::new(Config::server());
                let mut bytes = asked.clone();
                if way == 2 {
                    bytes[0] = b'P';
                }
                for read in bytes.chunks_mut(read) {
                    let mut input = read;
                    let Ok(Some(request)) = server.receive(&mut input) else { continue };
                    answers.push(
                        format!("{request:?} {:?}", request.headers().collect::<Vec<_>>()).into(),
                    );
                    let acceptance = Acceptance::new().subprotocols(["chat"]);
                    answers.push(if way == 0 {
                        let mut connection = request.accept(&acceptance).expect("accepted");
                        output(|bytes| take(bytes, connection.transmit()))
                    } else {
                        let response = Response::new(404).expect("a status").body("none");
                        let mut rejection = request.reject(&response);
                        output(|bytes| take(bytes, rejection.transmit()))
                    });
                }
                answers.push(output(|bytes| take(bytes, server.transmit())));
            }
        }
        answers
    });
}

/// Moves what there is from one to the other, and notes it.
#[cfg(feature = "deflate")]
fn pass(
    from: &mut websocket_proto::Connection,
    to: &mut websocket_proto::Connection,
    random: &mut Random,
    transcript: &mut Vec<Vec<u8>>,
) {
    let wire = output(|bytes| take(bytes, from.transmit()));
    let read = 1 + random.below(wire.len() + 1);
    transcript.push(format!("{:?}", support::feed_by(to, &wire, read)).into_bytes());
    transcript.push(wire);
}

/// T-FR-19: compressed messages.
#[cfg(feature = "deflate")]
#[test]
fn compressed_messages() {
    use websocket_proto::Connection;
    use websocket_proto::deflate::{Agreement, Compression};

    for number in 0..5 {
        twice("compressed messages", || {
            let mut config = Config::client();
            config.compression = Some(Compression::default());
            let mut random = Random::new(number);
            let agreement = Agreement::default();
            let mut client =
                Connection::client(config.clone(), seed(number)).with_compression(agreement);
            let mut server = Connection::server(config).with_compression(agreement);
            let mut transcript = Vec::new();
            for _ in 0..10 {
                let size = random.size() % 30_000;
                client.send_text(&random.text(size)).expect("room");
                server.send_binary(&random.bytes(size)).expect("room");
                pass(&mut client, &mut server, &mut random, &mut transcript);
                pass(&mut server, &mut client, &mut random, &mut transcript);
            }
            transcript
        });
    }
}
