//! §4.1  Redirects to and from `wss`, and `wss` through a proxy.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use websocket_proto::adapter::Error;
use websocket_proto::adapter::blocking::{Transport, accept_with};
use websocket_proto::adapter::rustls::ServerConfig;
use websocket_proto::adapter::tokio::connect_with;
use websocket_proto::handshake::{Proxy, RedirectError, Response};

use crate::support::*;

fn redirect<S: Transport>(stream: S, location: &str) {
    let response = Response::new(307).expect("a status").header("Location", location);
    let response = response.expect("a header");
    let rejected = accept_with(stream, server_config(), |request| Err(request.reject(&response)));
    assert!(matches!(rejected, Err(Error::Rejected { status: 307, .. })), "{rejected:?}");
}

fn redirecting(config: &Arc<ServerConfig>, location: String) -> Peer<Vec<()>> {
    let config = config.clone();
    peer(1, move |stream| redirect(tls(&config, stream), &location))
}

#[test]
fn a_redirect_between_servers_of_wss_is_followed() {
    let (authority, config) = trusted();
    each(|dial| {
        let there = echo_server(1, config.clone());
        let here = redirecting(&config, there.uri("127.0.0.1").replace("wss:", "https:"));
        let answer = dial(&here.uri("localhost"), &options(&authority).max_redirects(1));
        assert_eq!(answer.expect("connect"), "hello");
        here.join();
        there.join();
    });
}

#[test]
fn a_redirect_to_wss_is_followed() {
    let (authority, config) = trusted();
    each(|dial| {
        let there = echo_server(1, config.clone());
        let location = there.uri("localhost");
        let here = peer(1, move |stream| redirect(stream, &location));
        let uri = here.uri("localhost").replace("wss:", "ws:");
        let answer = dial(&uri, &options(&authority).max_redirects(1));
        assert_eq!(answer.expect("connect"), "hello");
        here.join();
        there.join();
    });
}

#[test]
fn a_redirect_from_wss_to_ws_is_refused() {
    let (authority, config) = trusted();
    each(|dial| {
        let here = redirecting(&config, "http://localhost:1/".to_owned());
        match dial(&here.uri("localhost"), &options(&authority).max_redirects(1)) {
            Err(Error::Redirect(redirect)) => {
                assert_eq!(redirect.reason, RedirectError::Downgrade);
                assert_eq!(redirect.answer.status, 307);
            }
            other => panic!("{other:?}"),
        }
        here.join();
    });
}

/// Passes on what comes, and then the end; returns what came.
fn splice(mut from: TcpStream, mut to: TcpStream) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                seen.extend_from_slice(&buffer[..count]);
                // The other end may have gone.
                let _: io::Result<()> = to.write_all(&buffer[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("{error:?}"),
        }
    }
    let _: io::Result<()> = to.shutdown(Shutdown::Write);
    seen
}

fn proxy(target: u16) -> Peer<Vec<(String, Vec<u8>)>> {
    peer(1, move |mut client| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).expect("a head");
            head.extend(byte);
        }
        client.write_all(b"HTTP/1.1 200 x\r\n\r\n").expect("write");
        let server = TcpStream::connect(("127.0.0.1", target)).expect("connect");
        let (from, to) = (client.try_clone().expect("clone"), server.try_clone().expect("clone"));
        let up = thread::spawn(|| splice(from, to));
        splice(server, client);
        (String::from_utf8(head).expect("text"), up.join().expect("no panic"))
    })
}

#[test]
fn through_a_proxy_tls_is_with_the_server() {
    let (authority, config) = trusted();
    each(|dial| {
        let server = echo_server(1, config.clone());
        let proxy = proxy(server.port);
        let through = Proxy::new("localhost", proxy.port).expect("a proxy");
        // A name that only the proxy has to find.
        let options = options(&authority).proxy(through);
        let uri = server.uri("localhost");
        assert_eq!(dial(&uri, &options).expect("connect"), "hello");
        let (head, passed) = proxy.join().remove(0);
        let host = format!("localhost:{}", server.port);
        assert_eq!(head, format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(passed.first(), Some(&22), "a record of the handshake");
        for secret in [&b"GET /"[..], b"hello"] {
            assert!(!passed.windows(secret.len()).any(|window| window == secret));
        }
        server.join();
    });
}

#[test]
fn a_handshake_of_tls_that_is_dropped_ends_the_transport() {
    let (authority, _) = trusted();
    let (ask, asked) = channel();
    let server = peer(1, move |mut stream| {
        stream.read_exact(&mut [0]).expect("a byte");
        ask.send(()).expect("somebody waits");
        stream.read_to_end(&mut Vec::new()).expect("the end");
    });
    run(async {
        let options = options(&authority);
        let wait = move || asked.recv_timeout(Duration::from_secs(20));
        tokio::select! {
            connected = connect_with(server.uri("localhost"), &options) => panic!("{connected:?}"),
            result = tokio::task::spawn_blocking(wait) => {
                result.expect("no panic").expect("asked");
            }
        }
    });
    server.join();
}
