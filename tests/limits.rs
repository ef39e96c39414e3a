//! §10.4  Every limit of a connection: at the limit, and one more. The defaults, written down.
#![cfg(feature = "alloc")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use support::{
    BINARY, CLOSE, CONTINUATION, PING, PONG, Seen, TEXT, feed, frame, frames_out, header, output,
    seed,
};
use websocket_proto::{
    CloseCode, Config, Connection, Delivery, Limits, Liveness, MessageKind, Prepared,
    ProtocolError, Role, SendError, State, Timeouts, Transmit,
};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn with(role: Role, set: impl Fn(&mut Config)) -> Connection {
    let mut config = Config::client();
    set(&mut config);
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(0)),
    }
}

/// T-GN-04: a default that changes is seen here.
#[test]
fn defaults() {
    let server = Config::server();
    let client = Config::client();
    assert_eq!(Config::default(), client);
    for config in [&server, &client] {
        let Limits {
            max_frame_size,
            max_message_size,
            max_fragments,
            max_empty_fragments,
            max_pending_pongs,
            max_write_buffer,
            retain,
            max_head_size,
            max_request_line,
            max_headers,
            max_extensions,
            max_extension_parameters,
            max_subprotocols,
            max_interim_responses,
            max_refusal_body,
            ..
        } = config.limits;
        assert_eq!(max_frame_size, 16_777_216);
        assert_eq!(max_message_size, 16_777_216);
        assert_eq!(max_fragments, 131_072);
        assert_eq!(max_empty_fragments, 1_024);
        assert_eq!(max_pending_pongs, 32);
        assert_eq!(max_write_buffer, 1_048_576);
        assert_eq!(retain, 4_194_304);
        assert_eq!(max_head_size, 16_384);
        assert_eq!(max_request_line, 8_192);
        assert_eq!(max_headers, 100);
        assert_eq!(max_extensions, 32);
        assert_eq!(max_extension_parameters, 16);
        assert_eq!(max_subprotocols, 64);
        assert_eq!(max_interim_responses, 8);
        assert_eq!(max_refusal_body, 4_096);

        let Timeouts {
            handshake,
            close,
            write_stall,
            idle,
            ping_interval,
            pong,
            release_after,
            ..
        } = config.timeouts;
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(handshake, seconds(10));
        assert_eq!(close, seconds(10));
        assert_eq!(write_stall, seconds(30));
        assert_eq!(idle, None);
        assert_eq!(ping_interval, if config == &server { seconds(30) } else { None });
        assert_eq!(pong, seconds(20));
        assert_eq!(release_after, Duration::from_secs(1));

        assert_eq!(config.delivery, Delivery::Messages);
        assert!(config.automatic_pong);
        assert_eq!(config.liveness, Liveness::MatchingPong);
        assert_eq!(config.reference_threshold, 4_096);
    }
    // A limit that is added has to be added here.
    let fields = 15 + 7 + 6 + usize::from(cfg!(feature = "deflate"));
    let shown = format!("{client:#?}");
    assert_eq!(shown.lines().filter(|line| line.contains(": ")).count(), fields, "{shown}");
}

/// What becomes of these bytes: how many events there are and the violation, the same whether they
/// come whole or one by one; the peer is told the violation's code.
fn outcome(
    role: Role,
    set: impl Fn(&mut Config),
    wire: &[u8],
) -> (usize, Option<(ProtocolError, u16)>) {
    let mut results = [wire.len(), 1].map(|size| {
        let mut connection = with(role, &set);
        let mut seen = support::feed_by(&mut connection, wire, size);
        let violation = match seen.last() {
            Some(Seen::Violation(violation)) => {
                let violation = *violation;
                seen.pop();
                let code = frames_out(&mut connection).pop().and_then(|close| close.close_code());
                Some((violation, code.expect("a Close")))
            }
            _ => None,
        };
        seen.retain(|seen| !matches!(seen, Seen::Chunk { last: false, .. }));
        (seen.len(), violation)
    });
    assert_eq!(results[0], results[1]);
    std::mem::take(&mut results[0])
}

/// R6455-10.4-01 R6455-10.4-02: the header alone is enough for a 1009.
#[test]
fn max_frame_size() {
    let limit = |config: &mut Config| config.limits.max_frame_size = 1000;
    for role in ROLES {
        let sender = role.peer();
        for opcode in [TEXT, BINARY] {
            assert_eq!(
                outcome(role, limit, &frame(sender, true, opcode, &[b'x'; 1000])),
                (1, None)
            );
            let over = header(sender, true, opcode, 1001);
            let failure = Some((ProtocolError::FrameTooLarge, 1009));
            assert_eq!(outcome(role, limit, &over), (0, failure));
            let far_over = header(sender, true, opcode, u64::MAX >> 1);
            assert_eq!(outcome(role, limit, &far_over), (0, failure));
        }
        // A fragment is a frame.
        let wire =
            [frame(sender, false, TEXT, b""), header(sender, true, CONTINUATION, 1001)].concat();
        assert_eq!(outcome(role, limit, &wire).1, Some((ProtocolError::FrameTooLarge, 1009)));
        // Control frames have a limit of their own.
        let none = |config: &mut Config| config.limits.max_frame_size = 0;
        assert_eq!(outcome(role, none, &frame(sender, true, PING, &[1; 125])), (1, None));
        assert_eq!(outcome(role, none, &frame(sender, true, TEXT, b"")), (1, None));
        assert!(outcome(role, none, &frame(sender, true, TEXT, b"x")).1.is_some());
    }
}

