//! DESIGN.md §4, threats B and C: what a connection holds when it is idle, and what a peer can make
//! it hold.
//!
//! `--nocapture` prints the figures.
#![cfg(feature = "std")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use support::{
    BINARY, CONTINUATION, Counting, PING, PONG, TEXT, Usage, close_body, frame, header, output,
    peak_of, read_whole, seed, usage,
};
use websocket_proto::handshake::{self, Acceptance, ClientRequest, Uri};
use websocket_proto::{
    Config, Connection, Event, MessageKind, Prepared, ProtocolError, Role, SendError, Transmit,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const KIB: isize = 1 << 10;
const MIB: usize = 1 << 20;
const SECOND: Duration = Duration::from_secs(1);

fn configs() -> (Arc<Config>, Arc<Config>) {
    (Arc::new(Config::server()), Arc::new(Config::client()))
}

/// Has the connection receive what stands in `buffer`; how many events there were.
fn receive(connection: &mut Connection, buffer: &mut [u8]) -> usize {
    let mut input = buffer;
    let mut events = 0;
    while connection.receive(&mut input).expect("valid").is_some() {
        events += 1;
    }
    events
}

fn drain(connection: &mut Connection) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = output.chunk().len();
        output.advance(count);
    }
}

/// "idle connection": no heap beside the configuration, which many share.
#[test]
fn an_idle_connection_holds_no_heap() {
    let size = size_of::<Connection>();
    println!("size_of::<Connection>() = {size} bytes");
    assert!(size <= 384);
    let (for_server, for_client) = configs();
    let before = usage();
    let mut server = Connection::server(for_server);
    let mut client = Connection::client(for_client, seed(1));
    server.tick(SECOND);
    client.tick(SECOND);
    assert_eq!(usage(), Usage { peak: usage().peak, ..before });
    // T-DF-07 and "idle after any traffic" begin with traffic that needs no heap either.
    receive(&mut server, &mut frame(Role::Client, true, TEXT, &[b'x'; 1000]));
    receive(&mut client, &mut frame(Role::Server, true, PONG, b""));
    let held = usage().bytes_over(before);
    println!("idle heap: {held} bytes");
    assert_eq!(held, 0);
}

