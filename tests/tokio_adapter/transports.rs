//! Transports other than TCP, and ones that behave badly.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, BufStream, ReadBuf, duplex};
use websocket_proto::adapter::tokio::{
    ClientStream, Error, Message, WebSocket, accept, connect_over,
};
use websocket_proto::{CloseCode, Config, Event, State};

use crate::random::Random;
use crate::support::*;
use crate::unsteady::Unsteady;
use crate::wire::*;

/// An opening handshake, messages of all sizes and a closing handshake.
async fn talk<S, C>(server: S, client: C)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    C: AsyncRead + AsyncWrite + Unpin,
{
    let serving = tokio::spawn(async move {
        let mut server = accept(server).await.expect("a WebSocket");
        while let Some(mut batch) = server.next_batch().await.expect("a clean end") {
            while let Some(event) = batch.next_event() {
                match event {
                    Event::Text(text) => batch.feed_text(&text).await.expect("room"),
                    Event::Binary(data) => batch.feed_binary(&data).await.expect("room"),
                    _ => {}
                }
            }
        }
        server.close_information().expect("closed").clean
    });
    let (mut client, _) =
        connect_over(client, &request(), Config::client()).await.expect("a WebSocket");
    for size in [0, 1, 125, 126, 3000] {
        let text = "x".repeat(size);
        client.send_text(&text).await.expect("sent");
        assert_eq!(client.next().await.expect("open").expect("echo"), Message::from(text));
        let data = vec![0xA5; size];
        client.feed(data.clone()).await.expect("room");
        client.ping(b"?").await.expect("sent");
        assert_eq!(client.next().await.expect("open").expect("echo"), Message::from(data));
    }
    let closed = client.close(CloseCode::NORMAL, "bye").await.expect("closed");
    assert!(closed.clean, "{closed:?}");
    // What of the end has to be waited for comes with this.
    drop(client);
    assert!(serving.await.expect("no panic"));
}

#[test]
fn a_pipe_in_memory() {
    run(async {
        for capacity in [1, 100, 1 << 20] {
            let (server, client) = duplex(capacity);
            talk(server, client).await;
        }
    });
}

#[cfg(unix)]
#[test]
fn a_unix_stream() {
    run(async {
        let (server, client) = tokio::net::UnixStream::pair().expect("a pair");
        talk(server, client).await;
    });
}

#[test]
fn a_boxed_stream() {
    trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
    impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}
    run(async {
        let (server, client) = tcp_streams().await;
        let server: Box<dyn Stream> = Box::new(server);
        talk(server, client).await;
    });
}

#[test]
fn a_borrowed_stream() {
    run(async {
        let (server, mut client) = tcp_streams().await;
        talk(server, &mut client).await;
    });
}

#[test]
fn halves_that_were_joined() {
    run(async {
        let (server, client) = tcp_streams().await;
        let (read_half, write_half) = client.into_split();
        talk(server, tokio::io::join(read_half, write_half)).await;
    });
}

/// What it takes stays where it is until it is flushed.
#[test]
fn a_buffered_stream() {
    run(async {
        let (server, client) = tcp_streams().await;
        talk(BufStream::new(server), BufStream::new(client)).await;
    });
}

#[test]
fn a_stream_that_is_never_quite_ready() {
    run(async {
        for seed in 0..12 {
            let mut random = Random::new(seed);
            let (server, client) = Unsteady::pair(&mut random);
            talk(server, client).await;
        }
    });
}

/// Fails every other call with `Interrupted`, which means nothing.
struct Interrupted<S> {
    inner: S,
    turn: bool,
}

impl<S> Interrupted<S> {
    fn turn(&mut self) -> io::Result<()> {
        self.turn = !self.turn;
        if self.turn { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Interrupted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.turn()?;
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Interrupted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.turn()?;
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.turn()?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[test]
fn a_stream_that_is_interrupted() {
    run(async {
        let (server, client) = duplex(100);
        talk(server, Interrupted { inner: client, turn: false }).await;
    });
}

#[test]
fn a_write_of_nothing_is_an_error() {
    struct Full;
    impl AsyncRead for Full {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    impl AsyncWrite for Full {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(0))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    run_paused(async {
        let mut server = server_over(Full, &Config::server());
        match server.send_text("x").await {
            Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::WriteZero),
            other => panic!("{other:?}"),
        }
        assert!(matches!(server.next().await, Some(Err(Error::ConnectionLost))));
        assert!(server.next().await.is_none());
        assert_eq!(server.state(), State::Closed);
    });
}

#[test]
fn a_flush_that_fails_is_told_once() {
    run_paused(async {
        let (mut server, far) = server_over_wire(&Config::server());
        far.fail_flushes(ErrorKind::BrokenPipe);
        match server.send_text("x").await {
            Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::BrokenPipe),
            other => panic!("{other:?}"),
        }
        assert!(matches!(server.send_text("y").await, Err(Error::ConnectionLost)));
        // What the peer has said all the same is still read.
        far.give(&masked(0x81, b"why"));
        assert_eq!(server.next().await.expect("open").expect("a message"), "why".into());
        assert_eq!(far.take(), b"\x81\x01x");
    });
}

#[test]
fn any_size_of_the_read_buffer_will_do() {
    run_paused(async {
        for size in [0, 1, 7, 1 << 20] {
            let (mut server, mut peer) = server_and_raw_client(1000, &Config::server());
            server.set_read_buffer_size(size);
            write(&mut peer, &[masked(0x81, b"one"), masked(0x82, b"two")].concat()).await;
            assert_eq!(server.next().await.expect("open").expect("a message"), "one".into());
            let two = Message::from(&b"two"[..]);
            assert_eq!(server.next().await.expect("open").expect("a message"), two);
        }
    });
}

/// The parts that an application may need of its transport.
#[test]
fn the_transport_can_be_had() {
    run(async {
        let (client, mut server) = tcp_pair().await;
        assert!(client.transport().peer_addr().is_ok());
        server.transport_mut().set_nodelay(true).expect("an option");
        let mut stream = server.into_transport();
        write(&mut stream, &unmasked(0x81, b"by hand")).await;
        let mut client: WebSocket<tokio::net::TcpStream> = client;
        assert_eq!(client.next().await.expect("open").expect("a message"), "by hand".into());
    });
}

/// The transport that `connect` opens is one that the application may use by itself.
#[test]
fn a_client_stream_is_a_stream_of_bytes() {
    use std::io::IoSlice;
    run(async {
        let (mut server, client) = tcp_streams().await;
        let mut stream = ClientStream::Plain(client);
        assert_eq!(
            stream.tcp().peer_addr().expect("an address"),
            server.local_addr().expect("one")
        );
        assert!(stream.is_write_vectored());
        let slices = [IoSlice::new(b"one "), IoSlice::new(b"two")];
        let count =
            std::future::poll_fn(|cx| Pin::new(&mut stream).poll_write_vectored(cx, &slices));
        assert_eq!(count.await.expect("written"), 7);
        assert_eq!(read_bytes(&mut server, 7).await, b"one two");
        assert!(format!("{stream:?}").contains("Plain"));
        drop(server);
        assert_eq!(read_to_end(&mut stream).await, b"");
    });
}