/// R6455-10.4-01 T-FR-11: summed over the fragments, with what is announced.
#[test]
fn max_message_size() {
    for delivery in [Delivery::Messages, Delivery::Chunks] {
        let limit = |config: &mut Config| {
            config.limits.max_message_size = 1000;
            config.delivery = delivery;
        };
        for role in ROLES {
            let sender = role.peer();
            let failure = Some((ProtocolError::MessageTooLarge, 1009));
            assert_eq!(outcome(role, limit, &frame(sender, true, BINARY, &[1; 1000])), (1, None));
            assert_eq!(outcome(role, limit, &header(sender, true, BINARY, 1001)), (0, failure));
            let mut wire = frame(sender, false, BINARY, &[1; 400]);
            wire.extend(frame(sender, true, PING, &[1; 125]));
            wire.extend(frame(sender, false, CONTINUATION, &[1; 400]));
            let fits = [&wire[..], &frame(sender, true, CONTINUATION, &[1; 200])].concat();
            assert_eq!(outcome(role, limit, &fits), (2, None));
            let over = [&wire[..], &header(sender, true, CONTINUATION, 201)].concat();
            assert_eq!(outcome(role, limit, &over), (1, failure));
            // Each message has the limit for itself.
            let twice = [&fits[..], &fits].concat();
            assert_eq!(outcome(role, limit, &twice), (4, None));
            // A sum beyond 64 bits is over any limit.
            let endless = |config: &mut Config| {
                config.limits.max_frame_size = u64::MAX;
                config.limits.max_message_size = u64::MAX;
                config.delivery = Delivery::Chunks;
            };
            let start =
                [frame(sender, false, BINARY, b"x"), header(sender, true, 0, u64::MAX >> 1)];
            assert_eq!(outcome(role, endless, &start.concat()), (0, None));
        }
    }
}

/// T-FR-13: of one message; control frames in between do not count.
#[test]
fn max_fragments() {
    let limit = |config: &mut Config| config.limits.max_fragments = 5;
    for role in ROLES {
        let sender = role.peer();
        let mut wire = frame(sender, false, TEXT, b"1");
        for _ in 2..=4 {
            wire.extend(frame(sender, false, CONTINUATION, b"x"));
            wire.extend(frame(sender, true, PING, b"not one"));
        }
        let fifth = [&wire[..], &frame(sender, true, CONTINUATION, b"5")].concat();
        assert_eq!(outcome(role, limit, &fifth.repeat(3)), (12, None));
        wire.extend(frame(sender, false, CONTINUATION, b"5"));
        wire.extend(header(sender, true, CONTINUATION, 1));
        let failure = Some((ProtocolError::TooManyFragments, 1008));
        assert_eq!(outcome(role, limit, &wire), (3, failure));
    }
}

/// T-FR-13 R6455-5.4-08: empty frames of a fragmented message.
#[test]
fn max_empty_fragments() {
    for role in ROLES {
        let sender = role.peer();
        let empty = frame(sender, false, CONTINUATION, b"");
        let failure = Some((ProtocolError::TooManyEmptyFragments, 1008));
        for (limit, count) in [(3, 3_usize), (1024, 1024)] {
            let set = |config: &mut Config| config.limits.max_empty_fragments = limit;
            let start = frame(sender, false, TEXT, b"x");
            let end = frame(sender, true, CONTINUATION, b"y");
            let fits = [&start[..], &empty.repeat(count), &end].concat();
            assert_eq!(outcome(role, set, &fits.repeat(2)), (2, None));
            let over = [&start[..], &empty.repeat(count + 1)].concat();
            assert_eq!(outcome(role, set, &over), (0, failure));
            // The first and the last one count, too.
            let empty_start = frame(sender, false, TEXT, b"");
            let over = [&empty_start[..], &empty.repeat(count)].concat();
            assert_eq!(outcome(role, set, &over), (0, failure));
            let empty_end = frame(sender, true, CONTINUATION, b"");
            let over = [&start[..], &empty.repeat(count), &empty_end].concat();
            assert_eq!(outcome(role, set, &over), (0, failure));
        }
        // A message that is one empty frame is no fragment.
        let none = |config: &mut Config| config.limits.max_empty_fragments = 0;
        assert_eq!(outcome(role, none, &frame(sender, true, TEXT, b"").repeat(10)), (10, None));
    }
}

