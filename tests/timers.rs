//! §7.1.1 §5.5.2  Deadlines: each alone, together, and on a clock that the test moves.
#![cfg(feature = "alloc")]

mod support;

use std::time::Duration;

use support::{CLOSE, PING, PONG, Pair, TEXT, feed, frame, frames_out, output, seed};
use websocket_proto::{
    CloseCode, CloseStatus, Config, Connection, ExpiredDeadline, Initiator, Liveness, Role, State,
    Transmit,
};

const ROLES: [Role; 2] = [Role::Server, Role::Client];
const SECOND: Duration = Duration::from_secs(1);
const NANOSECOND: Duration = Duration::from_nanos(1);

/// A time far from the origin.
const START: Duration = Duration::from_secs(1_000_000);

fn at(seconds: u64) -> Duration {
    START + Duration::from_secs(seconds)
}

/// No deadline but the one that `set` switches on; buffers are released late.
fn only(role: Role, set: impl Fn(&mut Config)) -> Connection {
    let mut config = Config::client();
    config.timeouts.handshake = None;
    config.timeouts.close = None;
    config.timeouts.write_stall = None;
    config.timeouts.idle = None;
    config.timeouts.ping_interval = None;
    config.timeouts.pong = None;
    config.timeouts.release_after = Duration::from_secs(1 << 30);
    set(&mut config);
    match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(0)),
    }
}

fn expired(connection: &Connection) -> Option<ExpiredDeadline> {
    connection.close_information().and_then(|information| information.deadline)
}

/// R6455-7.1.7-04: without deadlines there is nothing to wait for, and time does nothing.
#[test]
fn without_deadlines_time_does_nothing() {
    for role in ROLES {
        let mut connection = only(role, |_| {});
        for seconds in [0, 1, 1 << 40] {
            assert_eq!(connection.tick(at(seconds)), None);
        }
        assert!(matches!(connection.transmit(), Transmit::Idle));
        assert_eq!(connection.state(), State::Open);

        let mut client = Connection::client(Config::client(), seed(0));
        assert_eq!(client.tick(START), None, "a client is left alone by default");
    }
}

/// "Without `tick` nothing times out."
#[test]
fn what_is_not_ticked_does_not_time_out() {
    let mut connection = only(Role::Server, |config| config.timeouts.idle = Some(SECOND));
    // The clock is first seen late: the deadline counts from there.
    assert_eq!(connection.tick(at(100)), Some(at(101)));
    assert_eq!(connection.state(), State::Open);
}

/// A connection from which nothing comes is closed with 1001.
#[test]
fn idle() {
    for role in ROLES {
        let mut connection = only(role, |config| config.timeouts.idle = Some(5 * SECOND));
        assert_eq!(connection.tick(START), Some(at(5)));
        assert_eq!(connection.tick(at(4)), Some(at(5)), "the deadline is absolute");
        feed(&mut connection, &frame(role.peer(), true, PONG, b""));
        assert_eq!(connection.tick(at(4)), Some(at(9)), "from the first tick after it");
        // Any byte counts, and what we send does not.
        feed(&mut connection, &frame(role.peer(), true, TEXT, b"x")[..1]);
        connection.send_text("not from the peer").unwrap();
        output(&mut connection);
        assert_eq!(connection.tick(at(8)), Some(at(13)));
        assert_eq!(connection.tick(at(13) - NANOSECOND), Some(at(13)));
        assert_eq!(connection.state(), State::Open);
        assert_eq!(connection.tick(at(13)), Some(at(13) + (1 << 30) * SECOND));
        assert_eq!(connection.state(), State::Closing);
        assert_eq!(expired(&connection), Some(ExpiredDeadline::Idle));
        assert_eq!(frames_out(&mut connection)[0].close_code(), Some(1001));
    }
}

