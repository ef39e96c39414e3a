//! §5.4 §5.5 §6.1  What is queued, in which order it goes out, and how much of it there may be.
#![cfg(feature = "alloc")]

mod support;

use bytes::{Buf, Bytes};
use support::{
    BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT, close_body, feed, frame, frames_out,
    output, read_whole, seed,
};
use websocket_proto::{
    CloseCode, Config, Connection, MessageKind, Prepared, Role, SendError, State, Transmit,
};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn connection(role: Role) -> Connection {
    with(role, Config::client())
}

fn with(role: Role, config: Config) -> Connection {
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(0)),
    }
}

/// Takes `count` bytes of the output, or as many as there are.
fn take(connection: &mut Connection, count: usize) -> Vec<u8> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let Transmit::Write(mut output) = connection.transmit() else { break };
        let part = output.chunk().len().min(count - taken.len());
        taken.extend_from_slice(&output.chunk()[..part]);
        output.advance(part);
    }
    taken
}

fn opcodes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().map(|frame| frame.opcode).collect()
}

/// Has a transport take each possible number of the bytes that `before` queued, and no more, does `then`, and
/// checks what went out in all.
fn at_every_byte(
    role: Role,
    config: &Config,
    before: impl Fn(&mut Connection),
    then: impl Fn(&mut Connection),
    check: impl Fn(usize, &[Frame]),
) {
    let mut whole = with(role, config.clone());
    before(&mut whole);
    let size = whole.unsent();
    for count in 0..=size {
        let mut connection = with(role, config.clone());
        before(&mut connection);
        let mut bytes = take(&mut connection, count);
        // The transport sees what is left, and takes nothing.
        if let Transmit::Write(output) = connection.transmit() {
            assert!(!output.chunk().is_empty());
        }
        then(&mut connection);
        let unsent = connection.unsent();
        let rest = output(&mut connection);
        assert_eq!(rest.len(), unsent);
        bytes.extend(rest);
        assert_eq!(connection.sent().bytes, bytes.len() as u64);
        check(count, &read_whole(role, &bytes));
    }
}

/// Bytes of each frame, with its header.
fn sizes(role: Role, frames: &[Frame]) -> Vec<usize> {
    let sizes = frames.iter().map(|one| frame(role, one.fin, one.opcode, &one.payload).len());
    sizes.collect()
}

/// Three messages: by copy, by reference (from a server), in fragments.
fn three_messages(connection: &mut Connection) {
    connection.send_text("first").unwrap();
    connection.send_shared(MessageKind::Binary, &Bytes::from_static(&[9; 20])).unwrap();
    connection.fragment(MessageKind::Text, b"frag", false).unwrap();
    connection.fragment(MessageKind::Text, b"ment", true).unwrap();
}

fn low_threshold() -> Config {
    let mut config = Config::client();
    config.reference_threshold = 8;
    config
}

/// R6455-5.5.2-03 R6455-5.4-02: Pings and Pongs go out at the next frame boundary, in order, and
/// cut no frame.
#[test]
fn pings_and_pongs_overtake_at_the_next_frame_boundary() {
    for role in ROLES {
        at_every_byte(
            role,
            &low_threshold(),
            three_messages,
            |connection| {
                connection.ping(b"1").unwrap();
                connection.pong(b"2").unwrap();
                feed(connection, &frame(role.peer(), true, PING, b"3"));
            },
            |count, frames| {
                let control: Vec<_> = frames.iter().filter(|frame| frame.is_control()).collect();
                let payloads: Vec<_> = control.iter().map(|frame| &frame.payload[..]).collect();
                assert_eq!(payloads, [b"1", b"2", b"3"]);
                let first = frames.iter().position(Frame::is_control).unwrap();
                let before: usize = sizes(role, &frames[..first]).iter().sum();
                let previous: usize = sizes(role, &frames[..first.saturating_sub(1)]).iter().sum();
                assert!(before >= count && (count == 0 || previous < count), "{role:?} {count}");
                let data: Vec<_> = frames.iter().filter(|frame| !frame.is_control()).collect();
                assert_eq!(data.len(), 4);
                assert_eq!(data[0].payload, b"first");
                assert_eq!(data[1].payload, [9; 20]);
                assert_eq!([&data[2].payload[..], &data[3].payload].concat(), b"fragment");
            },
        );
    }
}

