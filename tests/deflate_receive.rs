//! RFC 7692 §6.2 §7.2.2  Receiving compressed messages.
#![cfg(feature = "deflate")]

mod deflate_support;

use deflate_support::{
    HELLO, HELLO_AGAIN, Peer, Seen, config, connection, frame, hex, json, no_takeover, noise,
    plain, receive, receive_every_way, sent, text, windows,
};
use websocket_proto::deflate::Agreement;
use websocket_proto::{CloseCode, Connection, Delivery, ProtocolError, Role};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

/// Frames of (first byte, payload in hexadecimal).
fn frames(to: Role, frames: &[(u8, &str)]) -> Vec<u8> {
    frames.iter().flat_map(|(first, payload)| frame(to, *first, &hex(payload))).collect()
}

fn check(agreement: Agreement, parts: &[(u8, &str)], expected: &[Seen]) {
    for role in ROLES {
        assert_eq!(
            receive_every_way(role, agreement, &frames(role, parts)),
            expected,
            "{role:?} {parts:02X?}"
        );
    }
}

fn failed(error: ProtocolError) -> Seen {
    Seen::Failed(error)
}

/// R7692-7.2.2-01 R7692-6.1-01 R7692-6.1-05
#[test]
fn hello() {
    let hello = "F248CDC9C90700";
    check(Agreement::default(), &[(0xC1, hello)], &[text("Hello")]);
    check(Agreement::default(), &[(0xC2, hello)], &[Seen::Binary(b"Hello".to_vec())]);
    // §7.2.3.2: what the wire carries is no UTF-8, what it means is; and the other way round.
    check(Agreement::default(), &[(0xC1, "FA0F00")], &[failed(ProtocolError::InvalidUtf8)]);
    assert_eq!(ProtocolError::InvalidUtf8.close_code(), CloseCode::INVALID_PAYLOAD);
}

/// R7692-6.2-01 R7692-7.2.3.6-01
#[test]
fn fragments() {
    check(Agreement::default(), &[(0x41, "F248CD"), (0x80, "C9C90700")], &[text("Hello")]);
    check(
        Agreement::default(),
        &[(0x41, "F248CD"), (0x89, ""), (0x80, "C9C90700")],
        &[Seen::Control, text("Hello")],
    );
    check(
        Agreement::default(),
        &[(0x41, "F248CDC9C907000000FFFF"), (0x80, "00")],
        &[text("Hello")],
    );
    check(Agreement::default(), &[(0x41, ""), (0x00, HEX_HELLO), (0x80, "")], &[text("Hello")]);
    check(Agreement::default(), &[(0xC1, "00")], &[text("")]);
}

const HEX_HELLO: &str = "F248CDC9C90700";

/// R7692-7.2.2-02 R7692-7.2.2-03 R7692-6.1-04
#[test]
fn context_takeover() {
    check(
        Agreement::default(),
        &[(0xC1, HEX_HELLO), (0xC1, "F200110000")],
        &[text("Hello"), text("Hello")],
    );
    check(
        Agreement::default(),
        &[(0xC1, HEX_HELLO), (0x81, "78"), (0xC1, "F200110000"), (0x81, "48656C6C6F")],
        &[text("Hello"), text("x"), text("Hello"), text("Hello")],
    );
}

/// R7692-7.2.2-02 T-DF-06: the parameter of the sender governs the receiver's window.
#[test]
fn each_direction_has_its_own_takeover() {
    let again = [(0xC1, HEX_HELLO), (0xC1, "F200110000"), (0xC1, "F200110000")];
    for role in ROLES {
        for (server, client) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut agreement = Agreement::default();
            agreement.server_no_context_takeover = server;
            agreement.client_no_context_takeover = client;
            let peer_forgets = if role == Role::Server { client } else { server };
            let expected = if peer_forgets {
                vec![text("Hello"), failed(ProtocolError::InvalidCompression)]
            } else {
                vec![text("Hello"); 3]
            };
            assert_eq!(receive_every_way(role, agreement, &frames(role, &again)), expected);
        }
    }
    check(no_takeover(), &[(0xC1, HEX_HELLO), (0xC1, HEX_HELLO)], &[text("Hello"), text("Hello")]);
}

