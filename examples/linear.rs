//! Feeds `n` bytes, frames or lines of one kind, one byte at a time; `.ci/linear` counts the
//! instructions that it takes under callgrind, and compares n with 2n (T-HS-01, T-FR-12, T-FR-14).
//!
//! `cargo run --release --example linear -- CASE N`; without arguments it lists the cases.

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::error::Error;

use bytes::Buf;
use websocket_proto::frame::{Header, Opcode};
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Server, Uri};
use websocket_proto::{Config, Connection, Event, MessageKind, Transmit};

type Outcome = Result<(), Box<dyn Error>>;

/// Name, the `n` to compare with 2n, what to do.
type Case = (&'static str, usize, fn(usize) -> Outcome);

const CASES: [Case; 12] = [
    ("head-one-long-header", 1 << 18, |n| request(&[&header_line(n)])),
    ("head-many-headers", 4_096, |n| request(&vec!["x-header: a value\r\n"; n])),
    ("head-many-extensions", 16_384, |n| {
        request(&["Sec-WebSocket-Extensions: x;y=\"\\a\"", &", x;y=\"\\a\"".repeat(n), "\r\n"])
    }),
    ("head-of-a-response", 1 << 18, response),
    ("frame-binary", 1 << 18, |n| frames(Opcode::Binary, b"x", n, 1)),
    ("frame-text", 1 << 18, |n| frames(Opcode::Text, b"x", n, 1)),
    ("frame-text-of-wide-characters", 1 << 18, |n| frames(Opcode::Text, "€".as_bytes(), n, 1)),
    ("message-in-one-frame", 2 << 20, |n| frames(Opcode::Binary, b"0123456789", n, 1)),
    ("message-in-frames-of-4096", 1 << 19, |n| frames(Opcode::Text, b"x", n, n.div_ceil(4096))),
    ("fragments", 32_768, |n| frames(Opcode::Text, b"x", 16 * n, n)),
    ("pings", 65_536, pings),
    ("output", 32_768, output),
];

/// Never grows a block in place, so that each reallocation copies, and is counted for it.
struct Copying;

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Copying {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Copying = Copying;

fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let Some(name) = arguments.next() else {
        for (name, n, _) in CASES {
            println!("{name} {n}");
        }
        return Ok(());
    };
    let n = arguments.next().ok_or("linear CASE N")?.parse()?;
    let case = CASES.iter().find(|case| case.0 == name).ok_or("no such case")?;
    case.2(n)
}

fn config() -> Config {
    let mut config = Config::server();
    config.limits.max_frame_size = u64::MAX;
    config.limits.max_message_size = u64::MAX;
    config.limits.max_fragments = u32::MAX;
    config.limits.max_write_buffer = usize::MAX;
    config.limits.max_head_size = usize::MAX;
    config.limits.max_headers = usize::MAX;
    config.limits.max_extensions = usize::MAX;
    config
}

fn header_line(length: usize) -> String {
    format!("x-long: {}\r\n", "v".repeat(length))
}

/// A request with these header lines; accepted.
fn request(lines: &[&str]) -> Outcome {
    let mut server = Server::new(config());
    let start = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    let parts = [start].into_iter().chain(lines.iter().copied()).chain(["\r\n"]);
    for byte in parts.flat_map(str::bytes) {
        if let Some(request) = server.receive(&mut &mut [byte][..])? {
            request.accept(&Acceptance::new()).map_err(|_| "refused")?;
            return Ok(());
        }
    }
    Err("the head did not end".into())
}

/// A response with a header of `length` bytes; a refusal, since no 101 fits a random key.
fn response(length: usize) -> Outcome {
    let request = ClientRequest::new(Uri::parse("ws://localhost/")?);
    let mut client = Client::new(&request, config(), [1; 32]);
    let start = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n";
    for byte in [start, &header_line(length), "\r\n"].into_iter().flat_map(str::bytes) {
        if client.receive(&mut &mut [byte][..]).is_err() {
            return Ok(());
        }
    }
    Err("the head did not end".into())
}

/// A message of `size` bytes in `count` frames of equal length, but for the last.
fn frames(opcode: Opcode, content: &[u8], size: usize, count: usize) -> Outcome {
    let mut connection = Connection::server(config());
    let size = size - size % content.len();
    let frame = size.div_ceil(count.max(1));
    let mut payload = content.iter().copied().cycle();
    let mut received = 0;
    for index in 0..count {
        let length = frame.min(size - index * frame);
        let header = Header {
            fin: index + 1 == count,
            rsv1: false,
            opcode: if index == 0 { opcode } else { Opcode::Continuation },
            mask: Some([0; 4]),
            length: length as u64,
        };
        let header = header.encode();
        for byte in header.iter().copied().chain(payload.by_ref().take(length)) {
            received += receive(&mut connection, byte)?;
        }
    }
    if received == size { Ok(()) } else { Err("not the message".into()) }
}

/// Bytes of the message that this byte completes.
fn receive(connection: &mut Connection, byte: u8) -> Result<usize, Box<dyn Error>> {
    Ok(match connection.receive(&mut &mut [byte][..])? {
        Some(Event::Text(text)) => text.len(),
        Some(Event::Binary(data)) => data.len(),
        _ => 0,
    })
}

/// Pings that nobody transmits the Pongs of.
fn pings(count: usize) -> Outcome {
    let mut connection = Connection::server(config());
    for _ in 0..count {
        for byte in [0x89, 0x82, 0, 0, 0, 0, b'h', b'i'] {
            receive(&mut connection, byte)?;
        }
    }
    Ok(())
}

/// Messages, fragments and Pings that are queued at once and transmitted byte by byte, with a Pong
/// to insert now and then.
fn output(count: usize) -> Outcome {
    let mut connection = Connection::server(config());
    let shared = bytes::Bytes::from_static(&[b'x'; 4096]);
    for index in 0..count {
        connection.send_text("a message of some twenty bytes")?;
        connection.fragment(MessageKind::Binary, b"first", false)?;
        connection.fragment(MessageKind::Binary, b"last", true)?;
        if index % 64 == 0 {
            connection.send_shared(MessageKind::Binary, &shared)?;
        }
    }
    let mut taken = 0_usize;
    while let Transmit::Write(mut output) = connection.transmit() {
        output.advance(1);
        taken += 1;
        if taken % 1024 == 0 {
            connection.pong(b"unasked")?;
        }
    }
    Ok(())
}
