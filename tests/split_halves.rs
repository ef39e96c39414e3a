//! DESIGN.md §2: the two halves, each in a task of its own, are the connection they came from.
#![cfg(feature = "alloc")]

mod support;

use std::time::Duration;

use bytes::Buf;
use support::{CLOSE, Frame, PING, PONG, Random, Seen, TEXT, close_body, frame, read_whole, seed};
use websocket_proto::{
    CloseCode, CloseStatus, Config, Connection, Incoming, Initiator, MessageKind, Outgoing,
    ProtocolError, Role, SendError, State, Transmit,
};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn connection(role: Role) -> Connection {
    match role {
        Role::Server => Connection::server(Config::server()),
        Role::Client => Connection::client(Config::client(), seed(0)),
    }
}

fn feed(incoming: &mut Incoming, bytes: &[u8]) -> Vec<Seen> {
    let mut buffer = bytes.to_vec();
    let mut input = &mut buffer[..];
    let mut seen = Vec::new();
    loop {
        match incoming.receive(&mut input) {
            Ok(Some(event)) => seen.push(event.into()),
            Ok(None) => break,
            Err(violation) => seen.push(Seen::Violation(violation)),
        }
    }
    assert!(input.is_empty());
    seen
}

fn pass_reply(incoming: &mut Incoming, outgoing: &mut Outgoing) {
    if let Some(reply) = incoming.take_reply() {
        outgoing.apply(reply);
    }
    assert!(incoming.take_reply().is_none(), "a reply is taken once");
}

fn output(outgoing: &mut Outgoing) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Transmit::Write(mut output) = outgoing.transmit() {
        bytes.extend_from_slice(output.chunk());
        let count = output.chunk().len();
        output.advance(count);
    }
    bytes
}

fn frames(role: Role, outgoing: &mut Outgoing) -> Vec<Frame> {
    read_whole(role, &output(outgoing))
}

/// With each reply applied at once, both see and write the same, whatever happens.
#[test]
fn the_halves_are_the_connection() {
    for seed in 0..500 {
        for role in ROLES {
            let mut random = Random::new(seed);
            let mut whole = connection(role);
            let (mut incoming, mut outgoing) = connection(role).split();
            let peer = role.peer();
            let mut now = Duration::from_secs(5);
            for step in 0..40 {
                match random.below(12) {
                    0 => {
                        let text = random.text(300);
                        assert_eq!(whole.send_text(&text), outgoing.send_text(&text));
                    }
                    1 => {
                        let fin = random.chance(50);
                        let kind = MessageKind::Binary;
                        let results = (
                            whole.fragment(kind, b"part", fin),
                            outgoing.fragment(kind, b"part", fin),
                        );
                        assert_eq!(results.0, results.1);
                    }
                    2 => assert_eq!(whole.ping(b"p"), outgoing.ping(b"p")),
                    3 if step > 30 => {
                        let code = CloseCode::GOING_AWAY;
                        assert_eq!(whole.close(code, "x"), outgoing.close(code, "x"));
                    }
                    4 if step > 35 => {
                        whole.receive_eof();
                        incoming.receive_eof();
                    }
                    5 => {
                        now += Duration::from_millis(random.below(40_000) as u64);
                        let halves = [outgoing.tick(now), incoming.tick(now)];
                        let deadline = whole.tick(now);
                        // At the end, the whole frees its buffers and the half is not told.
                        if whole.state() == State::Open {
                            assert_eq!(deadline, halves.into_iter().flatten().min(), "{seed}");
                        }
                    }
                    6 => {
                        let bytes = whole_output(&mut whole);
                        assert_eq!(bytes, output(&mut outgoing));
                    }
                    _ => {
                        let size = random.size().min(125);
                        let payload = random.text(size).into_bytes();
                        let bytes = match random.below(20) {
                            0 => frame(peer, true, CLOSE, &close_body(1000, "over")),
                            1 => frame(peer, true, 0x4, b""),
                            2..=6 => frame(peer, true, PONG, &payload),
                            7..=11 => frame(peer, true, PING, &payload),
                            _ => frame(peer, true, TEXT, &payload),
                        };
                        let cut = random.below(bytes.len());
                        for part in [&bytes[..cut], &bytes[cut..]] {
                            let deadline = whole.close_information().and_then(|end| end.deadline);
                            let whole_seen = support::feed(&mut whole, part);
                            let halves_seen = feed(&mut incoming, part);
                            // The receiving half is not told that a deadline of the other passed.
                            assert!(deadline.is_some() || whole_seen == halves_seen, "{seed}");
                            pass_reply(&mut incoming, &mut outgoing);
                        }
                    }
                }
                pass_reply(&mut incoming, &mut outgoing);
                assert_eq!(whole.state(), outgoing.state(), "{seed}");
                assert_eq!(whole.unsent(), outgoing.unsent());
                assert_eq!(whole.close_information(), outgoing.close_information());
            }
            assert_eq!(whole_output(&mut whole), output(&mut outgoing));
            assert_eq!(whole.sent(), outgoing.sent());
        }
    }
}

