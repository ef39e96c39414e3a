//! Two connections, two pipes of bytes between them, and a clock that the test moves.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Buf;
use websocket_proto::{CloseInformation, Config, Connection, Role, State, Transmit};

use super::{Frame, Random, Seen, feed, read_frames, seed};

/// How many bytes the transport moves at a time.
#[derive(Clone, Debug)]
pub(crate) enum Chunks {
    Whole,
    Of(usize),
    /// Any number; and now and then the output is taken owned.
    Random(Random),
}

impl Chunks {
    fn next(&mut self, most: usize) -> usize {
        match self {
            Self::Whole => most,
            Self::Of(size) => most.min(*size),
            Self::Random(random) => {
                let most = if random.chance(50) { most.min(30) } else { most };
                1 + random.below(most)
            }
        }
    }

    fn takes_output(&mut self) -> bool {
        match self {
            Self::Random(random) => random.chance(20),
            _ => false,
        }
    }
}

/// What the driver has done with the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Open,
    ShutDown,
    Dropped,
}

/// One end: a connection and the loop that drives it.
pub(crate) struct Node {
    pub(crate) connection: Connection,
    /// What its application saw.
    pub(crate) seen: Vec<Seen>,
    /// The bytes that its transport took.
    pub(crate) wire: Vec<u8>,
    pub(crate) transport: Transport,
    /// The transport takes no bytes from it.
    pub(crate) stalled: bool,
    /// What it sends gets lost, its end as well.
    pub(crate) lost: bool,
    /// The bytes on the way to it.
    pub(crate) inbound: VecDeque<u8>,
    /// The peer's end is on the way to it, behind the bytes.
    pub(crate) inbound_ends: bool,
    /// How much its transport had taken when its application saw the peer's Close or a violation.
    pub(crate) ended_at: Option<usize>,
    told_of_end: bool,
    aborted: bool,
    /// What followed from the end has been written.
    finished: bool,
}

impl Node {
    fn new(connection: Connection) -> Self {
        Self {
            connection,
            seen: Vec::new(),
            wire: Vec::new(),
            transport: Transport::Open,
            stalled: false,
            lost: false,
            inbound: VecDeque::new(),
            inbound_ends: false,
            ended_at: None,
            told_of_end: false,
            aborted: false,
            finished: false,
        }
    }

    /// The frames that its transport took, and the bytes behind them of one more.
    pub(crate) fn frames(&self) -> (Vec<Frame>, usize) {
        read_frames(self.connection.role(), &self.wire)
    }

    /// The opcodes of the whole frames that its transport took.
    pub(crate) fn opcodes(&self) -> Vec<u8> {
        self.frames().0.iter().map(|frame| frame.opcode).collect()
    }

