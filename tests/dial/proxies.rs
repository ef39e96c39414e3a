//! §4.1 step 2  Through a proxy.

use std::time::Duration;

use websocket_proto::adapter::Error;
use websocket_proto::handshake::{HandshakeError, Proxy};

use crate::peers::*;
use crate::support::*;

fn proxy_at(address: &str) -> Proxy {
    let (host, port) = address.rsplit_once(':').expect("host and port");
    Proxy::new(host, port.parse().expect("a port")).expect("a proxy")
}

// R6455-4.1-03
#[test]
fn a_server_is_greeted_through_a_proxy() {
    each(|dial| {
        let (server, proxy) = (server(1, |_| None), proxy(1));
        let request = request(&format!("ws://{}/chat", server.address))
            .basic_authorization("user", "for the server")
            .expect("credentials");
        let through = proxy_at(&proxy.address)
            .basic_authorization("Aladdin", "open sesame")
            .expect("credentials");
        let answer = dial(&request, &options().proxy(through));
        assert_eq!(answer.expect("connect"), "/chat hello");
        let address = server.address.clone();
        let expected = format!(
            "CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\
             Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"
        );
        assert_eq!(proxy.join(), [expected]);
        let authorization = "Basic dXNlcjpmb3IgdGhlIHNlcnZlcg==".to_owned();
        assert_eq!(server.join(), [[None, Some(authorization)]]);
    });
}

#[test]
fn a_refusal_of_the_proxy_is_not_one_of_the_server() {
    for body in ["Content-Length: 4\r\n\r\nwho?", "\r\nwho?"] {
        each(|dial| {
            let proxy = peer(1, move |mut client| {
                read_head(&mut client);
                let head = "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n";
                write(&mut client, [head, body].concat().as_bytes());
            });
            let options = options().proxy(proxy_at(&proxy.address));
            match dial(&request("ws://server.invalid/"), &options) {
                Err(Error::Proxy(refused)) => {
                    assert_eq!((refused.status, &*refused.body), (407, &b"who?"[..]));
                    let challenge = refused.header("proxy-authenticate");
                    assert_eq!(challenge, Some(&b"Basic realm=\"x\""[..]));
                }
                other => panic!("{other:?}"),
            }
            proxy.join();
        });
    }
}

#[test]
fn what_a_proxy_may_get_wrong() {
    for (answer, expected) in [
        ("", HandshakeError::ConnectionEnded),
        ("HTTP/1.1 200 x\r\n", HandshakeError::ConnectionEnded),
        ("nonsense\r\n\r\n", HandshakeError::Malformed),
        ("HTTP/1.1 200 x\r\n\r\nHTTP/1.1 101 x\r\n\r\n", HandshakeError::EarlyResponse),
    ] {
        each(|dial| {
            let proxy = peer(1, move |mut client| {
                read_head(&mut client);
                write(&mut client, answer.as_bytes());
            });
            let options = options().proxy(proxy_at(&proxy.address));
            let connected = dial(&request("ws://server.invalid/"), &options);
            let is_right = matches!(connected, Err(Error::Handshake(error)) if error == expected);
            assert!(is_right, "{answer}: {connected:?}");
            proxy.join();
        });
    }
}

#[test]
fn a_silent_proxy_times_out() {
    for answer in ["", "HTTP/1.1 200 x\r\n", "HTTP/1.1 200 x\r\n\r\n"] {
        each(|dial| {
            let proxy = peer(1, move |mut client| {
                read_head(&mut client);
                write(&mut client, answer.as_bytes());
                read_to_end(&mut client)
            });
            let options = within(Duration::from_millis(50)).proxy(proxy_at(&proxy.address));
            let connected = dial(&request("ws://server.invalid/"), &options);
            let timeout = HandshakeError::Timeout;
            assert!(matches!(connected, Err(Error::Handshake(e)) if e == timeout), "{connected:?}");
            proxy.join();
        });
    }
}

#[test]
fn a_refusal_that_does_not_end_is_told_when_it_is_late() {
    each(|dial| {
        let proxy = peer(1, move |mut client| {
            read_head(&mut client);
            write(&mut client, b"HTTP/1.1 502 x\r\nContent-Length: 9\r\n\r\nhalf");
            read_to_end(&mut client)
        });
        let options = within(Duration::from_millis(50)).proxy(proxy_at(&proxy.address));
        match dial(&request("ws://server.invalid/"), &options) {
            Err(Error::Proxy(refused)) => assert_eq!(refused.body, b"half"),
            other => panic!("{other:?}"),
        }
        proxy.join();
    });
}

#[test]
fn a_proxy_that_is_not_there_is_a_failed_connect() {
    each(|dial| {
        let (listener, address) = listen();
        drop(listener);
        let options = options().proxy(proxy_at(&address));
        let connected = dial(&request("ws://server.invalid/"), &options);
        assert!(matches!(connected, Err(Error::Connect(_))), "{connected:?}");
    });
}
