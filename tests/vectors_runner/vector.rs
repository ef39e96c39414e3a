//! A vector, parsed.

use std::time::Duration;

use super::compression::Choice;
use super::text::Payload;

/// Which side an expectation is for, or a play is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }
}

/// One vector: its header, its settings and its steps.
#[derive(Debug, Default)]
pub(crate) struct Vector {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) title: String,
    pub(crate) sides: Vec<Side>,
    /// `config` lines: key and value.
    pub(crate) config: Vec<(String, String)>,
    /// `app` lines: what the application wants of the handshake.
    pub(crate) app: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

impl Vector {
    pub(crate) fn needs_compression(&self) -> bool {
        self.config.iter().any(|(key, _)| key == "compression")
    }
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) action: Action,
    pub(crate) expected: Vec<Expected>,
}

#[derive(Debug)]
pub(crate) enum Action {
    /// Bytes come from the peer.
    Receive(Vec<Piece>),
    /// An HTTP head comes from the peer.
    Head(Head),
    /// The client opens a connection to this URI.
    Connect(String),
    /// This URI is parsed.
    Uri(String),
    /// The peer has shut down its direction of the transport.
    Eof,
    /// Time passes.
    Tick(Duration),
    /// The transport takes no more bytes.
    Hold,
    /// The transport takes bytes again.
    Release,
    /// The transport, held, takes so many bytes.
    Drain(usize),
    /// The application calls.
    Call(Call),
    /// The application calls, and goes on before the driver writes anything.
    Queue(Call),
}

impl Action {
    /// Whether it brings bytes from the peer.
    pub(crate) fn is_input(&self) -> bool {
        matches!(self, Self::Receive(_) | Self::Head(_))
    }
}

/// Something that a peer sends, `count` times over.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) count: usize,
    pub(crate) bytes: PieceBytes,
}

#[derive(Clone, Debug)]
pub(crate) enum PieceBytes {
    /// As it stands.
    Hex(Payload),
    /// One frame without its mask, perhaps malformed or cut; masked if the receiver is a server.
    Raw { key: Option<[u8; 4]>, bytes: Payload },
    /// More of the payload of the frame before, masked as it goes on.
    Rest(Payload),
    /// One frame.
    Frame { key: Option<[u8; 4]>, first: u8, payload: Payload },
}

/// A head to receive: a template and its changes, or lines as they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    pub(crate) lines: Vec<Vec<u8>>,
    /// What follows the head in the same delivery.
    pub(crate) after: Vec<Piece>,
}

#[derive(Clone, Debug)]
pub(crate) enum Call {
    Send { text: bool, payload: Payload },
    Shared { text: bool, payload: Payload },
    Prepared { text: bool, payload: Payload },
    Fragment { text: bool, fin: bool, payload: Payload },
    Message { text: bool, parts: Vec<Payload> },
    Ping(Payload),
    Pong(Payload),
    Close { code: u16, reason: Payload },
    CloseWithoutCode,
    Abort,
    Compress(Choice),
}

#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) line: usize,
    pub(crate) side: Option<Side>,
    pub(crate) count: usize,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Message {
        text: bool,
        payload: Payload,
    },
    Ping(Payload),
    Pong(Payload),
    Close {
        code: Option<u16>,
        reason: Payload,
    },
    Chunk {
        text: bool,
        first: bool,
        last: bool,
        payload: Payload,
    },
    Error(String),
    /// An error, the Close that tells the peer, and the half-close.
    Fail {
        code: u16,
        error: Option<String>,
    },
    Sent {
        first: u8,
        payload: Payload,
    },
    /// A frame of a compressed message, and what it is inflated to.
    SentCompressed {
        first: u8,
        payload: Payload,
    },
    SentHex(Payload),
    Shutdown,
    Abort,
    Closed(Fields),
    State(String),
    Deadline(Option<Duration>),
    Full(bool),
    /// A request, its 101 and the open connection.
    Accept(Fields),
    /// The answer to a request that is refused, and the half-close.
    Refuse {
        status: u16,
        error: Option<String>,
    },
    /// The handshake is done.
    Open(Fields),
    /// The server's application sees a request.
    Request(Fields),
    /// What a URI was parsed to.
    Uri(Fields),
    /// The server's answer to the client was not 101.
    Refused(Fields),
    Http(Http),
}

/// About the one HTTP head that the endpoint sends in a step.
#[derive(Clone, Debug)]
pub(crate) enum Http {
    Status(u16),
    /// An interim response with this status before it.
    Interim(u16),
    /// The first line.
    Line(String),
    /// A header that is there exactly once with this value.
    Header(String, String),
    NoHeader(String),
    Body(Payload),
    /// All lines of the head; `{key}` stands for the client's key.
    Exact(Vec<String>),
}

/// Named values, such as `code=1000 clean=yes`.
pub(crate) type Fields = Vec<(String, String)>;
