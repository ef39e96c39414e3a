//! Transports other than TCP, and ones that behave badly.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use websocket_proto::adapter::blocking::{Error, Message, Plain, Transport, WebSocket};
use websocket_proto::{CloseCode, Config, Connection, State};

use crate::support::*;

fn talk<S: Transport + Send + 'static, C: Transport>(
    server: WebSocket<S>,
    mut client: WebSocket<C>,
) {
    let server = spawn(move || echo(server));
    let text = "0123456789".repeat(20_000);
    client.send_text(&text).expect("send");
    assert_eq!(client.read().expect("read"), Some(Message::Text(text.into())));
    let closed = client.close(CloseCode::NORMAL, "bye").expect("close");
    assert!(closed.clean, "{closed:?}");
    assert!(join(server).expect("echo").clean);
}

#[cfg(unix)]
#[test]
fn a_unix_stream() {
    let (server, client) = UnixStream::pair().expect("a pair");
    let (server, client) = pair_over(server, server_config(), client, client_config());
    talk(server, client);
}

#[cfg(unix)]
#[test]
fn a_unix_stream_is_split() {
    let (server, client) = UnixStream::pair().expect("a pair");
    let (server, client) = pair_over(server, server_config(), client, client_config());
    let server = spawn(move || echo(server));
    let (mut reader, writer) = client.split().expect("split");
    writer.send_text("hello").expect("send");
    assert_eq!(reader.read().expect("read"), Some(Message::Text("hello".into())));
    writer.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(reader.read().expect("read"), None);
    assert!(join(server).expect("echo").clean);
}

#[test]
fn a_borrowed_stream() {
    let (server, client) = tcp_pair();
    let (server, client) = pair_over(server, server_config(), &client, client_config());
    talk(server, client);
}

#[test]
fn a_boxed_stream() {
    let (server, client) = tcp_pair();
    let client: Box<dyn Transport> = Box::new(client);
    let (server, client) = pair_over(server, server_config(), client, client_config());
    talk(server, client);
}

#[test]
fn anything_that_reads_and_writes() {
    let (server, client) = Pipe::pair();
    let (server, client) = (Plain(server), Plain(client));
    let (server, client) = pair_over(server, server_config(), client, client_config());
    talk(server, client);
}

#[test]
fn halves_of_another_kind() {
    let (server, client) = tcp_pair();
    let (server, client) = pair_over(server, server_config(), client, client_config());
    let server = spawn(move || echo(server));
    let (mut reader, writer) =
        client.split_with(|stream| Ok((Plain(stream.try_clone()?), stream))).expect("split");
    writer.send_text("hello").expect("send");
    assert_eq!(reader.read().expect("read"), Some(Message::Text("hello".into())));
    writer.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(reader.read().expect("read"), None);
    assert!(join(server).expect("echo").clean);
}

#[test]
fn a_transport_in_small_steps() {
    let (server, client) = tcp_pair();
    let client = Choppy { stream: client, turn: 0 };
    let (server, mut client) = pair_over(server, server_config(), client, client_config());
    let server = spawn(move || echo(server));
    for text in ["one", "two", "three"] {
        client.send_text(text).expect("send");
        assert_eq!(client.read().expect("read"), Some(Message::Text(text.into())));
    }
    let closed = client.close(CloseCode::NORMAL, "bye").expect("close");
    assert!(closed.clean);
    // A transport that cannot be shut down ends when it is dropped.
    drop(client);
    assert_eq!(join(server).expect("echo").reason, "bye");
}

#[test]
fn what_a_transport_holds_back_goes_out_later() {
    let (server, client) = tcp_pair();
    let holding = Holding::new(client);
    let refusals = holding.refusals.clone();
    let (server, mut client) = pair_over(server, server_config(), holding, patient_config());
    let server = spawn(move || echo(server));
    for text in ["one", "two"] {
        refusals.store(3, Ordering::Relaxed);
        client.send_text(text).expect("send");
        // Nobody flushes but who waits.
        assert_eq!(client.read().expect("read"), Some(Message::Text(text.into())));
        assert_eq!(refusals.load(Ordering::Relaxed), 0);
    }
    assert!(client.close(CloseCode::NORMAL, "").expect("close").clean);
    assert!(join(server).expect("echo").clean);
}

