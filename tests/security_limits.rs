//! §10.4  The table of default limits in SECURITY.md, and its formula for the memory of a connection, are those of the
//! code.
#![cfg(feature = "alloc")]

mod support;

use std::collections::BTreeMap;

use support::{BINARY, CONTINUATION, Counting, PING, frame, peak_of};
use websocket_proto::handshake::{HandshakeError, OriginPolicy};
use websocket_proto::{CloseCode, Config, Connection, ProtocolError, Role, SendError};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const DOCUMENT: &str = include_str!("../SECURITY.md");

/// What the table says of a setting.
struct Row {
    server: &'static str,
    client: &'static str,
    excess: &'static str,
}

fn table() -> BTreeMap<&'static str, Row> {
    let rows = DOCUMENT.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [setting, server, client, excess] = cells[..] else { return None };
        let setting = setting.strip_prefix('`')?.strip_suffix('`')?;
        Some((setting, Row { server, client, excess }))
    });
    let rows: Vec<_> = rows.collect();
    let count = rows.len();
    let table = BTreeMap::from_iter(rows);
    assert_eq!(table.len(), count, "a setting is there twice");
    table
}

/// `Type { one: 1, other: Some(2s) }`, as pairs.
fn fields(prefix: &str, text: &str) -> Vec<(String, String)> {
    let (_, inner) = text.split_once('{').expect("a struct");
    let inner = inner.trim_end_matches('}').trim();
    let pair = |field: &str| {
        let (name, value) = field.split_once(": ").expect("a field");
        (format!("{prefix}{name}"), value.to_owned())
    };
    inner.split(", ").map(pair).collect()
}

/// Every public field, as `Debug` has it: a new one is missing in the table.
fn settings(config: &Config) -> BTreeMap<String, String> {
    let limits = format!("{:?}", config.limits);
    let timeouts = format!("{:?}", config.timeouts);
    let rest = format!("{config:?}");
    let rest = rest.replace(&format!("limits: {limits}, timeouts: {timeouts}, "), "");
    [fields("limits.", &limits), fields("timeouts.", &timeouts), fields("", &rest)]
        .into_iter()
        .flatten()
        .collect()
}

/// A cell of the table in the words of `Debug`.
fn in_code(setting: &str, cell: &str) -> String {
    match cell.split_once(' ') {
        Some((number, "KiB")) => (number.parse::<u64>().expect("a number") << 10).to_string(),
        Some((number, "MiB")) => (number.parse::<u64>().expect("a number") << 20).to_string(),
        Some((number, "s")) if setting == "timeouts.release_after" => format!("{number}s"),
        Some((number, "s")) => format!("Some({number}s)"),
        _ => match cell {
            "off" => "None".into(),
            "on" => "true".into(),
            "messages" => "Messages".into(),
            "matching pong" => "MatchingPong".into(),
            number => number.replace(',', ""),
        },
    }
}

/// R6455-10.4-02, T-GN-04: each field of `Config`, for both roles.
#[test]
fn the_defaults_are_those_of_the_code() {
    let mut table = table();
    if cfg!(not(feature = "deflate")) {
        assert!(table.remove("compression").is_some());
    }
    for (config, is_server) in [(Config::server(), true), (Config::client(), false)] {
        let documented = table.iter().map(|(setting, row)| {
            let cell = if is_server { row.server } else { row.client };
            (setting.to_string(), in_code(setting, cell))
        });
        assert_eq!(documented.collect::<BTreeMap<_, _>>(), settings(&config));
    }
    assert_eq!(OriginPolicy::default(), OriginPolicy::SameHost);
}

/// R6455-7.4.1-05: what the peer is told.
#[test]
fn the_answers_are_those_of_the_code() {
    let status = |error: HandshakeError| format!("HTTP {}", error.status().expect("a status"));
    let code = |code: CloseCode| format!("Close {}", code.as_u16());
    let violation = |violation: ProtocolError| code(violation.close_code());
    let expected = BTreeMap::from([
        ("limits.max_head_size", status(HandshakeError::HeadTooLarge)),
        ("limits.max_request_line", status(HandshakeError::RequestLineTooLong)),
        ("limits.max_headers", status(HandshakeError::TooManyHeaders)),
        ("limits.max_extensions", status(HandshakeError::Extensions)),
        ("limits.max_extension_parameters", status(HandshakeError::Extensions)),
        ("limits.max_subprotocols", status(HandshakeError::Subprotocols)),
        ("limits.max_frame_size", violation(ProtocolError::FrameTooLarge)),
        ("limits.max_message_size", violation(ProtocolError::MessageTooLarge)),
        ("limits.max_fragments", violation(ProtocolError::TooManyFragments)),
        ("limits.max_empty_fragments", violation(ProtocolError::TooManyEmptyFragments)),
        ("timeouts.handshake", status(HandshakeError::Timeout)),
        ("timeouts.idle", code(CloseCode::GOING_AWAY)),
        ("timeouts.pong", code(CloseCode::INTERNAL_ERROR)),
    ]);
    let documented = table()
        .into_iter()
        .filter(|(_, row)| row.excess.starts_with("HTTP") || row.excess.starts_with("Close"));
    let documented = documented.map(|(setting, row)| (setting, row.excess.to_owned()));
    assert_eq!(documented.collect::<BTreeMap<_, _>>(), expected);
}

/// T-FR-01 T-FR-12 T-CT-01 T-CT-02: everything at once that a peer and an application can have a connection hold.
#[test]
fn a_connection_holds_no_more_than_documented() {
    let mut config = Config::server();
    config.limits.max_message_size = 3 << 20;
    config.limits.max_frame_size = 3 << 20;
    let limits = config.limits.clone();
    let most = limits.max_message_size as usize * 3 / 2 + 2 * limits.max_write_buffer + (16 << 10);

    // One message of the greatest size, in frames that come in pieces, and a Ping between any two.
    let part = 48 << 10;
    let mut frames = frame(Role::Client, false, BINARY, &vec![b'x'; part]);
    for _ in 1..(3 << 20) / part {
        frames.extend(frame(Role::Client, true, PING, &[b'p'; 125]));
        frames.extend(frame(Role::Client, false, CONTINUATION, &vec![b'x'; part]));
    }
    let ((), peak) = peak_of(|| {
        let mut connection = Connection::server(config);
        while connection.send_binary(&[0; 1000]) != Err(SendError::Full) {}
        while connection.ping(&[0; 125]).is_ok() && connection.unsent() < (1 << 20) + (8 << 10) {}
        for piece in frames.chunks_mut(1000) {
            let mut input = piece;
            while connection.receive(&mut input).expect("within the limits").is_some() {}
        }
    });
    println!("{peak} bytes, of at most {most}");
    assert!(peak > 4 << 20 && peak <= most as isize, "{peak} bytes, of at most {most}");
}
