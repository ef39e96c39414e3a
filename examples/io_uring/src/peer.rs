//! One connection, without a socket: what the protocol has made of its bytes so far, and the application.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use websocket_proto::bytes::{Buf, Bytes};
use websocket_proto::handshake::{self, Acceptance, Rejection, Request, Response};
use websocket_proto::{
    Config, Connection, Event, MessageKind, Payload, SendError, State, Transmit, Utf8Bytes,
};

/// Runs of bytes that one operation sends, and how many bytes are enough: what the ring has got, no Pong overtakes.
const RUNS: usize = 64;
const ENOUGH: usize = 256 << 10;

pub(crate) struct Peer {
    stage: Stage,
    write_stall: Option<Duration>,
    /// A message that the output had no room for.
    refused: Option<Message>,
    /// Input that came behind it, or while the output was full.
    backlog: Vec<u8>,
    /// The peer has ended its direction; to be told behind the backlog.
    ended: bool,
    /// When the ring was given bytes or has sent some, if it has any.
    sending_since: Option<Duration>,
}

/// What the socket carries.
#[expect(clippy::large_enum_variant, reason = "a connection spends its life in the largest")]
enum Stage {
    Handshake(handshake::Server),
    /// A response that is no WebSocket: a page, a refusal.
    Rejected(Rejection),
    Open(Connection),
}

enum Message {
    Text(Utf8Bytes),
    Binary(Bytes),
}

/// What is to be done for the direction towards the peer.
pub(crate) enum Output {
    Nothing,
    Send(VecDeque<Bytes>),
    Shutdown,
}

impl Peer {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        Self {
            write_stall: config.timeouts.write_stall,
            stage: Stage::Handshake(handshake::Server::new(config)),
            refused: None,
            backlog: Vec::new(),
            ended: false,
            sending_since: None,
        }
    }

    /// Takes what has arrived. It may, when it was asked for before the output was full: then it is kept.
    pub(crate) fn receive(&mut self, input: &mut [u8]) {
        if self.is_stuck() {
            self.backlog.extend_from_slice(input);
        } else {
            self.take(input);
        }
    }

    /// Nothing will arrive any more.
    pub(crate) fn receive_eof(&mut self) {
        self.ended = true;
        self.go_on();
    }

    /// The socket is of no more use, in both directions.
    pub(crate) fn fail(&mut self) {
        self.backlog = Vec::new();
        self.refused = None;
        self.ended = true;
        self.sending_since = None;
        self.stage.receive_eof();
        self.stage.transport_shut_down();
    }

    /// Whether there is room for what may arrive: who does not read our answers gets no more questions in.
    pub(crate) fn wants_input(&self) -> bool {
        !self.ended && !self.is_stuck()
    }

    /// Whether all is over: what the ring has got is sent, too.
    pub(crate) fn is_closed(&self) -> bool {
        self.stage.state() == State::Closed && self.sending_since.is_none()
    }

    /// Goes on with what had to wait for room in the output.
    pub(crate) fn go_on(&mut self) {
        while !self.stage.is_full() {
            if let (Some(message), Stage::Open(connection)) = (&self.refused, &mut self.stage) {
                if message.send(connection) == Err(SendError::Full) {
                    return;
                }
                self.refused = None;
            } else if !self.backlog.is_empty() {
                let mut backlog = std::mem::take(&mut self.backlog);
                self.take(&mut backlog);
            } else {
                if self.ended {
                    self.stage.receive_eof();
                }
                return;
            }
        }
    }

    /// What to do next. Bytes are ours from here on, and go to the ring: until it has sent them there are no more.
    pub(crate) fn output(&mut self, now: Duration) -> Output {
        if self.sending_since.is_some() {
            return Output::Nothing;
        }
        let mut runs = VecDeque::new();
        let mut size = 0;
        while let Some(run) = self.stage.take_output() {
            size += run.len();
            runs.push_back(run);
            if runs.len() == RUNS || size >= ENOUGH {
                break;
            }
        }
        if !runs.is_empty() {
            self.sending_since = Some(now);
            return Output::Send(runs);
        }
        match self.stage.transmit() {
            Transmit::Shutdown => {
                self.stage.transport_shut_down();
                Output::Shutdown
            }
            _ => Output::Nothing,
        }
    }

    /// The ring has sent some of it, or all.
    pub(crate) fn sent(&mut self, now: Duration, all: bool) {
        self.sending_since = if all { None } else { Some(now) };
    }

    /// Does what is due and says when to come back at the latest.
    pub(crate) fn tick(&mut self, now: Duration) -> Duration {
        let deadline = self.stage.tick(now).unwrap_or(Duration::MAX);
        // What was taken counts as transmitted: whether the socket takes it is ours to watch.
        let stalls = self.sending_since.zip(self.write_stall).map(|(since, most)| since + most);
        if stalls.is_some_and(|at| at <= now) {
            self.stage.abort();
        }
        if let Transmit::Abort = self.stage.transmit() {
            self.stage.transport_shut_down();
            self.sending_since = None;
        }
        deadline.min(stalls.unwrap_or(Duration::MAX))
    }

    fn is_stuck(&self) -> bool {
        self.refused.is_some() || !self.backlog.is_empty() || self.stage.is_full()
    }

    /// Takes the input up to the first message whose answer finds no room.
    fn take(&mut self, mut input: &mut [u8]) {
        if let Stage::Handshake(server) = &mut self.stage {
            match server.receive(&mut input) {
                // What is left of the input came behind the head: it is for the connection.
                Ok(Some(request)) => self.stage = answer(request),
                // More to come; or an error, whose HTTP answer is queued.
                Ok(None) | Err(_) => return,
            }
        }
        match &mut self.stage {
            Stage::Open(connection) => {
                self.refused = echo(connection, &mut input);
                self.backlog.extend_from_slice(input);
            }
            Stage::Rejected(rejection) => rejection.receive(&mut input),
            Stage::Handshake(_) => {}
        }
    }
}

