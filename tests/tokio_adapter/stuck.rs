//! Transports that take nothing, hold back what they took, or end while something is still to be written.

use websocket_proto::adapter::tokio::Error;
use websocket_proto::{CloseCode, Config, ExpiredDeadline, State};

use crate::support::*;
use crate::tasks::*;
use crate::wire::*;

/// Its answer cannot be written, and nothing will ever come: to ask for more again and again is not waiting.
#[test]
fn an_end_behind_a_close_that_cannot_be_answered_is_waited_for() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.set_room(0);
        far.give(&masked(0x88, b"\x03\xE8"));
        far.end();
        assert!(server.next().await.is_none());
        let closed = server.close_information().expect("closed");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        assert!(!closed.clean);
        assert!(far.calls().reads < 10, "{} reads", far.calls().reads);
    });
}

#[test]
fn an_end_behind_a_close_is_answered_when_there_is_room() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.set_room(0);
        far.give(&masked(0x88, b"\x03\xE8"));
        far.end();
        let (bell, waker) = Bell::new();
        assert!(poll_once(server.next(), &waker).is_pending());
        far.set_room(100);
        assert!(bell.rang() > 0);
        assert!(ready(server.next()).is_none());
        assert_eq!(far.take(), b"\x88\x02\x03\xE8");
        assert!(server.close_information().expect("closed").clean);
    });
}

/// As an answer of a server, so a refusal of one.
#[test]
fn an_end_behind_a_request_that_cannot_be_answered_is_waited_for() {
    run_paused(async {
        let (transport, far) = wire();
        far.set_room(0);
        far.give(b"nonsense\r\n\r\n");
        far.end();
        let accepted = websocket_proto::adapter::tokio::accept(transport).await;
        assert!(matches!(accepted, Err(Error::Handshake(_))), "{accepted:?}");
        assert!(far.calls().reads < 10, "{} reads", far.calls().reads);
    });
}

#[test]
fn a_half_close_that_does_not_come_about_ends_with_the_close_deadline() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.set_shuts_down(false);
        far.give(&masked(0x88, b"\x03\xE8"));
        assert!(server.next().await.is_none());
        let closed = server.close(CloseCode::NORMAL, "").await.expect("closed");
        assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
        assert_eq!(server.state(), State::Closed);
    });
}
