//! §5.5.1 §7  Closing, the end of the transport and keepalive, played by a pair with virtual time.
#![cfg(feature = "alloc")]

mod support;

use std::time::Duration;

use support::{CLOSE, Chunks, PING, PONG, Pair, Seen, TEXT, frame, text};
use websocket_proto::{
    CloseCode, CloseStatus, Connection, ExpiredDeadline, Initiator, ProtocolError, Role, SendError,
    State,
};

const ROLES: [Role; 2] = [Role::Client, Role::Server];
const SECOND: Duration = Duration::from_secs(1);

fn code(code: CloseCode) -> CloseStatus {
    CloseStatus::Code(code)
}

/// R6455-7.1.2-01 R6455-7.1.2-02 R6455-7.1.3-01 R6455-7.1.4-01 R6455-7.1.5-01 R6455-7.1.6-01:
/// whoever closes, however the bytes come, both ends end clean at once, and the server's goes first.
#[test]
fn either_side_closes() {
    for role in ROLES {
        for chunks in [Chunks::Whole, Chunks::Of(1), Chunks::Of(3)] {
            for (close, reason) in
                [(Some(CloseCode::NORMAL), "bye"), (Some(CloseCode::GOING_AWAY), ""), (None, "")]
            {
                let mut pair = Pair::new();
                pair.chunks = chunks.clone();
                let (closer, other) = pair.nodes(role);
                closer.connection.send_text("last words").unwrap();
                match close {
                    Some(code) => closer.connection.close(code, reason).unwrap(),
                    None => closer.connection.close_without_code().unwrap(),
                }
                assert_eq!(closer.connection.state(), State::Closing);
                assert_eq!(other.connection.state(), State::Open);
                assert_eq!(closer.connection.send_text("more"), Err(SendError::Closed));
                assert_eq!(pair.drive_to_end(), Duration::ZERO);

                let (closer, other) = pair.nodes(role);
                let number = close.map(u16::from);
                assert_eq!(other.seen, [text("last words"), Seen::Close(number, reason.into())]);
                assert_eq!(closer.seen, [Seen::Close(number, String::new())]);
                assert_eq!(closer.opcodes(), [TEXT, CLOSE]);
                assert_eq!(other.opcodes(), [CLOSE]);
                let (ours, theirs) = (closer.end(), other.end());
                assert!(ours.clean && theirs.clean);
                assert_eq!((ours.initiator, theirs.initiator), (Initiator::Local, Initiator::Peer));
                assert_eq!((ours.sent, theirs.sent), (Some(close.into()), Some(close.into())));
                assert_eq!((ours.received, theirs.received), (close.into(), close.into()));
                assert_eq!((ours.reason, theirs.reason), ("", reason));
                // §7.1.1: the server shuts down; the client only drops its end once told of that.
                assert!(!pair.client.was_aborted() && !pair.server.was_aborted());
            }
        }
    }
}

/// R6455-5.5.1-10: both close; each Close answers the other, and there is no third.
#[test]
fn both_sides_close() {
    for chunks in [Chunks::Whole, Chunks::Of(1), Chunks::Of(2)] {
        let mut pair = Pair::new();
        pair.chunks = chunks;
        pair.client.connection.close(CloseCode::NORMAL, "done").unwrap();
        pair.server.connection.close(CloseCode::GOING_AWAY, "too").unwrap();
        assert_eq!(pair.drive_to_end(), Duration::ZERO);
        assert_eq!(pair.client.opcodes(), [CLOSE]);
        assert_eq!(pair.server.opcodes(), [CLOSE]);
        let (client, server) = (pair.client.end(), pair.server.end());
        assert!(client.clean && server.clean);
        assert_eq!((client.received, client.reason), (code(CloseCode::GOING_AWAY), "too"));
        assert_eq!((server.received, server.reason), (code(CloseCode::NORMAL), "done"));
        assert_eq!((client.initiator, server.initiator), (Initiator::Local, Initiator::Local));
    }
}

