//! Plays one vector in one mode, the way a driver would, and notes what can be observed.

mod calls;
mod input;
mod output;

use std::sync::Arc;
use std::time::Duration;

use websocket_proto::{Config, Delivery, State};

use super::compression::{Compression, Parameters};
use super::deflated::Deflated;
use super::frames::{self, CLOSE, Frame};
use super::head::SentHead;
use super::mode::{Cut, Mode, Random};
use super::stage::{Closed, Stage};
use super::vector::{Action, Fields, Side, Step, Vector};
use super::wire::Wire;
use super::{compare, handshake, peer, settings};

/// What the application sees.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Message { text: bool, payload: Vec<u8> },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close { code: Option<u16>, reason: Vec<u8> },
    Chunk { text: bool, first: bool, last: bool, payload: Vec<u8> },
    Error(String),
    Open(Fields),
    Request(Fields),
    Uri(Fields),
    Refused(Fields),
}

/// What the peer and the driver see.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    Head(SentHead),
    Frame(Frame),
    /// A frame of a compressed message, and what it is inflated to.
    Compressed {
        frame: Frame,
        inflated: Vec<u8>,
    },
    Shutdown,
    Abort,
    Closed(Closed),
}

/// What one step brought.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    pub(crate) seen: Vec<Seen>,
    pub(crate) out: Vec<Out>,
    pub(crate) state: &'static str,
    pub(crate) deadline: Option<Duration>,
    pub(crate) full: bool,
}

pub(crate) struct Player<'v> {
    vector: &'v Vector,
    pub(crate) side: Side,
    pub(crate) mode: Mode,
    pub(crate) config: Arc<Config>,
    pub(crate) stage: Stage,
    pub(crate) observed: Observed,
    random: Random,
    wire: Wire,
    frames: frames::Reader,
    /// Bytes of a head that the endpoint has begun to send; `None` once frames are what it sends.
    head: Option<Vec<u8>>,
    /// What was agreed on of compression, and how it makes the frames read.
    agreed: Option<Parameters>,
    deflated: Deflated,
    /// Everything sent as frames.
    sent: Vec<u8>,
    /// The key of the client's request.
    pub(crate) key: String,
    ping: Vec<u8>,
    partial: Option<(bool, Vec<u8>)>,
    producer: Option<peer::Producer>,
    now: Duration,
    held: bool,
    position: usize,
    closed: bool,
    /// A request was answered with something other than 101.
    answered: bool,
    /// The transport was dropped, so that the task of the receiving half has nothing to read.
    dropped: bool,
    /// Close was received or the connection failed: nothing that comes now may have an effect.
    deaf: bool,
}

/// Plays the vector; an error says what differs, where and in which mode.
pub(crate) fn play(vector: &Vector, side: Side, mode: Mode) -> Result<(), String> {
    let mut player = Player::new(vector, side, mode)?;
    player.play().map_err(|(line, reason)| {
        let (file, title) = (&vector.file, &vector.title);
        format!("{file}:{line}: {title}\n  as {side:?}, {mode}\n  {reason}")
    })
}

impl<'v> Player<'v> {
    fn new(vector: &'v Vector, side: Side, mode: Mode) -> Result<Self, String> {
        let mut config = settings::config(&vector.config)?;
        if mode.chunks {
            config.delivery = Delivery::Chunks;
        }
        if mode.unlimited {
            settings::unlimited(&mut config);
        }
        let config = Arc::new(config);
        let agreed = Compression::parse(&vector.config)?.and_then(|compression| compression.agreed);
        let handshake = handshake::is_about_it(vector);
        let stage = match (handshake, side) {
            (false, side) => Stage::open(side, config.clone(), agreed.as_ref(), mode.halves)?,
            (true, Side::Client) => Stage::Unconnected,
            (true, Side::Server) => handshake::server(config.clone()),
        };
        let seed = match mode.cut {
            Cut::Random(seed) => seed,
            _ => 0,
        };
        Ok(Self {
            vector,
            side,
            mode,
            producer: match mode.produced {
                true => Some(peer::Producer::new(side, agreed.as_ref())?),
                false => None,
            },
            config,
            stage,
            observed: Observed::default(),
            random: Random(seed),
            wire: Wire::new(side, mode.keys),
            frames: frames::Reader::new(side == Side::Client),
            head: handshake.then(Vec::new),
            deflated: Deflated::new(agreed.as_ref(), side),
            agreed,
            sent: Vec::new(),
            key: String::new(),
            ping: Vec::new(),
            partial: None,
            now: Duration::ZERO,
            held: false,
            position: 0,
            closed: false,
            answered: false,
            dropped: false,
            deaf: false,
        })
    }

    /// The handshake has agreed on compression, or not.
    pub(crate) fn agree(&mut self, agreed: Option<Parameters>) {
        self.deflated = Deflated::new(agreed.as_ref(), self.side);
        self.agreed = agreed;
    }

