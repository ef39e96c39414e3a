//! One connection: a socket that never blocks, and what the protocol has made of it so far.
//!
//! This is the whole of what an integration has to do: read, `receive`, `tick`, write.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use mio::event::Event as Readiness;
use mio::net::TcpStream;
use websocket_proto::handshake::{self, Acceptance, Rejection, Request, Response};
use websocket_proto::{
    Config, Connection, Event, Lent, MessageKind, Payload, SendError, State, Text, Transmit,
    Utf8Bytes,
};

/// A message of so many bytes is worth a write of its own, if that saves its copy.
const LARGE: usize = 16 << 10;

/// Of so many bytes a socket leaves more than is worth copying: what is our own by then is queued as it is.
const HUGE: usize = 256 << 10;

/// All that is kept of a connection. While it is idle there is no buffer among it.
pub(crate) struct Peer {
    pub(crate) socket: TcpStream,
    stage: Stage,
    held: Option<Box<Held>>,
    input: Input,
    /// Whether it waits for its turn.
    pub(crate) is_lined_up: bool,
}

/// What is known of the socket's other direction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// Nothing is there. The poller will tell.
    Awaited,
    /// There may be something to read.
    Ready,
    /// The peer has ended its direction: what there is has to be read up to its end.
    Ending,
    /// There is nothing to read any more.
    Ended,
}

/// What the socket carries.
#[expect(clippy::large_enum_variant, reason = "a connection spends its life in the largest")]
enum Stage {
    Handshake(handshake::Server),
    /// A response that is no WebSocket: a page, a refusal.
    Rejected(Rejection),
    Open(Connection),
}

/// A message that the output had no room for, and the input behind it: nothing more is read until
/// both are done with.
struct Held {
    message: Message,
    rest: Vec<u8>,
}

enum Message {
    Text(Utf8Bytes),
    Binary(Bytes),
}