/// R6455-5.5.1-12 R6455-5.5.2-04: until the peer's Close comes, its messages are delivered and its
/// Pings answered.
#[test]
fn messages_are_delivered_and_pings_answered_until_the_peers_close() {
    for role in ROLES {
        let mut pair = Pair::new();
        let (closer, other) = pair.nodes(role);
        closer.connection.close(CloseCode::NORMAL, "").unwrap();
        other.connection.send_text("on the way").unwrap();
        other.connection.ping(b"still there?").unwrap();
        other.stalled = true;
        pair.step();
        pair.step();
        let (_, other) = pair.nodes(role);
        // The answer to the Close goes behind the Ping and in front of the rest: it is written late.
        assert_eq!(other.seen, [Seen::Close(Some(1000), String::new())]);
        other.stalled = false;
        pair.drive_to_end();
        let (closer, other) = pair.nodes(role);
        assert_eq!(
            closer.seen,
            [Seen::Ping(b"still there?".to_vec()), Seen::Close(Some(1000), String::new())]
        );
        assert_eq!(other.opcodes(), [PING, CLOSE]);
        assert_eq!(closer.opcodes(), [CLOSE, PONG]);
        assert!(closer.end().clean);
    }
}

/// R6455-5.5.1-09 R6455-7.1.1-02: the client waits for the server to end the transport, then drops
/// it at the deadline; the close was clean all the same.
#[test]
fn the_client_waits_for_the_server_and_then_aborts() {
    let mut pair = Pair::new();
    pair.server.connection.close(CloseCode::NORMAL, "").unwrap();
    pair.step();
    // The client's answer arrives; the server's end gets lost.
    pair.server.lost = true;
    pair.drive();
    assert_eq!(pair.client.connection.state(), State::Closing);
    // Once the buffers are released, the close deadline alone is left.
    pair.pass(SECOND);
    assert_eq!(pair.client.connection.tick(pair.now), Some(pair.now + 9 * SECOND));
    pair.pass(9 * SECOND - Duration::from_nanos(1));
    assert!(!pair.client.was_aborted());
    pair.pass(Duration::from_nanos(1));
    assert!(pair.client.was_aborted());
    let end = pair.client.end();
    assert!(end.clean);
    assert_eq!(end.deadline, Some(ExpiredDeadline::Close));
    assert_eq!(end.received, code(CloseCode::NORMAL));
}

/// T-CT-04: a peer that does not answer the Close is waited for until the deadline, and neither
/// Pings nor messages of its own move that.
#[test]
fn an_unanswered_close_ends_at_the_deadline() {
    for role in ROLES {
        let mut pair = Pair::new();
        let (closer, other) = pair.nodes(role);
        closer.connection.close(CloseCode::NORMAL, "").unwrap();
        closer.lost = true;
        let peer = other.connection.role();
        for _ in 0..9 {
            pair.nodes(role).0.inbound.extend(frame(peer, true, PING, b"trickle"));
            pair.nodes(role).0.inbound.extend(frame(peer, true, TEXT, b"trickle"));
            pair.pass(SECOND);
            assert_eq!(pair.nodes(role).0.connection.state(), State::Closing);
        }
        pair.pass(SECOND);
        let (closer, _) = pair.nodes(role);
        assert!(closer.was_aborted());
        let end = closer.end();
        assert!(!end.clean);
        assert_eq!((end.received, end.initiator), (CloseStatus::Abnormal, Initiator::Local));
        assert_eq!(end.deadline, Some(ExpiredDeadline::Close));
        assert_eq!(closer.seen.len(), 18);
    }
}

