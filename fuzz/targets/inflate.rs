//! Compressed messages: whatever they consist of, they are inflated as a plain inflater does, or the
//! connection fails; in any pieces, whole or in chunks, within bounds of memory.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use websocket_proto::deflate::{Agreement, Compression, CompressionPool, WindowBits};
use websocket_proto::{
    Config, Connection, Delivery, Event, MessageKind, ProtocolError, Role, State,
};
use websocket_proto_fuzz::{
    Deflated, Ending, Observed, ReferenceInflater, Script, held, observe, peak_of,
};

/// The most that a decompressor, a chunk and everything else may come to.
const BESIDE: usize = 80 << 10;
/// Final blocks that a connection may have in any case.
const FINAL_BLOCKS: u32 = 17;

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let setting = Setting::new(&mut script);
    let cuts = [&[], script.short(), script.short()].map(Script::new);
    let mut expected = Expected::new(&setting);
    let mut deflated = Deflated::default();
    let mut wire = Vec::new();
    while !script.is_over() && expected.violation.is_none() && wire.len() < 60_000 {
        let message = Message::new(&mut deflated, &mut script);
        message.write(setting.role, &mut wire);
        expected.add(&message);
    }
    expected.inflater = None;

    let compression = Compression::with_pool(CompressionPool::new(2));
    let mut violations = Vec::new();
    for delivery in [Delivery::Messages, Delivery::Chunks] {
        for (index, cuts) in cuts.iter().enumerate() {
            let connection = setting.connection(delivery, compression.clone());
            let pieces = cuts.clone().pieces(wire.clone());
            let seen = play(connection, pieces, index == 2);
            expected.check(&seen);
            violations.push(seen.violation);
        }
        let mut pieces = cuts[1].clone().pieces(wire.clone());
        let most = setting.limit + setting.history() + BESIDE;
        let before = held();
        let ((), peak) = peak_of(|| measure(&setting, delivery, &mut pieces));
        assert!(peak <= most as isize, "{peak} bytes of {most}");
        assert_eq!(held(), before, "everything is freed");
    }
    // A text that is cut off may be told to be the one or the other.
    let code = |violation: &Option<ProtocolError>| violation.map(ProtocolError::close_code);
    let is_ambiguous = matches!(expected.violation, Some(Violation::Any));
    assert!(
        expected.lax
            || violations.iter().all(|other| {
                if is_ambiguous {
                    code(other) == code(&violations[0])
                } else {
                    *other == violations[0]
                }
            })
    );
});

struct Setting {
    role: Role,
    takeover: bool,
    window: u8,
    limit: usize,
    max_fragments: u32,
    retain: usize,
}

impl Setting {
    fn new(script: &mut Script<'_>) -> Self {
        let (choices, limits) = (script.byte(), script.byte());
        Self {
            role: if choices & 1 != 0 { Role::Client } else { Role::Server },
            takeover: choices & 2 == 0,
            window: 15 - (choices >> 4 & 7),
            limit: match limits & 7 {
                0 => 200_000,
                1 => 0,
                2 => 1,
                3 => 300,
                4 => 4096,
                5 => 16 << 10,
                6 => (16 << 10) + 1,
                _ => script.number(),
            },
            max_fragments: if limits & 8 != 0 { 4 } else { 1000 },
            retain: if limits & 16 != 0 { 64 } else { 4 << 20 },
        }
    }

    /// Bytes of the window that a receiver keeps.
    fn history(&self) -> usize {
        1 << self.window.max(9)
    }

    fn connection(&self, delivery: Delivery, compression: Compression) -> Connection {
        let mut agreement = Agreement::default();
        let window = Some(WindowBits::new(self.window).unwrap());
        let (mut config, is_server) = match self.role {
            Role::Server => (Config::server(), true),
            Role::Client => (Config::client(), false),
        };
        if is_server {
            agreement.client_max_window_bits = window;
            agreement.client_no_context_takeover = !self.takeover;
        } else {
            agreement.server_max_window_bits = window;
            agreement.server_no_context_takeover = !self.takeover;
        }
        config.compression = Some(compression);
        config.delivery = delivery;
        config.limits.max_message_size = self.limit as u64;
        config.limits.max_fragments = self.max_fragments;
        config.limits.retain = self.retain;
        config.timeouts.release_after = Duration::ZERO;
        config.timeouts.ping_interval = None;
        let connection = match self.role {
            Role::Server => Connection::server(config),
            Role::Client => Connection::client(config, [7; 32]),
        };
        connection.with_compression(agreement)
    }
}

