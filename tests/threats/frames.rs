//! §5.4 §5.5  Very many fragments and control frames: what they make a connection hold, and how often it asks for memory.

use std::sync::Arc;

use websocket_proto::{Config, Connection, Delivery, Event, ProtocolError, Role};

use crate::support::{
    BINARY, CONTINUATION, PING, PONG, Seen, TEXT, Usage, feed, frame, header, output, seed, usage,
};

const KIB: isize = 1 << 10;
const MIB: usize = 1 << 20;

fn server(set: impl Fn(&mut Config)) -> Connection {
    let mut config = Config::server();
    set(&mut config);
    Connection::server(config)
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

/// T-FR-12 T-FR-13 T-FR-14: 4 MiB in fragments of 64 and 4,096 bytes, and one in fragments of a byte. Nothing is held
/// beside one buffer of at most twice what came, and that is asked for a few times, not once for each fragment or read.
#[test]
fn four_mebibytes_in_fragments_of_any_size() {
    let limits = |config: &mut Config| config.limits.max_fragments = u32::MAX;
    let mut figures = Vec::new();
    for (total, size, read) in [
        (MIB, 1, 64 << 10),
        (4 * MIB, 64, 50),
        (4 * MIB, 64, 64 << 10),
        (4 * MIB, 4_096, 50),
        (4 * MIB, 4_096, 64 << 10),
    ] {
        let mut wire = frame(Role::Client, false, TEXT, &vec![b'x'; size]);
        let middle = frame(Role::Client, false, CONTINUATION, &vec![b'x'; size]);
        for _ in 2..total / size {
            wire.extend_from_slice(&middle);
        }
        wire.extend(frame(Role::Client, true, CONTINUATION, &vec![b'x'; size]));
        // The default limits are enough for all but the smallest.
        let mut connection = if size == 1 { server(limits) } else { server(|_| {}) };
        let before = usage();
        let mut most = Usage::default();
        let mut received = 0;
        for read in wire.chunks_mut(read) {
            received += read.len();
            let mut input = read;
            while let Some(event) = connection.receive(&mut input).expect("valid") {
                let Event::Text(text) = event else { panic!("{event:?}") };
                assert_eq!(text.len(), total);
            }
            let held = usage();
            assert!(held.bytes_over(before) <= 2 * received as isize + KIB);
            most.blocks = most.blocks.max(held.blocks_over(before));
        }
        assert_eq!(connection.received().frames as usize, total / size);
        let count = usage().allocations_since(before);
        println!("fragments of {size} in reads of {read}: {count} allocations");
        assert!(most.blocks <= 4, "{}", most.blocks);
        figures.push(count);
    }
    let (least, most) = (figures.iter().min(), figures.iter().max());
    assert!(most.expect("some") <= &30, "a doubling each");
    assert!(most.expect("some") <= &(3 * least.expect("some")), "{figures:?}");
}

/// T-FR-13 T-GN-04: as many fragments as the default allows, and one more.
#[test]
fn the_default_number_of_fragments() {
    let mut connection = server(|config| config.delivery = Delivery::Chunks);
    let mut wire = frame(Role::Client, false, BINARY, b"x");
    wire.extend(frame(Role::Client, false, CONTINUATION, b"x").repeat(131_071));
    assert_eq!(receive(&mut connection, &mut wire), 131_072);
    let one_more = feed(&mut connection, &header(Role::Client, true, CONTINUATION, 1));
    assert_eq!(one_more, [Seen::Violation(ProtocolError::TooManyFragments)]);
}

/// T-FR-14 T-FR-18: a megabyte of the smallest Pings in one read. Each is an event, in its turn and when it is asked for;
/// none is kept, and what is held does not depend on how many there are.
#[test]
fn a_read_full_of_pings_is_seen_one_by_one() {
    let mut peaks = Vec::new();
    for count in [1_000_u32, 262_144] {
        let mut connection = Connection::client(Config::client(), seed(1));
        let number = |number: u32| (number as u16).to_be_bytes();
        let mut wire: Vec<u8> =
            (0..count).flat_map(|n| [&[0x80 | PING, 2][..], &number(n)].concat()).collect();
        let mut input = &mut wire[..];
        let before = usage();
        let mut most = 0;
        for expected in 0..count {
            match connection.receive(&mut input).expect("valid") {
                Some(Event::Ping(payload)) => assert_eq!(*payload, number(expected)),
                other => panic!("{other:?}"),
            }
            assert_eq!(input.len(), 4 * (count - expected - 1) as usize);
            most = most.max(usage().bytes_over(before));
        }
        assert!(connection.receive(&mut input).expect("valid").is_none());
        assert_eq!(output(&mut connection).len(), 32 * 8);
        peaks.push(most);
    }
    println!("held on the way: {peaks:?} bytes");
    assert_eq!(peaks[0], peaks[1]);
    assert!(peaks[0] <= 4 * KIB);
}

/// T-CT-03: a hundred thousand Pongs, whole and cut, and as many Pings whose Pongs go out: nothing is left of any, and
/// behind the first few no memory is asked for.
#[test]
fn control_frames_leave_nothing() {
    let config = Arc::new(Config::server());
    for (role, opcode) in [(Role::Server, PONG), (Role::Client, PING)] {
        let mut connection = match role {
            Role::Server => Connection::server(config.clone()),
            Role::Client => Connection::client(config.clone(), seed(2)),
        };
        let wire = frame(role.peer(), true, opcode, &[7; 125]);
        let mut buffer = [&wire[..], &wire].concat();
        let mut at_first = Usage::default();
        for round in 0..50_000 {
            buffer[..wire.len()].copy_from_slice(&wire);
            buffer[wire.len()..].copy_from_slice(&wire);
            let (front, back) = buffer.split_at_mut(wire.len() + 70);
            assert_eq!(receive(&mut connection, front), 1);
            assert_eq!(receive(&mut connection, back), 1);
            while let websocket_proto::Transmit::Write(mut output) = connection.transmit() {
                let count = bytes::Buf::remaining(&output);
                bytes::Buf::advance(&mut output, count);
            }
            if round == 10 {
                at_first = usage();
            } else if round > 10 {
                assert_eq!(usage().bytes_over(at_first), 0);
            }
        }
        assert_eq!(usage().allocations_since(at_first), 0, "{role:?}");
    }
}
