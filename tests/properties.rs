//! Properties of any input: no panic, the same result however the bytes are cut, and
//! in whichever order the methods are called.
#![cfg(feature = "alloc")]

mod support;

use bytes::{Buf, Bytes};
use proptest::collection::vec;
use proptest::prelude::*;
use support::{Random, Seen, feed, frame, output, read_whole, seed};
use websocket_proto::frame::{Decoder, Header, Opcode};
use websocket_proto::rules::Sequence;
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, MessageKind, Prepared, Role, State, Transmit,
};

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![Just(Delivery::Messages), Just(Delivery::Chunks)]
}

fn connection(role: Role, config: Config) -> Connection {
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(0)),
    }
}

/// The lengths at which a header changes its form, and any other.
fn length() -> impl Strategy<Value = u64> {
    prop_oneof![
        prop::sample::select(vec![0, 1, 125, 126, 127, 65_535, 65_536, u64::MAX >> 1]),
        0..200_u64,
        0..=u64::MAX >> 1,
    ]
}

/// Frames that often follow the rules, and bytes that do not.
fn stream(sender: Role) -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![4 => "[a-zé€𝄞]{0,40}".prop_map(String::into_bytes), 1 => vec(any::<u8>(), 0..40)];
    let one =
        (0..100_u8, text, any::<bool>()).prop_map(move |(choice, payload, fin)| match choice {
            0..=29 => frame(sender, fin, 0x1, &payload),
            30..=49 => frame(sender, fin, 0x0, &payload),
            50..=64 => frame(sender, fin, 0x2, &payload),
            65..=79 => frame(sender, true, 0x9, &payload),
            80..=89 => frame(sender, true, 0xA, &payload),
            90..=92 => frame(sender, true, 0x8, &support::close_body(1000, "")),
            93 => frame(sender, true, 0x8, &payload),
            94..=95 => frame(sender.peer(), fin, 0x2, &payload),
            96 => support::header(sender, fin, 0x2, 1 << 40),
            _ => payload,
        });
    vec(one, 0..12).prop_map(|frames| frames.concat())
}

fn stream_to_either() -> impl Strategy<Value = (Role, Vec<u8>)> {
    role().prop_flat_map(|role| (Just(role), stream(role.peer())))
}

/// The stream in reads of any size, empty ones included.
fn cut(bytes: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut random = Random::new(seed);
    let most = [1, 3, 20, 500][random.below(4)];
    let mut rest = bytes;
    let mut reads = Vec::new();
    while !rest.is_empty() {
        let (read, after) = rest.split_at(random.below(most + 1).min(rest.len()));
        reads.push(read);
        rest = after;
    }
    reads
}

/// Chunks of one message, put together where nothing came between them. Of a message that fails,
/// how much was delivered before depends on the reads.
fn joined(seen: Vec<Seen>) -> Vec<Seen> {
    let mut joined: Vec<Seen> = Vec::new();
    for next in seen {
        match (joined.last_mut(), next) {
            (
                Some(Seen::Chunk { data, last: last @ false, .. }),
                Seen::Chunk { data: more, first: false, last: end, .. },
            ) => {
                data.extend(more);
                *last = end;
            }
            (Some(Seen::Chunk { last: false, .. }), violation @ Seen::Violation(_)) => {
                joined.pop();
                joined.push(violation);
            }
            (_, next) => joined.push(next),
        }
    }
    joined
}