/// R6455-5.5.2-03: with a megabyte queued in frames, the Pong waits for one of them at most.
#[test]
fn a_pong_waits_for_one_frame_at_most() {
    for role in ROLES {
        let mut connection = connection(role);
        for _ in 0..15 {
            connection.fragment(MessageKind::Binary, &[0; 64 << 10], false).unwrap();
        }
        take(&mut connection, 100_000);
        feed(&mut connection, &frame(role.peer(), true, PING, b"now"));
        let bytes = output(&mut connection);
        let rest_of_frame =
            2 * ((64 << 10) + 10) + if role == Role::Client { 8 } else { 0 } - 100_000;
        let pong = &read_whole(role, &bytes[rest_of_frame..])[0];
        assert_eq!((pong.opcode, &pong.payload[..]), (PONG, &b"now"[..]));
    }
}

/// R6455-7.1.2-01: our own Close goes behind everything that is queued.
#[test]
fn a_close_goes_behind_everything() {
    for role in ROLES {
        at_every_byte(
            role,
            &low_threshold(),
            three_messages,
            |connection| connection.close(CloseCode::NORMAL, "bye").unwrap(),
            |_, frames| {
                assert_eq!(opcodes(frames), [TEXT, BINARY, TEXT, CONTINUATION, CLOSE]);
                assert_eq!(frames[4].payload, close_body(1000, "bye"));
            },
        );
    }
}

/// R6455-5.5.1-06 R6455-5.5.1-07: the answer to a Close goes at the next message boundary, and the
/// rest is dropped.
#[test]
fn the_answer_to_a_close_goes_at_the_next_message_boundary() {
    for role in ROLES {
        at_every_byte(
            role,
            &low_threshold(),
            three_messages,
            |connection| {
                feed(connection, &frame(role.peer(), true, CLOSE, &close_body(4321, "why")));
            },
            |count, frames| {
                let (close, data) = frames.split_last().unwrap();
                assert_eq!(close.payload, close_body(4321, ""));
                // As many messages as were begun, each of them whole.
                let begun = [TEXT, BINARY, TEXT];
                let starts = [0, 1, 2].map(|index| start_of(role, index));
                let expected = starts.iter().filter(|start| **start < count).count();
                let sent: Vec<_> =
                    opcodes(data).into_iter().filter(|opcode| *opcode != CONTINUATION).collect();
                assert_eq!(sent, begun[..expected], "{role:?} {count}");
                assert_eq!(data.len(), if expected == 3 { 4 } else { expected });
            },
        );
    }
}

/// Where the message of `three_messages` with this number starts.
fn start_of(role: Role, index: usize) -> usize {
    let mut connection = with(role, low_threshold());
    three_messages(&mut connection);
    sizes(role, &frames_out(&mut connection))[..index].iter().sum()
}

/// R6455-5.5.1-07: inside a message that its writer has not finished, the answer goes at the next
/// frame boundary.
#[test]
fn the_answer_to_a_close_does_not_wait_for_an_unfinished_message() {
    for role in ROLES {
        at_every_byte(
            role,
            &Config::client(),
            |connection| {
                for part in [b"one", b"two", b"thr"] {
                    connection.fragment(MessageKind::Binary, part, false).unwrap();
                }
            },
            |connection| {
                feed(connection, &frame(role.peer(), true, CLOSE, b""));
                let more = connection.fragment(MessageKind::Binary, b"no", true);
                assert_eq!(more, Err(SendError::Closed));
            },
            |count, frames| {
                let size = if role == Role::Client { 9 } else { 5 };
                assert_eq!(frames.len(), count.div_ceil(size) + 1, "{role:?} {count}");
                assert_eq!(frames.last().unwrap(), &frames_of(role, CLOSE, b"")[0]);
            },
        );
    }
}

fn frames_of(role: Role, opcode: u8, payload: &[u8]) -> Vec<Frame> {
    read_whole(role, &frame(role, true, opcode, payload))
}

/// R6455-7.1.7-01: the Close of a failure goes at the next frame boundary, and the rest is dropped;
/// Pongs that were due go before it.
#[test]
fn the_close_of_a_failure_goes_at_the_next_frame_boundary() {
    for role in ROLES {
        let frame_sizes = {
            let mut connection = with(role, low_threshold());
            three_messages(&mut connection);
            sizes(role, &frames_out(&mut connection))
        };
        at_every_byte(
            role,
            &low_threshold(),
            three_messages,
            |connection| {
                feed(connection, &frame(role.peer(), true, PING, b"due"));
                feed(connection, &frame(role.peer(), true, CONTINUATION, b"stray"));
            },
            |count, frames| {
                let mut start = 0;
                let begun = frame_sizes.iter().filter(|size| {
                    start += **size;
                    start - **size < count
                });
                let begun = begun.count();
                assert_eq!(frames.len(), begun + 2, "{role:?} {count}");
                assert_eq!(opcodes(&frames[begun..]), [PONG, CLOSE]);
                assert_eq!(frames[begun + 1].close_code(), Some(1002));
            },
        );
    }
}

