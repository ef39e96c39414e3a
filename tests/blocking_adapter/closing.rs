//! §7  How connections end.

use std::error::Error as _;
use std::net::Shutdown;

use websocket_proto::adapter::blocking::{Error, Message};
use websocket_proto::{CloseCode, CloseStatus, Initiator, ProtocolError, SendError, State};

use crate::support::*;

fn code(code: u16) -> CloseCode {
    CloseCode::new(code).expect("a code")
}

#[test]
fn the_client_closes() {
    let (mut server, mut client) = pair(server_config(), client_config());
    let client = spawn(move || client.close(code(4001), "enough").expect("close"));
    assert_eq!(server.read().expect("read"), None);
    let (server, client) = (server.close_information().expect("closed"), join(client));
    assert_eq!((server.received, server.reason), (CloseStatus::Code(code(4001)), "enough"));
    assert_eq!((client.received, &*client.reason), (CloseStatus::Code(code(4001)), ""));
    assert_eq!((server.initiator, client.initiator), (Initiator::Peer, Initiator::Local));
    assert!(server.clean && client.clean);
}

#[test]
fn the_server_closes() {
    let (mut server, mut client) = pair(server_config(), client_config());
    let server = spawn(move || server.close(code(1001), "going").expect("close"));
    assert_eq!(client.read().expect("read"), None);
    assert_eq!(client.read().expect("again"), None);
    let (server, client) = (join(server), client.close_information().expect("closed"));
    assert_eq!((client.received, client.reason), (CloseStatus::Code(code(1001)), "going"));
    assert_eq!(server.received, CloseStatus::Code(code(1001)));
    assert!(server.clean && client.clean);
}

#[test]
fn both_close_at_once() {
    let (mut server, mut client) = pair(server_config(), client_config());
    server.feed_close(code(4001), "").expect("feed");
    client.feed_close(code(4002), "").expect("feed");
    let server = spawn(move || server.close(code(1000), "no second one").expect("close"));
    let client = client.close(code(1000), "").expect("close");
    let server = join(server);
    assert_eq!(server.received, CloseStatus::Code(code(4002)));
    assert_eq!(client.received, CloseStatus::Code(code(4001)));
    assert!(server.clean && client.clean);
}

#[test]
fn messages_are_read_until_the_peers_close() {
    let (mut server, mut client) = pair(server_config(), client_config());
    client.send_text("before").expect("send");
    server.feed_close(code(1000), "").expect("feed");
    let client = spawn(move || {
        client.send_text("after").expect("the Close is not read yet");
        assert_eq!(client.read().expect("read"), None);
    });
    assert_eq!(server.read().expect("read"), Some(Message::Text("before".into())));
    assert_eq!(server.read().expect("read"), Some(Message::Text("after".into())));
    assert_eq!(server.read().expect("read"), None);
    join(client);
}

#[test]
fn nothing_is_sent_after_the_close() {
    let (mut server, mut client) = pair(server_config(), client_config());
    client.feed_close(CloseCode::NORMAL, "").expect("feed");
    assert!(matches!(client.send_text("late"), Err(Error::Send(SendError::Closed))));
    let server = spawn(move || server.read().expect("read"));
    assert_eq!(client.read().expect("read"), None);
    assert!(matches!(client.send_text("late"), Err(Error::Send(SendError::Closed))));
    client.flush().expect("nothing to flush");
    assert_eq!(join(server), None);
}

#[test]
fn a_close_that_may_not_be_sent_changes_nothing() {
    let (mut server, mut client) = pair(server_config(), client_config());
    let long = "x".repeat(124);
    let refused = client.close(CloseCode::NORMAL, &long);
    assert!(matches!(refused, Err(Error::Send(SendError::ReasonTooLong))));
    let refused = server.close(CloseCode::MANDATORY_EXTENSION, "");
    assert!(matches!(refused, Err(Error::Send(SendError::CloseCode))));
    assert_eq!((client.state(), server.state()), (State::Open, State::Open));
}

#[test]
fn a_peer_that_vanishes_is_an_error() {
    let (mut server, client) = pair(server_config(), client_config());
    client.transport().shutdown(Shutdown::Write).expect("shut down");
    assert!(matches!(server.read(), Err(Error::ConnectionLost)));
    assert!(matches!(server.read(), Err(Error::ConnectionLost)));
    assert!(matches!(server.send_text("late"), Err(Error::Send(SendError::Closed))));
    let information = server.close_information().expect("closed");
    assert_eq!((information.received, information.clean), (CloseStatus::Abnormal, false));
    assert_eq!(information.initiator, Initiator::Transport);
}

#[test]
fn a_peer_that_resets_is_an_error_of_the_transport() {
    let (mut server, mut client) = pair(server_config(), client_config());
    server.send_text("unread when the client goes").expect("send");
    let mut byte = [0];
    assert_eq!(client.transport_mut().peek(&mut byte).expect("peek"), 1);
    drop(client);
    match server.read() {
        Err(Error::Io(error)) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
        other => panic!("{other:?}"),
    }
    assert!(matches!(server.read(), Err(Error::ConnectionLost)));
    assert_eq!(server.state(), State::Closed);
}

#[test]
fn after_a_failed_write_the_peers_close_is_still_read() {
    let (mut client, mut peer) = client_and_raw_server(client_config());
    write(&mut peer, b"\x81\x02hi\x88\x07\x03\xE9later");
    // From here on the client's writes fail, and what was sent before stands in its socket.
    client.transport().shutdown(Shutdown::Write).expect("shut down");
    assert!(matches!(client.send_text("?"), Err(Error::Io(_))));
    assert!(matches!(client.send_text("?"), Err(Error::ConnectionLost)));
    assert_eq!(client.read().expect("read"), Some(Message::Text("hi".into())));
    drop(peer);
    assert_eq!(client.read().expect("read"), None);
    let information = client.close_information().expect("closed");
    assert_eq!((information.received.as_u16(), information.reason), (1001, "later"));
    assert!(!information.clean, "our answer did not go out");
}

#[test]
fn a_violation_is_told_the_peer_first() {
    let (mut server, mut peer) = server_and_raw_client(server_config());
    write(&mut peer, &masked(0x81, b"\xFF"));
    let peer = spawn(move || read_to_end(&mut peer));
    match server.read() {
        Err(error @ Error::Protocol(ProtocolError::InvalidUtf8)) => {
            assert!(error.source().is_some());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(server.state(), State::Closed, "the transport has ended");
    assert!(matches!(server.read(), Err(Error::Protocol(ProtocolError::InvalidUtf8))));
    assert_eq!(join(peer), b"\x88\x02\x03\xEF");
}

#[test]
fn an_answer_goes_out_to_a_peer_that_has_shut_down_its_direction() {
    let (mut server, mut peer) = server_and_raw_client(server_config());
    write(&mut peer, &masked(0x88, b"\x03\xE8"));
    peer.shutdown(Shutdown::Write).expect("shut down");
    assert_eq!(server.read().expect("read"), None);
    assert!(server.close_information().expect("closed").clean);
    drop(server);
    assert_eq!(read_to_end(&mut peer), b"\x88\x02\x03\xE8");
}
