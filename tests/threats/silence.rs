//! §4.1 §10.3  What a client writes before the server has agreed: its request.

use std::time::Duration;

use bytes::Buf;
use websocket_proto::handshake::{Client, ClientRequest, HandshakeError, Uri};
use websocket_proto::{Config, State, Transmit};

use crate::support::seed;

fn output(client: &mut Client) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Transmit::Write(mut output) = client.transmit() {
        let count = output.remaining();
        bytes.extend_from_slice(&output.copy_to_bytes(count));
    }
    bytes
}

/// T-HS-12: the request is all that goes out, at each byte of whatever answer and through all the time there is. Before
/// the 101 that fits there is no connection, and so nothing to send by.
#[test]
fn nothing_goes_out_before_the_answer() {
    let request = ClientRequest::new(Uri::parse("ws://h/").expect("a URI"));
    let early = "HTTP/1.1 103 x\r\nLink: y\r\n\r\n";
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    for (answer, error) in [
        (
            format!("{early}HTTP/1.1 200 x\r\n{upgrade}{accept}Content-Length: 2\r\n\r\n\u{1}a"),
            HandshakeError::Refused { status: 200 },
        ),
        (format!("{early}HTTP/1.1 101 x\r\n{upgrade}{accept}\r\n"), HandshakeError::Accept),
        (format!("HTTP/1.1 101 x\r\n{upgrade}\r\n"), HandshakeError::Accept),
        (format!("HTTP/1.1 101 x\r\n{accept}\r\n"), HandshakeError::Upgrade),
    ] {
        let mut config = Config::client();
        // Not even a keepalive.
        config.timeouts.ping_interval = Some(Duration::from_millis(1));
        let mut client = Client::new(&request, config, seed(1));
        assert!(output(&mut client).ends_with(b"\r\n\r\n"));
        let mut failed = None;
        for (second, mut byte) in answer.bytes().map(|byte| [byte]).enumerate() {
            let received = client.receive(&mut &mut byte[..]);
            assert!(!matches!(received, Ok(Some(_))), "{answer}");
            failed = failed.or(received.err());
            client.tick(Duration::from_millis(second as u64 * 10));
            assert_eq!(output(&mut client), b"", "{answer}");
        }
        assert_eq!(failed, Some(error), "{answer}");
        assert_eq!(client.state(), State::Closing);
    }
}
