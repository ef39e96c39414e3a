//! §4.1  What is connected to, and the transport that is opened. (`tests/dial` has the way there.)

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::JoinHandle;

use websocket_proto::adapter::blocking::connect;
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{CloseCode, Role};

use crate::support::*;

/// Echoes so many connections, at the same time.
fn echo_server(connections: usize) -> (JoinHandle<()>, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
    let address = listener.local_addr().expect("address");
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
