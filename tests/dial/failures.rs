//! §4.1  Each way to fail is an error of its own, with its source.

use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use websocket_proto::adapter::blocking::accept;
use websocket_proto::adapter::{ClientOptions, Error};
use websocket_proto::handshake::{HandshakeError, InvalidUri, Proxy, Response};

use crate::peers::*;
use crate::support::*;

#[test]
fn a_server_is_greeted() {
    each(|dial| {
        let server = server(2, |_| None);
        let port = server.address.rsplit(':').next().expect("a port");
        for host in ["127.0.0.1", "localhost"] {
            let uri = format!("ws://{host}:{port}/chat?room=1");
            assert_eq!(dial(&request(&uri), &options()).expect("connect"), "/chat hello");
        }
        server.join();
    });
}

#[test]
fn without_a_deadline_a_server_is_found_as_well() {
    each(|dial| {
        let server = server(2, |_| None);
        let port = server.address.rsplit(':').next().expect("a port").to_owned();
        let mut config = websocket_proto::Config::client();
        config.timeouts.handshake = None;
        let options = ClientOptions::new().config(config);
        for host in ["127.0.0.1", "localhost"] {
            let uri = format!("ws://{host}:{port}/");
            assert_eq!(dial(&request(&uri), &options).expect("connect"), "/ hello");
        }
        server.join();
        // Nor does it hide that there is nobody.
        for uri in [format!("ws://127.0.0.1:{port}/"), "ws://nowhere.invalid/".to_owned()] {
            let connected = dial(&request(&uri), &options);
            assert!(matches!(connected, Err(Error::Connect(_))), "{connected:?}");
        }
    });
}

#[test]
fn options_show_no_password() {
    let proxy = Proxy::new("proxy.example.com", 3128).expect("a proxy");
    let proxy = proxy.basic_authorization("ali", "sesame").expect("credentials");
    let shown = format!("{:?}", options().proxy(proxy).max_redirects(7));
    assert!(shown.starts_with("ClientOptions") && shown.contains("proxy.example.com"), "{shown}");
    assert!(shown.contains("max_redirects: 7"), "{shown}");
    // Neither as it is nor in base 64.
    assert!(!shown.contains("sesame") && !shown.contains("YWxpOnNlc2FtZQ"), "{shown}");
}

#[cfg(feature = "rustls")]
#[test]
fn options_show_whom_they_trust() {
    use websocket_proto::adapter::{Roots, rustls};
    let shown = |options: ClientOptions| format!("{options:?}");
    assert!(shown(options()).contains("Mozilla"));
    assert!(shown(options().roots(Roots::Platform)).contains("Platform"));
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let own = shown(options().tls(config));
    assert!(own.contains("ClientConfig") && !own.contains("Mozilla"), "{own}");
}

/// As many connections as the system keeps for a server wait to be taken, and a client gets no answer.
#[cfg(all(feature = "tokio", target_os = "linux"))]
#[test]
fn a_server_that_takes_no_more_connections_times_out() {
    let listening = run(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        socket.listen(1).expect("a listener").into_std().expect("a listener")
    });
    let address = listening.local_addr().expect("an address");
    let time = Duration::from_millis(100);
    let connect = || std::net::TcpStream::connect_timeout(&address, time).ok();
    let waiting: Vec<_> = std::iter::from_fn(connect).collect();
    each(|dial| {
        let connected = dial(&request(&format!("ws://{address}/")), &within(time));
        let timeout = HandshakeError::Timeout;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == timeout), "{connected:?}");
    });
    drop(waiting);
}

#[test]
fn what_is_no_uri_is_not_connected_to() {
    let error = websocket_proto::adapter::blocking::connect("http://localhost/").expect_err("http");
    assert!(matches!(error, Error::Uri(InvalidUri::Scheme)), "{error:?}");
    assert!(error.source().is_some_and(<dyn std::error::Error>::is::<InvalidUri>));
    #[cfg(feature = "tokio")]
    {
        let connected = run(websocket_proto::adapter::tokio::connect("ws://localhost/#"));
        assert!(matches!(connected, Err(Error::Uri(InvalidUri::Fragment))), "{connected:?}");
    }
}

// R6455-4.1-04
#[test]
fn a_port_that_nobody_listens_on_is_a_failed_connect() {
    each(|dial| {
        let (listener, address) = listen();
        drop(listener);
        let error = dial(&request(&format!("ws://{address}/")), &options()).expect_err("refused");
        let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
        assert_eq!(source.map(std::io::Error::kind), Some(ErrorKind::ConnectionRefused));
        assert!(matches!(error, Error::Connect(_)), "{error:?}");
    });
}