/// T-CT-06 R6455-7.1.4-01 R6455-7.2.1-01: the stream ends behind each of its bytes; whole messages
/// were delivered, a part of one never is, and it is no clean end.
#[test]
fn the_stream_ends_anywhere() {
    for role in ROLES {
        let mut source = Pair::new();
        let (sender, _) = source.nodes(role);
        sender.connection.send_text("one").unwrap();
        sender.connection.fragment(websocket_proto::MessageKind::Text, b"tw", false).unwrap();
        sender.connection.fragment(websocket_proto::MessageKind::Text, b"o", true).unwrap();
        sender.connection.send_text("three").unwrap();
        let bytes = support::output(&mut sender.connection);
        let frames = support::read_whole(role, &bytes);
        let header =
            |index: usize| if role == Role::Client { 6 } else { 2 } + frames[index].payload.len();
        let ends = [header(0), header(0) + header(1) + header(2), bytes.len()];

        for at in 0..=bytes.len() {
            let mut pair = Pair::new();
            let (_, receiver) = pair.nodes(role);
            receiver.inbound.extend(&bytes[..at]);
            receiver.inbound_ends = true;
            pair.drive();
            let (_, receiver) = pair.nodes(role);
            let whole = ends.iter().filter(|end| **end <= at).count();
            assert_eq!(receiver.seen, [text("one"), text("two"), text("three")][..whole]);
            let end = receiver.end();
            assert!(!end.clean);
            assert_eq!((end.received, end.sent), (CloseStatus::Abnormal, None));
            assert_eq!(end.initiator, Initiator::Transport);
            assert_eq!(receiver.wire, b"");
            receiver.connection.receive_eof();
            assert_eq!(receiver.connection.state(), State::Closed);
            assert_eq!(receiver.connection.send_text("late"), Err(SendError::Closed));
        }
    }
}

/// T-CT-07: the peer shuts its side without a Close; what is queued is dropped.
#[test]
fn a_half_close_without_close_drops_the_output() {
    for role in ROLES {
        let mut pair = Pair::new();
        let (node, _) = pair.nodes(role);
        node.connection.send_binary(&[0; 100 << 10]).unwrap();
        node.stalled = true;
        node.inbound_ends = true;
        pair.drive();
        let (node, _) = pair.nodes(role);
        assert_eq!(node.connection.state(), State::Closed);
        assert_eq!(node.connection.unsent(), 0);
        assert_eq!(node.wire, b"");
        assert!(!node.end().clean);
    }
}

/// §7.1.4: the peer closes and shuts down at once; our answer still goes out, and that is clean.
#[test]
fn a_half_close_behind_the_close_lets_the_answer_out() {
    for role in ROLES {
        let mut pair = Pair::new();
        pair.chunks = Chunks::Of(1);
        let (closer, other) = pair.nodes(role);
        other.inbound.extend(frame(closer.connection.role(), true, CLOSE, &[3, 232]));
        other.inbound_ends = true;
        other.stalled = true;
        pair.drive();
        let (_, other) = pair.nodes(role);
        assert_eq!(other.connection.state(), State::Closing);
        other.stalled = false;
        pair.drive();
        let (_, other) = pair.nodes(role);
        assert_eq!(other.opcodes(), [CLOSE]);
        assert_eq!(other.connection.state(), State::Closed);
        assert!(other.end().clean);
    }
}

