//! Repeats one path of the core; `.ci/instructions` counts the instructions that it takes under callgrind.
//!
//! `instructions CASE N` goes through an operation `N` times, without arguments it lists the cases and their `N`, and
//! `instructions target` says what the code was compiled for and finds at run time. Everything is the same in every
//! run, and what has to be made beforehand is made for `2N`, so that `2N` differ from `N` by `N` operations alone.

mod wire;

use std::env;
use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use websocket_proto::frame::{Header, Opcode, apply_mask};
use websocket_proto::rules::Sequence;
use websocket_proto::utf8::Validator;
use websocket_proto::{Config, Connection, Delivery, MessageKind, Prepared, Role};
use wire::opening::{REQUEST, connect, request, response, serve};
use wire::{
    Content, KEY, connection, connection_with, drain, echo, fragments, frame, message, receive,
    role_name,
};

/// Messages that stand in one read, unless they are longer than 64 KiB together.
const IN_A_READ: usize = 64;

/// Frames that a client has masking keys for, until it draws more: sends are counted by multiples of it.
const KEYS: usize = 15;

struct Case {
    name: String,
    /// Operations in the shorter of the two runs.
    count: usize,
    run: Box<dyn Fn(Run)>,
}

/// How often, of at most how often.
#[derive(Clone, Copy)]
struct Run {
    count: usize,
    most: usize,
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        // From `cargo bench`.
        [.., "--bench"] => println!("instructions: counted by .ci/instructions"),
        [name, count] => {
            let cases = cases();
            let case = cases.iter().find(|case| case.name == name).expect("a case that is listed");
            let run = Run { count: count.parse().expect("a number"), most: 2 * case.count };
            assert!(run.count <= run.most, "at most {}", run.most);
            (case.run)(run);
        }
        ["target"] => println!("{}", target()),
        _ => cases().iter().for_each(|case| println!("{} {}", case.name, case.count)),
    }
}

fn target() -> String {
    #[cfg(target_arch = "x86_64")]
    let vectors =
        if std::arch::is_x86_feature_detected!("avx2") { "with AVX2" } else { "without AVX2" };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = "by its baseline";
    format!("{} {vectors}", env::consts::ARCH)
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    headers(&mut cases);
    kernels(&mut cases);
    receiving(&mut cases);
    in_pieces(&mut cases);
    sending(&mut cases);
    answering(&mut cases);
    opening(&mut cases);
    broadcasting(&mut cases);
    #[cfg(feature = "deflate")]
    compression::cases(&mut cases);
    cases
}

fn add(cases: &mut Vec<Case>, name: impl Into<String>, count: usize, run: impl Fn(Run) + 'static) {
    cases.push(Case { name: name.into(), count, run: Box::new(run) });
}

/// One header of a client.
fn headers(cases: &mut Vec<Case>) {
    for (form, length) in [("7-bits", 16), ("16-bits", 1 << 10), ("64-bits", 64 << 10)] {
        let opcode = Opcode::Binary;
        let header = Header { fin: true, rsv1: false, opcode, mask: Some(KEY), length };
        add(cases, format!("header-decode-{form}"), 1000, move |run| {
            let bytes = header.encode();
            for _ in 0..run.count {
                let decoded = Header::decode(black_box(&bytes), Role::Server, Sequence::Idle);
                black_box(&decoded).as_ref().expect("legal");
            }
        });
        add(cases, format!("header-encode-{form}"), 1000, move |run| {
            for _ in 0..run.count {
                black_box(black_box(&header).encode());
            }
        });
    }
}