fn whole_output(connection: &mut Connection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(run) = connection.take_output() {
        bytes.extend_from_slice(&run);
    }
    bytes
}

/// R6455-5.5.3-02 T-CT-01: what waits to be taken over is bounded; of Pings, the newest are kept.
#[test]
fn a_reply_that_is_not_taken_is_bounded() {
    for role in ROLES {
        let (mut incoming, mut outgoing) = connection(role).split();
        for number in 0..10_000 {
            feed(&mut incoming, &frame(role.peer(), true, PING, number.to_string().as_bytes()));
            feed(&mut incoming, &frame(role.peer(), true, PONG, b"12345678"));
        }
        pass_reply(&mut incoming, &mut outgoing);
        let pongs = frames(role, &mut outgoing);
        let payloads: Vec<_> =
            pongs.into_iter().map(|pong| String::from_utf8(pong.payload).unwrap()).collect();
        let newest: Vec<_> = (10_000 - 32..10_000).map(|number| number.to_string()).collect();
        assert_eq!(payloads, newest);
    }
}

/// R6455-5.5.1-06 R6455-5.5.1-11: Pings before the peer's Close are answered before ours; nothing
/// behind it is.
#[test]
fn a_close_crosses_over() {
    for role in ROLES {
        let (mut incoming, mut outgoing) = connection(role).split();
        outgoing.send_text("out").unwrap();
        output(&mut outgoing);
        let wire = [
            frame(role.peer(), true, PING, b"before"),
            frame(role.peer(), true, CLOSE, &close_body(4000, "why")),
            frame(role.peer(), true, PING, b"behind"),
        ];
        let seen = feed(&mut incoming, &wire.concat());
        assert_eq!(seen.len(), 2);
        assert_eq!(outgoing.state(), State::Open, "not told yet");
        pass_reply(&mut incoming, &mut outgoing);
        assert_eq!(outgoing.send_text("more"), Err(SendError::Closed));
        let frames = frames(role, &mut outgoing);
        assert_eq!(frames.iter().map(|frame| frame.opcode).collect::<Vec<_>>(), [PONG, CLOSE]);
        assert_eq!(frames[1].close_code(), Some(4000));
        let end = outgoing.close_information().unwrap();
        assert_eq!((end.reason, end.initiator), ("why", Initiator::Peer));
        incoming.receive_eof();
        pass_reply(&mut incoming, &mut outgoing);
        assert_eq!(outgoing.state(), State::Closed);
        assert!(outgoing.close_information().unwrap().clean);
    }
}