struct Message {
    kind: MessageKind,
    compressed: bool,
    /// A Ping after each fragment.
    pinged: bool,
    fragments: Vec<Vec<u8>>,
}

impl Message {
    fn new(deflated: &mut Deflated, script: &mut Script<'_>) -> Self {
        let choices = script.byte();
        let payload = deflated.message(script);
        let mut fragments = Script::new(script.short()).pieces(payload);
        if choices & 8 != 0 || fragments.is_empty() {
            fragments.insert(0, Vec::new());
        }
        if choices & 16 != 0 {
            fragments.push(Vec::new());
        }
        Self {
            kind: if choices & 1 != 0 { MessageKind::Text } else { MessageKind::Binary },
            compressed: choices & 2 == 0,
            pinged: choices & 4 != 0,
            fragments,
        }
    }

    fn write(&self, to: Role, wire: &mut Vec<u8>) {
        let opcode = if self.kind == MessageKind::Text { 1 } else { 2 };
        for (index, payload) in self.fragments.iter().enumerate() {
            let first = if index == 0 { opcode | u8::from(self.compressed) << 6 } else { 0 };
            let is_last = index + 1 == self.fragments.len();
            frame(to, first | u8::from(is_last) << 7, payload, wire);
            if self.pinged {
                frame(to, 0x89, b"ping", wire);
            }
        }
    }
}

