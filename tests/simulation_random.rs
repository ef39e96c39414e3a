//! §5.4 §5.5 §6 §7  A pair that does anything at any time, over a transport that cuts anywhere.
//!
//! A seed that fails is printed; `SIMULATION_SEED=<seed>` plays it alone.
#![cfg(feature = "alloc")]

mod support;

use std::time::Duration;

use bytes::Bytes;
use support::{
    BINARY, CLOSE, CONTINUATION, Chunks, Frame, Node, PONG, Pair, Random, Seen, TEXT, read_frames,
};
use websocket_proto::{
    CloseCode, Config, Delivery, Initiator, MessageKind, Prepared, Role, SendError, State,
};

const SEEDS: u64 = 2_000;

/// What one application has sent, in order.
#[derive(Default)]
struct Sent {
    messages: Vec<Seen>,
    open: Option<(MessageKind, Vec<u8>)>,
    pings: Vec<Vec<u8>>,
    /// Unasked Pongs; they begin with '!'.
    pongs: Vec<Vec<u8>>,
}

/// What is done to the transport or by giving up, so that not all arrives.
#[derive(Clone, Copy, Default)]
struct Trouble {
    corrupted: bool,
    ended: bool,
}

struct Run {
    seed: u64,
    random: Random,
    pair: Pair,
    client: Sent,
    server: Sent,
    trouble: Trouble,
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("SIMULATION_SEED={}", self.seed);
        }
    }
}

/// What arrives is what was sent, once, in order; what is written follows the rules.
#[test]
fn anything_at_any_time() {
    if let Ok(seed) = std::env::var("SIMULATION_SEED") {
        play(seed.parse().expect("a number"), &mut [0; 4]);
        return;
    }
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(8));
    std::thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                let mut figures = [0; 4];
                (0..SEEDS).skip(first).step_by(threads).for_each(|seed| play(seed, &mut figures));
                let [messages, frames, clean, unclean] = figures;
                println!(
                    "{messages} messages, {frames} frames, {clean} clean ends, {unclean} others"
                );
            });
        }
    });
}