/// R6455-5.5.1-10 and a failure while our own Close waits: still one Close, and it need not wait for
/// messages that nobody will read.
#[test]
fn a_close_that_waits_moves_up_when_the_peer_has_ended() {
    for role in ROLES {
        for end in [frame(role.peer(), true, CLOSE, &[3, 233]), frame(role.peer(), true, 0x3, b"")]
        {
            at_every_byte(
                role,
                &low_threshold(),
                |connection| {
                    three_messages(connection);
                    connection.close(CloseCode::NORMAL, "ours").unwrap();
                },
                |connection| {
                    feed(connection, &end);
                },
                |count, frames| {
                    let closes = frames.iter().filter(|frame| frame.opcode == CLOSE).count();
                    assert_eq!(closes, 1);
                    assert_eq!(frames.last().unwrap().payload, close_body(1000, "ours"));
                    assert!(count > 0 || frames.len() == 1);
                },
            );
        }
    }
}

/// R6455-7.1.7-03: what answers the messages in front of a Close or a violation goes out before the Close,
/// unless the transport was shown it and did not take it.
#[test]
fn answers_go_out_before_the_close_that_follows_them() {
    for role in ROLES {
        let peer = role.peer();
        for (end, code) in [
            (frame(peer, true, CLOSE, &close_body(1000, "")), 1000),
            (frame(peer, true, 0x3, b""), 1002),
        ] {
            let mut connection = connection(role);
            feed(&mut connection, &frame(peer, true, TEXT, b"question"));
            connection.send_text("answer").unwrap();
            connection.fragment(MessageKind::Binary, b"begun", false).unwrap();
            // To ask whether there is something to write is not to show it.
            assert!(matches!(connection.transmit(), Transmit::Write(_)));
            feed(&mut connection, &end);
            let frames = frames_out(&mut connection);
            assert_eq!(opcodes(&frames), [TEXT, BINARY, CLOSE]);
            assert_eq!(frames[0].payload, b"answer");
            assert_eq!(frames[2].close_code(), Some(code));
        }
    }
}

/// T-CT-02: a full output refuses and changes nothing; what drains makes room; one message of any
/// size fits an empty queue; control frames and a Close have a place in any case.
#[test]
fn a_full_output_refuses_and_changes_nothing() {
    for role in ROLES {
        let mut config = Config::client();
        config.limits.max_write_buffer = 1000;
        let mut connection = with(role, config);
        connection.send_binary(&[1; 5000]).unwrap();
        assert!(connection.is_full());
        let before = (connection.unsent(), connection.sent());
        let content = Bytes::from(vec![b'x'; 5000]);
        let prepared = Prepared::binary(content.clone());
        assert_eq!(connection.send_text("x"), Err(SendError::Full));
        assert_eq!(connection.send_binary(b""), Err(SendError::Full));
        assert_eq!(connection.send_shared(MessageKind::Text, &content), Err(SendError::Full));
        assert_eq!(connection.fragment(MessageKind::Text, b"x", true), Err(SendError::Full));
        let unmasked = if role == Role::Client { SendError::Unmasked } else { SendError::Full };
        assert_eq!(connection.send_prepared(&prepared), Err(unmasked));
        assert_eq!((connection.unsent(), connection.sent()), before);

        let mut pings = 0;
        while connection.ping(&[0; 125]).is_ok() {
            pings += 1;
        }
        // 8 KiB of them, each counted with the longest header.
        assert_eq!(pings, if role == Role::Client { 62 } else { 64 });
        assert_eq!(connection.ping(&[0; 125]), Err(SendError::Full));

        // Until half of the limit is reached, the driver goes on waiting.
        while connection.is_full() {
            assert_eq!(take(&mut connection, 1).len(), 1);
        }
        connection.send_text("room again").unwrap();
        connection.close(CloseCode::NORMAL, "").unwrap();
        let rest = output(&mut connection);
        assert!(rest.len() < 1000);
        assert_eq!(connection.sent().frames, 1 + pings + 2);
    }
}