impl Peer {
    pub(crate) fn new(socket: TcpStream, config: Arc<Config>) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let stage = Stage::Handshake(handshake::Server::new(config));
        // The request is often there already.
        Ok(Self { socket, stage, held: None, input: Input::Ready, is_lined_up: false })
    }

    /// Takes down what the poller has seen. It says so once.
    pub(crate) fn notice(&mut self, readiness: &Readiness) {
        self.input = match self.input {
            Input::Ended => Input::Ended,
            _ if readiness.is_read_closed() || readiness.is_error() => Input::Ending,
            _ if readiness.is_readable() => Input::Ready,
            before => before,
        };
    }

    /// Does all that can be done without waiting, and says when to come back at the latest.
    ///
    /// One read at most: the others want their turn, too. All that it causes goes out together.
    ///
    /// # Errors
    /// The socket's. It is of no more use then.
    pub(crate) fn drive(&mut self, now: Duration, buffer: &mut [u8]) -> io::Result<Duration> {
        if self.can_read() {
            self.read(buffer)?;
        }
        loop {
            let blocked = self.write()?;
            // Last of all: whatever happens before may have moved the deadline.
            let deadline = self.stage.tick(now);
            if let Some(held) = self.held.take_if(|_| !self.stage.is_full()) {
                self.retry(*held);
                continue;
            }
            match self.stage.transmit() {
                // A deadline has passed: there is a Ping, a Close or an end to see to.
                Transmit::Shutdown | Transmit::Abort => {}
                Transmit::Write(_) if !blocked => {}
                _ => return Ok(deadline.unwrap_or(Duration::MAX)),
            }
        }
    }

    /// Whether there may be something to read, and is room for the answer: who does not read our
    /// answers gets no more questions in.
    pub(crate) fn can_read(&self) -> bool {
        matches!(self.input, Input::Ready | Input::Ending)
            && self.held.is_none()
            && !self.stage.is_full()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.stage.state() == State::Closed
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        match self.socket.read(buffer) {
            Ok(0) => {
                self.input = Input::Ended;
                self.stage.receive_eof();
            }
            Ok(count) => {
                // A short read has emptied the socket, but Windows wants to hear `WouldBlock`.
                if count < buffer.len() && self.input == Input::Ready && cfg!(not(windows)) {
                    self.input = Input::Awaited;
                }
                self.receive(buffer.get_mut(..count).unwrap_or_default());
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.input = Input::Awaited,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn receive(&mut self, mut input: &mut [u8]) {
        if let Stage::Handshake(server) = &mut self.stage {
            match server.receive(&mut input) {
                // What is left of the input came behind the head: it is for the connection.
                Ok(Some(request)) => self.stage = answer(request),
                // More to come; or an error, whose HTTP answer is queued.
                Ok(None) | Err(_) => return,
            }
        }
        match &mut self.stage {
            Stage::Open(connection) => self.held = echo(connection, input, &self.socket),
            Stage::Rejected(rejection) => rejection.receive(&mut input),
            Stage::Handshake(_) => {}
        }
    }

    /// Sends what did not fit before, and goes on with what came behind it.
    fn retry(&mut self, mut held: Held) {
        let Stage::Open(connection) = &mut self.stage else { return };
        self.held = match held.message.send(connection) {
            Err(SendError::Full) => Some(Box::new(held)),
            _ => echo(connection, &mut held.rest, &self.socket),
        };
    }

    /// Writes until nothing is left or the socket takes no more, which it says; ends the transport when
    /// asked.
    fn write(&mut self) -> io::Result<bool> {
        loop {
            let mut output = match self.stage.transmit() {
                Transmit::Write(output) => output,
                Transmit::Shutdown => {
                    self.socket.shutdown(Shutdown::Write)?;
                    self.stage.transport_shut_down();
                    continue;
                }
                Transmit::Abort => {
                    // Closed from here on: the server drops the socket.
                    self.stage.transport_shut_down();
                    continue;
                }
                _ => return Ok(false),
            };
            let mut slices = [IoSlice::new(&[]); 16];
            let filled = output.chunks_vectored(&mut slices);
            let written = match slices.get(..filled).unwrap_or_default() {
                // Mostly; and it costs the kernel less than a list of one.
                [slice] => self.socket.write(slice),
                slices => self.socket.write_vectored(slices),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => output.advance(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }
}

/// The application, first part: what to do with a request.
fn answer(request: Request) -> Stage {
    let outcome = if request.is_upgrade() {
        request.accept(&Acceptance::new())
    } else {
        Err(request.reject(&page()))
    };
    match outcome {
        Ok(connection) => Stage::Open(connection),
        Err(rejection) => Stage::Rejected(rejection),
    }
}

/// For whoever comes with a browser, or to see whether we are well.
fn page() -> Response {
    Response::new(200).expect("a final status").body("Echoes WebSocket messages.\n")
}

/// The application, second part: answers each message with itself, up to the first one that the
/// output has no room for.
fn echo(
    connection: &mut Connection,
    mut input: &mut [u8],
    socket: &TcpStream,
) -> Option<Box<Held>> {
    // The answers to Pings, to the Close and to a violation are queued without our doing.
    while let Ok(Some(event)) = connection.receive(&mut input) {
        // Taken apart where it was received: to hand an event on costs as much as to receive a short one.
        let refused = match event {
            Event::Binary(data) => send_binary(connection, data, socket),
            Event::Text(text) => send_text(connection, text, socket),
            _ => None,
        };
        if let Some(message) = refused {
            return Some(Box::new(Held { message, rest: input.to_vec() }));
        }
    }
    None
}

/// Sends a message to where it came from. One that there is no room for is returned, out of the
/// read buffer, which the next connection needs.
#[inline]
fn send_binary(
    connection: &mut Connection,
    data: Payload<'_>,
    socket: &TcpStream,
) -> Option<Message> {
    let data = match data {
        // It came in more than one read, and so in a buffer of its own.
        Payload::Owned(data) if data.len() >= HUGE => {
            let message = Message::Binary(data.freeze());
            return (message.send(connection) == Err(SendError::Full)).then_some(message);
        }
        data => data,
    };
    let sent = match data.len() {
        LARGE.. => connection.lend_binary(&data).map(|lent| write_lent(lent, socket)),
        _ => connection.send_binary(&data),
    };
    (sent == Err(SendError::Full)).then(|| Message::Binary(data.into_bytes()))
}

/// As `send_binary`.
#[inline]
fn send_text(connection: &mut Connection, text: Text<'_>, socket: &TcpStream) -> Option<Message> {
    let sent = match text.len() {
        LARGE.. => connection.lend_text(&text).map(|lent| write_lent(lent, socket)),
        _ => connection.send_text(&text),
    };
    (sent == Err(SendError::Full)).then(|| Message::Text(text.into_utf8_bytes()))
}

/// Writes once, out of the read buffer. What the socket does not take is queued; if there is something wrong
/// with it, the next write will say so.
fn write_lent(mut lent: Lent<'_>, mut socket: &TcpStream) {
    let mut slices = [IoSlice::new(&[]); 16];
    let filled = lent.chunks_vectored(&mut slices);
    if let Ok(count) = socket.write_vectored(slices.get(..filled).unwrap_or_default()) {
        lent.advance(count);
    }
}

impl Message {
    fn send(&self, connection: &mut Connection) -> Result<(), SendError> {
        match self {
            Self::Text(text) => connection.send_shared_text(text),
            Self::Binary(data) => connection.send_shared(MessageKind::Binary, data),
        }
    }
}

/// Each step of a connection's life is driven in the same way.
impl Stage {
    fn transmit(&mut self) -> Transmit<'_> {
        match self {
            Self::Handshake(server) => server.transmit(),
            Self::Rejected(rejection) => rejection.transmit(),
            Self::Open(connection) => connection.transmit(),
        }
    }

    fn transport_shut_down(&mut self) {
        match self {
            Self::Handshake(server) => server.transport_shut_down(),
            Self::Rejected(rejection) => rejection.transport_shut_down(),
            Self::Open(connection) => connection.transport_shut_down(),
        }
    }

    fn receive_eof(&mut self) {
        match self {
            Self::Handshake(server) => server.receive_eof(),
            Self::Rejected(rejection) => rejection.receive_eof(),
            Self::Open(connection) => connection.receive_eof(),
        }
    }

    fn tick(&mut self, now: Duration) -> Option<Duration> {
        match self {
            Self::Handshake(server) => server.tick(now),
            Self::Rejected(rejection) => rejection.tick(now),
            Self::Open(connection) => connection.tick(now),
        }
    }

    fn state(&self) -> State {
        match self {
            Self::Handshake(server) => server.state(),
            Self::Rejected(rejection) => rejection.state(),
            Self::Open(connection) => connection.state(),
        }
    }

    fn is_full(&self) -> bool {
        match self {
            Self::Handshake(_) | Self::Rejected(_) => false,
            Self::Open(connection) => connection.is_full(),
        }
    }
}