/// R6455-7.1.7-01 R6455-7.1.7-02 R6455-7.1.7-03: one Close with the code, then the shutdown; what the
/// peer goes on to send has no effect, and the deadline ends what its end does not.
#[test]
fn a_failure_is_told_once_and_late_input_is_discarded() {
    for role in ROLES {
        let peer = role.peer();
        let mut pair = Pair::new();
        pair.chunks = Chunks::Of(5);
        let (node, _) = pair.nodes(role);
        node.connection.send_text("queued before").unwrap();
        node.lost = true;
        node.inbound.extend(frame(peer, true, TEXT, b"good"));
        node.inbound.extend(frame(peer, true, 0x3, b"bad"));
        for _ in 0..3 {
            node.inbound.extend(frame(peer, true, TEXT, b"late"));
            node.inbound.extend(frame(peer, true, PING, b"late"));
            node.inbound.extend(frame(peer, true, CLOSE, b""));
        }
        pair.drive();
        let (node, _) = pair.nodes(role);
        assert_eq!(node.seen, [text("good"), Seen::Violation(ProtocolError::ReservedOpcode)]);
        assert_eq!(node.connection.state(), State::Closing);
        assert_eq!(node.transport, support::Transport::ShutDown);
        let frames = node.frames().0;
        assert_eq!(frames.last().and_then(support::Frame::close_code), Some(1002));
        assert_eq!(frames.iter().filter(|frame| frame.opcode == CLOSE).count(), 1);
        assert_eq!(node.connection.send_text("no"), Err(SendError::Closed));
        pair.pass(10 * SECOND);
        let (node, _) = pair.nodes(role);
        assert_eq!(node.connection.state(), State::Closed);
        let end = node.end();
        assert!(!end.clean);
        assert_eq!(end.error, Some(ProtocolError::ReservedOpcode));
        assert_eq!(end.received, CloseStatus::Abnormal);
        assert_eq!(end.sent, Some(code(CloseCode::PROTOCOL_ERROR)));
    }
}

/// R6455-7.2.1-01: the transport breaks while both have output queued.
#[test]
fn a_lost_transport_ends_both() {
    let mut pair = Pair::new();
    pair.chunks = Chunks::Of(7);
    pair.client.connection.send_text("on the way from here").unwrap();
    pair.server.connection.send_text("on the way from there").unwrap();
    pair.step();
    pair.cut();
    pair.drive();
    assert!(pair.is_closed());
    for node in [&pair.client, &pair.server] {
        assert_eq!(node.seen, []);
        assert_eq!(node.end().received, CloseStatus::Abnormal);
        assert_eq!(node.end().initiator, Initiator::Transport);
    }
}

/// R6455-7.1.1-03: `abort` in every state is the end of the transport, and no Close goes out for it.
#[test]
fn abort_at_any_time() {
    for role in ROLES {
        for steps in 0..8 {
            let mut pair = Pair::new();
            pair.chunks = Chunks::Of(3);
            let (node, peer) = pair.nodes(role);
            node.connection.send_text("never arrives whole").unwrap();
            peer.connection.close(CloseCode::NORMAL, "").unwrap();
            for _ in 0..steps {
                pair.step();
            }
            let (node, _) = pair.nodes(role);
            node.connection.abort();
            assert_eq!(node.connection.unsent(), 0);
            pair.drive();
            let (node, _) = pair.nodes(role);
            assert_eq!(node.connection.state(), State::Closed);
            let late =
                support::feed(&mut node.connection, &frame(role.peer(), true, TEXT, b"late"));
            assert_eq!(late, []);
            assert_eq!(node.connection.tick(2000 * SECOND), None);
        }
    }
}

/// R6455-7.1.1-01: behind the end of the transport, however it came about, nothing is seen or sent.
#[test]
fn nothing_is_seen_behind_the_end() {
    let ends: [fn(&mut Connection); 4] = [
        |connection| connection.receive_eof(),
        |connection| connection.transport_shut_down(),
        |connection| connection.abort(),
        |connection| {
            connection.abort();
            connection.transport_shut_down();
        },
    ];
    for role in ROLES {
        let wire = [TEXT, PING, CLOSE].map(|opcode| frame(role.peer(), true, opcode, b"")).concat();
        for end in ends {
            for cut in [0, 1] {
                let mut pair = Pair::new();
                let connection = &mut pair.nodes(role).0.connection;
                connection.send_text("queued").unwrap();
                assert_eq!(support::feed(connection, &wire[..cut]), []);
                end(connection);
                assert_ne!(connection.state(), State::Open);
                assert_eq!(support::feed(connection, &wire[cut..]), []);
                assert_eq!(support::feed(connection, &wire), []);
                assert_eq!(connection.unsent(), 0);
                assert_eq!(connection.ping(b""), Err(SendError::Closed));
                assert_eq!(connection.tick(2000 * SECOND), None);
            }
        }
    }
}