fn play(seed: u64, figures: &mut [usize; 4]) {
    let mut run = Run::new(seed);
    run.play();
    run.check(figures);
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut configs = [Config::client(), Config::server()];
        for config in &mut configs {
            config.reference_threshold = [1, 64, 4096][random.below(3)];
            config.limits.max_write_buffer = [300, 5_000, 1 << 20][random.below(3)];
            config.delivery = [Delivery::Messages, Delivery::Chunks][random.below(2)];
            config.limits.retain = [100, 4 << 20][random.below(2)];
        }
        let [client, server] = configs;
        let mut pair = Pair::with(client, server);
        pair.chunks = Chunks::Random(Random::new(seed ^ 0xABCD));
        Self {
            seed,
            random,
            pair,
            client: Sent::default(),
            server: Sent::default(),
            trouble: Trouble::default(),
        }
    }

    fn play(&mut self) {
        let troubled = self.random.chance(25);
        let closes = self.random.chance(50);
        for _ in 0..20 + self.random.below(100) {
            let role = [Role::Client, Role::Server][self.random.below(2)];
            match self.random.below(100) {
                0..=34 => {
                    self.pair.step();
                }
                35..=39 => {
                    self.pair.now += Duration::from_millis(self.random.below(100) as u64);
                }
                40..=44 => {
                    let stalled = self.random.chance(50);
                    self.pair.nodes(role).0.stalled = stalled;
                }
                45 if troubled => self.make_trouble(role),
                46 if closes => {
                    let code = [CloseCode::NORMAL, CloseCode::GOING_AWAY][self.random.below(2)];
                    let _refused = self.pair.nodes(role).0.connection.close(code, "random");
                }
                _ => self.send(role),
            }
        }
        for role in [Role::Client, Role::Server] {
            self.pair.nodes(role).0.stalled = false;
        }
        let role = [Role::Client, Role::Server][self.random.below(2)];
        self.pair.drive();
        for role in [Role::Client, Role::Server] {
            self.finish_message(role);
        }
        let (node, peer) = self.pair.nodes(role);
        let closed = node.connection.close(CloseCode::NORMAL, "the end");
        assert!(closed.is_ok() || node.connection.state() != State::Open);
        let peer_open = peer.connection.state() == State::Open;
        let time = self.pair.drive_to_end();
        assert!(!peer_open || self.trouble.corrupted || time.is_zero(), "waited for a deadline");
    }

    fn make_trouble(&mut self, role: Role) {
        let node = self.pair.nodes(role).0;
        match self.random.below(4) {
            0 => {
                node.connection.abort();
                self.trouble.ended = true;
            }
            1 => {
                self.pair.cut();
                self.trouble.ended = true;
            }
            _ => {
                if !node.inbound.is_empty() {
                    let at = self.random.below(node.inbound.len());
                    node.inbound[at] ^= 1 << self.random.below(8);
                    self.trouble.corrupted = true;
                }
            }
        }
    }

    fn send(&mut self, role: Role) {
        let random = &mut self.random;
        let (node, _) = self.pair.nodes(role);
        let sent = if role == Role::Client { &mut self.client } else { &mut self.server };
        let connection = &mut node.connection;
        let before = (connection.unsent(), connection.sent());
        let size = random.size();
        let kind = [MessageKind::Text, MessageKind::Binary][random.below(2)];
        let data = match kind {
            MessageKind::Text => random.text(size).into_bytes(),
            MessageKind::Binary => random.bytes(size),
        };
        let is_whole = |result: Result<(), SendError>| {
            assert!(result != Err(SendError::MessageOpen) || sent.open.is_some());
            result
        };
        let result = match random.below(10) {
            0..=2 => match kind {
                MessageKind::Text => {
                    is_whole(connection.send_text(core::str::from_utf8(&data).expect("text")))
                }
                MessageKind::Binary => is_whole(connection.send_binary(&data)),
            },
            3 => is_whole(connection.send_shared(kind, &Bytes::from(data.clone()))),
            4 => {
                let message = match kind {
                    MessageKind::Text => {
                        Prepared::text(String::from_utf8(data.clone()).expect("text"))
                    }
                    MessageKind::Binary => Prepared::binary(data.clone()),
                };
                let result = connection.send_prepared(&message);
                assert!(role == Role::Server || result == Err(SendError::Unmasked));
                is_whole(result)
            }
            5..=7 => {
                let fin = random.chance(30);
                return self.send_fragment(role, fin);
            }
            8 => {
                let payload = format!("{}", sent.pings.len()).into_bytes();
                if connection.ping(&payload).is_ok() {
                    sent.pings.push(payload);
                }
                return;
            }
            _ => {
                let payload = format!("!{}", sent.pongs.len()).into_bytes();
                if connection.pong(&payload).is_ok() {
                    sent.pongs.push(payload);
                }
                return;
            }
        };
        match result {
            Ok(()) => sent.messages.push(message(kind, data)),
            // Nothing changes on error.
            Err(_) => assert_eq!(before, (connection.unsent(), connection.sent())),
        }
    }

    fn finish_message(&mut self, role: Role) {
        let sent = if role == Role::Client { &self.client } else { &self.server };
        if sent.open.is_some() {
            self.send_fragment(role, true);
        }
    }

    /// Part of a message, cut anywhere; its last one if `fin`.
    fn send_fragment(&mut self, role: Role, fin: bool) {
        let (node, _) = self.pair.nodes(role);
        let sent = if role == Role::Client { &mut self.client } else { &mut self.server };
        let size = self.random.size();
        let before = sent.open.clone();
        let (kind, mut whole) = before.clone().unwrap_or_else(|| {
            ([MessageKind::Text, MessageKind::Binary][self.random.below(2)], Vec::new())
        });
        let data = match kind {
            MessageKind::Binary => self.random.bytes(size),
            // A text is cut inside a character: two bytes of it now, the third with the next part.
            MessageKind::Text => {
                let rest: &[u8] = if core::str::from_utf8(&whole).is_ok() { b"" } else { b"\xAC" };
                let start: &[u8] = if fin { b"" } else { b"\xE2\x82" };
                [rest, self.random.text(size).as_bytes(), start].concat()
            }
        };
        let by_writer = self.random.chance(50);
        let result = if by_writer {
            node.connection
                .message(kind)
                .and_then(|mut writer| if fin { writer.finish(&data) } else { writer.write(&data) })
        } else {
            node.connection.fragment(kind, &data, fin)
        };
        if result.is_err() || (by_writer && data.is_empty() && !fin) {
            return;
        }
        whole.extend(&data);
        sent.open = None;
        if fin {
            sent.messages.push(message(kind, whole));
        } else {
            sent.open = Some((kind, whole));
        }
    }

    fn check(&mut self, figures: &mut [usize; 4]) {
        assert!(self.pair.is_closed());
        let Trouble { corrupted, ended } = self.trouble;
        for role in [Role::Client, Role::Server] {
            check_wire(self.pair.nodes(role).0);
        }
        for (node, peer, sent) in [
            (&self.pair.client, &self.pair.server, &self.client),
            (&self.pair.server, &self.pair.client, &self.server),
        ] {
            figures[1] += node.frames().0.len();
            figures[if node.end().clean { 2 } else { 3 }] += 1;
            if corrupted {
                continue;
            }
            assert!(ended || node.end().clean, "{:?}", node.end());
            let messages = assemble(&peer.seen);
            figures[0] += messages.len();
            assert_eq!(messages, sent.messages[..messages.len()], "once, in order");
            let pings = payloads(peer, |seen| match seen {
                Seen::Ping(payload) if payload.len() < 8 => Some(payload),
                _ => None,
            });
            assert_eq!(pings, sent.pings[..pings.len()]);
            let pongs = payloads(node, |seen| match seen {
                Seen::Pong(payload) if payload.len() < 8 => Some(payload),
                _ => None,
            });
            let (unasked, answers): (Vec<_>, Vec<_>) =
                pongs.into_iter().partition(|payload| payload.starts_with(b"!"));
            let peers =
                if node.connection.role() == Role::Client { &self.server } else { &self.client };
            assert!(is_part_of(&unasked, &peers.pongs), "Pongs that were sent, in order");
            assert!(is_part_of(&answers, &pings), "Pongs for Pings that arrived, in order");
            // The one that was first to close had all that it had sent arrive before.
            if !ended && peer.end().initiator == Initiator::Peer {
                assert_eq!(messages.len(), sent.messages.len());
                assert_eq!(pings.len(), sent.pings.len());
            }
        }
    }
}