/// T-CT-04: from the Close that is queued to the end of the transport.
#[test]
fn close() {
    for role in ROLES {
        let mut connection = only(role, |config| config.timeouts.close = Some(5 * SECOND));
        assert_eq!(connection.tick(START), None);
        connection.close(CloseCode::NORMAL, "").unwrap();
        assert_eq!(connection.tick(at(1)), Some(at(6)));
        // Neither what goes out nor what comes in moves it.
        assert_eq!(frames_out(&mut connection).len(), 1);
        assert_eq!(connection.tick(at(2)), Some(at(6)));
        feed(&mut connection, &frame(role.peer(), true, TEXT, b"x"));
        feed(&mut connection, &frame(role.peer(), true, CLOSE, b""));
        assert_eq!(connection.tick(at(3)), Some(at(6)));
        assert_eq!(connection.tick(at(6)), None);
        assert!(matches!(connection.transmit(), Transmit::Abort));
        assert!(matches!(connection.transmit(), Transmit::Abort), "until it was done");
        assert_eq!(expired(&connection), Some(ExpiredDeadline::Close));
        assert_eq!(connection.state(), State::Closing);
        connection.transport_shut_down();
        assert_eq!(connection.state(), State::Closed);
        assert!(connection.close_information().unwrap().clean, "both Closes had gone");
    }
}

/// The deadline is there for failures and for the peer's Close, too.
#[test]
fn close_begins_with_whichever_end_comes_first() {
    for role in ROLES {
        for end in [frame(role.peer(), true, CLOSE, b""), vec![0x83, 0]] {
            let mut connection = only(role, |config| config.timeouts.close = Some(5 * SECOND));
            feed(&mut connection, &end);
            assert_eq!(connection.tick(START), Some(at(5)));
            connection.transport_shut_down();
            assert!(connection.tick(at(1)).is_none_or(|deadline| deadline == at(5)));
        }
    }
}

/// T-CT-14: bytes that the transport does not take. Only taking some counts, not queueing more.
#[test]
fn write_stall() {
    for role in ROLES {
        let mut connection = only(role, |config| config.timeouts.write_stall = Some(5 * SECOND));
        assert_eq!(connection.tick(START), None);
        connection.send_binary(&[0; 100]).unwrap();
        assert_eq!(connection.tick(at(1)), Some(at(6)));
        connection.ping(b"more").unwrap();
        feed(&mut connection, &frame(role.peer(), true, PING, b"and more"));
        assert_eq!(connection.tick(at(2)), Some(at(6)));
        advance(&mut connection, 0);
        assert_eq!(connection.tick(at(3)), Some(at(6)), "nothing was taken");
        advance(&mut connection, 1);
        assert_eq!(connection.tick(at(5)), Some(at(10)));
        output(&mut connection);
        assert_eq!(connection.tick(at(6)), Some(at(6) + (1 << 30) * SECOND - 4 * SECOND));
        // Drained, and stalled anew.
        connection.send_binary(&[0; 100]).unwrap();
        assert_eq!(connection.tick(at(20)), Some(at(25)));
        assert_eq!(connection.tick(at(25)), None);
        assert!(matches!(connection.transmit(), Transmit::Abort));
        assert_eq!(expired(&connection), Some(ExpiredDeadline::WriteStall));
        let end = connection.close_information().unwrap();
        assert_eq!((end.received, end.sent), (CloseStatus::Abnormal, None));
        assert_eq!(end.initiator, Initiator::Local);
    }
}

fn advance(connection: &mut Connection, count: usize) {
    use bytes::Buf;
    let Transmit::Write(mut output) = connection.transmit() else { panic!("nothing to write") };
    output.advance(count);
}