#[test]
fn a_name_that_leads_nowhere_is_a_failed_connect() {
    // RFC 6761 §6.4: never the name of anything.
    each(|dial| {
        let connected = dial(&request("ws://nowhere.invalid/"), &options());
        assert!(matches!(connected, Err(Error::Connect(_))), "{connected:?}");
    });
}

#[test]
fn a_refusal_is_told_with_status_headers_and_the_beginning_of_the_body() {
    each(|dial| {
        let server = server(1, |_| {
            let response = Response::new(401).expect("a status");
            let response = response.header("WWW-Authenticate", "Basic realm=\"x\"");
            Some(response.expect("a header").body("no".repeat(5_000)))
        });
        match dial(&request(&format!("ws://{}/", server.address)), &options()) {
            Err(Error::Refused(refused)) => {
                assert_eq!(refused.status, 401);
                assert_eq!(refused.header("www-authenticate"), Some(&b"Basic realm=\"x\""[..]));
                assert_eq!(refused.body, "no".repeat(2_048).as_bytes());
            }
            other => panic!("{other:?}"),
        }
        server.join();
    });
}

#[test]
fn a_server_that_says_nothing_times_out() {
    each(|dial| {
        let server = peer(1, |mut stream| read_to_end(&mut stream));
        let request = request(&format!("ws://{}/", server.address));
        let connected = dial(&request, &within(Duration::from_millis(50)));
        let timeout = HandshakeError::Timeout;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == timeout), "{connected:?}");
        let seen = server.join().remove(0);
        assert!(seen.ends_with(b"\r\n\r\n"), "the request, and then the end");
    });
}

#[test]
fn a_server_that_goes_on_and_on_times_out() {
    each(|dial| {
        let server = peer(1, |mut stream| {
            read_head(&mut stream);
            write(&mut stream, b"HTTP/1.1 101 Switching Protocols\r\n");
            // Byte by byte, until the client has gone.
            while std::io::Write::write_all(&mut stream, b"X").is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let request = request(&format!("ws://{}/", server.address));
        let connected = dial(&request, &within(Duration::from_millis(100)));
        let timeout = HandshakeError::Timeout;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == timeout), "{connected:?}");
        server.join();
    });
}

#[test]
fn a_server_that_hangs_up_is_told_apart() {
    each(|dial| {
        let server = peer(1, |mut stream| {
            read_head(&mut stream);
        });
        let connected = dial(&request(&format!("ws://{}/", server.address)), &options());
        let ended = HandshakeError::ConnectionEnded;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == ended), "{connected:?}");
        server.join();
    });
}

/// In the handshake of TLS as in the one behind it.
#[cfg(all(feature = "rustls", any(not(feature = "tokio"), feature = "tokio-rustls")))]
#[test]
fn a_server_that_hangs_up_inside_tls_is_told_apart() {
    each(|dial| {
        let server = peer(1, |mut stream| {
            let mut hello = [0; 5];
            std::io::Read::read_exact(&mut stream, &mut hello).expect("a record");
            let length = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
            std::io::Read::read_exact(&mut stream, &mut vec![0; length]).expect("all of it");
        });
        let address = server.address.replace("127.0.0.1", "localhost");
        let connected = dial(&request(&format!("wss://{address}/")), &options());
        let ended = HandshakeError::ConnectionEnded;
        assert!(matches!(connected, Err(Error::Handshake(e)) if e == ended), "{connected:?}");
        server.join();
    });
}

#[test]
fn a_server_that_vanishes_later_is_an_abnormal_closure() {
    each(|dial| {
        let server = peer(1, |stream| {
            let mut websocket = accept(stream).expect("accept");
            assert!(websocket.read().expect("read").is_some());
            drop(websocket.into_transport());
        });
        let connected = dial(&request(&format!("ws://{}/", server.address)), &options());
        assert!(matches!(connected, Err(Error::ConnectionLost)), "{connected:?}");
        server.join();
    });
}

#[cfg(not(feature = "rustls"))]
#[test]
fn without_tls_wss_is_not_connected_to() {
    each(|dial| {
        let connected = dial(&request("wss://localhost/"), &options());
        assert!(matches!(connected, Err(Error::TlsNotBuilt)), "{connected:?}");
    });
}

#[cfg(all(feature = "rustls", feature = "tokio", not(feature = "tokio-rustls")))]
#[test]
fn tls_is_built_for_each_adapter_of_its_own() {
    let connected = run(websocket_proto::adapter::tokio::connect("wss://localhost/"));
    assert!(matches!(connected, Err(Error::TlsNotBuilt)), "{connected:?}");
}
