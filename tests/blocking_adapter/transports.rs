//! Transports other than TCP, and ones that behave badly.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};

use websocket_proto::adapter::blocking::{Error, Message, Plain, Transport, WebSocket};
use websocket_proto::{CloseCode, Connection, State};

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