    pub(crate) fn end(&self) -> CloseInformation<'_> {
        self.connection.close_information().expect("the connection has begun to end")
    }

    /// Whether `transmit` asked to drop the transport.
    pub(crate) fn was_aborted(&self) -> bool {
        self.aborted
    }

    fn turn(&mut self, peer: &mut Self, now: Duration, chunks: &mut Chunks) -> bool {
        if self.transport == Transport::Dropped {
            return false;
        }
        let _deadline = self.connection.tick(now);
        let wrote = self.write(peer, chunks);
        let read = self.read(chunks);
        self.note_end();
        if self.connection.state() == State::Closed {
            assert!(matches!(self.connection.transmit(), Transmit::Idle), "output when closed");
            self.drop_transport(peer);
            return true;
        }
        wrote || read
    }

    fn write(&mut self, peer: &mut Self, chunks: &mut Chunks) -> bool {
        match self.connection.transmit() {
            Transmit::Idle => return false,
            Transmit::Write(output) if self.stalled => {
                // The write that would block: the bytes are shown, and none is taken.
                assert!(!output.chunk().is_empty());
                return false;
            }
            Transmit::Write(mut output) => {
                assert!(self.transport == Transport::Open, "output behind a shutdown");
                assert!(!self.finished, "output behind the answer to the end");
                let start = self.wire.len();
                let shown = output.chunk().len();
                if chunks.takes_output() {
                    let taken = self.connection.take_output().expect("there is output");
                    self.wire.extend_from_slice(&taken);
                } else {
                    let count = chunks.next(shown);
                    self.wire.extend_from_slice(&output.chunk()[..count]);
                    output.advance(count);
                }
                if peer.transport != Transport::Dropped && !self.lost {
                    peer.inbound.extend(&self.wire[start..]);
                }
            }
            Transmit::Shutdown => {
                assert!(self.transport == Transport::Open, "shut down twice");
                self.transport = Transport::ShutDown;
                peer.inbound_ends |= !self.lost;
                self.connection.transport_shut_down();
            }
            Transmit::Abort => {
                self.aborted = true;
                self.drop_transport(peer);
                self.connection.transport_shut_down();
                assert_eq!(self.connection.state(), State::Closed);
            }
            other => panic!("an answer without a test: {other:?}"),
        }
        true
    }

    fn read(&mut self, chunks: &mut Chunks) -> bool {
        if self.transport == Transport::Dropped || self.connection.is_full() || self.told_of_end {
            return false;
        }
        if !self.inbound.is_empty() {
            let count = chunks.next(self.inbound.len());
            let read: Vec<u8> = self.inbound.drain(..count).collect();
            let mut seen = feed(&mut self.connection, &read);
            assert!(self.ended_at.is_none() || seen.is_empty(), "seen behind the end: {seen:?}");
            self.seen.append(&mut seen);
            return true;
        }
        if self.inbound_ends {
            self.told_of_end = true;
            self.connection.receive_eof();
        }
        self.told_of_end
    }

    fn note_end(&mut self) {
        if self.ended_at.is_none() {
            let end = |seen: &Seen| matches!(seen, Seen::Close(..) | Seen::Violation(_));
            if let Some(at) = self.seen.iter().position(end) {
                assert_eq!(at + 1, self.seen.len(), "something was seen behind the end");
                self.ended_at = Some(self.wire.len());
            }
        }
        self.finished |= self.ended_at.is_some() && self.connection.unsent() == 0;
    }

    fn drop_transport(&mut self, peer: &mut Self) {
        self.transport = Transport::Dropped;
        self.inbound.clear();
        peer.inbound_ends |= !self.lost;
    }
}

/// A client and a server, connected.
pub(crate) struct Pair {
    pub(crate) client: Node,
    pub(crate) server: Node,
    pub(crate) now: Duration,
    pub(crate) chunks: Chunks,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with(Config::client(), Config::server())
    }

    pub(crate) fn with(client: Config, server: Config) -> Self {
        Self {
            client: Node::new(Connection::client(client, seed(1))),
            server: Node::new(Connection::server(server)),
            now: Duration::from_secs(1_000),
            chunks: Chunks::Whole,
        }
    }

    /// The node of this role and its peer.
    pub(crate) fn nodes(&mut self, role: Role) -> (&mut Node, &mut Node) {
        match role {
            Role::Client => (&mut self.client, &mut self.server),
            Role::Server => (&mut self.server, &mut self.client),
        }
    }

    /// Each driver goes around its loop once; says whether anything happened.
    pub(crate) fn step(&mut self) -> bool {
        let client = self.client.turn(&mut self.server, self.now, &mut self.chunks);
        let server = self.server.turn(&mut self.client, self.now, &mut self.chunks);
        client || server
    }

    /// Steps until nothing happens without time passing.
    pub(crate) fn drive(&mut self) {
        while self.step() {}
    }

    /// Lets time pass, from deadline to deadline, as two drivers would that wait for theirs.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        self.drive();
        while let Some(deadline) = self.deadline().filter(|deadline| *deadline <= end) {
            assert!(deadline > self.now, "a deadline that passed is still set");
            self.now = deadline;
            self.drive();
        }
        self.now = end;
        self.drive();
    }

    /// Lets time pass until both are closed; returns how much.
    pub(crate) fn drive_to_end(&mut self) -> Duration {
        let start = self.now;
        self.drive();
        while !self.is_closed() {
            self.now = self.deadline().expect("something to wait for");
            self.drive();
        }
        self.now - start
    }

    pub(crate) fn is_closed(&self) -> bool {
        [&self.client, &self.server].iter().all(|node| node.connection.state() == State::Closed)
    }

    /// The next deadline of either.
    pub(crate) fn deadline(&mut self) -> Option<Duration> {
        let client = self.client.connection.tick(self.now);
        let server = self.server.connection.tick(self.now);
        [client, server].into_iter().flatten().min()
    }

    /// The transport breaks: what is on the way is lost, and both drivers are told of an end.
    pub(crate) fn cut(&mut self) {
        for node in [&mut self.client, &mut self.server] {
            node.inbound.clear();
            node.inbound_ends = true;
            node.lost = true;
        }
    }
}
