//! Connected pairs in memory and over loopback.

use tokio::io::{DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::adapter::tokio::{WebSocket, accept, connect_over};
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{Config, Connection};

/// A runtime of one thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// A client and a server, open, joined by a pipe that holds `capacity` bytes in each direction.
pub(crate) fn pair(capacity: usize) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    pair_with(capacity, Config::client(), Config::server())
}

pub(crate) fn pair_with(
    capacity: usize,
    client: Config,
    server: Config,
) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (near, far) = duplex(capacity);
    let client =
        WebSocket::from_connection(near, Connection::client(client.clone(), [7; 32]), &client);
    let server = WebSocket::from_connection(far, Connection::server(server.clone()), &server);
    (client, server)
}

/// A client and a server over loopback, with the opening handshake.
pub(crate) async fn tcp_pair() -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let uri = Uri::parse(&format!("ws://{address}/")).expect("a URI");
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        accept(stream).await.expect("a WebSocket")
    });
    let stream = TcpStream::connect(address).await.expect("a connection");
    let request = ClientRequest::new(uri);
    let (client, _) = connect_over(stream, &request, Config::client()).await.expect("a WebSocket");
    (client, server.await.expect("no panic"))
}