/// One payload; copying is what a client does, with the header and the key of its frame.
fn kernels(cases: &mut Vec<Case>) {
    for size in [16, 125, 1 << 10, 64 << 10] {
        let count = (1 << 20) / (size + 1024);
        add(cases, format!("mask-in-place-{size}"), count, move |run| {
            let mut data = Content::Binary.payload(size);
            for _ in 0..run.count {
                apply_mask(black_box(&mut data), KEY);
            }
        });
    }
    for size in [16, 125, 1 << 10, 64 << 10] {
        let count = KEYS * ((64 << 10) / (size + 1024)).max(1);
        add(cases, format!("mask-and-copy-{size}"), count, move |run| {
            let data = Content::Binary.payload(size);
            let mut client = connection(Role::Client);
            for _ in 0..run.count / KEYS {
                for _ in 0..KEYS {
                    client.send_binary(black_box(&data)).expect("room");
                }
                drain(&mut client);
            }
        });
    }
    for content in [Content::Ascii, Content::Multilingual] {
        for size in [125, 16 << 10] {
            add(cases, format!("utf8-{}-{size}", content.name()), 100, move |run| {
                let text = content.payload(size);
                for _ in 0..run.count {
                    let mut validator = Validator::new();
                    validator.push(black_box(&text)).expect("valid");
                    validator.finish().expect("valid");
                }
            });
        }
    }
}

/// One message that stands whole in a read, with others.
fn receiving(cases: &mut Vec<Case>) {
    for content in Content::ALL {
        for size in [16, 125, 1 << 10, 64 << 10] {
            receive_whole(cases, Role::Server, content, size);
        }
    }
    for content in [Content::Binary, Content::Multilingual] {
        for size in [16, 125, 1 << 10] {
            receive_whole(cases, Role::Client, content, size);
        }
    }
}

fn receive_whole(cases: &mut Vec<Case>, role: Role, content: Content, size: usize) {
    let name = format!("receive-{}-{}-{size}", role_name(role), content.name());
    let in_a_read = ((64 << 10) / size).clamp(1, IN_A_READ);
    add(cases, name, 10 * in_a_read, move |run| {
        let one = message(role, content, size);
        let mut input = one.repeat(run.most);
        let mut connection = connection(role);
        let mut received = 0;
        for read in input[..one.len() * run.count].chunks_mut(one.len() * in_a_read) {
            received += receive(&mut connection, read);
        }
        assert_eq!(received, run.count);
    });
}

/// One message that is assembled, or delivered in chunks.
fn in_pieces(cases: &mut Vec<Case>) {
    const SIZE: usize = 64 << 10;
    let contents = [Content::Binary, Content::Multilingual];
    for content in contents {
        add(cases, format!("receive-16-fragments-{}", content.name()), 5, move |run| {
            let one = fragments(Role::Server, content, SIZE, 16);
            in_reads(connection(Role::Server), &one, one.len(), run);
        });
    }
    for content in contents {
        for size in [125, 1 << 10, SIZE] {
            let name = format!("receive-two-reads-{}-{size}", content.name());
            add(cases, name, ((1 << 16) / size).min(100) + 5, move |run| {
                let one = message(Role::Server, content, size);
                in_reads(connection(Role::Server), &one, one.len().div_ceil(2), run);
            });
        }
    }
    for content in contents {
        add(cases, format!("receive-chunks-{}", content.name()), 5, move |run| {
            let one = message(Role::Server, content, SIZE);
            let connection = connection_with(Role::Server, Delivery::Chunks);
            in_reads(connection, &one, 16 << 10, run);
        });
    }
}

fn in_reads(mut connection: Connection, one: &[u8], read: usize, run: Run) {
    let mut input = one.repeat(run.most);
    for message in input[..one.len() * run.count].chunks_mut(one.len()) {
        let received: usize =
            message.chunks_mut(read).map(|read| receive(&mut connection, read)).sum();
        assert!(received > 0);
    }
}

/// One message, queued and taken.
fn sending(cases: &mut Vec<Case>) {
    for role in wire::ROLES {
        for size in [16, 125, 1 << 10, 64 << 10] {
            let count = KEYS * ((64 << 10) / (size + 1024)).max(1);
            add(cases, format!("send-{}-{size}", role_name(role)), count, move |run| {
                let data = Content::Binary.payload(size);
                let mut connection = connection(role);
                for _ in 0..run.count {
                    connection.send_binary(black_box(&data)).expect("room");
                    drain(&mut connection);
                }
            });
        }
    }
    add(cases, "send-shared-65536", 500, |run| {
        let data = Bytes::from(Content::Binary.payload(64 << 10));
        let mut server = connection(Role::Server);
        for _ in 0..run.count {
            server.send_shared(MessageKind::Binary, black_box(&data)).expect("room");
            drain(&mut server);
        }
    });
}