/// R7692-7.2.1-03 R7692-7.2.1-04 R7692-7.2.2-04 T-DF-04
#[test]
fn blocks_of_every_kind() {
    for agreement in [Agreement::default(), no_takeover()] {
        // Stored, two blocks, final.
        check(agreement, &[(0xC1, "000500FAFF48656C6C6F00")], &[text("Hello")]);
        check(agreement, &[(0xC1, "F2480500000 0FFFFCAC9C90700")], &[text("Hello")]);
        check(agreement, &[(0xC1, "F348CDC9C9070000")], &[text("Hello")]);
        check(agreement, &[(0xC1, "F348CDC9C90700 F248CDC9C90700")], &[text("HelloHello")]);
        check(
            agreement,
            &[(0xC1, "F348CDC9C90700 F348CDC9C90700 F200110000")],
            &[text("HelloHelloHello")],
        );
        // The window survives the final block.
        check(agreement, &[(0xC1, "F348CDC9C90700 F200110000")], &[text("HelloHello")]);
    }
    check(
        Agreement::default(),
        &[(0xC1, "F348CDC9C9070000"), (0xC1, "F200110000"), (0xC1, "F200110000")],
        &[text("Hello"), text("Hello"), text("Hello")],
    );
}

/// R7692-7.2.2-06 T-DF-04
#[test]
fn corrupt_and_cut_off() {
    for payload in [
        "F248CD",                 // cut off; zlib alone would say "Heh"
        "FF",                     // block type 3
        "F200110000",             // refers to nothing
        "F248CDC9C907",           // without the header of the empty block
        "F348CDC9C90700",         // a final block with nothing behind it
        "000500FAFF48656C",       // a stored block cut off
        "000500FBFF48656C6C6F00", // lengths that do not fit
        "05",                     // the start of a dynamic block
        "F248CDC9C9070001",       // a final empty block, cut off
        "F248CDC9C907000000FFFF", // a tail that was not removed: then there is half a header
        "F248CDC9C9070002",       // the start of a fixed block, which the tail would end
        "00000000",
    ] {
        check(
            Agreement::default(),
            &[(0xC2, payload), (0x81, "41")],
            &[failed(ProtocolError::InvalidCompression)],
        );
        check(no_takeover(), &[(0xC2, payload)], &[failed(ProtocolError::InvalidCompression)]);
    }
    let mut connection = plain(Role::Server);
    receive(&mut connection, &frame(Role::Server, 0xC1, &hex("FF")), usize::MAX);
    assert_eq!(sent(&mut connection)[0].payload, [0x03, 0xEF]);
}

/// R7692-7.2.2-06: of all that a message can be cut to, only the whole of it is accepted.
#[test]
fn every_truncation_fails() {
    for level in [1, 6, 9] {
        let data = json(600);
        let message = Peer::new(15, level).message(&data);
        for length in 1..message.len() {
            let bytes = frame(Role::Client, 0xC2, &message[..length]);
            let seen = receive(&mut plain(Role::Client), &bytes, usize::MAX);
            assert_eq!(seen, [failed(ProtocolError::InvalidCompression)], "{level} {length}");
        }
    }
}

/// R7692-7.2.2-07 T-DF-05
#[test]
fn nothing_is_not_half_a_block() {
    let cases =
        [vec![(0xC1, "")], vec![(0x41, ""), (0x80, "")], vec![(0x41, ""), (0x00, ""), (0x80, "")]];
    for nothing in cases {
        let with = |next: &'static str| [nothing.clone(), vec![(0xC1, next)]].concat();
        check(Agreement::default(), &with(HEX_HELLO), &[text(""), text("Hello")]);
        check(
            Agreement::default(),
            &with("00414243"),
            &[text(""), failed(ProtocolError::InvalidCompression)],
        );
    }
    check(
        Agreement::default(),
        &[(0xC1, HEX_HELLO), (0xC1, ""), (0xC1, "F200110000")],
        &[text("Hello"), text(""), text("Hello")],
    );
}