proptest! {
    /// R6455-5.2-05 R6455-5.2-06 T-FR-04: what is encoded is decoded, and not before its last byte;
    /// the bytes are those of the RFC.
    #[test]
    fn headers(
        sender in role(),
        fin in any::<bool>(),
        opcode in prop::sample::select(vec![0x0_u8, 0x1, 0x2, 0x8, 0x9, 0xA]),
        length in length(),
    ) {
        let opcode = Opcode::from_bits(opcode).expect("a defined opcode");
        let control = opcode.is_control();
        let (fin, length) = if control { (true, length % 126) } else { (fin, length) };
        let mask = sender.masks().then_some(support::MASKING_KEY);
        let header = Header { fin, rsv1: false, opcode, mask, length };
        let bytes = header.encode();
        prop_assert_eq!(&bytes[..], &support::header(sender, fin, opcode as u8, length)[..]);
        let sequence = match opcode {
            Opcode::Continuation => Sequence::Message(MessageKind::Text),
            _ => Sequence::Idle,
        };
        for end in 0..bytes.len() {
            prop_assert_eq!(Header::decode(&bytes[..end], sender.peer(), sequence), Ok(None));
        }
        let decoded = Header::decode(&bytes, sender.peer(), sequence);
        prop_assert_eq!(decoded, Ok(Some((header, bytes.len()))));
        prop_assert!(Header::decode(&bytes, sender, sequence).is_err(), "the mask of the other role");
    }

    /// T-GN-01: bytes alone cause no panic, and always end in one of three ways.
    #[test]
    fn any_bytes(role in role(), bytes in vec(any::<u8>(), 0..300), delivery in delivery()) {
        let mut config = Config::server();
        config.delivery = delivery;
        let mut connection = connection(role, config);
        let seen = feed(&mut connection, &bytes);
        let ended = seen.iter().any(|seen| matches!(seen, Seen::Close(..) | Seen::Violation(_)));
        prop_assert_eq!(connection.state() == State::Open, !ended);
        read_whole(role, &output(&mut connection));
    }

    /// T-GN-02 R6455-5.2-10 R6455-5.4-11: events and output do not depend on how the bytes are cut.
    #[test]
    fn any_chunking(
        (role, bytes) in stream_to_either(),
        delivery in delivery(),
        limited in any::<bool>(),
        seeds in any::<[u64; 2]>(),
    ) {
        let mut config = Config::server();
        config.delivery = delivery;
        if limited {
            config.limits.max_message_size = 60;
            config.limits.max_frame_size = 50;
            config.limits.max_fragments = 4;
            config.limits.max_empty_fragments = 1;
            config.limits.max_pending_pongs = 2;
        }
        let mut whole = connection(role, config.clone());
        let seen = joined(feed(&mut whole, &bytes));
        let written = output(&mut whole);
        for seed in seeds {
            let mut other = connection(role, config.clone());
            let reads = cut(&bytes, seed);
            let others = reads.into_iter().flat_map(|read| feed(&mut other, read)).collect();
            prop_assert_eq!(&joined(others), &seen);
            prop_assert_eq!(&output(&mut other), &written);
            prop_assert_eq!(other.close_information(), whole.close_information());
            prop_assert_eq!(other.state(), whole.state());
            prop_assert_eq!(other.received(), whole.received());
        }
    }

    /// R6455-5.4-04 R6455-5.4-11: a message is the same in any fragments and reads.
    #[test]
    fn any_fragmentation(role in role(), text in "\\PC{0,300}", seeds in any::<[u64; 2]>()) {
        let fragments = cut(text.as_bytes(), seeds[0]);
        let last = fragments.len().saturating_sub(1);
        let mut wire = Vec::new();
        for (index, fragment) in fragments.iter().enumerate() {
            let opcode = if index == 0 { 0x1 } else { 0x0 };
            wire.extend(frame(role.peer(), index == last, opcode, fragment));
            wire.extend(frame(role.peer(), true, 0xA, b"between"));
        }
        let mut config = Config::client();
        config.limits.max_empty_fragments = u32::MAX;
        let mut connection = connection(role, config);
        let mut seen = Vec::new();
        cut(&wire, seeds[1]).into_iter().for_each(|read| seen.extend(feed(&mut connection, read)));
        seen.retain(|seen| !matches!(seen, Seen::Pong(_)));
        let expected = if fragments.is_empty() { vec![] } else { vec![support::text(&text)] };
        prop_assert_eq!(seen, expected);
    }

    /// R6455-5.3-01: the frame layer alone, without a heap, unmasks in parts of any size.
    #[test]
    fn decoder_parts(payload in vec(any::<u8>(), 0..400), seed in any::<u64>()) {
        let wire = frame(Role::Client, true, 0x2, &payload).repeat(2);
        let mut decoder = Decoder::new(Role::Server);
        let mut received = Vec::new();
        let (mut begun, mut ended) = (0, 0);
        for read in cut(&wire, seed) {
            let mut buffer = read.to_vec();
            let mut input = &mut buffer[..];
            while let Some(part) = decoder.decode(&mut input).expect("valid") {
                begun += usize::from(part.first);
                ended += usize::from(part.last);
                received.extend_from_slice(part.payload);
                prop_assert_eq!(part.header.length, payload.len() as u64);
            }
            prop_assert!(decoder.held().len() <= 14);
        }
        prop_assert_eq!((begun, ended), (2, 2));
        prop_assert_eq!(received, payload.repeat(2));
    }

    /// T-GN-01, DESIGN.md §2: every method is legal at every moment.
    #[test]
    fn any_order_of_calls(role in role(), seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let mut config = Config::server();
        config.reference_threshold = 4;
        config.limits.max_write_buffer = [0, 100, 1 << 20][random.below(3)];
        config.limits.max_pending_pongs = random.below(4);
        let mut connection = connection(role, config);
        let mut now = core::time::Duration::ZERO;
        let mut closed = false;
        for _ in 0..60 {
            any_call(&mut connection, &mut random, &mut now);
            prop_assert!(!closed || connection.state() == State::Closed, "closed is the end");
            closed = connection.state() == State::Closed;
            if closed {
                prop_assert!(matches!(connection.transmit(), Transmit::Idle));
                prop_assert_eq!(connection.unsent(), 0);
            }
            prop_assert_eq!(connection.close_information().is_none(), connection.state() == State::Open);
            let writes = matches!(connection.transmit(), Transmit::Write(_));
            let aborts = matches!(connection.transmit(), Transmit::Abort);
            prop_assert_eq!(writes, connection.unsent() > 0);
            prop_assert!(!aborts || connection.state() == State::Closing);
        }
        let _parts = connection.into_parts();
    }
}

