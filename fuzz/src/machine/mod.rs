//! A connection, whole or in halves, to which anything happens in any order.

mod receiving;
mod sending;
mod transmitting;

use std::time::Duration;

use bytes::Bytes;
use websocket_proto::deflate::{Compress, Compression, CompressionPool};
use websocket_proto::{
    CloseCode, CloseStatus, Config, Connection, Incoming, MessageKind, Outgoing, Prepared, Role,
    State, Transmit,
};

use crate::memory::{BESIDE, CODECS, most_of_a_message};
use crate::{Ledger, Observed, Script, Wire, config, connection, frame};

/// Plays the script on a connection of this role and asserts what always has to hold.
pub fn drive_connection(role: Role, data: &[u8]) {
    let mut script = Script::new(data);
    let config = config(role, &mut script);
    let seed = if role == Role::Client { script.byte() } else { 0 };
    let mut machine = Machine::new(role, config, seed);
    while !script.is_over() {
        machine.step(&mut script);
        machine.check();
    }
    machine.end();
}

enum Ends {
    Whole(Box<Connection>),
    Halves(Box<Incoming>, Box<Outgoing>),
}

struct Machine {
    role: Role,
    ends: Option<Ends>,
    wire: Wire,
    events: Vec<Observed>,
    /// No event may come any more: the peer's Close, a violation or the end was received.
    deaf: bool,
    now: Duration,
    /// What the connection holds.
    ledger: Ledger,
    most: Most,
}

/// What it may hold.
struct Most {
    config: Config,
    /// The longest message that was sent, and the most bytes that were queued.
    sent: usize,
    queued: usize,
}

/// Calls a method that `Connection` and `Outgoing` have in common.
macro_rules! outgoing {
    ($machine:expr, $method:ident $arguments:tt) => {
        match $machine.ends.as_mut().unwrap() {
            Ends::Whole(connection) => connection.$method $arguments,
            Ends::Halves(_, outgoing) => outgoing.$method $arguments,
        }
    };
}

use outgoing;

impl Machine {
    fn new(role: Role, config: Config, seed: u8) -> Self {
        let ledger = Ledger::new();
        let most = Most::new(&config);
        let connection = connection(role, config, [seed; 32]);
        Self {
            role,
            wire: Wire::new(role.peer(), connection.compression().is_some()),
            ends: Some(Ends::Whole(Box::new(connection))),
            events: Vec::new(),
            deaf: false,
            now: Duration::ZERO,
            ledger,
            most,
        }
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() {
            0 => {
                let frame = frame(self.role.peer(), script);
                self.receive(frame, script);
            }
            1 => {
                let bytes = script.short().to_vec();
                self.receive(bytes, script);
            }
            2 => {
                let text = String::from_utf8_lossy(script.short()).into_owned();
                self.send(|machine| outgoing!(machine, send_text(&text)));
            }
            3 => {
                let data = self.payload(script);
                self.send(|machine| outgoing!(machine, send_binary(&data)));
            }
            4 => {
                let kind = kind(script);
                let data = Bytes::from(self.payload(script));
                self.send(|machine| outgoing!(machine, send_shared(kind, &data)));
            }
            operation @ (5 | 25) => {
                let message = match script.flag() {
                    true => Prepared::text(String::from_utf8_lossy(script.short()).into_owned()),
                    false => Prepared::binary(self.payload(script)),
                };
                let message = match operation {
                    25 => message.compressed(&Compression::with_pool(CompressionPool::new(0))),
                    _ => message,
                };
                self.send(|machine| outgoing!(machine, send_prepared(&message)));
            }
            6 => {
                let (kind, fin) = (kind(script), script.flag());
                let data = script.short();
                self.send(|machine| outgoing!(machine, fragment(kind, data, fin)));
            }
            7 => {
                let (kind, finish) = (kind(script), script.flag());
                let data = script.short();
                if finish {
                    self.send(|machine| outgoing!(machine, message(kind))?.finish(data));
                } else if !data.is_empty() {
                    self.send(|machine| outgoing!(machine, message(kind))?.write(data));
                }
            }
            8 => {
                let payload = script.short();
                self.send(|machine| outgoing!(machine, ping(payload)));
            }
            9 => {
                let payload = script.short();
                // §5.5.2: a Pong may follow our own Close.
                let closing = self.state() != State::Open;
                let result = outgoing!(self, pong(payload));
                assert!(result.is_ok() || closing || !self.is_misuse(result), "{result:?}");
            }
            10 => {
                let code = CloseCode::new(u16::try_from(script.number()).unwrap());
                let code = code.unwrap_or(CloseCode::NORMAL);
                let reason = String::from_utf8_lossy(script.short()).into_owned();
                self.send(|machine| outgoing!(machine, close(code, &reason)));
            }
            11 => self.send(|machine| outgoing!(machine, close_without_code())),
            12 => {
                outgoing!(self, abort());
                assert_ne!(self.state(), State::Open);
                if let Some(Ends::Whole(_)) = self.ends {
                    self.deaf = true;
                }
            }
            13 => self.tick(script),
            14 => self.transmit(script, 1),
            15 => {
                let places = script.byte();
                self.transmit(script, places.into());
            }
            16 => self.take_output(),
            17 => {
                outgoing!(self, transport_shut_down());
            }
            18 => self.receive_eof(),
            19 => self.split(),
            20 => self.pass_on(),
            21 => while self.write(usize::MAX, 16) {},
            22 => self.look(),
            23 => self.take_apart(),
            24 => {
                let choice = match script.byte() {
                    0 => Compress::Never,
                    1 => Compress::Always,
                    least => Compress::Above(least.into()),
                };
                outgoing!(self, set_compress(choice));
            }
            26 => self.lend(script),
            27 => self.finish(),
            _ => {}
        }
    }

