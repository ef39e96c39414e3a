//! §10.4  The limits that were set hold on every way into a connection, and what keeps the code to them is switched on.

use std::sync::Arc;

use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Server, Uri};
use websocket_proto::{Config, Connection, Delivery, ProtocolError, Role};

use crate::support::{
    BINARY, CONTINUATION, Seen, TEXT, feed, feed_by, frame, header, output, seed, usage,
};

fn config() -> Arc<Config> {
    let mut config = Config::server();
    config.limits.max_message_size = 4;
    config.limits.max_fragments = 3;
    config.limits.max_write_buffer = 100;
    Arc::new(config)
}

/// Those of `config`, at the limit and one over it.
fn check(mut connection: Connection) {
    let sender = connection.role().peer();
    output(&mut connection);
    let mut wire = frame(sender, true, BINARY, b"1234");
    wire.extend(frame(sender, false, TEXT, b"1"));
    wire.extend(frame(sender, false, CONTINUATION, b"2"));
    wire.extend(frame(sender, true, CONTINUATION, b"3"));
    assert_eq!(feed(&mut connection, &wire).len(), 2);
    while connection.send_text("0123456789").is_ok() {}
    assert!((80..=100).contains(&connection.unsent()), "{}", connection.unsent());
    let seen = feed(&mut connection, &header(sender, true, BINARY, 5));
    assert_eq!(seen, [Seen::Violation(ProtocolError::MessageTooLarge)]);
}

/// The same of the halves.
fn check_halves(connection: Connection) {
    let sender = connection.role().peer();
    let (mut incoming, mut outgoing) = connection.split();
    let mut wire = header(sender, true, BINARY, 5);
    let error = incoming.receive(&mut &mut wire[..]).expect_err("over the limit");
    assert_eq!(error, ProtocolError::MessageTooLarge);
    let mut sent = 0;
    while outgoing.send_text("0123456789").is_ok() {
        sent += 1;
    }
    assert!((5..10).contains(&sent), "{sent}");
}

/// Both ends of an opening handshake.
fn shaken_hands() -> [Connection; 2] {
    let request = ClientRequest::new(Uri::parse("ws://h/").expect("a URI"));
    let mut client = Client::new(&request, config(), seed(1));
    let mut bytes = Vec::new();
    while let websocket_proto::Transmit::Write(mut output) = client.transmit() {
        let count = bytes::Buf::remaining(&output);
        bytes.extend(bytes::Buf::copy_to_bytes(&mut output, count));
    }
    let request = Server::new(config()).receive(&mut &mut bytes[..]);
    let request = request.expect("valid").expect("whole");
    let mut server = request.accept(&Acceptance::new()).expect("accepted");
    let mut answer = output_of_the_101(&mut server);
    let established = client.receive(&mut &mut answer[..]);
    [server, established.expect("valid").expect("whole").connection]
}

fn output_of_the_101(server: &mut Connection) -> Vec<u8> {
    let bytes = output(server);
    assert!(bytes.ends_with(b"\r\n\r\n"));
    bytes
}

/// T-GN-04: made as it is, opened by either side of a handshake, and split.
#[test]
fn limits_are_kept_on_every_way() {
    let made = || [Connection::server(config()), Connection::client(config(), seed(2))];
    made().into_iter().chain(shaken_hands()).for_each(check);
    made().into_iter().chain(shaken_hands()).for_each(check_halves);
}

/// T-FR-17 T-GN-04: a buffer as great as `retain` is kept for the next message, one that is a byte greater is not.
#[test]
fn retain() {
    for (size, is_kept) in [(100_000, true), (100_001, false)] {
        let mut config = Config::server();
        config.limits.retain = 100_000;
        let mut connection = Connection::server(config);
        let before = usage();
        // The first large one has its buffer given up in any case.
        for _ in 0..3 {
            let wire = frame(Role::Client, true, BINARY, &vec![1; size]);
            assert_eq!(feed_by(&mut connection, &wire, 60_000).len(), 1);
        }
        let held = usage().bytes_over(before);
        assert_eq!(held >= 100_000, is_kept, "{size}: {held}");
        assert!(is_kept || held <= 1024, "{held}");
    }
}

/// T-FR-03 T-FR-10: without limits a length is still all of its 64 bits: one that is 65,536 in its last 32 does not end
/// behind so many bytes, and what follows them is no frame.
#[test]
fn no_limit_cuts_no_length() {
    for delivery in [Delivery::Messages, Delivery::Chunks] {
        for role in [Role::Server, Role::Client] {
            for length in [0x1_0001_0000, 0x8000_0001_0000, i64::MAX as u64] {
                let mut config = Config::server();
                config.delivery = delivery;
                config.limits.max_frame_size = u64::MAX;
                config.limits.max_message_size = u64::MAX;
                let mut connection = match role {
                    Role::Server => Connection::server(config),
                    Role::Client => Connection::client(config, seed(3)),
                };
                let mut wire = header(role.peer(), true, BINARY, length);
                wire.extend(vec![0; 65_536]);
                wire.extend(frame(role.peer(), true, TEXT, b"no frame"));
                for seen in feed(&mut connection, &wire) {
                    match seen {
                        Seen::Chunk { last: false, .. } if delivery == Delivery::Chunks => {}
                        other => panic!("{length:X}: {other:?}"),
                    }
                }
                assert_eq!(connection.received().frames, 1, "which has begun");
            }
        }
    }
}

/// T-FR-03 T-GN-01: what would panic on input, or cut a number, does not pass the linter anywhere in the crate. Of its
/// exceptions there is one: a masking key is 32 bits of a word on purpose.
#[test]
fn what_could_panic_is_denied() {
    const LINTS: [&str; 5] = [
        "cast_possible_truncation",
        "expect_used",
        "indexing_slicing",
        "clippy::panic",
        "unwrap_used",
    ];
    let mut named = Vec::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("a source file");
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            for lint in LINTS {
                named.extend(source.matches(lint).map(|lint| (file.clone(), lint.to_owned())));
            }
        }
    }
    named.sort();
    let mut expected = LINTS.map(|lint| ("lib.rs".to_owned(), lint.to_owned())).to_vec();
    expected.push(("unfragmented.rs".to_owned(), "cast_possible_truncation".to_owned()));
    expected.sort();
    assert_eq!(named, expected);
    let root = include_str!("../../src/lib.rs");
    let denied =
        root.split_once("not(test),\n    deny(").and_then(|(_, rest)| rest.split_once(')'));
    assert!(denied.is_some_and(|(denied, _)| LINTS.iter().all(|lint| denied.contains(lint))));
}

/// T-GN-01: arithmetic that overflows is found where tests run.
#[test]
#[cfg(debug_assertions)]
fn overflow_panics_in_tests() {
    let most = std::hint::black_box(u8::MAX);
    assert!(std::panic::catch_unwind(|| most + 1).is_err());
}