    fn play(&mut self) -> Result<(), (usize, String)> {
        let vector = self.vector;
        if !self.mode.timeless {
            self.stage.tick(self.now);
        }
        let mut at = 0;
        while let Some(step) = vector.steps.get(at) {
            let mut together = 1;
            while self.mode.joined
                && step.action.is_input()
                && vector.steps.get(at + together).is_some_and(|next| next.action.is_input())
            {
                together += 1;
            }
            let steps = &vector.steps[at..at + together];
            self.steps(steps)?;
            at += together;
        }
        let line = vector.steps.last().map_or(vector.line, |step| step.line);
        self.afterwards().map_err(|reason| (line, reason))
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), (usize, String)> {
        let step = steps.last().map_or(0, |step| step.line);
        let at = |reason| (step, reason);
        if steps.len() > 1 {
            let mut bytes = Vec::new();
            for step in steps {
                bytes.extend(self.input(&step.action).map_err(at)?);
            }
            self.receive(&bytes).map_err(at)?;
        } else {
            steps.iter().try_for_each(|step| self.act(&step.action)).map_err(at)?;
        }
        if !matches!(steps, [Step { action: Action::Queue(_), .. }]) {
            self.settle().map_err(at)?;
        }
        self.note_state();
        let observed = std::mem::take(&mut self.observed);
        let expected: Vec<_> = steps.iter().flat_map(|step| &step.expected).collect();
        let context = compare::Context {
            side: self.side,
            ping: &self.ping,
            key: &self.key,
            now: self.now,
            joined: steps.len() > 1,
        };
        let result = compare::compare(&expected, &observed, &context);
        result.map_err(|(line, reason)| (line.unwrap_or(step), reason))
    }

    /// What a driver does before it waits: tell the time, write, act on the end of the transport.
    fn settle(&mut self) -> Result<(), String> {
        self.drain(None)?;
        if !self.mode.timeless {
            self.stage.tick(self.now);
            self.drain(None)?;
            self.observed.deadline = self.stage.tick(self.now);
            self.drain(None)?;
        }
        Ok(())
    }

    fn note_state(&mut self) {
        self.observed.full = self.stage.is_full();
        self.observed.state = match self.stage.state() {
            State::Open => "open",
            State::Closing => "closing",
            State::Closed => "closed",
        };
    }

    fn act(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Receive(_) | Action::Head(_) => {
                let bytes = self.input(action)?;
                self.receive(&bytes)?;
            }
            Action::Connect(uri) => handshake::connect(self, self.vector, uri)?,
            Action::Uri(uri) => self.observed.seen.push(handshake::parse_uri(uri)?),
            Action::Eof => self.stage.receive_eof(),
            Action::Tick(time) => self.now += *time,
            Action::Hold => self.held = true,
            Action::Release => self.held = false,
            Action::Drain(count) => self.drain(Some(*count))?,
            Action::Call(call) | Action::Queue(call) => {
                let refused = self.call(call)?;
                self.observed.seen.extend(refused.map(Seen::Error));
            }
        }
        Ok(())
    }

    /// The bytes that a step brings from the peer.
    fn input(&mut self, action: &Action) -> Result<Vec<u8>, String> {
        let bytes = self.wire.input(action, &self.ping, &self.key)?;
        match &mut self.producer {
            Some(producer) => producer.produce(&bytes),
            None => Ok(bytes),
        }
    }

    /// When the vector is over: nothing of a head is half sent, a second connection understands
    /// everything that was sent, and an endpoint that is done with its peer hears nothing more.
    fn afterwards(&mut self) -> Result<(), String> {
        if !self.held && self.frames.is_inside_a_frame() && !self.closed {
            return Err("a frame was begun and not finished".into());
        }
        if self.head.as_ref().is_some_and(|head| !head.is_empty()) {
            return Err("a head was begun and not finished".into());
        }
        peer::consume(self.side, &self.sent, self.agreed.as_ref())?;
        if matches!(self.stage, Stage::Server(_) | Stage::Rejecting(_)) && self.answered {
            self.observed = Observed::default();
            self.read(&mut b"GET /admin HTTP/1.1\r\nHost: server.example.com\r\n\r\n".to_vec())?;
            self.drain(None)?;
            if !self.observed.seen.is_empty() || !self.observed.out.is_empty() {
                return Err(format!(
                    "a request behind the answer had an effect: {:?}",
                    self.observed
                ));
            }
        }
        if !self.deaf || !matches!(self.stage, Stage::Open(_) | Stage::Halves(_)) {
            return Ok(());
        }
        self.observed = Observed::default();
        let frames = [(0x81, "text"), (0x89, "ping"), (0x88, "\x03\u{65}"), (0x83, "")];
        for (first, payload) in frames {
            let frame = Frame { first, payload: payload.into() }.bytes();
            let frame =
                if self.side == Side::Server { frames::mask(&frame, [0; 4]).0 } else { frame };
            self.read(&mut frame.clone())?;
        }
        self.held = false;
        self.drain(None)?;
        let noise = |out: &Out| matches!(out, Out::Frame(frame) if frame.opcode() != CLOSE);
        if !self.observed.seen.is_empty() || self.observed.out.iter().any(noise) {
            return Err(format!("input behind the end had an effect: {:?}", self.observed));
        }
        Ok(())
    }
}