    /// A payload of up to 65,025 bytes.
    fn payload(&mut self, script: &mut Script<'_>) -> Vec<u8> {
        let times = script.byte();
        let payload = script.short().repeat(times.into());
        self.most.sent = self.most.sent.max(payload.len());
        payload
    }

    fn state(&self) -> State {
        match self.ends.as_ref().unwrap() {
            Ends::Whole(connection) => connection.state(),
            Ends::Halves(_, outgoing) => outgoing.state(),
        }
    }

    fn queued(&mut self) -> (usize, u64) {
        match self.ends.as_ref().unwrap() {
            Ends::Whole(connection) => (connection.unsent(), connection.sent().frames),
            Ends::Halves(_, outgoing) => (outgoing.unsent(), outgoing.sent().frames),
        }
    }

    fn tick(&mut self, script: &mut Script<'_>) {
        let step = u64::try_from(script.number()).unwrap();
        let now = match script.byte() {
            0 => self.now.saturating_add(Duration::from_millis(step)),
            1 => self.now.saturating_add(Duration::from_secs(step)),
            2 => self.now.saturating_sub(Duration::from_millis(step)),
            3 => Duration::from_nanos(step),
            // Beyond this the clock of 64 bits stands still.
            4 if step > 0xFFF0 => Duration::MAX,
            _ => self.now,
        };
        self.now = self.now.max(now);
        let far = self.now > Duration::from_secs(1 << 33);
        // What is due may make something else due, but not for ever.
        for _ in 0..8 {
            let deadline = match self.ends.as_mut().unwrap() {
                Ends::Whole(connection) => connection.tick(now),
                Ends::Halves(incoming, outgoing) => {
                    let (one, other) = (incoming.tick(now), outgoing.tick(now));
                    one.into_iter().chain(other).min()
                }
            };
            if far || deadline.is_none_or(|deadline| deadline > self.now) {
                return;
            }
        }
        panic!("a deadline stays due");
    }

    fn split(&mut self) {
        self.ends = match self.ends.take() {
            Some(Ends::Whole(connection)) => {
                let (incoming, outgoing) = connection.split();
                Some(Ends::Halves(Box::new(incoming), Box::new(outgoing)))
            }
            ends => ends,
        };
    }

    /// Takes a whole connection apart, and begins again with a new one.
    fn take_apart(&mut self) {
        let Some(Ends::Whole(connection)) =
            self.ends.take_if(|ends| matches!(ends, Ends::Whole(_)))
        else {
            return;
        };
        let open = connection.state() == State::Open;
        let unsent = connection.into_parts().unsent;
        self.ledger.beside(|| self.wire.take(&unsent));
        drop(unsent);
        assert!(!open || self.wire.is_between_frames(), "everything is in the parts");
        self.ledger.beside(|| {
            self.events = Vec::new();
            self.wire = Wire::new(Role::Client, false);
        });
        self.role = Role::Server;
        self.most = Most::new(&Config::server());
        self.ends = Some(Ends::Whole(Box::new(Connection::server(Config::server()))));
        (self.deaf, self.now) = (false, Duration::ZERO);
    }

