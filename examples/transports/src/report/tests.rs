//! The report agrees with what went over the wire.

use std::path::Path;

use websocket_proto::frame::{Decoder, Role};

use super::*;
use crate::messages;

/// What went one way over each connection of a transport, with its number, in the order of their opening.
fn captured(folder: &Path, transport: Transport, direction: &str) -> Vec<(u64, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let number = name.strip_prefix(&format!("{}-", transport.name()));
        let number = number.and_then(|rest| rest.strip_suffix(&format!(".{direction}")));
        if let Some(number) = number {
            files.push((number.parse().unwrap(), std::fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}

fn size(files: &[(u64, Vec<u8>)]) -> u64 {
    files.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

#[track_caller]
fn agree(counted: u64, captured: u64) {
    assert!(captured > 0);
    let ratio = counted as f64 / captured as f64;
    assert!((0.99..=1.01).contains(&ratio), "counted {counted}, captured {captured}");
}

#[test]
fn the_report_agrees_with_the_sockets() {
    let folder = std::env::temp_dir().join(format!("transports-{}", std::process::id()));
    let task = Reporting { seconds: 3, output: "none.svg".into(), capture: Some(folder.clone()) };
    let settings = Settings { rate: 20.0, size: 200, interval: 500, clients: [4; 4] };
    let report = measure(settings, &task).unwrap();

    for row in &report.downward {
        // The clients that listened came first; those that sent came later.
        let of = |direction| {
            let mut files = captured(&folder, row.transport, direction);
            files.truncate(4);
            files
        };
        let (received, sent) = (of("received"), of("sent"));
        agree(row.cost.sent, size(&received));
        agree(row.cost.received, size(&sent));
        assert_eq!((row.cost.connections, received.len()), (4, 4), "{:?}", row.transport);

        // What was delivered stands in what was captured, and is what was made.
        let updates: usize = received.iter().map(|(_, bytes)| texts(row.transport, bytes)).sum();
        assert_eq!(updates as u64, row.cost.messages, "{:?}", row.transport);
        assert_eq!(row.missed, 0, "{:?}", row.transport);
        assert!(row.median <= row.p99 && row.median > 0.0);
    }

    for (row, transport) in report.upward.iter().zip([Transport::Short, Transport::WebSocket]) {
        let of = |direction| captured(&folder, transport, direction).split_off(4);
        agree(row.cost.received, size(&of("sent")));
        agree(row.cost.sent, size(&of("received")));
        assert_eq!(row.cost.messages, 4 * u64::from(MESSAGES));
    }
    std::fs::remove_dir_all(&folder).unwrap();

    // Polling waits, and asks; the others do not.
    let [short, long, sse, websocket] = report.downward.as_slice() else { panic!("four rows") };
    assert!(short.median > long.median.max(sse.median).max(websocket.median));
    assert_eq!((sse.cost.requests, websocket.cost.requests), (4, 4));
    assert!(long.cost.requests > short.cost.requests && short.cost.requests > 4);
    assert!(websocket.cost.received_each() < long.cost.received_each());

    let table = report.table();
    assert!(Transport::ALL.iter().all(|transport| table.contains(transport.title())), "{table}");
    let svg = svg::draw(&report);
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
}

/// Updates in what a client has received.
fn texts(transport: Transport, bytes: &[u8]) -> usize {
    if transport != Transport::WebSocket {
        return messages::updates(&String::from_utf8_lossy(bytes)).count();
    }
    let head = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let mut frames = bytes[head..].to_vec();
    let (mut input, mut decoder, mut count) =
        (frames.as_mut_slice(), Decoder::new(Role::Client), 0);
    while let Some(part) = decoder.decode(&mut input).unwrap() {
        count += messages::updates(std::str::from_utf8(part.payload).unwrap()).count();
    }
    count
}