fn frame(to: Role, first: u8, payload: &[u8], wire: &mut Vec<u8>) {
    let (mask, key) = match to {
        Role::Server => (0x80, [0x37, 0xFA, 0x21, first]),
        Role::Client => (0, [0; 4]),
    };
    wire.push(first);
    match payload.len() {
        length @ 0..126 => wire.push(mask | length as u8),
        length @ 126..=0xFFFF => {
            wire.push(mask | 126);
            wire.extend((length as u16).to_be_bytes());
        }
        length => {
            wire.push(mask | 127);
            wire.extend((length as u64).to_be_bytes());
        }
    }
    if to == Role::Server {
        wire.extend(key);
    }
    wire.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// What has to come of it.
struct Expected {
    inflater: Option<ReferenceInflater>,
    final_blocks: u32,
    limit: usize,
    max_fragments: u32,
    /// The window that may be relied on.
    window: usize,
    events: Vec<Observed>,
    violation: Option<Violation>,
    /// A message refers to more than the agreed window: it may be refused or not.
    lax: bool,
}

enum Violation {
    Exactly(ProtocolError),
    /// More than one thing is wrong.
    Any,
}

impl Expected {
    fn new(setting: &Setting) -> Self {
        Self {
            inflater: Some(ReferenceInflater::new(15, setting.takeover)),
            final_blocks: 0,
            limit: setting.limit,
            max_fragments: setting.max_fragments,
            window: setting.history(),
            events: Vec::new(),
            violation: None,
            lax: false,
        }
    }

    fn add(&mut self, message: &Message) {
        let payload = message.fragments.concat();
        let limited = payload.len() > self.limit
            || message.fragments.len() > self.max_fragments.try_into().unwrap();
        if limited {
            self.violation = Some(Violation::Any);
            return;
        }
        let outcome = if message.compressed {
            self.inflate(message.kind, &payload)
        } else if message.kind == MessageKind::Text && std::str::from_utf8(&payload).is_err() {
            Err(Violation::Exactly(ProtocolError::InvalidUtf8))
        } else {
            Ok(payload)
        };
        let data = match outcome {
            Ok(data) => Some(data),
            Err(violation) => {
                self.violation = Some(violation);
                None
            }
        };
        let pings = message.fragments.len() * usize::from(message.pinged);
        let ping = Observed::Ping(b"ping".to_vec());
        if let Some(data) = data {
            self.events.extend((1..pings).map(|_| ping.clone()));
            self.events.push(Observed::Message(message.kind, data));
            self.events.extend((0..pings.min(1)).map(|_| ping.clone()));
        }
    }

    fn inflate(&mut self, kind: MessageKind, payload: &[u8]) -> Result<Vec<u8>, Violation> {
        let inflater = self.inflater.as_mut().unwrap();
        let inflated = inflater.inflate(payload, self.limit);
        self.lax |= inflated.furthest > self.window;
        let text = match kind {
            MessageKind::Text => std::str::from_utf8(&inflated.data).map(|_| ()),
            MessageKind::Binary => Ok(()),
        };
        // How many may come depends on where they stand.
        self.final_blocks += inflated.final_blocks;
        self.lax |= self.final_blocks > FINAL_BLOCKS;
        Err(Violation::Exactly(match (text, inflated.ending) {
            // Either is documented.
            (Err(_), Ending::CutOff) => return Err(Violation::Any),
            (Err(error), _) if error.error_len().is_some() => ProtocolError::InvalidUtf8,
            (_, Ending::TooLong) => ProtocolError::MessageTooLarge,
            (_, Ending::CutOff | Ending::Corrupt) => ProtocolError::InvalidCompression,
            (Err(_), Ending::Complete) => ProtocolError::InvalidUtf8,
            (Ok(()), Ending::Complete) => return Ok(inflated.data),
        }))
    }

    fn check(&self, seen: &Seen) {
        if self.lax {
            return;
        }
        let whole = |event: &&Observed| !matches!(event, Observed::Part(..));
        let events: Vec<&Observed> = seen.events.iter().filter(whole).collect();
        let count = events.len().min(self.events.len());
        assert!(events[..count].iter().zip(&self.events).all(|(seen, event)| *seen == event));
        assert_eq!(count, self.events.len(), "every message has come");
        let rest = &events[count..];
        // Those in the message that is refused.
        let is_ping = |event: &&Observed| matches!(event, Observed::Ping(_));
        assert!(rest.iter().all(is_ping) && (rest.is_empty() || self.violation.is_some()));
        match (&self.violation, seen.violation) {
            (None, None) => assert_eq!(seen.state, State::Open),
            (Some(Violation::Exactly(expected)), Some(violation)) => {
                assert_eq!(*expected, violation);
            }
            (Some(Violation::Any), Some(violation)) => {
                assert!(matches!(violation.close_code().as_u16(), 1007..=1009), "{violation:?}");
            }
            (_, violation) => panic!("{violation:?}"),
        }
    }
}

struct Seen {
    events: Vec<Observed>,
    violation: Option<ProtocolError>,
    state: State,
}

/// Feeds the pieces; with `released`, the codec is given up whenever it can be.
fn play(mut connection: Connection, pieces: Vec<Vec<u8>>, released: bool) -> Seen {
    let mut events = Vec::new();
    let mut violation = None;
    let mut now = Duration::ZERO;
    for mut piece in pieces {
        let mut input = piece.as_mut_slice();
        let most = input.len().max(16 << 10);
        loop {
            match connection.receive(&mut input) {
                Ok(Some(event)) => {
                    assert_eq!(violation, None, "nothing comes after a violation");
                    if let Event::Chunk(chunk) = &event {
                        assert!(chunk.data.len() <= most, "chunks are bounded");
                    }
                    observe(&event, &mut events);
                }
                Ok(None) => break,
                Err(error) => assert_eq!(violation.replace(error), None),
            }
        }
        assert!(input.is_empty());
        for _ in 0..if released { 3 } else { 0 } {
            now += Duration::from_millis(1);
            connection.tick(now);
        }
    }
    let state = connection.state();
    if let Some(violation) = violation {
        assert_eq!(state, State::Closing);
        let mut output = Vec::new();
        while let Some(bytes) = connection.take_output() {
            output.extend_from_slice(&bytes);
        }
        let code = violation.close_code().as_u16().to_be_bytes();
        let sent = match connection.role() {
            Role::Server => [output[output.len() - 2], output[output.len() - 1]],
            Role::Client => {
                let close = &output[output.len() - 8..];
                [close[6] ^ close[2], close[7] ^ close[3]]
            }
        };
        assert_eq!(sent, code);
    }
    Seen { events, violation, state }
}

fn measure(setting: &Setting, delivery: Delivery, pieces: &mut [Vec<u8>]) {
    let compression = Compression::with_pool(CompressionPool::new(8));
    let mut connection = setting.connection(delivery, compression);
    for piece in pieces {
        let mut input = piece.as_mut_slice();
        while let Ok(Some(_)) = connection.receive(&mut input) {}
    }
}