/// R6455-7.1.7-01 R6455-7.1.7-02
#[test]
fn a_failure_crosses_over() {
    for role in ROLES {
        let (mut incoming, mut outgoing) = connection(role).split();
        let wire = [frame(role.peer(), true, TEXT, b"ok"), vec![0x70, 0]].concat();
        let seen = feed(&mut incoming, &wire);
        let violation = ProtocolError::ReservedBits;
        assert_eq!(seen, [support::text("ok"), Seen::Violation(violation)]);
        assert_eq!(feed(&mut incoming, &frame(role.peer(), true, TEXT, b"late")), []);
        pass_reply(&mut incoming, &mut outgoing);
        assert_eq!(frames(role, &mut outgoing)[0].close_code(), Some(1002));
        let end = outgoing.close_information().unwrap();
        assert_eq!((end.error, end.received), (Some(violation), CloseStatus::Abnormal));
        assert!(matches!(outgoing.transmit(), Transmit::Shutdown));
    }
}

/// R6455-7.2.1-01: the end of the transport is told by either half.
#[test]
fn the_end_crosses_over() {
    for role in ROLES {
        let (mut incoming, mut outgoing) = connection(role).split();
        outgoing.send_text("never sent").unwrap();
        let partial = frame(role.peer(), true, TEXT, b"partial");
        assert_eq!(feed(&mut incoming, &partial[..5]), []);
        incoming.receive_eof();
        incoming.receive_eof();
        assert_eq!(feed(&mut incoming, &partial), []);
        pass_reply(&mut incoming, &mut outgoing);
        assert_eq!(outgoing.state(), State::Closed);
        assert_eq!(outgoing.unsent(), 0);
        assert_eq!(outgoing.close_information().unwrap().received, CloseStatus::Abnormal);
    }
}

/// Signs of life, and the Pong to a keepalive, reach the half that has the timers.
#[test]
fn the_peers_activity_crosses_over() {
    for role in ROLES {
        let mut config = Config::server();
        config.timeouts.idle = Some(Duration::from_secs(50));
        let whole = match role {
            Role::Server => Connection::server(config),
            Role::Client => Connection::client(config, seed(0)),
        };
        let (mut incoming, mut outgoing) = whole.split();
        let at = Duration::from_secs;
        assert_eq!(outgoing.tick(at(0)), Some(at(30)));
        outgoing.tick(at(30));
        let ping = frames(role, &mut outgoing).remove(0);
        outgoing.tick(at(31));
        assert_eq!(outgoing.tick(at(31)), Some(at(50)));
        feed(&mut incoming, &frame(role.peer(), true, PONG, &ping.payload));
        pass_reply(&mut incoming, &mut outgoing);
        assert_eq!(outgoing.tick(at(40)), Some(at(70)), "the next Ping; idle at 90");
        assert_eq!(outgoing.state(), State::Open);
    }
}

/// Only what has come counts: to ask when there is nothing, as every loop ends, is no sign of life.
#[test]
fn to_ask_for_more_is_no_sign_of_life() {
    let at = Duration::from_secs;
    let mut config = Config::server();
    config.timeouts.ping_interval = None;
    config.timeouts.idle = Some(at(50));
    let mut whole = Connection::server(config.clone());
    let (mut incoming, mut outgoing) = Connection::server(config).split();
    assert_eq!((whole.tick(at(0)), outgoing.tick(at(0))), (Some(at(50)), Some(at(50))));
    assert_eq!(whole.receive(&mut &mut [][..]).map(|event| event.is_none()), Ok(true));
    assert!(feed(&mut incoming, b"").is_empty());
    pass_reply(&mut incoming, &mut outgoing);
    assert_eq!((whole.tick(at(10)), outgoing.tick(at(10))), (Some(at(50)), Some(at(50))));
    // One byte of a frame is one.
    assert_eq!(whole.receive(&mut &mut [0x81][..]).map(|event| event.is_none()), Ok(true));
    assert!(feed(&mut incoming, &[0x81]).is_empty());
    pass_reply(&mut incoming, &mut outgoing);
    assert_eq!((whole.tick(at(20)), outgoing.tick(at(20))), (Some(at(70)), Some(at(70))));
}