fn message(kind: MessageKind, data: Vec<u8>) -> Seen {
    match kind {
        MessageKind::Text => Seen::Text(String::from_utf8(data).expect("text")),
        MessageKind::Binary => Seen::Binary(data),
    }
}

/// The whole messages, delivered so or in chunks.
fn assemble(seen: &[Seen]) -> Vec<Seen> {
    let mut open = None;
    let mut messages = Vec::new();
    for seen in seen {
        match seen {
            Seen::Text(_) | Seen::Binary(_) => messages.push(seen.clone()),
            Seen::Chunk { kind, data, first, last } => {
                assert_eq!(*first, open.is_none());
                assert!(*last || !data.is_empty(), "an empty chunk inside a message");
                let mut whole: Vec<u8> = open.take().unwrap_or_default();
                whole.extend(data);
                if *last {
                    messages.push(message(*kind, whole));
                } else {
                    open = Some(whole);
                }
            }
            _ => {}
        }
    }
    messages
}

fn payloads<'a>(node: &'a Node, choose: fn(&'a Seen) -> Option<&'a Vec<u8>>) -> Vec<Vec<u8>> {
    node.seen.iter().filter_map(choose).cloned().collect()
}

/// Whether `some` is what is left of `all` when elements are dropped.
fn is_part_of(some: &[Vec<u8>], all: &[Vec<u8>]) -> bool {
    let mut all = all.iter();
    some.iter().all(|one| all.any(|other| other == one))
}

/// R6455-5.4-01 R6455-5.5.1-05 R6455-5.5.3-01 R6455-7.1.7-02: what any one end may write.
fn check_wire(node: &Node) {
    let role = node.connection.role();
    let (frames, left) = node.frames();
    assert_eq!(node.connection.sent().bytes, node.wire.len() as u64);
    assert!(left == 0 || !node.end().clean, "a clean end inside a frame");
    let mut open: Option<(u8, Vec<u8>)> = None;
    let mut closed = false;
    for Frame { fin, opcode, payload, .. } in &frames {
        assert!(!closed || *opcode == PONG, "{opcode} behind the Close");
        match *opcode {
            CLOSE => closed = true,
            TEXT | BINARY | CONTINUATION => {
                assert_eq!(*opcode == CONTINUATION, open.is_some(), "the order of fragments");
                let (kind, mut whole) = open.take().unwrap_or((*opcode, Vec::new()));
                whole.extend(payload);
                if *fin {
                    assert!(kind == BINARY || core::str::from_utf8(&whole).is_ok());
                } else {
                    open = Some((kind, whole));
                }
            }
            _ => {}
        }
    }
    // Behind the peer's Close, or a violation, no message begins any more.
    if let Some(end) = node.ended_at {
        let (whole, part) = read_frames(role, &node.wire[..end]);
        let later = &frames[frames.len().min(whole.len() + usize::from(part > 0))..];
        assert!(later.iter().all(|frame| ![TEXT, BINARY].contains(&frame.opcode)));
    }
}