#[test]
fn what_a_half_holds_back_goes_out_later() {
    let (server, client) = tcp_pair();
    let holding = Holding::new(client);
    let refusals = holding.refusals.clone();
    let (server, client) = pair_over(server, server_config(), holding, patient_config());
    let server = spawn(move || echo(server));
    let (mut reader, writer) =
        client.split_with(|holding| Ok((holding.stream.try_clone()?, holding))).expect("split");
    for text in ["one", "two"] {
        refusals.store(3, Ordering::Relaxed);
        writer.send_text(text).expect("send");
        assert_eq!(reader.read().expect("read"), Some(Message::Text(text.into())));
        assert_eq!(refusals.load(Ordering::Relaxed), 0);
    }
    writer.close(CloseCode::NORMAL, "").expect("close");
    assert_eq!(reader.read().expect("read"), None);
    assert!(join(server).expect("echo").clean);
}

#[test]
fn a_write_of_nothing_is_an_error() {
    struct Full;
    impl Read for Full {
        fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }
    impl Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Ok(0)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let config = server_config();
    let connection = Connection::server(config.clone());
    let mut server = WebSocket::from_connection(Plain(Full), connection, &config);
    match server.send_text("x") {
        Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::WriteZero),
        other => panic!("{other:?}"),
    }
    assert!(matches!(server.read(), Err(Error::ConnectionLost)));
    assert_eq!(server.state(), State::Closed);
}

#[test]
fn a_flush_that_fails_is_told_once() {
    /// Takes everything, cannot pass it on, and has a message all the same.
    struct Clogged(VecDeque<u8>);
    impl Read for Clogged {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }
    impl Write for Clogged {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(ErrorKind::BrokenPipe.into())
        }
    }
    let config = server_config();
    let connection = Connection::server(config.clone());
    let transport = Plain(Clogged(masked(0x81, b"why").into()));
    let mut server = WebSocket::from_connection(transport, connection, &config);
    match server.send_text("x") {
        Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::BrokenPipe),
        other => panic!("{other:?}"),
    }
    assert!(matches!(server.send_text("y"), Err(Error::ConnectionLost)));
    assert_eq!(server.read().expect("read"), Some(Message::Text("why".into())));
}

/// One end of a pipe in memory, in both directions.
struct Pipe {
    sender: Sender<Vec<u8>>,
    receiver: Receiver<Vec<u8>>,
    received: VecDeque<u8>,
}

impl Pipe {
    fn pair() -> (Self, Self) {
        let (one, other) = (channel(), channel());
        let end = |sender, receiver| Self { sender, receiver, received: VecDeque::new() };
        (end(one.0, other.1), end(other.0, one.1))
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.received.is_empty() {
            self.received.extend(self.receiver.recv().unwrap_or_default());
        }
        self.received.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sender.send(bytes.to_vec()).map_err(|_| ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes and gives a byte or two at a time, and is interrupted and late in between.
struct Choppy {
    stream: TcpStream,
    turn: usize,
}

impl Choppy {
    fn turn(&mut self) -> io::Result<usize> {
        self.turn += 1;
        match self.turn % 5 {
            0 => Err(ErrorKind::Interrupted.into()),
            1 => Err(ErrorKind::WouldBlock.into()),
            2 => Err(ErrorKind::TimedOut.into()),
            count => Ok(count - 2),
        }
    }
}

impl Read for Choppy {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.turn()?.min(buffer.len());
        self.stream.read(&mut buffer[..count])
    }
}

impl Write for Choppy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.turn()?.min(bytes.len());
        self.stream.write(&bytes[..count])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.turn().map(drop)
    }
}

impl Transport for Choppy {}

/// A client's preset in which nothing but the peer ends a wait for it, for long.
fn patient_config() -> Config {
    let mut config = client_config();
    config.timeouts.release_after = Duration::from_secs(3600);
    config.timeouts.write_stall = None;
    config.timeouts.close = None;
    config
}

/// Writes when it is flushed, unless it refuses to.
struct Holding {
    stream: TcpStream,
    held: Vec<u8>,
    /// How many times it will say that it cannot.
    refusals: Arc<AtomicUsize>,
}

impl Holding {
    fn new(stream: TcpStream) -> Self {
        Self { stream, held: Vec::new(), refusals: Arc::default() }
    }
}

impl Read for Holding {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Holding {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let refused = self
            .refusals
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if refused.is_ok() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.stream.write_all(&self.held)?;
        self.held.clear();
        Ok(())
    }
}

impl Transport for Holding {
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