    fn pass_on(&mut self) {
        if let Some(Ends::Halves(incoming, outgoing)) = &mut self.ends {
            if let Some(reply) = incoming.take_reply() {
                outgoing.apply(reply);
            }
            assert!(incoming.take_reply().is_none());
            assert!(!self.deaf || outgoing.state() != State::Open);
        }
    }

    /// Nothing that only looks may panic or change anything.
    fn look(&mut self) {
        let before = self.queued();
        match self.ends.as_ref().unwrap() {
            Ends::Whole(connection) => {
                let _ = format!("{connection:?} {:?}", connection.close_information());
                assert!(connection.subprotocol().is_none());
                assert_eq!(connection.role(), self.role);
                let _ = (connection.received(), connection.is_full());
            }
            Ends::Halves(incoming, outgoing) => {
                let _ = format!("{incoming:?} {outgoing:?} {:?}", outgoing.close_information());
                assert_eq!(outgoing.role(), self.role);
                let _ = (incoming.received(), outgoing.is_full());
            }
        }
        assert_eq!(self.queued(), before);
    }

    /// What holds after every step.
    fn check(&mut self) {
        let (state, information, sent) = match self.ends.as_ref().unwrap() {
            Ends::Whole(connection) => {
                (connection.state(), connection.close_information(), connection.sent())
            }
            Ends::Halves(_, outgoing) => {
                (outgoing.state(), outgoing.close_information(), outgoing.sent())
            }
        };
        assert_eq!(sent.bytes, self.wire.bytes);
        assert!(self.wire.frames <= sent.frames);
        assert_eq!(state == State::Open, information.is_none());
        if let Some(information) = information.filter(|information| information.clean) {
            assert!(self.wire.is_closed(), "clean: our Close went over the wire");
            assert_ne!(information.received, CloseStatus::Abnormal);
            assert!(information.sent.is_some() && information.error.is_none());
        }
        assert!(state != State::Closed || self.queued().0 == 0);
        self.check_memory();
    }

    /// What is held is within the limits, and no more than what has come and is queued calls for.
    fn check_memory(&mut self) {
        let received = match self.ends.as_ref().unwrap() {
            Ends::Whole(connection) => connection.received(),
            Ends::Halves(incoming, _) => incoming.received(),
        };
        let queued = self.queued().0;
        let most = &mut self.most;
        most.queued = most.queued.max(queued);
        let control = 8 << 10;
        assert!(
            queued
                <= most.config.limits.max_write_buffer + control + most.sent + most.sent / 8 + 64
        );
        let message = most_of_a_message(&most.config, received.bytes);
        let codecs = if most.config.compression.is_some() { CODECS } else { 0 };
        let bound = message + 2 * (most.queued + most.sent) + BESIDE + codecs;
        let held = self.ledger.held();
        assert!(held <= bound as isize, "{held} bytes of {bound}");
    }

    /// Closes, writes everything and hears that the peer is gone: that is the end.
    fn finish(&mut self) {
        let _refused = outgoing!(self, close_without_code());
        loop {
            self.pass_on();
            if self.write(usize::MAX, 16) {
                continue;
            }
            match outgoing!(self, transmit()) {
                Transmit::Shutdown | Transmit::Abort => outgoing!(self, transport_shut_down()),
                _ => break,
            }
        }
        self.receive_eof();
        self.pass_on();
        assert_eq!(self.state(), State::Closed);
    }

    /// Every connection can be ended.
    fn end(&mut self) {
        self.pass_on();
        outgoing!(self, abort());
        if self.state() != State::Closed {
            assert!(matches!(outgoing!(self, transmit()), Transmit::Abort));
            outgoing!(self, transport_shut_down());
        }
        assert_eq!(self.state(), State::Closed);
        assert!(matches!(outgoing!(self, transmit()), Transmit::Idle));
        self.check();
    }
}

impl Most {
    fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            // Of most operations.
            sent: 3 * 255,
            queued: 0,
        }
    }
}

fn kind(script: &mut Script<'_>) -> MessageKind {
    if script.flag() { MessageKind::Text } else { MessageKind::Binary }
}