fn any_call(connection: &mut Connection, random: &mut Random, now: &mut core::time::Duration) {
    let count = random.below(12);
    let data = random.bytes(count);
    let peer = connection.role().peer();
    let kind = [MessageKind::Text, MessageKind::Binary][random.below(2)];
    match random.below(40) {
        0..=4 => drop(connection.send_text(&random.text(20))),
        5..=6 => drop(connection.send_shared(kind, &Bytes::from(data))),
        7..=8 => drop(connection.send_prepared(&Prepared::binary(data))),
        9..=12 => drop(connection.fragment(kind, &data, random.chance(40))),
        13..=14 => drop(connection.message(kind).map(|mut writer| writer.write(&data))),
        15 => drop(connection.ping(&data)),
        16 => drop(connection.pong(&data)),
        17 => drop(connection.close(CloseCode::NORMAL, "over")),
        18 if random.chance(30) => drop(connection.close_without_code()),
        19 if random.chance(20) => connection.abort(),
        20 if random.chance(20) => connection.receive_eof(),
        21 if random.chance(20) => connection.transport_shut_down(),
        22..=24 => {
            *now += core::time::Duration::from_millis(random.below(20_000) as u64);
            connection.tick(*now);
        }
        25 => drop(connection.take_output()),
        26..=29 => {
            if let Transmit::Write(mut output) = connection.transmit() {
                let most = output.remaining() + 3;
                // More than there is takes all there is.
                output.advance(random.below(most));
            }
        }
        30..=37 => {
            let opcode = [0x0, 0x1, 0x2, 0x9, 0xA, 0x8][random.below(6)];
            let payload = if opcode == 0x8 { vec![] } else { random.text(10).into_bytes() };
            let wire = frame(peer, opcode > 7 || random.chance(70), opcode, &payload);
            let end = random.below(wire.len() + 1);
            feed(connection, &wire[..if random.chance(90) { wire.len() } else { end }]);
        }
        _ => drop(feed(connection, b"")),
    }
}