/// A kind of traffic, and what lets a connection have it.
type Traffic = (&'static str, fn(&mut Connection));

/// "idle connection after any traffic, once `release_after` has passed": at most 1 KiB, T-FR-17.
#[test]
fn an_idle_connection_holds_next_to_nothing_after_any_traffic() {
    let (for_server, for_client) = configs();
    let traffic: [Traffic; 10] = [
        ("64 KiB in two reads", |connection| message_in(connection, 64 << 10, 2)),
        ("1 MiB in ten reads", |connection| message_in(connection, MIB, 10)),
        ("16 MiB in a hundred reads", |connection| message_in(connection, 16 * MIB, 100)),
        ("64 KiB out", |connection| message_out(connection, 64 << 10)),
        ("1 MiB out", |connection| message_out(connection, MIB)),
        ("16 MiB out", |connection| message_out(connection, 16 * MIB)),
        ("16 MiB out, taken", |connection| {
            connection.send_binary(&vec![1; 16 * MIB]).expect("empty");
            while connection.take_output().is_some() {}
        }),
        ("1 MiB out in runs, taken", |connection| {
            connection.send_binary(&vec![1; MIB]).expect("empty");
            connection.ping(b"in between").expect("room");
            while connection.take_output().is_some() {}
        }),
        ("pings whole and split, both ways", |connection| {
            let sender = connection.role().peer();
            for _ in 0..100 {
                let mut ping = frame(sender, true, PING, &[7; 125]);
                let (front, back) = ping.split_at_mut(50);
                receive(connection, front);
                receive(connection, back);
                receive(connection, &mut frame(sender, true, PING, &[7; 125]));
                connection.ping(b"hello").expect("room");
            }
            drain(connection);
        }),
        ("prepared, shared and fragments", |connection| {
            let content = Bytes::from(vec![b'x'; 100_000]);
            for _ in 0..5 {
                let _unmasked = connection.send_prepared(&Prepared::binary(content.clone()));
                connection.send_shared(MessageKind::Text, &content).expect("room");
                connection.fragment(MessageKind::Text, b"frag", false).expect("room");
                connection.ping(b"between").expect("room");
                connection.fragment(MessageKind::Text, b"ment", true).expect("room");
            }
            drain(connection);
        }),
    ];
    for (name, traffic) in traffic {
        for role in [Role::Server, Role::Client] {
            let before = usage();
            let mut connection = match role {
                Role::Server => Connection::server(for_server.clone()),
                Role::Client => Connection::client(for_client.clone(), seed(2)),
            };
            connection.tick(SECOND);
            traffic(&mut connection);
            let at_once = usage().bytes_over(before);
            connection.tick(2 * SECOND);
            connection.tick(3 * SECOND - Duration::from_nanos(1));
            let kept = usage().bytes_over(before);
            connection.tick(3 * SECOND);
            let idle = usage().bytes_over(before);
            println!(
                "{name}, {role:?}: {at_once} bytes at once, {kept} until released, then {idle}"
            );
            assert!(idle <= KIB, "{name}");
            if name.starts_with("16 MiB") {
                assert!(at_once <= KIB, "over `retain`, {name}");
            }
        }
    }
}

fn message_in(connection: &mut Connection, size: usize, reads: usize) {
    let mut wire = frame(connection.role().peer(), true, BINARY, &vec![1; size]);
    let read = wire.len().div_ceil(reads);
    let events: usize = wire.chunks_mut(read).map(|part| receive(connection, part)).sum();
    assert_eq!(events, 1);
}

fn message_out(connection: &mut Connection, size: usize) {
    connection.send_binary(&vec![1; size]).expect("one message fits an empty queue");
    drain(connection);
}

/// "idle connection" from its first byte on: what the opening handshake took is released, too.
#[test]
fn the_handshake_leaves_nothing() {
    let (for_server, for_client) = configs();
    let request = ClientRequest::new(Uri::parse("ws://localhost/chat").expect("a URI"));
    let before = usage();
    let mut client = handshake::Client::new(&request, for_client, seed(7));
    let mut server = handshake::Server::new(for_server);
    let asked = {
        let Transmit::Write(mut output) = client.transmit() else { panic!("no request") };
        let mut bytes = output.copy_to_bytes(output.remaining()).to_vec();
        server.receive(&mut &mut bytes[..]).expect("valid").expect("a request")
    };
    drop(server);
    let mut server = asked.accept(&Acceptance::new()).expect("accepted");
    let established = {
        let mut bytes = server.take_output().expect("the 101").to_vec();
        client.receive(&mut &mut bytes[..]).expect("valid").expect("established")
    };
    let mut client_end = established.connection;
    drop((client, established.response));
    let at_once = usage().bytes_over(before);
    for seconds in 1..4 {
        server.tick(seconds * SECOND);
        client_end.tick(seconds * SECOND);
    }
    let idle = usage().bytes_over(before);
    println!("after the handshake: {at_once} bytes in both ends, {idle} once released");
    assert_eq!(idle, 0);
}

/// The buffer is kept while messages keep coming, and goes once they stop.
#[test]
fn buffers_are_kept_while_messages_keep_coming() {
    let (for_server, _) = configs();
    let mut connection = Connection::server(for_server);
    let mut now = SECOND;
    message_in(&mut connection, MIB, 2);
    message_in(&mut connection, MIB, 2);
    message_out(&mut connection, 1000);
    connection.tick(now);
    let mut wire = frame(Role::Client, true, BINARY, &vec![1; MIB]);
    let fresh = wire.clone();
    let before = usage();
    for _ in 0..20 {
        now += SECOND - Duration::from_millis(1);
        connection.tick(now);
        wire.copy_from_slice(&fresh);
        wire.chunks_mut(100_000).for_each(|part| {
            receive(&mut connection, part);
        });
        connection.send_binary(&wire[..1000]).expect("room");
        drain(&mut connection);
        connection.tick(now);
    }
    assert_eq!(usage().allocations_since(before), 0);
    assert_eq!(connection.tick(now), Some(now + SECOND));
    connection.tick(now + SECOND);
    assert!(before.bytes - usage().bytes >= MIB as isize);
}

/// A large buffer is kept only if it is needed a second time: of one message for each of many connections, none is.
#[test]
fn a_large_message_alone_leaves_no_buffer() {
    for role in [Role::Server, Role::Client] {
        let mut connection = match role {
            Role::Server => Connection::server(Config::server()),
            Role::Client => Connection::client(Config::client(), seed(3)),
        };
        let data = vec![1; MIB];
        let mut wire = frame(role.peer(), true, BINARY, &data);
        let before = usage();
        wire.chunks_mut(100_000).for_each(|part| {
            receive(&mut connection, part);
        });
        connection.send_binary(&data).expect("an empty output");
        // In several writes.
        while let Transmit::Write(mut output) = connection.transmit() {
            let count = output.remaining().min(100_000);
            output.advance(count);
        }
        let held = usage().bytes_over(before);
        println!("{role:?}: {held} bytes held before anything is released");
        assert!(held <= 1024, "{held}");
        // And small ones are kept, so that the next message allocates nothing.
        for _ in 0..2 {
            message_in(&mut connection, 1000, 2);
            message_out(&mut connection, 1000);
        }
        let before = usage();
        let mut wire = frame(role.peer(), true, BINARY, &data[..1000]);
        let prepared = usage().allocations_since(before);
        wire.chunks_mut(600).for_each(|part| {
            receive(&mut connection, part);
        });
        connection.send_binary(&data[..1000]).expect("an empty output");
        drain(&mut connection);
        assert_eq!(usage().allocations_since(before), prepared);
    }
}

/// At the edge: a buffer of 16 KiB is kept from the first message on, one of a byte more is not.
#[test]
fn buffers_of_up_to_16_kib_are_kept() {
    for (size, kept) in [(16 << 10, true), ((16 << 10) + 1, false)] {
        let mut connection = Connection::server(Config::server());
        // The first one has the rest of what a connection needs allocated.
        message_in(&mut connection, 100, 2);
        let mut wire = frame(Role::Client, true, BINARY, &vec![1; size]);
        let half = wire.len() / 2;
        let before = usage();
        wire.chunks_mut(half + 1).for_each(|part| {
            receive(&mut connection, part);
        });
        let held = usage().bytes_over(before);
        assert_eq!(held > 8 << 10, kept, "{size}: {held}");
    }
}

/// R6455-10.4-01 T-FR-01: nothing is allocated for what is only announced.
#[test]
fn an_announced_length_allocates_nothing() {
    for (length, expected) in [
        (16 << 20, Ok(0)),
        ((16 << 20) + 1, Err(ProtocolError::FrameTooLarge)),
        (u64::MAX >> 1, Err(ProtocolError::FrameTooLarge)),
        (u64::MAX, Err(ProtocolError::LengthOverflow)),
    ] {
        for role in [Role::Server, Role::Client] {
            let mut config = Config::server();
            for unlimited in [false, true] {
                if unlimited {
                    config.limits.max_frame_size = u64::MAX;
                    config.limits.max_message_size = u64::MAX;
                }
                let mut connection = match role {
                    Role::Server => Connection::server(config.clone()),
                    Role::Client => Connection::client(config.clone(), seed(3)),
                };
                let mut wire = header(role.peer(), true, BINARY, length);
                wire.extend(b"the start");
                let mut input = &mut wire[..];
                let (result, peak) = peak_of(|| connection.receive(&mut input).map(|_| 0));
                println!("{length} announced, {role:?}, unlimited {unlimited}: peak {peak} bytes");
                // A failure's Close and the record of it.
                assert!(peak <= KIB);
                let too_large = Err(ProtocolError::FrameTooLarge);
                assert_eq!(
                    result,
                    if unlimited && expected == too_large { Ok(0) } else { expected }
                );
            }
        }
    }
}

/// T-FR-12 T-FR-14: one buffer, of at most twice what was received, whatever the size of the reads.
#[test]
fn a_frame_byte_by_byte_is_one_buffer() {
    for mut wire in [
        frame(Role::Client, true, BINARY, &vec![1; MIB]),
        [frame(Role::Client, false, TEXT, &[b'x'; 64]), {
            frame(Role::Client, false, CONTINUATION, &[b'x'; 64]).repeat(MIB / 64 - 1)
        }]
        .concat(),
    ] {
        let mut connection = Connection::server(Config::server());
        let before = usage();
        let mut most = Usage::default();
        for (index, byte) in wire.chunks_mut(1).enumerate() {
            receive(&mut connection, byte);
            let held = usage();
            assert!(held.bytes_over(before) <= 2 * index as isize + KIB);
            most.blocks = most.blocks.max(held.blocks_over(before));
            most.bytes = most.bytes.max(held.bytes_over(before));
        }
        let count = usage().allocations_since(before);
        println!(
            "1 MiB byte by byte: {count} allocations, {} blocks, {} bytes",
            most.blocks, most.bytes
        );
        assert!(most.blocks <= 4);
        // Doubling, not one reallocation for each fragment.
        assert!(count <= 64, "{count} allocations");
    }
}

/// T-CT-01 R6455-5.5.3-02: a flood of Pings that nobody drains.
#[test]
fn a_flood_of_pings_keeps_the_newest_pongs() {
    let mut connection = Connection::server(Config::server());
    let before = usage();
    let mut most = 0;
    for number in 0..1_000_000_u32 {
        let mut payload = [b'x'; 125];
        payload[..4].copy_from_slice(&number.to_be_bytes());
        let mut ping = [0; 131];
        ping[..2].copy_from_slice(&[0x80 | PING, 0x80 | 125]);
        ping[6..].copy_from_slice(&payload);
        assert_eq!(receive(&mut connection, &mut ping), 1);
        most = most.max(usage().bytes_over(before));
    }
    println!(
        "10^6 Pings of 125 bytes undrained: {} bytes queued, {most} held",
        connection.unsent()
    );
    assert!(connection.unsent() <= 32 * 131);
    assert!(most <= 32 * KIB);
    let bytes = support::output(&mut connection);
    let pongs = read_whole(Role::Server, &bytes);
    let numbers: Vec<_> = pongs
        .iter()
        .map(|pong| u32::from_be_bytes(*pong.payload.first_chunk().expect("4")))
        .collect();
    assert_eq!(numbers, (1_000_000 - 32..1_000_000).collect::<Vec<_>>());
}

/// T-FR-18 T-CT-03: one read full of the smallest frames queues no events.
#[test]
fn a_read_full_of_pings_queues_nothing_but_pongs() {
    let mut connection = Connection::client(Config::client(), seed(4));
    let mut buffer = [0x80 | PING, 0].repeat(32 << 10);
    let before = usage();
    let mut input = &mut buffer[..];
    let mut events = 0;
    while let Some(event) = connection.receive(&mut input).expect("valid") {
        assert_eq!(event, Event::Ping(websocket_proto::Payload::Borrowed(&mut [])));
        events += 1;
        assert!(usage().bytes_over(before) <= 4 * KIB);
    }
    assert_eq!(events, 32 << 10);
}

/// T-FR-20: a million frames in one read, on a small stack.
#[test]
fn a_million_frames_need_no_stack() {
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(|| {
        let mut connection = Connection::client(Config::client(), seed(5));
        let mut buffer = [0x80 | TEXT, 1, b'x'].repeat(1_000_000);
        let messages = receive(&mut connection, &mut buffer);
        let mut buffer = [0x80 | PONG, 0].repeat(1_000_000);
        (messages, receive(&mut connection, &mut buffer))
    });
    assert_eq!(thread.expect("a thread").join().expect("no overflow"), (1_000_000, 1_000_000));
}

/// T-CT-02: a peer that does not read.
#[test]
fn an_undrained_output_is_bounded() {
    for (mut connection, content) in [
        (Connection::server(Config::server()), vec![b'x'; 1000]),
        (Connection::client(Config::client(), seed(6)), vec![b'x'; 1000]),
    ] {
        let content = Bytes::from(content);
        let before = usage();
        let mut sent = 0;
        while connection.send_shared(MessageKind::Binary, &content) == Ok(()) {
            sent += 1;
        }
        assert_eq!(connection.send_binary(&content), Err(SendError::Full));
        while connection.ping(&[1; 125]) == Ok(()) {}
        let held = usage().bytes_over(before);
        println!("undrained: {sent} messages of 1000, {} bytes, {held} held", connection.unsent());
        assert!(connection.unsent() <= MIB + (8 << 10));
        assert!(held <= 3 * MIB as isize);
        connection.close(websocket_proto::CloseCode::NORMAL, "full, and closing").expect("a place");
    }
}

/// T-CT-02: a message that is queued takes its size and the header, however large it is; so does the rest of
/// one that was lent.
#[test]
fn a_queued_message_takes_its_size() {
    for size in [0, 1, 125, 126, 1000, 65_536, 2 * MIB] {
        let content = vec![b'x'; size];
        let most = size as isize + KIB;
        for role in [Role::Server, Role::Client] {
            let mut connection = match role {
                Role::Server => Connection::server(configs().0),
                Role::Client => Connection::client(configs().1, seed(6)),
            };
            let ((), peak) = peak_of(|| connection.send_binary(&content).expect("one fits"));
            assert!(peak <= most, "{role:?}, {size}: {peak}");
            assert_eq!(read_whole(role, &output(&mut connection)).len(), 1);
        }
        for taken in [0, 1, 12, size / 2] {
            let mut connection = Connection::server(configs().0);
            let ((), peak) = peak_of(|| {
                let mut lent = connection.lend_binary(&content).expect("one fits");
                lent.advance(taken);
            });
            assert!(peak <= most, "lent, {taken} taken of {size}: {peak}");
        }
    }
}

/// T-CT-02: an output that is never quite empty takes no more room than what is in it, about.
#[test]
fn an_output_that_is_never_empty_does_not_grow() {
    for role in [Role::Server, Role::Client] {
        let mut connection = match role {
            Role::Server => Connection::server(configs().0),
            Role::Client => Connection::client(configs().1, seed(6)),
        };
        let before = usage();
        connection.send_binary(&[0; 1000]).expect("room");
        for round in 0..5_000 {
            connection.send_binary(&[0; 1000]).expect("room");
            if round % 7 == 0 {
                connection.ping(b"still there?").expect("room");
            }
            // One message and a half are queued, at the least.
            while connection.unsent() > 1500 {
                let Transmit::Write(mut output) = connection.transmit() else { panic!("idle") };
                let count = output.chunk().len().min(output.remaining() - 1500);
                output.advance(count);
            }
        }
        let held = usage().bytes_over(before);
        assert!(held <= 16 * KIB, "{role:?}: {held}");
    }
}

/// T-DF-14 in kind: connections dropped in the middle of anything leave nothing behind.
#[test]
fn a_dropped_connection_leaves_nothing() {
    let (for_server, _) = configs();
    let before = usage();
    for step in 0..1000 {
        let mut connection = Connection::server(for_server.clone());
        let mut wire = frame(Role::Client, true, BINARY, &[1; 900]);
        receive(&mut connection, &mut wire[..step % 900]);
        connection.send_binary(&[2; 900]).expect("room");
        connection.ping(b"x").expect("room");
        if step % 3 == 0 {
            connection.receive_eof();
        }
        if step % 5 == 0 {
            let mut close = frame(Role::Client, true, 8, &close_body(1000, "bye"));
            let _discarded = connection.receive(&mut &mut close[..]);
        }
    }
    assert_eq!(usage().bytes_over(before), 0);
    assert_eq!(usage().blocks_over(before), 0);
}
