//! A future that is dropped takes its transport with it.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use websocket_proto::adapter::ClientOptions;
use websocket_proto::adapter::tokio::connect_with;
use websocket_proto::handshake::Proxy;

use crate::peers::*;
use crate::support::*;

/// Waits for the peer to have read, and then drops the future.
fn drop_when_asked(options: &ClientOptions, uri: &str, asked: Receiver<()>) {
    run(async {
        let wait = move || asked.recv_timeout(Duration::from_secs(20));
        tokio::select! {
            connected = connect_with(request(uri), options) => panic!("{connected:?}"),
            result = tokio::task::spawn_blocking(wait) => {
                result.expect("no panic").expect("asked");
            }
        }
    });
}

#[test]
fn a_handshake_that_is_dropped_ends_the_transport() {
    let (ask, asked) = channel();
    let server = peer(1, move |mut stream| {
        read_head(&mut stream);
        ask.send(()).expect("somebody waits");
        read_to_end(&mut stream)
    });
    drop_when_asked(&options(), &format!("ws://{}/", server.address), asked);
    assert_eq!(server.join(), [b""]);
}

#[test]
fn a_tunnel_that_is_dropped_ends_the_transport() {
    let (ask, asked) = channel();
    let proxy = peer(1, move |mut stream| {
        read_head(&mut stream);
        ask.send(()).expect("somebody waits");
        read_to_end(&mut stream)
    });
    let (host, port) = proxy.address.rsplit_once(':').expect("host and port");
    let through = Proxy::new(host, port.parse().expect("a port")).expect("a proxy");
    drop_when_asked(&options().proxy(through), "ws://server.invalid/", asked);
    assert_eq!(proxy.join(), [b""]);
}