/// R6455-5.5.3-02: of more Pongs than may wait, the oldest go, but never one in transmission.
#[test]
fn the_oldest_pong_makes_room() {
    for role in ROLES {
        let mut config = Config::client();
        config.limits.max_pending_pongs = 3;
        for taken in 0..12 {
            let mut connection = with(role, config.clone());
            feed(&mut connection, &frame(role.peer(), true, PING, b"1"));
            connection.ping(b"ours").unwrap();
            let mut bytes = take(&mut connection, taken);
            for number in 2..=9 {
                let ping = frame(role.peer(), true, PING, number.to_string().as_bytes());
                feed(&mut connection, &ping);
            }
            bytes.extend(output(&mut connection));
            let frames = read_whole(role, &bytes);
            assert_eq!(frames.iter().filter(|frame| frame.opcode == PING).count(), 1);
            let pongs = frames.iter().filter(|frame| frame.opcode == PONG);
            let pongs: Vec<_> = pongs.map(|pong| &pong.payload[..]).collect();
            let started: &[&[u8]] = if taken > 0 { &[b"1"] } else { &[] };
            assert_eq!(pongs, [started, &[b"7", b"8", b"9"]].concat());
        }
    }
}

/// R6455-5.1-01 R6455-5.5.1-05 R6455-7.4.1-01 T-CT-12: what the caller may not do changes nothing.
#[test]
fn misuse_changes_nothing() {
    for role in ROLES {
        let mut connection = connection(role);
        assert_eq!(connection.ping(&[0; 126]), Err(SendError::ControlTooLong));
        assert_eq!(connection.pong(&[0; 126]), Err(SendError::ControlTooLong));
        let long = "é".repeat(62);
        assert_eq!(connection.close(CloseCode::NORMAL, &long), Err(SendError::ReasonTooLong));
        let code = CloseCode::MANDATORY_EXTENSION;
        if role == Role::Server {
            assert_eq!(connection.close(code, ""), Err(SendError::CloseCode));
        }
        let invalid = Bytes::from_static(b"\xC3\x28");
        assert_eq!(
            connection.send_shared(MessageKind::Text, &invalid),
            Err(SendError::InvalidUtf8)
        );
        let wrong = connection.fragment(MessageKind::Text, b"\xFF", false);
        assert_eq!(wrong, Err(SendError::InvalidUtf8));
        let cut = connection.fragment(MessageKind::Text, b"caf\xC3", true);
        assert_eq!(cut, Err(SendError::InvalidUtf8));
        assert_eq!((connection.unsent(), connection.sent().frames), (0, 0));
        assert_eq!(connection.state(), State::Open);

        connection.fragment(MessageKind::Text, b"caf\xC3", false).unwrap();
        assert_eq!(connection.send_text("x"), Err(SendError::MessageOpen));
        assert_eq!(connection.send_binary(b"x"), Err(SendError::MessageOpen));
        assert_eq!(
            connection.fragment(MessageKind::Binary, b"x", true),
            Err(SendError::KindMismatch)
        );
        assert!(matches!(connection.message(MessageKind::Binary), Err(SendError::KindMismatch)));
        assert_eq!(
            connection.fragment(MessageKind::Text, b"\x28", true),
            Err(SendError::InvalidUtf8)
        );
        // The message is as it was.
        connection.fragment(MessageKind::Text, b"\xA9", true).unwrap();
        connection.close(CloseCode::NORMAL, &"x".repeat(123)).unwrap();
        assert_eq!(connection.ping(b""), Err(SendError::Closed));
        assert_eq!(connection.close(CloseCode::NORMAL, ""), Err(SendError::Closed));
        assert_eq!(connection.close_without_code(), Err(SendError::Closed));
        assert!(matches!(connection.message(MessageKind::Text), Err(SendError::Closed)));
        assert_eq!(opcodes(&frames_out(&mut connection)), [TEXT, CONTINUATION, CLOSE]);
    }
}