/// T-CT-10 T-CT-11: a Ping at each interval; only the Pong with its bytes, and in time, will do.
#[test]
fn keepalive() {
    for role in ROLES {
        let mut connection = only(role, |config| {
            config.timeouts.ping_interval = Some(30 * SECOND);
            config.timeouts.pong = Some(20 * SECOND);
            config.timeouts.close = Some(10 * SECOND);
        });
        assert_eq!(connection.tick(START), Some(at(30)));
        assert_eq!(connection.tick(at(30)), Some(at(50)));
        let ping = frames_out(&mut connection).remove(0);
        assert_eq!((ping.opcode, ping.payload.len()), (PING, 8));
        // Anything but its Pong leaves the deadline where it is.
        for other in [&b"stray"[..], &[0; 8], b"", &ping.payload[..7]] {
            feed(&mut connection, &frame(role.peer(), true, PONG, other));
            assert_eq!(connection.tick(at(31)), Some(at(50)));
        }
        feed(&mut connection, &frame(role.peer(), true, TEXT, b"alive?"));
        assert_eq!(connection.tick(at(32)), Some(at(50)));
        let seen = feed(&mut connection, &frame(role.peer(), true, PONG, &ping.payload));
        assert_eq!(seen, [support::Seen::Pong(ping.payload.clone())], "delivered like any Pong");
        assert_eq!(connection.tick(at(40)), Some(at(70)));

        // An old Pong does not answer the next Ping.
        assert_eq!(connection.tick(at(70)), Some(at(90)));
        let next = frames_out(&mut connection).remove(0);
        assert_ne!(next.payload, ping.payload);
        feed(&mut connection, &frame(role.peer(), true, PONG, &ping.payload));
        assert_eq!(connection.tick(at(89)), Some(at(90)));
        assert_eq!(connection.tick(at(90)), Some(at(100)), "the close deadline");
        assert_eq!(expired(&connection), Some(ExpiredDeadline::Pong));
        assert_eq!(frames_out(&mut connection)[0].close_code(), Some(1011));
        assert!(matches!(connection.transmit(), Transmit::Shutdown));
        connection.transport_shut_down();
        let late = frame(role.peer(), true, PONG, &next.payload);
        assert_eq!(feed(&mut connection, &late), []);
        assert_eq!(connection.tick(at(100)), None);
        assert!(matches!(connection.transmit(), Transmit::Abort));
        assert_eq!(expired(&connection), Some(ExpiredDeadline::Pong), "why, not what came of it");
    }
}

/// T-CT-10: any byte after the Ping will do, if it was configured so; bytes before it will not.
#[test]
fn keepalive_by_any_byte() {
    let mut connection = only(Role::Client, |config| {
        config.liveness = Liveness::AnyBytes;
        config.timeouts.ping_interval = Some(30 * SECOND);
        config.timeouts.pong = Some(20 * SECOND);
    });
    assert_eq!(connection.tick(START), Some(at(30)));
    feed(&mut connection, &frame(Role::Server, true, TEXT, b"before"));
    assert_eq!(connection.tick(at(30)), Some(at(50)));
    output(&mut connection);
    assert_eq!(connection.tick(at(31)), Some(at(50)));
    feed(&mut connection, &frame(Role::Server, true, TEXT, b"after")[..1]);
    assert_eq!(connection.tick(at(32)), Some(at(62)));
}

/// With no time set for the Pong, there are Pings and no consequence; they do not pile up.
#[test]
fn keepalive_without_a_deadline() {
    let mut connection =
        only(Role::Server, |config| config.timeouts.ping_interval = Some(30 * SECOND));
    for round in 1..10_000 {
        connection.tick(at(30 * (round - 1)));
        assert_eq!(connection.tick(at(30 * round)), Some(at(30 * round + 30)));
        assert_eq!(connection.state(), State::Open);
    }
    assert!(connection.unsent() <= 8 << 10, "{} bytes of Pings", connection.unsent());
    assert!(frames_out(&mut connection).iter().all(|frame| frame.opcode == PING));
}

/// DESIGN.md §2: buffers that were not used for `release_after` go; the deadline for it shows.
#[test]
fn release() {
    for role in ROLES {
        let mut connection = only(role, |config| config.timeouts.release_after = SECOND);
        assert_eq!(connection.tick(START), None, "nothing to release");
        let message = frame(role.peer(), true, TEXT, b"assembled");
        feed(&mut connection, &message[..8]);
        assert_eq!(connection.tick(START), None, "in use");
        feed(&mut connection, &message[8..]);
        assert_eq!(connection.tick(at(1)), Some(at(2)));
        connection.send_text("out").unwrap();
        assert_eq!(connection.tick(at(1) + SECOND / 2), Some(at(2)));
        assert_eq!(connection.tick(at(2)), Some(at(2) + SECOND / 2));
        // The output is not drained: looked at again when the transport takes some of it.
        assert_eq!(connection.tick(at(3)), None);
        output(&mut connection);
        assert_eq!(connection.tick(at(3)), Some(at(4)));
        assert_eq!(connection.tick(at(4) - NANOSECOND), Some(at(4)));
        assert_eq!(connection.tick(at(4)), None);
    }
}

