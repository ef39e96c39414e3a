//! What TLS has encrypted and the transport does not take yet.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tls::Authority;
use websocket_proto::CloseCode;
use websocket_proto::adapter::Message;
use websocket_proto::adapter::blocking::{
    Plain, TlsStream, Transport, TryClone, WebSocket, connect_over,
};
use websocket_proto::adapter::rustls::pki_types::ServerName;
use websocket_proto::adapter::rustls::{ClientConnection, StreamOwned};
use websocket_proto::{Config, State};

use crate::support::*;

/// Takes so many bytes, and no more until it is told to.
struct Narrow {
    stream: TcpStream,
    room: Arc<AtomicUsize>,
}

impl Read for Narrow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.load(Ordering::Relaxed);
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.stream.write(&bytes[..bytes.len().min(room)])?;
        self.room.fetch_sub(count, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Narrow {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        self.stream.shut_down_write()
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.stream.shut_down()
    }
}

impl TryClone for Narrow {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { stream: self.stream.try_clone()?, room: self.room.clone() })
    }
}

fn connect(authority: &Authority, port: u16) -> (WebSocket<TlsStream<Narrow>>, Arc<AtomicUsize>) {
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(authority.client().expect("a client"), name);
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("connect");
    let room = Arc::new(AtomicUsize::new(usize::MAX));
    let transport = Narrow { stream, room: room.clone() };
    let stream = TlsStream::new(session.expect("a session"), transport);
    let mut config = bounded(Config::client(), Duration::from_secs(20));
    // Nothing but the peer is to end a wait for it, for long.
    config.timeouts.release_after = Duration::from_secs(3600);
    config.timeouts.close = None;
    let uri = format!("ws://localhost:{port}/");
    let request = uri.as_str().try_into().expect("a URI");
    (connect_over(stream, &request, config).expect("connect").0, room)
}

#[test]
fn it_goes_out_while_the_peer_is_waited_for() {
    let (authority, config) = trusted();
    let server = echo_server(1, config);
    let (mut client, room) = connect(&authority, server.port);
    let text = "hello".repeat(1_000);
    for taken in [0, 10, 4_000] {
        room.store(taken, Ordering::Relaxed);
        client.send(text.as_str()).expect("what TLS takes is sent");
        room.store(usize::MAX, Ordering::Relaxed);
        assert_eq!(client.read().expect("read"), Some(Message::from(text.as_str())));
    }
    assert!(client.close(CloseCode::NORMAL, "").expect("close").clean);
    assert!(matches!(server.join()[..], [Ok(true)]));
}

#[test]
fn what_is_written_to_it_comes_together_again() {
    let (authority, config) = trusted();
    let server = peer(1, move |stream| {
        let mut received = Vec::new();
        // Waits on where it is interrupted.
        tls(&config, stream).read_to_end(&mut received).expect("the end");
        received
    });
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(authority.client().expect("a client"), name);
    let tcp = TcpStream::connect(("127.0.0.1", server.port)).expect("connect");
    let mut stream = TlsStream::from(StreamOwned::new(session.expect("a session"), tcp));
    assert_eq!(stream.write(b"").expect("nothing"), 0);
    assert_eq!(stream.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"")]).expect("nothing"), 0);
    let slices = [IoSlice::new(b"one "), IoSlice::new(b"and "), IoSlice::new(b"two")];
    assert_eq!(stream.write_vectored(&slices).expect("write"), 11);
    // Its handshake is not over: what was taken goes out with it.
    stream.flush().expect("flush");
    while stream.with_session(|session| session.is_handshaking()) {
        stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        let _: io::Result<usize> = stream.read(&mut [0]);
    }
    stream.flush().expect("flush");
    stream.shut_down_write().expect("shut down");
    assert_eq!(server.join(), [b"one and two"]);
}

/// A session holds so much of what it cannot encrypt yet.
#[test]
fn more_than_tls_holds_before_it_is_set_up_is_refused() {
    let (authority, _) = trusted();
    let server = peer(1, |mut stream| stream.read_to_end(&mut Vec::new()).map(drop));
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(authority.client().expect("a client"), name);
    let tcp = TcpStream::connect(("127.0.0.1", server.port)).expect("connect");
    let mut stream = TlsStream::new(session.expect("a session"), tcp);
    let refusal = loop {
        match stream.write(&[0; 10_000]) {
            Ok(count) => assert!(count > 0),
            Err(error) => break error,
        }
    };
    assert_eq!(refusal.to_string(), "more than TLS holds before it is set up");
    drop(stream);
    server.join();
}

#[test]
fn a_transport_that_takes_nothing_any_more_is_an_error() {
    /// Takes nothing, and has nothing.
    #[derive(Debug)]
    struct Gone;
    impl Read for Gone {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (authority, _) = trusted();
    let name = ServerName::try_from("localhost").expect("a name");
    let session = ClientConnection::new(authority.client().expect("a client"), name);
    let mut stream = TlsStream::new(session.expect("a session"), Plain(Gone));
    assert_eq!(stream.flush().expect_err("nothing is taken").kind(), ErrorKind::WriteZero);
    // The session is not looked into: it holds keys.
    assert_eq!(format!("{stream:?}"), "TlsStream { transport: Plain(Gone), .. }");
}

#[test]
fn a_reader_has_it_go_out() {
    let (authority, config) = trusted();
    let server = echo_server(1, config);
    let (client, room) = connect(&authority, server.port);
    let (mut reader, writer) = client.split().expect("split");
    let text = "hello".repeat(1_000);
    for taken in [0, 10, 4_000] {
        room.store(taken, Ordering::Relaxed);
        writer.send(text.as_str()).expect("what TLS takes is sent");
        assert_eq!(writer.state(), State::Open);
        room.store(usize::MAX, Ordering::Relaxed);
        assert_eq!(reader.read().expect("read"), Some(Message::from(text.as_str())));
    }
    writer.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(reader.read().expect("read"), None);
    assert!(matches!(server.join()[..], [Ok(true)]));
}