/// The application, first part: what to do with a request.
fn answer(request: Request) -> Stage {
    let outcome = if request.is_upgrade() {
        request.accept(&Acceptance::new())
    } else {
        let page = Response::new(200).expect("a final status").body("Echoes WebSocket messages.\n");
        Err(request.reject(&page))
    };
    match outcome {
        Ok(connection) => Stage::Open(connection),
        Err(rejection) => Stage::Rejected(rejection),
    }
}

/// The application, second part: sends each message to where it came from. Returns the first one that finds no room.
fn echo(connection: &mut Connection, input: &mut &mut [u8]) -> Option<Message> {
    // The answers to Pings, to the Close and to a violation are queued without our doing.
    while let Ok(Some(event)) = connection.receive(input) {
        let refused = match event {
            // It came in more than one read, and so in a buffer of its own, which goes out as it is.
            Event::Binary(Payload::Owned(data)) => {
                let message = Message::Binary(data.freeze());
                (message.send(connection) == Err(SendError::Full)).then_some(message)
            }
            // Out of the provided buffer, which the others need, into the output.
            Event::Binary(data) => (connection.send_binary(&data) == Err(SendError::Full))
                .then(|| Message::Binary(data.into_bytes())),
            Event::Text(text) => (connection.send_text(&text) == Err(SendError::Full))
                .then(|| Message::Text(text.into_utf8_bytes())),
            _ => None,
        };
        if refused.is_some() {
            return refused;
        }
    }
    None
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
    /// A run of bytes, owned.
    fn take_output(&mut self) -> Option<Bytes> {
        let transmit = match self {
            Self::Open(connection) => return connection.take_output(),
            Self::Handshake(server) => server.transmit(),
            Self::Rejected(rejection) => rejection.transmit(),
        };
        match transmit {
            Transmit::Write(mut output) => Some(output.copy_to_bytes(output.remaining())),
            _ => None,
        }
    }

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

    fn abort(&mut self) {
        match self {
            Self::Open(connection) => connection.abort(),
            Self::Handshake(_) | Self::Rejected(_) => {
                self.receive_eof();
                self.transport_shut_down();
            }
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
