//! One end: a machine, the loop that drives it, and its clock.

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, Response, Server, Uri};
use websocket_proto::{Config, Connection, Role, State, Transmit};

use super::application::Application;
use super::machine::{Machine, sending};
use super::network::Link;
use super::support::{Random, Seen, seed};
use super::watch::Watch;

pub(crate) struct End {
    pub(crate) role: Role,
    pub(crate) config: Arc<Config>,
    pub(crate) machine: Machine,
    pub(crate) application: Application,
    /// The bytes that its transport took, from the first frame on.
    pub(crate) wire: Vec<u8>,
    /// Bytes of the head in front of that.
    head: usize,
    transport: Transport,
    told_of_end: bool,
    /// So much is its clock ahead of the network's.
    pub(crate) ahead: Duration,
    /// Whether it stops reading while its output is full. Two that do can wait for each other: until a deadline.
    pub(crate) holds_back: bool,
    /// Until then it does not read.
    pub(crate) stalled_until: Duration,
    /// When it wants to be told the time.
    pub(crate) wake: Option<Duration>,
    watch: Watch,
    random: Random,
    pub(crate) trace: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Open,
    ShutDown,
    Dropped,
}

impl End {
    pub(crate) fn new(role: Role, config: Config, mut random: Random) -> Self {
        let config = Arc::new(config);
        let machine = match role {
            Role::Client => {
                let request = ClientRequest::new(Uri::parse("ws://example.com/").expect("a URI"));
                Machine::Client(Client::new(&request, config.clone(), seed(random.next())))
            }
            Role::Server => Machine::Server(Server::new(config.clone())),
        };
        Self {
            role,
            machine,
            application: Application::new(role, random.clone()),
            wire: Vec::new(),
            head: 0,
            transport: Transport::Open,
            told_of_end: false,
            ahead: Duration::from_secs(100_000),
            holds_back: true,
            stalled_until: Duration::ZERO,
            wake: None,
            watch: Watch::new(config.timeouts.clone(), config.liveness),
            config,
            random,
            trace: false,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.transport == Transport::Dropped
    }

    /// Does what can be done at this time.
    pub(crate) fn turn(&mut self, now: Duration, inbound: &mut Link, outbound: &mut Link) {
        if self.is_closed() {
            return;
        }
        loop {
            let read = self.read(now, inbound);
            if self.random.chance(90) || !read {
                self.machine.pass_on();
            }
            let own = now + self.ahead;
            self.wake = self.machine.tick(own).map(|then| now + then.saturating_sub(own));
            self.watch.ticked(own, &self.machine);
            let wrote = self.write(now, outbound);
            self.check_bounds();
            if self.machine.state() == State::Closed {
                assert!(matches!(self.machine.transmit(), Transmit::Idle), "output when closed");
                self.drop_transport(now, inbound, outbound);
                return;
            }
            if !(read || wrote) {
                break;
            }
        }
        self.watch.check(&self.machine);
    }

    fn read(&mut self, now: Duration, inbound: &mut Link) -> bool {
        let held_back = self.holds_back && self.machine.is_full();
        if now < self.stalled_until || held_back || self.told_of_end {
            return false;
        }
        if inbound.is_at_end(now) {
            self.say(now, "told of the end");
            self.told_of_end = true;
            self.machine.receive_eof();
            return true;
        }
        let available = inbound.available();
        if available == 0 {
            return false;
        }
        let mut bytes = inbound.read(self.part(available));
        self.say(now, format_args!("reads {} bytes", bytes.len()));
        self.watch.heard = true;
        let mut input = &mut bytes[..];
        self.receive(now, &mut input);
        true
    }

    fn receive(&mut self, now: Duration, input: &mut &mut [u8]) {
        match &mut self.machine {
            Machine::Client(client) => {
                if let Ok(Some(established)) = client.receive(input) {
                    self.open(now, established.connection);
                    self.receive(now, input);
                }
            }
            Machine::Server(server) => {
                let Ok(Some(request)) = server.receive(input) else { return };
                let refused = self.random.chance(2);
                let result = if refused {
                    Err(request.reject(&Response::new(403).expect("a status")))
                } else {
                    request.accept(&Acceptance::new())
                };
                match result {
                    Ok(connection) => {
                        self.open(now, connection);
                        self.receive(now, input);
                    }
                    Err(rejection) => {
                        self.machine = Machine::Rejection(rejection);
                        self.watch.restart();
                    }
                }
            }
            Machine::Rejection(rejection) => rejection.receive(input),
            Machine::Whole(_) | Machine::Halves { .. } => {
                let seen = &mut self.application.seen;
                let ends = |seen: &Seen| matches!(seen, Seen::Close(..) | Seen::Violation(_));
                let (before, ended) = (seen.len(), seen.last().is_some_and(ends));
                self.machine.receive(input, seen);
                let new = &seen[before..];
                self.watch.ponged |= new.iter().any(|seen| matches!(seen, Seen::Pong(_)));
                let end = if ended { 0 } else { new.len() };
                let nothing_behind = new.iter().take(end.saturating_sub(1)).all(|seen| !ends(seen));
                assert!(new.len() == end && nothing_behind, "something is seen behind the end");
            }
        }
    }

    fn open(&mut self, now: Duration, connection: Connection) {
        self.say(now, "has a connection");
        self.head = if self.role == Role::Server { connection.unsent() } else { 0 };
        #[cfg(feature = "deflate")]
        {
            self.application.compression = connection.compression().is_some();
        }
        self.machine = Machine::open(connection, self.random.chance(40));
        self.watch.restart();
        // Bytes right behind the handshake.
        if self.random.chance(50) {
            for _ in 0..self.random.below(4) {
                self.application.act(&mut self.machine);
            }
        }
    }

    fn write(&mut self, now: Duration, outbound: &mut Link) -> bool {
        let takes_output = self.random.chance(10)
            && self.machine.is_open()
            && self.machine.unsent() <= outbound.room();
        let room = self.part(outbound.room());
        let written = match self.machine.transmit() {
            Transmit::Idle => return false,
            Transmit::Write(output) if room == 0 => {
                // The write that would block: the bytes are shown, and none is taken.
                assert!(!output.chunk().is_empty());
                return false;
            }
            Transmit::Write(mut output) => {
                assert!(self.transport == Transport::Open, "output behind a shutdown");
                let count = output.chunk().len().min(room);
                let mut bytes = output.chunk()[..count].to_vec();
                if takes_output {
                    let taken = sending!(self.machine, sender => sender.take_output());
                    bytes = taken.flatten().expect("it is a connection's").to_vec();
                } else {
                    output.advance(count);
                }
                bytes
            }
            Transmit::Shutdown => {
                assert!(self.transport == Transport::Open, "shut down twice");
                self.say(now, "shuts down");
                self.transport = Transport::ShutDown;
                outbound.shut_down(now);
                self.machine.transport_shut_down();
                return true;
            }
            Transmit::Abort => {
                self.say(now, "aborts");
                self.machine.transport_shut_down();
                assert_eq!(self.machine.state(), State::Closed);
                return true;
            }
            other => panic!("an answer without a test: {other:?}"),
        };
        self.say(now, format_args!("writes {} bytes", written.len()));
        self.watch.wrote = true;
        outbound.write(now, &written);
        if self.machine.is_open() {
            let of_head = self.head.min(written.len());
            self.head -= of_head;
            self.wire.extend(&written[of_head..]);
        }
        true
    }

    fn drop_transport(&mut self, now: Duration, inbound: &mut Link, outbound: &mut Link) {
        self.say(now, format_args!("is closed: {:?}", self.machine.information()));
        self.transport = Transport::Dropped;
        self.wake = None;
        outbound.shut_down(now);
        inbound.ignore();
    }

    /// What is queued is bounded, however long the peer does not read.
    fn check_bounds(&self) {
        let limits = &self.config.limits;
        let queue = limits.max_write_buffer.max(self.application.largest + 14);
        // Control frames beside it: what the application asked for, Pongs, a Ping of the keepalive, our Close.
        let control = (8 << 10) + limits.max_pending_pongs * 131 + 22 + 131;
        let most = queue + self.head + control;
        assert!(self.machine.unsent() <= most, "{} > {most}", self.machine.unsent());
    }

    /// Any part of so many bytes, but for none of them.
    fn part(&mut self, most: usize) -> usize {
        match (most, self.random.below(4)) {
            (0, _) => 0,
            (_, 0) => 1 + self.random.below(most.min(30)),
            (_, 1) => 1 + self.random.below(most),
            _ => most,
        }
    }

    pub(crate) fn say(&self, now: Duration, what: impl std::fmt::Display) {
        if self.trace {
            println!("{now:>14.6?} {:?} {what}", self.role);
        }
    }
}
