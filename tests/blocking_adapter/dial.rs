//! §4.1  From a URI to a WebSocket.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;

use websocket_proto::adapter::blocking::{ClientOptions, Error, connect, connect_with};
use websocket_proto::handshake::{ClientRequest, HandshakeError, InvalidUri, Uri};
use websocket_proto::{CloseCode, Role};

use crate::support::*;

/// A listener on a port of the system's.
fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
    let address = listener.local_addr().expect("address");
    (listener, address)
}

/// Echoes so many connections, at the same time.
fn echo_server(connections: usize) -> (JoinHandle<()>, SocketAddr) {
    let (listener, address) = listen();
    let server = spawn(move || {
        let streams = listener.incoming().take(connections).map(|stream| stream.expect("a stream"));
        let serve = |stream| spawn(|| echo(accept(stream, server_config()).expect("accept")));
        let servers: Vec<_> = streams.map(serve).collect();
        for server in servers {
            assert!(join(server).expect("echo").clean);
        }
    });
    (server, address)
}

#[test]
fn a_client_is_connected_by_uri_or_request() {
    let (server, address) = echo_server(5);
    let text = format!("ws://{address}/");
    let uri: Uri = text.parse().expect("a URI");
    let request = ClientRequest::new(uri.clone());
    let clients = [
        connect(text.as_str()),
        connect(&text),
        connect(uri),
        connect(&request),
        connect(format!("ws://localhost:{}/", address.port())),
    ];
    for client in clients {
        let mut client = client.expect("connect");
        assert_eq!(client.role(), Role::Client);
        assert!(client.transport().tcp().nodelay().expect("an option"));
        assert!(client.close(CloseCode::NORMAL, "").expect("close").clean);
    }
    join(server);
}

#[test]
fn a_client_stream_is_split() {
    let (server, address) = echo_server(1);
    let (mut reader, writer) =
        connect(format!("ws://{address}/")).expect("connect").split().expect("split");
    writer.send_text("hello").expect("send");
    assert!(reader.read().expect("read").is_some());
    writer.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(reader.read().expect("read"), None);
    join(server);
}

#[test]
fn what_is_no_uri_is_not_connected_to() {
    let connected = connect("http://localhost/");
    assert!(matches!(connected, Err(Error::Uri(InvalidUri::Scheme))), "{connected:?}");
}

/// R6455-4.1-04
#[test]
fn a_port_that_nobody_listens_on_is_a_failed_connect() {
    let (listener, address) = listen();
    drop(listener);
    match connect(format!("ws://{address}/")) {
        Err(Error::Connect(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_leads_nowhere_is_a_failed_connect() {
    // RFC 6761 §6.4: never the name of anything.
    let connected = connect("ws://nowhere.invalid/");
    assert!(matches!(connected, Err(Error::Connect(_))), "{connected:?}");
}

#[test]
fn a_server_that_says_nothing_times_out() {
    let (listener, address) = listen();
    let mut config = client_config();
    config.timeouts.handshake = ms(50);
    let options = ClientOptions::new().config(config);
    let connected = connect_with(format!("ws://{address}/"), &options);
    assert!(matches!(connected, Err(Error::Handshake(HandshakeError::Timeout))), "{connected:?}");
    drop(listener);
}