/// One message, received, queued again and taken; one Ping, and its Pong taken.
fn answering(cases: &mut Vec<Case>) {
    for size in [16, 125, 1 << 10] {
        add(cases, format!("echo-server-{size}"), 500, move |run| {
            let mut input = message(Role::Server, Content::Binary, size);
            let mut server = connection(Role::Server);
            for _ in 0..run.count {
                echo(&mut server, &mut input);
            }
        });
    }
    add(cases, "ping-answered", 500, |run| {
        let mut input = frame(Role::Server, true, Opcode::Ping, b"alive?");
        let mut server = connection(Role::Server);
        for _ in 0..run.count {
            receive(&mut server, &mut input);
            drain(&mut server);
        }
    });
}

/// One opening handshake, and its connection dropped.
fn opening(cases: &mut Vec<Case>) {
    add(cases, "handshake-server", 50, |run| {
        let config = Arc::new(Config::server());
        let mut head = REQUEST.as_bytes().to_vec();
        for _ in 0..run.count {
            black_box(serve(&config, &mut head));
        }
    });
    add(cases, "handshake-client", 50, |run| {
        let config = Arc::new(Config::client());
        let (request, mut head) = (request(), response(&config));
        for _ in 0..run.count {
            black_box(connect(&request, &config, &mut head));
        }
    });
}

/// One receiver of a message that is encoded once.
fn broadcasting(cases: &mut Vec<Case>) {
    const MEMBERS: usize = 50;
    add(cases, "broadcast-256", 10 * MEMBERS, |run| {
        let mut room: Vec<_> = (0..MEMBERS).map(|_| connection(Role::Server)).collect();
        let news = Prepared::binary(Content::Binary.payload(256));
        for _ in 0..run.count / MEMBERS {
            for member in &mut room {
                member.send_prepared(&news).expect("room");
                drain(member);
            }
        }
    });
}

/// RFC 7692: one message of a conversation, with context takeover.
#[cfg(feature = "deflate")]
mod compression {
    use websocket_proto::Event;
    use websocket_proto::deflate::{Agreement, Compress, Compression};

    use super::wire::conversation;
    use super::{Case, Config, Connection, add, black_box, drain};

    pub(crate) fn cases(cases: &mut Vec<Case>) {
        for (size, count) in [(200, 328), (4 << 10, 16)] {
            add(cases, format!("deflate-{size}"), count, move |run| {
                let messages = conversation(size);
                let mut server = server();
                for data in messages.iter().cycle().take(run.count) {
                    server.send_binary(black_box(data)).expect("room");
                    drain(&mut server);
                }
            });
            add(cases, format!("inflate-{size}"), count, move |run| {
                let mut server = server();
                let mut compressed = |data: Vec<u8>| {
                    server.send_binary(&data).expect("room");
                    server.take_output().expect("queued").to_vec()
                };
                let mut wires: Vec<_> =
                    conversation(size).into_iter().map(&mut compressed).collect();
                let mut client = client();
                // Its first message refers to nothing, so that the conversation can be had again.
                assert_eq!(wires.len(), count);
                for _ in 0..run.count / count {
                    for wire in &mut wires {
                        let event = client.receive(&mut &mut wire[..]).expect("valid");
                        let Some(Event::Binary(data)) = event else { panic!("a message") };
                        assert_eq!(black_box(&*data).len(), size);
                    }
                }
            });
        }
    }

    fn server() -> Connection {
        Connection::server(config(Config::server())).with_compression(Agreement::default())
    }

    fn client() -> Connection {
        let client = Connection::client(config(Config::client()), [7; 32]);
        client.with_compression(Agreement::default())
    }

    fn config(mut config: Config) -> Config {
        let mut compression = Compression::default();
        compression.compress = Compress::Always;
        config.compression = Some(compression);
        config
    }
}
