//! RFC 8441 §5, RFC 9220 §3  The end of a stream is the end of a transport. `examples/h2` does it over real ones.

use http::{Method, Request, Version};
use websocket_proto::handshake::Acceptance;
use websocket_proto::handshake::http::RequestHead;
use websocket_proto::{CloseStatus, Config, Connection, Initiator, State, Transmit};

use crate::support::output;

/// The server's end of a WebSocket over a stream.
fn open(version: Version) -> Connection {
    let request = Request::builder()
        .method(Method::CONNECT)
        .version(version)
        .uri("https://server.example.com/")
        .header("sec-websocket-version", "13")
        .body(())
        .unwrap();
    let head = RequestHead::new(&request).protocol(Some("websocket"));
    head.accept(&Acceptance::new(), Config::server()).unwrap().1
}

const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8];

// R8441-5-08, R9220-3-04
#[test]
fn after_the_closing_handshake_the_end_is_clean() {
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let mut connection = open(version);
        let mut bytes = CLOSE;
        connection.receive(&mut bytes.as_mut_slice()).unwrap();
        assert_eq!(output(&mut connection), b"\x88\x02\x03\xe8");
        // END_STREAM, or the FIN, goes out; then the peer's comes.
        assert!(matches!(connection.transmit(), Transmit::Shutdown));
        connection.transport_shut_down();
        connection.receive_eof();
        let end = connection.close_information().unwrap();
        assert!(end.clean);
        assert_eq!(connection.state(), State::Closed);
    }
}

// R8441-5-08, R9220-3-04, R9220-3-05, T-H2-05: a reset is no other end than this, and never clean.
#[test]
fn without_it_the_end_is_abnormal() {
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let mut connection = open(version);
        connection.receive_eof();
        let end = connection.close_information().unwrap();
        assert_eq!((end.received, end.clean), (CloseStatus::Abnormal, false));
        assert_eq!(end.initiator, Initiator::Transport);

        // Our Close was sent, theirs did not come.
        let mut connection = open(version);
        connection.close(websocket_proto::CloseCode::NORMAL, "").unwrap();
        assert_eq!(output(&mut connection), b"\x88\x02\x03\xe8");
        connection.receive_eof();
        let end = connection.close_information().unwrap();
        assert_eq!((end.received, end.clean), (CloseStatus::Abnormal, false));
    }
}

// R8441-5-08, R9220-3-05: what the driver resets the stream for.
#[test]
fn an_abort_is_told_apart_from_an_end() {
    let mut connection = open(Version::HTTP_3);
    connection.send_text("never sent").unwrap();
    connection.abort();
    assert!(matches!(connection.transmit(), Transmit::Abort));
    connection.transport_shut_down();
    assert_eq!(connection.state(), State::Closed);
    assert!(!connection.close_information().unwrap().clean);
}
