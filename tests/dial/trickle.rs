//! T-HS: a server that sends its TLS handshake byte by byte does not get past the deadline.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use websocket_proto::Config;
use websocket_proto::adapter::Error;
use websocket_proto::adapter::blocking::{ClientOptions, connect_with};
use websocket_proto::handshake::HandshakeError;

#[test]
fn a_record_that_trickles_does_not_outrun_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let uri = format!("wss://{}/", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        // The header of a handshake record of 16 KiB, and then as little of it as there can be.
        stream.write_all(&[22, 3, 3, 0x40, 0]).expect("written");
        for sent in 0..500 {
            thread::sleep(Duration::from_millis(10));
            if stream.write_all(&[2]).is_err() {
                return sent;
            }
        }
        500
    });
    let mut config = Config::client();
    config.timeouts.handshake = Some(Duration::from_millis(300));
    let connected = connect_with(uri.as_str(), &ClientOptions::new().config(config));
    assert!(
        matches!(connected, Err(Error::Handshake(HandshakeError::Timeout))),
        "{:?}",
        connected.err()
    );
    assert!(
        server.join().expect("no panic") < 500,
        "the client left before the server was through"
    );
}
