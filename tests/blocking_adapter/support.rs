//! Peers for the tests: sockets, a handshake in one line, a raw server or client.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::adapter::blocking::{Error, Transport, WebSocket, accept_with, connect_over};
use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};
use websocket_proto::{Config, Connection};

/// A server's preset in which nothing takes longer than a test may.
pub(crate) fn server_config() -> Config {
    bounded(Config::server())
}

/// A client's preset in which nothing takes longer than a test may.
pub(crate) fn client_config() -> Config {
    bounded(Config::client())
}

fn bounded(mut config: Config) -> Config {
    config.timeouts.handshake = Some(Duration::from_secs(10));
    config.timeouts.idle = Some(Duration::from_secs(20));
    config
}

pub(crate) const fn ms(count: u64) -> Option<Duration> {
    Some(Duration::from_millis(count))
}

/// Both ends of a TCP connection.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
    let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
    let (server, _) = listener.accept().expect("accept");
    (server, client)
}

pub(crate) fn request() -> ClientRequest {
    ClientRequest::new(Uri::parse("ws://localhost/").expect("a URI"))
}

/// Both ends of a WebSocket over TCP.
pub(crate) fn pair(server: Config, client: Config) -> (WebSocket<TcpStream>, WebSocket<TcpStream>) {
    let (server_stream, client_stream) = tcp_pair();
    pair_over(server_stream, server, client_stream, client)
}

/// Both ends of a WebSocket over these ends of a transport.
pub(crate) fn pair_over<S, C>(
    server_stream: S,
    server: Config,
    client_stream: C,
    client: Config,
) -> (WebSocket<S>, WebSocket<C>)
where
    S: Transport + Send + 'static,
    C: Transport,
{
    let accepting = spawn(move || accept(server_stream, server));
    let client = connect(client_stream, &request(), client).expect("connect");
    (join(accepting).expect("accept"), client)
}

/// Accepts whatever is no foreign page's.
pub(crate) fn accept<S: Transport>(stream: S, config: Config) -> Result<WebSocket<S>, Error> {
    accept_with(stream, config, |request| request.accept(&Acceptance::new()))
}

/// Connects, and is not interested in the head of the answer.
pub(crate) fn connect<S: Transport>(
    stream: S,
    request: &ClientRequest,
    config: Config,
) -> Result<WebSocket<S>, Error> {
    connect_over(stream, request, config).map(|(websocket, _)| websocket)
}

pub(crate) fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::spawn(body)
}

pub(crate) fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A WebSocket at a server whose peer is a plain socket, behind the handshake.
pub(crate) fn server_and_raw_client(config: Config) -> (WebSocket<TcpStream>, TcpStream) {
    let (server, client) = tcp_pair();
    let connection = Connection::server(config.clone());
    (WebSocket::from_connection(server, connection, &config), limited(client))
}

/// A WebSocket at a client whose peer is a plain socket, behind the handshake.
pub(crate) fn client_and_raw_server(config: Config) -> (WebSocket<TcpStream>, TcpStream) {
    let (server, client) = tcp_pair();
    let connection = Connection::client(config.clone(), [7; 32]);
    (WebSocket::from_connection(client, connection, &config), limited(server))
}

fn limited(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream
}

/// A frame of a client with a key of zeros.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 126);
    let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

/// Reads exactly so many bytes.
pub(crate) fn read_bytes(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).expect("bytes");
    bytes
}

/// Reads to the end of the stream.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the end");
    bytes
}

pub(crate) fn write(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).expect("write");
}

/// Sends back what comes, and returns how the connection ended.
pub(crate) fn echo<S: Transport>(
    mut websocket: WebSocket<S>,
) -> Result<websocket_proto::adapter::blocking::Closed, Error> {
    use websocket_proto::Event;
    websocket.run(|event, batch| match event {
        Event::Text(text) => batch.feed_text(&text),
        Event::Binary(data) => batch.feed_binary(&data),
        _ => Ok(()),
    })?;
    Ok(websocket.close_information().expect("closed").into())
}