/// R7692-6.1-03 T-DF-12 R7692-6-01
#[test]
fn rsv1_where_it_may_not_be() {
    let refused = failed(ProtocolError::ReservedBits);
    check(
        Agreement::default(),
        &[(0x41, "F248CD"), (0xC0, "C9C90700")],
        std::slice::from_ref(&refused),
    );
    for first in [0xC8, 0xC9, 0xCA] {
        check(Agreement::default(), &[(first, "")], std::slice::from_ref(&refused));
    }
    for first in [0xA1, 0x91, 0xE1, 0xD1, 0xF2, 0xA9, 0x90] {
        check(Agreement::default(), &[(first, "00")], std::slice::from_ref(&refused));
    }
    // The order of checks: opcode, FIN, mask, length of a control frame and sequence come before.
    check(Agreement::default(), &[(0xC3, "")], &[failed(ProtocolError::ReservedOpcode)]);
    check(Agreement::default(), &[(0x49, "")], &[failed(ProtocolError::FragmentedControl)]);
    check(Agreement::default(), &[(0xC0, "00")], &[failed(ProtocolError::UnexpectedContinuation)]);
    check(
        Agreement::default(),
        &[(0x41, "F2"), (0xC1, "00")],
        &[failed(ProtocolError::UnfinishedMessage)],
    );
}

/// R6455-5.8-01 R7692-5-05 T-FR-08: enabled here, but not agreed on.
#[test]
fn rsv1_without_agreement() {
    for role in ROLES {
        let mut connection = match role {
            Role::Server => Connection::server(config(role)),
            Role::Client => Connection::client(config(role), [7; 32]),
        };
        connection.send_text(&"compressible ".repeat(100)).expect("room");
        assert_eq!(sent(&mut connection)[0].first, 0x81);
        assert_eq!(connection.compression(), None);
        let bytes = frame(role, 0xC1, &HELLO);
        assert_eq!(
            receive(&mut connection, &bytes, usize::MAX),
            [failed(ProtocolError::ReservedBits)]
        );
    }
}

/// R7692-7.2.2-05
#[test]
fn the_whole_window() {
    for (window, agreement) in
        [(15, Agreement::default()), (9, windows(9, 9)), (10, windows(10, 10))]
    {
        let distance = 1 << window;
        let block = noise(distance, 3);
        // A copy of 4 bytes from as far back as the window goes, then an empty block.
        let (extra, symbol) = (window - 2, 2 * (window - 1) + 1);
        let mut bits: Vec<u32> = vec![0, 1, 0]; // not final, fixed
        bits.extend([0, 0, 0, 0, 0, 1, 0]); // length code 258: 4 bytes
        bits.extend((0..5).rev().map(|place| symbol as u32 >> place & 1));
        bits.extend((0..extra).map(|_| 1));
        bits.extend([0; 7]); // end of block
        bits.extend([0; 3]);
        let bytes =
            bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | *bit as u8));
        let copy: Vec<u8> = bytes.collect();
        for role in ROLES {
            let mut wire = frame(role, 0xC2, &Peer::new(15, 6).message(&block));
            wire.extend(frame(role, 0xC2, &copy));
            let expected = [Seen::Binary(block.clone()), Seen::Binary(block[..4].to_vec())];
            let mut config = config(role);
            config.timeouts.release_after = std::time::Duration::ZERO;
            let mut connection = connection(role, config, agreement);
            // The codec is given up between the two: the window is not.
            let middle = wire.len() - frame(role, 0xC2, &copy).len();
            let first = receive(&mut connection, &wire[..middle], 1000);
            for second in 0..3 {
                connection.tick(std::time::Duration::from_secs(second));
            }
            let second = receive(&mut connection, &wire[middle..], 1000);
            assert_eq!([first, second].concat(), expected, "{window}");
            assert_eq!(receive_every_way(role, agreement, &wire), expected, "{window}");
        }
    }
}

