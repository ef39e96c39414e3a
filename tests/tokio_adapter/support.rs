//! Connected pairs in memory and over loopback, and raw peers.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use websocket_proto::adapter::tokio::{WebSocket, accept, connect_over};
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{Config, Connection};

/// A runtime of one thread; what takes longer than a minute has failed.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(async {
        tokio::time::timeout(Duration::from_secs(60), future).await.expect("in time")
    })
}

/// As `run`, but the clock stands still while anybody is busy and jumps to the next deadline when nobody is.
pub(crate) fn run_paused<T>(future: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        tokio::time::timeout(Duration::from_secs(86_400), future).await.expect("in time")
    })
}

/// A runtime of one thread.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A client and a server, open, joined by a pipe that holds `capacity` bytes in each direction.
pub(crate) fn pair(capacity: usize) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    pair_with(capacity, &Config::client(), &Config::server())
}

pub(crate) fn pair_with(
    capacity: usize,
    client: &Config,
    server: &Config,
) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (near, far) = duplex(capacity);
    (client_over(near, client), server_over(far, server))
}

/// A client behind the handshake.
pub(crate) fn client_over<S>(transport: S, config: &Config) -> WebSocket<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let connection = Connection::client(config.clone(), [7; 32]);
    WebSocket::from_connection(transport, connection, config)
}

/// A server behind the handshake.
pub(crate) fn server_over<S>(transport: S, config: &Config) -> WebSocket<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    WebSocket::from_connection(transport, Connection::server(config.clone()), config)
}

/// A server whose peer is a plain pipe.
pub(crate) fn server_and_raw_client(
    capacity: usize,
    config: &Config,
) -> (WebSocket<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(capacity);
    (server_over(near, config), far)
}

/// Both ends of a TCP connection, the server's first.
pub(crate) async fn tcp_streams() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let client = TcpStream::connect(address).await.expect("a connection");
    let (server, _) = listener.accept().await.expect("a client");
    (server, client)
}

/// As `tcp_streams`, with buffers that hold little.
pub(crate) async fn narrow_tcp_streams() -> (TcpStream, TcpStream) {
    let socket = || {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(10_000).expect("a size");
        socket.set_send_buffer_size(10_000).expect("a size");
        socket
    };
    let listening = socket();
    listening.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = listening.listen(1).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let client = socket().connect(address).await.expect("a connection");
    let (server, _) = listener.accept().await.expect("a client");
    (server, client)
}

/// A client and a server over loopback, with the opening handshake.
pub(crate) async fn tcp_pair() -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let (server, client) = tcp_streams().await;
    let server = tokio::spawn(async move { accept(server).await.expect("a WebSocket") });
    let (client, _) =
        connect_over(client, &request(), Config::client()).await.expect("a WebSocket");
    (client, server.await.expect("no panic"))
}

pub(crate) fn request() -> ClientRequest {
    ClientRequest::new(Uri::parse("ws://localhost/").expect("a URI"))
}

/// A frame of a client with a key of zeros.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0x80);
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// A frame of a server.
pub(crate) fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0);
    frame.extend_from_slice(payload);
    frame
}

fn header(first: u8, length: usize, mask: u8) -> Vec<u8> {
    let bytes = (length as u64).to_be_bytes();
    match length {
        0..126 => vec![first, mask | bytes[7]],
        126..65_536 => vec![first, mask | 126, bytes[6], bytes[7]],
        _ => [&[first, mask | 127][..], &bytes].concat(),
    }
}

/// Reads exactly so many bytes.
pub(crate) async fn read_bytes(stream: &mut (impl AsyncReadExt + Unpin), count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).await.expect("bytes");
    bytes
}

/// Reads to the end of the stream.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("the end");
    bytes
}

pub(crate) async fn write(stream: &mut (impl AsyncWriteExt + Unpin), bytes: &[u8]) {
    stream.write_all(bytes).await.expect("written");
}