/// All at once: the earliest is told, and each fires in its turn.
#[test]
fn together() {
    let mut connection = only(Role::Server, |config| {
        config.timeouts.idle = Some(70 * SECOND);
        config.timeouts.ping_interval = Some(30 * SECOND);
        config.timeouts.pong = Some(60 * SECOND);
        config.timeouts.write_stall = Some(50 * SECOND);
        config.timeouts.close = Some(10 * SECOND);
    });
    assert_eq!(connection.tick(START), Some(at(30)), "the Ping");
    assert_eq!(connection.tick(at(30)), Some(at(70)), "then idle, with the Ping taken not yet");
    output(&mut connection);
    assert_eq!(connection.tick(at(31)), Some(at(70)));
    assert_eq!(connection.tick(at(70)), Some(at(80)), "closing: the close deadline alone, and");
    assert_eq!(expired(&connection), Some(ExpiredDeadline::Idle));
    assert_eq!(connection.tick(at(80)), None);
    assert_eq!(expired(&connection), Some(ExpiredDeadline::Idle), "why, not what came of it");
    assert!(matches!(connection.transmit(), Transmit::Abort));
}

/// A tick that comes late does what is due then, once.
#[test]
fn a_late_tick() {
    let mut connection = Connection::server(Config::server());
    assert_eq!(connection.tick(START), Some(at(30)));
    assert_eq!(connection.tick(at(3600)), Some(at(3601)), "one Ping, and its buffer");
    assert_eq!(frames_out(&mut connection).len(), 1);
    assert_eq!(connection.tick(at(3601)), Some(at(3620)));
}

/// The Ping that has to be answered by its name finds room in any case; others would pile up.
#[test]
fn a_ping_among_many_control_frames() {
    for (liveness, pong, is_sent) in [
        (Liveness::MatchingPong, Some(20 * SECOND), true),
        (Liveness::MatchingPong, None, false),
        (Liveness::AnyBytes, Some(20 * SECOND), false),
    ] {
        let mut connection = only(Role::Server, |config| {
            config.timeouts.ping_interval = Some(30 * SECOND);
            config.timeouts.pong = pong;
            config.liveness = liveness;
        });
        connection.tick(START);
        let mut waiting = 0;
        while connection.ping(b"").is_ok() {
            waiting += 1;
        }
        connection.tick(at(30));
        let frames = frames_out(&mut connection).len();
        assert_eq!(frames, waiting + usize::from(is_sent), "{liveness:?} {pong:?}");
    }
}

/// T-GN-03: a clock that goes back counts as standing still, whatever it concerns.
#[test]
fn a_clock_that_goes_back() {
    for role in ROLES {
        let mut connection = only(role, |config| {
            config.timeouts.idle = Some(10 * SECOND);
            config.timeouts.release_after = SECOND;
        });
        assert_eq!(connection.tick(at(100)), Some(at(110)));
        assert_eq!(connection.tick(START), Some(at(110)));
        let message = frame(role.peer(), true, TEXT, b"in two reads");
        feed(&mut connection, &message[..8]);
        feed(&mut connection, &message[8..]);
        assert_eq!(connection.tick(at(50)), Some(at(101)), "the buffers, from the latest time on");
        assert_eq!(connection.tick(at(60)), Some(at(101)));
        assert_eq!(connection.tick(at(101)), Some(at(110)));
        assert_eq!(connection.state(), State::Open);
    }
}

/// Times at the ends of the scale.
#[test]
fn extreme_times() {
    for role in ROLES {
        let mut connection = only(role, |config| {
            config.timeouts.idle = Some(Duration::MAX);
            config.timeouts.close = Some(Duration::ZERO);
            config.timeouts.release_after = Duration::ZERO;
        });
        assert!(connection.tick(Duration::ZERO).is_some_and(|deadline| deadline > at(0)));
        // 584 years: as far as the clock goes.
        connection.tick(Duration::MAX);
        assert_eq!(expired(&connection), Some(ExpiredDeadline::Idle));
        connection.tick(Duration::MAX);
        assert!(matches!(connection.transmit(), Transmit::Abort));
    }
}