/// T-DF-01 T-DF-02: what is delivered ends exactly at the limit, in one frame or in many.
#[test]
fn the_limit_holds_for_what_was_inflated() {
    for size in [1000, 1001] {
        let message = Peer::new(15, 9).message(&vec![b'a'; size]);
        for parts in [1, 3, 7] {
            for role in ROLES {
                for delivery in [Delivery::Messages, Delivery::Chunks] {
                    let mut wire = Vec::new();
                    let part = message.len().div_ceil(parts);
                    let last = message.chunks(part).count() - 1;
                    for (index, part) in message.chunks(part).enumerate() {
                        let first = if index == 0 { 0x42 } else { 0 }
                            | if index == last { 0x80 } else { 0 };
                        wire.extend(frame(role, first, part));
                    }
                    let mut config = config(role);
                    config.limits.max_message_size = 1000;
                    config.delivery = delivery;
                    let mut connection = connection(role, config, Agreement::default());
                    let expected = match size {
                        1000 => Seen::Binary(vec![b'a'; size]),
                        _ => failed(ProtocolError::MessageTooLarge),
                    };
                    assert_eq!(receive(&mut connection, &wire, usize::MAX), [expected]);
                }
            }
        }
    }
}

/// T-DF-02: and for what is compressed, at the header.
#[test]
fn the_limit_holds_for_what_is_compressed() {
    let mut config = config(Role::Client);
    config.limits.max_message_size = 1000;
    let mut connection = connection(Role::Client, config, Agreement::default());
    let seen = receive(&mut connection, &[0xC2, 126, 0x03, 0xE9], usize::MAX);
    assert_eq!(seen, [failed(ProtocolError::MessageTooLarge)]);
}

/// T-DF-13: empty blocks are bounded by the size of the message; final ones, each of which costs a window, by a
/// number of their own.
#[test]
fn many_empty_blocks() {
    let stored: Vec<u8> = [0, 0, 0, 0xFF, 0xFF].repeat(100_000);
    let mut wire = stored.clone();
    wire.push(0);
    let bytes = frame(Role::Client, 0xC2, &wire);
    assert_eq!(receive(&mut plain(Role::Client), &bytes, 65_536), [Seen::Binary(Vec::new())]);

    // One for the frame, and 16; in 4 KiB, four more.
    let too_many = failed(ProtocolError::TooManyFinalBlocks);
    let padding = [0, 0xFB, 0x0F, 0x04, 0xF0].into_iter().chain([b'x'; 0xFFB]).collect::<Vec<u8>>();
    for (before, count, expected) in [
        (&[][..], 17, Seen::Binary(Vec::new())),
        (&[], 18, too_many.clone()),
        (&padding, 21, Seen::Binary(vec![b'x'; 0xFFB])),
        (&padding, 23, too_many),
    ] {
        let payload = [before, &[3, 0].repeat(count), &[0]].concat();
        let bytes = frame(Role::Client, 0xC2, &payload);
        for step in [usize::MAX, 1] {
            let seen = receive(&mut plain(Role::Client), &bytes, step);
            assert!(seen == [expected.clone()], "{count} final blocks, in steps of {step}");
        }
    }
    // The 16 are for the connection: many messages have no more, until others have saved some up.
    let message = |finals| frame(Role::Client, 0xC2, &[&[3, 0].repeat(finals)[..], &[0]].concat());
    for (finals, expected) in [(1, 1000), (2, 16), (3, 8), (17, 1)] {
        let bytes = message(finals).repeat(1000);
        let seen = receive(&mut plain(Role::Client), &bytes, 4096);
        let delivered = seen.iter().filter(|seen| matches!(seen, Seen::Binary(_))).count();
        assert_eq!(delivered, expected, "{finals} final blocks each");
    }
    let saved = [message(17), message(0).repeat(5), message(6), message(2)].concat();
    let seen = receive(&mut plain(Role::Client), &saved, 4096);
    assert_eq!(seen.len(), 8);
    assert!(seen.last() == Some(&failed(ProtocolError::TooManyFinalBlocks)));
    // Each in a frame of its own.
    let mut bytes = frame(Role::Client, 0x42, &[3, 0]);
    for _ in 0..1000 {
        bytes.extend(frame(Role::Client, 0x00, &[3, 0]));
    }
    bytes.extend(frame(Role::Client, 0x80, &[0]));
    assert_eq!(receive(&mut plain(Role::Client), &bytes, 1000), [Seen::Binary(Vec::new())]);
}