/// R6455-5.5-01 R6455-5.5.1-02: what a control frame may carry.
#[test]
fn control_payload() {
    for role in ROLES {
        let sender = role.peer();
        for opcode in [PING, PONG] {
            assert_eq!(outcome(role, |_| {}, &frame(sender, true, opcode, &[1; 125])), (1, None));
            let over = header(sender, true, opcode, 126);
            let failure = Some((ProtocolError::ControlTooLong, 1002));
            assert_eq!(outcome(role, |_| {}, &over[..2]), (0, failure));
        }
        let longest = [&[3, 232][..], &[b'x'; 123]].concat();
        assert_eq!(outcome(role, |_| {}, &frame(sender, true, CLOSE, &longest)), (1, None));

        let mut connection = with(role, |_| {});
        connection.ping(&[1; 125]).unwrap();
        assert_eq!(connection.ping(&[1; 126]), Err(SendError::ControlTooLong));
        connection.pong(&[1; 125]).unwrap();
        assert_eq!(connection.pong(&[1; 126]), Err(SendError::ControlTooLong));
        let (fits, over) = (format!("{}é", "x".repeat(121)), format!("{}é", "x".repeat(122)));
        assert_eq!((fits.len(), over.len()), (123, 124));
        assert_eq!(connection.close(CloseCode::NORMAL, &over), Err(SendError::ReasonTooLong));
        connection.close(CloseCode::NORMAL, &fits).unwrap();
    }
}

/// R6455-5.5.3-02 T-CT-01
#[test]
fn max_pending_pongs() {
    for role in ROLES {
        for limit in [0, 1, 10, 32, 100] {
            let mut connection = with(role, |config| config.limits.max_pending_pongs = limit);
            for number in 0..limit + 1 {
                let ping = frame(role.peer(), true, PING, number.to_string().as_bytes());
                feed(&mut connection, &ping);
            }
            let pongs = frames_out(&mut connection);
            let kept: Vec<_> = (1..limit + 1).map(|number| number.to_string()).collect();
            let pongs: Vec<_> =
                pongs.into_iter().map(|pong| String::from_utf8(pong.payload).unwrap()).collect();
            assert_eq!(pongs, kept);
        }
    }
}

/// T-CT-02: bytes with their headers, at the limit and one more; a limit of nothing, too.
#[test]
fn max_write_buffer() {
    for role in ROLES {
        for first in [100, 300, 370, 450] {
            let mut connection = with(role, |config| config.limits.max_write_buffer = 500);
            connection.send_binary(&vec![1; first]).unwrap();
            let room = 500 - connection.unsent();
            let size =
                |payload: &usize| header(role, true, BINARY, *payload as u64).len() + payload;
            let fits = (0..room).rev().find(|payload| size(payload) <= room).unwrap();
            let content = vec![2; fits + 1];
            assert_eq!(connection.send_binary(&content), Err(SendError::Full), "{role:?} {first}");
            assert!(connection.is_full(), "the driver is to drain first");
            connection.send_binary(&content[1..]).unwrap();
            assert_eq!(connection.unsent(), 500);
            assert_eq!(connection.send_binary(b""), Err(SendError::Full));
            output(&mut connection);
            assert!(!connection.is_full());
        }
        let mut connection = with(role, |config| config.limits.max_write_buffer = 0);
        assert!(!connection.is_full(), "nothing is queued");
        connection.send_text("one fits an empty queue").unwrap();
        assert!(connection.is_full());
        assert_eq!(connection.send_text("x"), Err(SendError::Full));
        output(&mut connection);
        assert!(!connection.is_full());
        assert_eq!(connection.state(), State::Open);
    }
}

/// What `send_shared` references, and what it copies.
#[test]
fn reference_threshold() {
    for (size, referenced) in [(4095, false), (4096, true)] {
        let mut connection = with(Role::Server, |_| {});
        let content = Bytes::from(vec![1; size]);
        connection.send_shared(MessageKind::Binary, &content).unwrap();
        let mut pointers = Vec::new();
        while let Transmit::Write(mut output) = connection.transmit() {
            use bytes::Buf;
            pointers.push(output.chunk().as_ptr());
            let count = output.chunk().len();
            output.advance(count);
        }
        assert_eq!(pointers.contains(&content.as_ptr()), referenced);
    }
    // Nothing is never referenced.
    let mut connection = with(Role::Server, |config| config.reference_threshold = 0);
    connection.send_shared(MessageKind::Binary, &Bytes::new()).unwrap();
    assert_eq!(output(&mut connection), [0x82, 0]);
}

/// T-CT-02: what remembering a message takes counts, too, and nothing that is gone does.
#[test]
fn small_references_and_refusals_count_as_long_as_they_are_there() {
    let mut connection = with(Role::Server, |config| config.limits.max_write_buffer = 1 << 20);
    let small = Prepared::binary(vec![1; 513]);
    let mut sent = 0;
    while connection.send_prepared(&small).is_ok() {
        sent += 1;
    }
    // Of the frames alone, 2,028 would fit.
    assert!((1_700..2_000).contains(&sent), "{sent}");
    assert!(connection.is_full());
    connection.receive_eof();
    assert_eq!(connection.unsent(), 0);
    assert!(!connection.is_full());
}
