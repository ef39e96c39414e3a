//! A connection, whole or in halves, to which anything happens in any order.

use std::io::IoSlice;
use std::time::Duration;

use bytes::{Buf, Bytes};
use websocket_proto::deflate::{Compress, Compression};
use websocket_proto::{
    CloseCode, CloseStatus, Config, Connection, Incoming, MessageKind, Outgoing, Prepared, Role,
    SendError, State, Transmit,
};

use crate::{Observed, Script, Wire, config, connection, frame, observe};

/// Plays the script on a connection of this role and asserts what always has to hold.
pub fn drive_connection(role: Role, data: &[u8]) {
    let mut script = Script::new(data);
    let config = config(role, &mut script);
    let seed = if role == Role::Client { script.byte() } else { 0 };
    let connection = connection(role, config, [seed; 32]);
    let mut machine = Machine::new(role, connection);
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

impl Machine {
    fn new(role: Role, connection: Connection) -> Self {
        Self {
            role,
            wire: Wire::new(role.peer(), connection.compression().is_some()),
            ends: Some(Ends::Whole(Box::new(connection))),
            events: Vec::new(),
            deaf: false,
            now: Duration::ZERO,
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
                let data = many(script);
                self.send(|machine| outgoing!(machine, send_binary(&data)));
            }
            4 => {
                let kind = kind(script);
                let data = Bytes::from(many(script));
                self.send(|machine| outgoing!(machine, send_shared(kind, &data)));
            }
            operation @ (5 | 25) => {
                let message = match script.flag() {
                    true => Prepared::text(String::from_utf8_lossy(script.short()).into_owned()),
                    false => Prepared::binary(many(script)),
                };
                let message = match operation {
                    25 => message.compressed(&Compression::default()),
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
            _ => {}
        }
    }

    fn state(&self) -> State {
        match self.ends.as_ref().unwrap() {
            Ends::Whole(connection) => connection.state(),
            Ends::Halves(_, outgoing) => outgoing.state(),
        }
    }

    fn receive(&mut self, bytes: Vec<u8>, script: &mut Script<'_>) {
        for mut piece in script.pieces(bytes) {
            let mut input = piece.as_mut_slice();
            loop {
                let before = input.len();
                let result = match self.ends.as_mut().unwrap() {
                    Ends::Whole(connection) => connection.receive(&mut input),
                    Ends::Halves(incoming, _) => incoming.receive(&mut input),
                };
                assert!(!self.deaf || matches!(result, Ok(None)), "nothing comes after the end");
                match result {
                    Ok(Some(event)) => {
                        observe(event, &mut self.events);
                        assert!(input.len() < before, "an event takes input");
                        self.deaf = matches!(self.events.last(), Some(Observed::Close(..)));
                        if !self.deaf && self.events.len() > 64 {
                            self.events.retain(|seen| matches!(seen, Observed::Part(..)));
                        }
                    }
                    Ok(None) => break,
                    Err(_) => {
                        self.deaf = true;
                        break;
                    }
                }
                if let (true, Some(Ends::Whole(connection))) = (self.deaf, &self.ends) {
                    assert_ne!(connection.state(), State::Open);
                }
            }
            assert!(input.is_empty(), "the input is always taken");
        }
        if let (true, Some(Ends::Whole(connection))) = (self.deaf, &self.ends) {
            assert_ne!(connection.state(), State::Open);
        }
    }

    /// A call that is refused changes nothing; after the first Close every one is refused.
    fn send(&mut self, call: impl FnOnce(&mut Self) -> Result<(), SendError>) {
        let open = self.state() == State::Open;
        let (unsent, frames) = self.queued();
        let result = call(self);
        let after = self.queued();
        match result {
            Ok(()) => {
                assert!(open, "nothing is sent once a Close was queued");
                assert!(after.0 > unsent && after.1 == frames + 1);
            }
            Err(error) => {
                assert_eq!(after, (unsent, frames), "{error:?} changes nothing");
                refused(error, open, unsent);
            }
        }
    }

    /// Lends a message to the transport, which takes some of what it is shown.
    fn lend(&mut self, script: &mut Script<'_>) {
        let data = many(script);
        let count = usize::try_from(script.number()).unwrap();
        let open = self.state() == State::Open;
        let (unsent, frames) = self.queued();
        let result = outgoing!(self, lend_binary(&data)).map(|mut lent| {
            let whole = lent.remaining();
            assert!(whole > unsent && !lent.chunk().is_empty());
            let mut slices = [IoSlice::new(&[]); 64];
            let filled = lent.chunks_vectored(&mut slices);
            let shown = concat(&slices[..filled]);
            assert!(filled == slices.len() || shown.len() == whole, "all of it is shown");
            assert!(shown.starts_with(lent.chunk()));
            let taken = shown[..count.min(shown.len())].to_vec();
            lent.advance(taken.len());
            assert_eq!(lent.remaining(), whole - taken.len());
            (whole, taken)
        });
        match result {
            Ok((whole, taken)) => {
                assert!(open, "nothing is sent once a Close was queued");
                assert_eq!(self.queued(), (whole - taken.len(), frames + 1));
                self.wire.take(&taken);
            }
            Err(error) => {
                assert_eq!(self.queued(), (unsent, frames), "{error:?} changes nothing");
                refused(error, open, unsent);
            }
        }
    }

    fn is_misuse(&self, result: Result<(), SendError>) -> bool {
        !matches!(result, Err(SendError::ControlTooLong | SendError::Full))
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

    fn transmit(&mut self, script: &mut Script<'_>, places: usize) {
        let count = script.byte();
        self.write(count.into(), places.min(64));
    }

    /// Lets the transport take up to `count` bytes; says whether there was something to write.
    fn write(&mut self, count: usize, places: usize) -> bool {
        let unsent = self.queued().0;
        let state = self.state();
        let mut taken = Vec::new();
        match outgoing!(self, transmit()) {
            Transmit::Write(mut output) => {
                assert_eq!(output.remaining(), unsent);
                assert!(unsent > 0 && !output.chunk().is_empty(), "there is something to write");
                assert_ne!(state, State::Closed);
                let mut slices = [IoSlice::new(&[]); 64];
                let filled = output.chunks_vectored(&mut slices);
                let whole: Vec<u8> = concat(&slices[..filled]);
                assert!(filled == slices.len() || whole.len() == unsent, "all of it is shown");
                assert!(whole.starts_with(output.chunk()));
                let filled = output.chunks_vectored(&mut slices[..places]);
                assert!(filled <= places && whole.starts_with(&concat(&slices[..filled])));
                let count = count.min(whole.len());
                taken.extend_from_slice(&whole[..count]);
                output.advance(count);
            }
            Transmit::Shutdown => {
                assert_eq!(unsent, 0);
                assert_eq!(state, State::Closing);
                assert!(self.wire.is_between_frames(), "half-closed between two frames");
                assert!(self.wire.is_closed(), "half-closed behind our Close");
                return false;
            }
            Transmit::Abort => {
                assert_eq!(state, State::Closing);
                return false;
            }
            _ => {
                assert_eq!(unsent, 0);
                return false;
            }
        }
        self.wire.take(&taken);
        true
    }

    fn take_output(&mut self) {
        let unsent = self.queued().0;
        match outgoing!(self, take_output()) {
            Some(bytes) => {
                assert_eq!(self.queued().0, unsent - bytes.len());
                assert!(!bytes.is_empty());
                self.wire.take(&bytes);
            }
            None => assert_eq!(unsent, 0),
        }
    }

    fn receive_eof(&mut self) {
        match self.ends.as_mut().unwrap() {
            Ends::Whole(connection) => {
                connection.receive_eof();
                assert_ne!(connection.state(), State::Open);
            }
            Ends::Halves(incoming, _) => incoming.receive_eof(),
        }
        self.deaf = true;
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
        self.wire.take(&connection.into_parts().unsent);
        assert!(!open || self.wire.is_between_frames(), "everything is in the parts");
        let next = Connection::server(Config::server());
        *self = Self::new(Role::Server, next);
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

/// A call may be refused for these reasons.
fn refused(error: SendError, open: bool, unsent: usize) {
    assert!(
        open || matches!(error, SendError::Closed | SendError::Unmasked | SendError::InvalidUtf8)
    );
    assert!(!open || error != SendError::Closed);
    assert!(error != SendError::Full || unsent > 0, "one always fits");
}

fn concat(slices: &[IoSlice<'_>]) -> Vec<u8> {
    slices.iter().flat_map(|slice| slice.iter().copied()).collect()
}

fn kind(script: &mut Script<'_>) -> MessageKind {
    if script.flag() { MessageKind::Text } else { MessageKind::Binary }
}

/// A payload of up to 65,280 bytes.
fn many(script: &mut Script<'_>) -> Vec<u8> {
    let times = script.byte();
    script.short().repeat(times.into())
}