/// Beyond half of what 64 bits of nanoseconds hold, deadlines are as exact as before.
#[test]
fn centuries() {
    const YEAR: u64 = 31_557_600;
    for role in ROLES {
        let mut connection = only(role, |config| config.timeouts.idle = Some(5 * SECOND));
        for years in [200, 292, 293, 400, 584] {
            let now = Duration::from_secs(years * YEAR);
            feed(&mut connection, &frame(role.peer(), true, PONG, b""));
            assert_eq!(connection.tick(now), Some(now + 5 * SECOND), "{years} years");
        }
    }
}

/// T-CT-11: each Ping has a payload of its own, the first ones of other connections too.
#[test]
fn keepalive_payloads_differ() {
    let server = || only(Role::Server, |config| config.timeouts.ping_interval = Some(SECOND));
    let mut payloads = std::collections::BTreeSet::new();
    for seconds in 10_000..10_100 {
        let mut connection = server();
        connection.tick(at(seconds));
        connection.tick(at(seconds + 1));
        let ping = frames_out(&mut connection).remove(0);
        assert!(payloads.insert(ping.payload), "the first, {seconds} s");
    }
    let mut connection = server();
    connection.tick(START);
    for seconds in 1..=2_000 {
        connection.tick(at(seconds));
        let ping = frames_out(&mut connection).remove(0);
        assert!(payloads.insert(ping.payload), "after {seconds} s");
    }
}

/// Two live ends keep each other alive for a day; one that falls silent is noticed and dropped.
#[test]
fn a_day_and_a_silence() {
    let mut pair = Pair::new();
    pair.pass(86_400 * SECOND);
    assert_eq!(pair.client.connection.state(), State::Open);
    let pings = pair.server.opcodes().len();
    assert_eq!(pings, 86_400 / 30);
    assert_eq!(pair.client.opcodes(), vec![PONG; pings]);

    pair.client.lost = true;
    pair.server.lost = true;
    pair.pass(61 * SECOND);
    let server = &pair.server;
    assert_eq!(server.connection.state(), State::Closed);
    assert!(server.was_aborted());
    assert_eq!(server.end().sent, Some(CloseStatus::Code(CloseCode::INTERNAL_ERROR)));
    assert_eq!(server.end().received, CloseStatus::Abnormal);
    assert_eq!(server.end().deadline, Some(ExpiredDeadline::Pong));
}

/// A stalled end is given up although its peer goes on sending.
#[test]
fn a_stalled_transport_is_dropped() {
    let mut pair = Pair::new();
    pair.server.stalled = true;
    pair.server.connection.send_text("stuck").unwrap();
    for _ in 0..40 {
        let _closed = pair.client.connection.send_text("talk");
        let _closed = pair.client.connection.ping(b"talk");
        pair.pass(SECOND);
    }
    assert!(pair.server.seen.len() >= 58);
    assert_eq!(pair.server.end().deadline, Some(ExpiredDeadline::WriteStall));
    assert!(pair.is_closed());
}

/// A Ping that waits behind a large frame in transmission has not been asked yet: the time for its Pong
/// begins when the transport has taken it.
#[test]
fn a_slow_transfer_is_no_silence() {
    let mut connection = Connection::server(Config::server());
    connection.send_binary(&vec![0; 100 << 20]).unwrap();
    let mut second = 0;
    while connection.unsent() > 0 {
        connection.tick(at(second));
        advance(&mut connection, 1 << 20);
        assert_eq!(connection.state(), State::Open, "{second} s");
        second += 1;
    }
    assert_eq!(second, 101);
    while connection.state() == State::Open {
        connection.tick(at(second));
        second += 1;
    }
    assert_eq!(second - 1, 101 + 20, "from when the Ping went out");
    assert_eq!(expired(&connection), Some(ExpiredDeadline::Pong));
}

/// What is known of the end stays as it is.
#[test]
fn a_closed_connection_has_no_deadlines() {
    let mut connection = Connection::server(Config::server());
    connection.tick(START);
    feed(&mut connection, &frame(Role::Client, true, CLOSE, b""));
    connection.tick(at(1));
    output(&mut connection);
    connection.transport_shut_down();
    connection.receive_eof();
    assert_eq!(connection.tick(at(20)), None);
    assert_eq!(expired(&connection), None);
    assert!(connection.close_information().unwrap().clean);
}