/// In one vectored write everything stands where it stands in many: a Ping among messages that are referenced, at the
/// first boundary behind what the transport has taken.
#[cfg(feature = "std")]
#[test]
fn a_ping_among_references_in_one_write() {
    let fill = |ping_behind: usize, taken: usize| {
        let mut connection = connection(Role::Server);
        let mut bytes = Vec::new();
        for number in 0..3_u8 {
            connection.send_shared(MessageKind::Binary, &Bytes::from(vec![number; 5000])).unwrap();
            connection.send_binary(&[number; 3]).unwrap();
            if usize::from(number) == ping_behind {
                bytes = take(&mut connection, taken);
                connection.ping(b"between").unwrap();
            }
        }
        (connection, bytes)
    };
    for ping_behind in 0..3 {
        for taken in [0, 1, 4, 5, 2000, 5003, 5004, 5005, 5009, 5010, 7000, 10_018, 12_000] {
            let (mut by_chunk, mut bytes) = fill(ping_behind, taken);
            let (expected, before) = (output(&mut by_chunk), bytes.len());
            bytes.extend_from_slice(&expected);
            let mut frames = read_whole(Role::Server, &bytes);
            // 5,004 bytes, 5, and so on.
            let boundaries = (0..=3).flat_map(|number| [5009 * number, 5009 * number + 5004]);
            let place = boundaries.take_while(|boundary| *boundary < before).count();
            assert_eq!(frames.remove(place).opcode, PING, "{ping_behind} {taken}");
            let data: Vec<_> = frames.into_iter().map(|frame| frame.payload).collect();
            assert!(data == [0, 1, 2].map(|number| [vec![number; 5000], vec![number; 3]]).concat());

            for places in [1, 2, 3, 5, 16] {
                let (mut connection, _) = fill(ping_behind, taken);
                let mut bytes = Vec::new();
                while let Transmit::Write(mut output) = connection.transmit() {
                    let mut slices = [std::io::IoSlice::new(b""); 16];
                    let filled = output.chunks_vectored(&mut slices[..places]);
                    let before = bytes.len();
                    slices[..filled].iter().for_each(|slice| bytes.extend_from_slice(slice));
                    assert!(filled == places || bytes == expected, "all that there is place for");
                    output.advance(bytes.len() - before);
                    // Whoever asks behind the last byte is shown nothing.
                    if output.remaining() == 0 {
                        let mut slices = [std::io::IoSlice::new(b"")];
                        assert_eq!(
                            (output.chunks_vectored(&mut slices), output.chunk()),
                            (0, &[][..])
                        );
                    }
                }
                assert!(bytes == expected, "{ping_behind} {taken} {places}");
            }
        }
    }
    let mut plain = connection(Role::Server);
    plain.send_binary(b"x").unwrap();
    let Transmit::Write(mut output) = plain.transmit() else { panic!("it is queued") };
    output.advance(3);
    assert_eq!(output.chunks_vectored(&mut [std::io::IoSlice::new(b"")]), 0);
}

/// What is told of the output is what goes out of it, also when messages that are referenced are dropped.
#[test]
fn what_a_close_leaves_of_references() {
    for stuck_at in [1, 5004, 5005, 12_000, 15_020] {
        let mut connection = connection(Role::Server);
        for number in 0..3_u8 {
            connection.send_shared(MessageKind::Binary, &Bytes::from(vec![number; 5000])).unwrap();
            connection.send_binary(&[number; 3]).unwrap();
        }
        let mut bytes = take(&mut connection, stuck_at);
        // The transport sees what is left, and takes nothing.
        let Transmit::Write(output_left) = connection.transmit() else { panic!("there is more") };
        assert!(!output_left.chunk().is_empty());
        feed(&mut connection, &frame(Role::Client, true, CLOSE, &close_body(1000, "")));
        let left = connection.unsent();
        let rest = output(&mut connection);
        assert_eq!(rest.len(), left, "{stuck_at}");
        bytes.extend_from_slice(&rest);
        let frames = read_whole(Role::Server, &bytes);
        assert_eq!(frames.last().map(|frame| frame.opcode), Some(CLOSE), "{stuck_at}");
        // The frame that had begun, and nothing behind it.
        let boundaries = (0..=3).flat_map(|number| [5009 * number, 5009 * number + 5004]);
        let begun = boundaries.take_while(|boundary| *boundary < stuck_at).count();
        assert_eq!(frames.len(), begun + 1, "{stuck_at}");
    }
}

/// More than there is takes off what there is.
#[test]
fn to_advance_too_far() {
    for role in ROLES {
        let mut connection = connection(role);
        connection.send_binary(b"some").unwrap();
        let size = connection.unsent() as u64;
        assert_eq!(take(&mut connection, 2).len(), 2);
        let Transmit::Write(mut output_left) = connection.transmit() else {
            panic!("there is more")
        };
        output_left.advance(1000);
        assert_eq!((connection.unsent(), connection.sent().bytes), (0, size));
        connection.send_binary(b"more").unwrap();
        assert_eq!(frames_out(&mut connection).len(), 1);
    }
}
