//! Sockets, a transport that misbehaves as far as it may, and a bound on the time of each test.

use std::future::Future;
use std::io::{self, Read};
use std::net::{Ipv4Addr, Shutdown};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use smol::net::{TcpListener, TcpStream};
use smol_example::{WebSocket, accept, connect_over};
use websocket_proto::Config;
use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};

/// Runs a test, for half a minute at most.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    smol::block_on(smol::future::or(test, async {
        smol::Timer::after(Duration::from_secs(30)).await;
        panic!("the test hangs");
    }))
}

pub const fn ms(count: u64) -> Option<Duration> {
    Some(Duration::from_millis(count))
}

pub fn request() -> ClientRequest {
    ClientRequest::new(Uri::parse("ws://localhost/").unwrap())
}

/// Both ends of a TCP connection.
pub async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    // What goes out in pieces is not to wait for acknowledgements.
    server.set_nodelay(true).unwrap();
    client.set_nodelay(true).unwrap();
    (server, client)
}

/// Both ends of a WebSocket.
pub async fn pair<S: AsyncRead + AsyncWrite + Unpin>(
    server: (S, Config),
    client: (S, Config),
) -> (WebSocket<S>, WebSocket<S>) {
    let acceptance = Acceptance::new();
    let request = request();
    let (server, client) = smol::future::zip(
        accept(server.0, server.1, &acceptance),
        connect_over(client.0, &request, client.1),
    )
    .await;
    (server.unwrap(), client.unwrap())
}

/// Both ends of a TCP connection, one of which blocks.
pub async fn server_and_blocking_client() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    (listener.accept().await.unwrap().0, client)
}

/// A server's end behind the handshake, and a client that is a plain blocking socket.
pub async fn server_and_raw_client(config: Config) -> (WebSocket<TcpStream>, std::net::TcpStream) {
    let (stream, mut client) = server_and_blocking_client().await;
    io::Write::write_all(
        &mut client,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )
    .unwrap();
    let websocket = accept(stream, config, &Acceptance::new()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend_from_slice(&byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    (websocket, client)
}

/// Reads to the end of the stream, on a thread, and ends the other direction then.
pub fn read_to_end(mut socket: std::net::TcpStream) -> smol::Task<Vec<u8>> {
    smol::unblock(move || {
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        let _ = socket.shutdown(Shutdown::Write);
        bytes
    })
}

/// Takes and gives a few bytes at a time, and says every other time that it cannot, with a wake-up for nothing.
pub struct Chopped<S> {
    pub stream: S,
    state: u64,
}

impl<S> Chopped<S> {
    pub fn new(stream: S, seed: u64) -> Self {
        Self { stream, state: seed }
    }

    /// How many bytes may pass; `None`: none yet.
    fn turn(&mut self, cx: &Context<'_>) -> Option<usize> {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        if self.state & 1 != 0 {
            cx.waker().wake_by_ref();
            return None;
        }
        // Mostly few, now and then many.
        Some(if self.state & 0xF0 == 0 { 5000 } else { 1 + (self.state >> 8 & 0x3F) as usize })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Chopped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Some(most) = self.turn(cx) else { return Poll::Pending };
        let most = most.min(buffer.len());
        Pin::new(&mut self.stream).poll_read(cx, &mut buffer[..most])
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Chopped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(most) = self.turn(cx) else { return Poll::Pending };
        Pin::new(&mut self.stream).poll_write(cx, &bytes[..most.min(bytes.len())])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.turn(cx).is_none() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.turn(cx).is_none() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