/// R7692-7.2.1-03: whatever a compressor does, in pieces of any size, with and without takeover.
#[test]
fn long_conversations() {
    for (level, window) in [(0, 15), (1, 15), (6, 9), (6, 12), (9, 15)] {
        let mut peer = Peer::new(window, level);
        let messages: Vec<Vec<u8>> = (0..30)
            .map(|index| match index % 3 {
                0 => json(index * 700),
                1 => noise(index * 300, 1 + index as u64),
                _ => b"again and ".repeat(index * 90),
            })
            .collect();
        let wire: Vec<u8> = messages
            .iter()
            .flat_map(|message| frame(Role::Client, 0xC2, &peer.message(message)))
            .collect();
        let expected: Vec<Seen> = messages.into_iter().map(Seen::Binary).collect();
        for delivery in [Delivery::Messages, Delivery::Chunks] {
            for step in [97, 1000, 4096, usize::MAX] {
                let mut config = config(Role::Client);
                config.delivery = delivery;
                let mut connection = connection(Role::Client, config, windows(window, 15));
                assert_eq!(
                    receive(&mut connection, &wire, step),
                    expected,
                    "{level} {window} {step}"
                );
            }
        }
    }
}

/// T-DF-04: whatever damage does to a stream, it does the same however the bytes come, and no more than fail.
#[test]
fn damage_makes_no_difference_in_another_cut() {
    for round in 0..150_u64 {
        let mut peer = Peer::new(15, 1 + round as i32 % 9);
        let mut wire = Vec::new();
        for message in 0..3 {
            let data = if message == 1 { noise(200, round + 1) } else { json(300) };
            wire.extend(frame(Role::Client, 0xC1 + u8::from(message == 1), &peer.message(&data)));
        }
        let random = noise(6, 1000 + round);
        for damage in random.chunks(2).take(1 + round as usize % 3) {
            let at = (usize::from(damage[0]) << 2) % wire.len();
            // Not the headers: what they do is seen elsewhere.
            if wire[at] != 0xC1 && wire[at] != 0xC2 && at > 4 {
                wire[at] ^= damage[1];
            }
        }
        let agreement = if round % 2 == 0 { Agreement::default() } else { no_takeover() };
        receive_every_way(Role::Client, agreement, &wire);
    }
}

/// R6455-8.1: text is refused for its first wrong byte, even if the stream is corrupt behind it.
#[test]
fn wrong_text_comes_before_a_corrupt_stream() {
    let mut message = Peer::new(15, 6).part(b"a\xFFb");
    message.extend([0xFF; 4]);
    let bytes = frame(Role::Client, 0xC1, &message);
    assert_eq!(
        receive_every_way(Role::Client, Agreement::default(), &bytes),
        [failed(ProtocolError::InvalidUtf8)]
    );
}

/// Chunks are bounded, however much a frame is inflated to; there is input left as long as there are more.
#[test]
fn chunks_are_bounded() {
    // Of all of these, the last byte of the frame is inflated to something else.
    for size in (16_380..16_700).chain([1_000_000]) {
        let data = vec![0; size];
        for level in [1, 9] {
            let message = Peer::new(15, level).message(&data);
            let mut config = config(Role::Client);
            config.delivery = Delivery::Chunks;
            let mut connection = connection(Role::Client, config, Agreement::default());
            let mut bytes = frame(Role::Client, 0xC2, &message);
            let mut input = &mut bytes[..];
            let (mut sum, mut chunks) = (0, 0);
            while !input.is_empty() {
                let event =
                    connection.receive(&mut input).expect("no violation").expect("input is left");
                let websocket_proto::Event::Chunk(chunk) = event else { panic!("{event:?}") };
                assert!(chunk.data.len() <= 16 << 10, "{size}");
                assert_eq!((chunk.first, chunk.last), (chunks == 0, input.is_empty()), "{size}");
                sum += chunk.data.len();
                chunks += 1;
            }
            assert_eq!(sum, size);
            assert!(connection.receive(&mut input).expect("no violation").is_none());
        }
    }
}

/// T-DF-14, and the constant that the vectors above rely on.
#[test]
fn the_vectors_are_what_they_claim() {
    let mut peer = Peer::new(15, 6);
    assert_eq!(peer.message(b"Hello"), HELLO);
    assert_eq!(peer.message(b"Hello"), HELLO_AGAIN);
}
