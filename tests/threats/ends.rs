//! §7.2  Every end in every state: each machine ends once, says once why, and nothing comes of it afterwards.

use std::time::Duration;

use bytes::Buf;
use websocket_proto::handshake::{Client, Refusal, Rejection, Server};
use websocket_proto::{Connection, Event, State, Transmit};

mod machines;

/// What `transmit` said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Idle,
    Write,
    Shutdown,
    Abort,
}

impl From<Transmit<'_>> for Next {
    fn from(transmit: Transmit<'_>) -> Self {
        match transmit {
            Transmit::Idle => Self::Idle,
            Transmit::Write(output) => {
                assert!(output.has_remaining(), "nothing to write");
                Self::Write
            }
            Transmit::Shutdown => Self::Shutdown,
            Transmit::Abort => Self::Abort,
            other => panic!("{other:?}"),
        }
    }
}

/// What the machines have in common.
trait Machine {
    /// How many ends were told (errors and Close frames), and how much else was seen.
    fn receive(&mut self, bytes: &[u8]) -> (usize, usize);
    fn receive_eof(&mut self);
    fn transmit(&mut self) -> Transmit<'_>;
    fn transport_shut_down(&mut self);
    fn tick(&mut self, now: Duration) -> Option<Duration>;
    fn abort(&mut self);
    fn state(&self) -> State;
    /// What is known of the end.
    fn end(&self) -> Option<String>;
}

macro_rules! machine {
    ($type:ty, $receive:expr, $abort:expr, $end:expr) => {
        impl Machine for $type {
            fn receive(&mut self, bytes: &[u8]) -> (usize, usize) {
                let mut bytes = bytes.to_vec();
                let mut input = &mut bytes[..];
                let receive: fn(&mut Self, &mut &mut [u8]) -> (usize, usize) = $receive;
                receive(self, &mut input)
            }
            fn receive_eof(&mut self) {
                self.receive_eof();
            }
            fn transmit(&mut self) -> Transmit<'_> {
                self.transmit()
            }
            fn transport_shut_down(&mut self) {
                self.transport_shut_down();
            }
            fn tick(&mut self, now: Duration) -> Option<Duration> {
                self.tick(now)
            }
            fn abort(&mut self) {
                let abort: fn(&mut Self) = $abort;
                abort(self);
            }
            fn state(&self) -> State {
                self.state()
            }
            fn end(&self) -> Option<String> {
                let end: fn(&Self) -> Option<String> = $end;
                end(self)
            }
        }
    };
}

machine!(
    Server,
    |server, input| match server.receive(input) {
        Ok(request) => (0, usize::from(request.is_some())),
        Err(_) => (1, 0),
    },
    |_| {},
    |server| server.error().map(|error| error.to_string())
);

machine!(
    Client,
    |client, input| match client.receive(input) {
        Ok(established) => (0, usize::from(established.is_some())),
        Err(_) => (1, 0),
    },
    Self::abort,
    |client| Some(format!("{:?}", (client.error()?, client.refusal().map(Refusal::status))))
);

machine!(
    Rejection,
    |rejection, input| {
        rejection.receive(input);
        (0, 0)
    },
    |_| {},
    |rejection| Some(rejection.to_string())
);

machine!(
    Connection,
    |connection, input| {
        let mut told = (0, 0);
        loop {
            match connection.receive(input) {
                Ok(Some(Event::Close(_))) | Err(_) => told.0 += 1,
                Ok(Some(_)) => told.1 += 1,
                Ok(None) => return told,
            }
        }
    },
    Self::abort,
    |connection| Some(format!("{:?}", connection.close_information()?))
);

/// What happens to a machine.
#[derive(Clone, Copy, Debug)]
enum Happening {
    End,
    /// As much time as until its deadline, if it has one.
    Timeout,
    ShutDown,
    Abort,
    /// The transport takes a byte.
    Taken,
    /// More of what would have been right, and what never is.
    Late(&'static [u8]),
}

struct Driven {
    machine: Box<dyn Machine>,
    now: Duration,
    told: usize,
    seen: usize,
}

impl Driven {
    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::End => self.machine.receive_eof(),
            Happening::Timeout => {
                if let Some(deadline) = self.machine.tick(self.now) {
                    self.now = self.now.max(deadline);
                    self.machine.tick(self.now);
                }
            }
            Happening::ShutDown => self.machine.transport_shut_down(),
            Happening::Abort => self.machine.abort(),
            Happening::Taken => {
                if let Transmit::Write(mut output) = self.machine.transmit() {
                    output.advance(1);
                }
            }
            Happening::Late(bytes) => {
                let (told, seen) = self.machine.receive(bytes);
                self.told += told;
                self.seen += seen;
            }
        }
    }

    /// Does what the machine asks for, and has the peer end when it asks for nothing.
    fn drive_to_the_end(&mut self) {
        for _ in 0..10 {
            if self.machine.state() == State::Closed {
                return;
            }
            match self.machine.transmit() {
                Transmit::Write(mut output) => {
                    let count = output.remaining();
                    output.advance(count);
                }
                Transmit::Shutdown | Transmit::Abort => self.machine.transport_shut_down(),
                _ => self.machine.receive_eof(),
            }
        }
        panic!("no end: {:?}", Next::from(self.machine.transmit()));
    }
}

/// T-HS-22: a machine of every kind in each of its states, and two happenings one behind the other, each with each.
#[test]
fn every_end_in_every_state() {
    let (mut count, mut done) = (0, 0);
    for (name, make, late) in machines::all() {
        let happenings = [
            Happening::End,
            Happening::Timeout,
            Happening::ShutDown,
            Happening::Abort,
            Happening::Taken,
            Happening::Late(late),
            Happening::Late(b"\xFF\r\n\r\n\xFF"),
            Happening::Late(b""),
        ];
        for first in happenings {
            for second in happenings {
                let at = format!("{name}, {first:?}, {second:?}");
                let (machine, now) = make();
                let handed_over = machine.state() == State::Closed && machine.end().is_none();
                let mut driven = Driven { machine, now, told: 0, seen: 0 };
                driven.happens(first);
                let after_first = driven.machine.end();
                driven.happens(second);
                driven.drive_to_the_end();
                assert!(driven.told <= 1, "{at}: {} ends", driven.told);
                let end = driven.machine.end();
                if handed_over {
                    let nothing = end.is_none() && (driven.told, driven.seen) == (0, 0);
                    assert!(nothing, "{at}: what follows is the connection's to tell");
                    done += 1;
                } else {
                    assert!(end.is_some() || driven.seen == 1, "{at}: ended without a reason");
                }
                assert!(after_first.is_none() || end.is_some(), "{at}: a reason is gone");
                // Whatever follows, it is over.
                let seen = (driven.told, driven.seen);
                for late in happenings {
                    driven.happens(late);
                    assert_eq!(driven.machine.state(), State::Closed, "{at}, {late:?}");
                    assert_eq!(Next::from(driven.machine.transmit()), Next::Idle, "{at}, {late:?}");
                    assert_eq!(driven.machine.end(), end, "{at}, {late:?}");
                    assert_eq!((driven.told, driven.seen), seen, "{at}, {late:?}");
                    assert_eq!(driven.machine.tick(driven.now + Duration::from_secs(1_000)), None);
                }
                count += 1;
            }
        }
    }
    println!("{count} ends, {done} of them of what was done before");
    // A server's request for an upgrade or a page, and a client's 101.
    assert_eq!(done, (2 * 3 + 1) * 8 * 8);
}
