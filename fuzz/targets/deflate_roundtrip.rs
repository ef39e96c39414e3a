//! A client and a server that have agreed on compression and are joined by a pipe: what one was allowed to
//! send, the other gets, and so does a plain inflater with no more than the agreed window.

#![no_main]

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, Bytes};
use libfuzzer_sys::fuzz_target;
use websocket_proto::deflate::{
    Agreement, Compress, Compression, CompressionPool, Preferences, WindowBits,
};
use websocket_proto::frame::{Decoder, Opcode};
use websocket_proto::{
    Config, Connection, Delivery, MessageKind, Prepared, Role, SendError, State, Transmit,
};
use websocket_proto_fuzz::{
    Observed, ReferenceInflater, Script, agreement, held, observe, peak_of,
};

/// Bytes of one message or fragment.
const MOST: usize = 30 << 10;
/// Bytes of all messages.
const IN_ALL: usize = 80 << 10;
/// Bytes of two connections, their codecs and all that is kept to be compared.
const MEMORY: isize = 3 << 20;

fuzz_target!(init: ReferenceInflater::prepare(), |data: &[u8]| {
    let memory = held();
    let ((), peak) = peak_of(|| play(data));
    assert!(peak <= MEMORY, "{peak} bytes");
    assert_eq!(held(), memory, "everything is freed");
});

fn play(data: &[u8]) {
    let mut script = Script::new(data);
    let agreement = agreement(&mut script);
    let shared = CompressionPool::new(1);
    let mut ends = [Role::Server, Role::Client].map(|role| {
        let pool = if script.flag() { shared.clone() } else { CompressionPool::new(0) };
        End::new(role, agreement, pool, &mut script)
    });
    let mut now = Duration::ZERO;
    let mut total = 0;
    while !script.is_over() && total < IN_ALL {
        let operation = script.byte();
        let side = usize::from(operation >> 7);
        match operation & 0x7F {
            operation @ 0..8 => total += ends[side].send(operation, &mut script),
            8 => ends[side].choose(&mut script),
            9 => {
                // Twice the time after which what is unused is given up, seen three times.
                for _ in 0..3 {
                    now += Duration::from_secs(2);
                    ends[side].connection.tick(now);
                }
            }
            10 => {
                carry(&mut ends, side, usize::MAX);
            }
            11 => {
                let count = script.number();
                carry(&mut ends, side, count);
            }
            _ => {
                carry(&mut ends, side, 1);
            }
        }
    }
    let mut rounds = 0;
    while carry(&mut ends, 0, 3000) | carry(&mut ends, 1, 3000) {
        rounds += 1;
        assert!(rounds < 100_000, "it comes to an end");
    }
    for end in ends {
        assert_eq!(end.connection.state(), State::Open);
        assert!(end.messages.is_empty() && end.tap.sent.is_empty(), "everything has arrived");
    }
}

struct End {
    connection: Connection,
    compression: Compression,
    choice: Compress,
    /// Whether our compressor has the window.
    can_compress: bool,
    /// What was sent and has not arrived.
    messages: VecDeque<(MessageKind, Vec<u8>)>,
    /// The message of which fragments were sent.
    open: Option<Sent>,
    last: Vec<u8>,
    tap: Tap,
    received: Vec<Observed>,
}

impl End {
    fn new(
        role: Role,
        agreement: Agreement,
        pool: CompressionPool,
        script: &mut Script<'_>,
    ) -> Self {
        let (mut config, window, forgets) = match role {
            Role::Server => (
                Config::server(),
                agreement.server_max_window_bits,
                agreement.server_no_context_takeover,
            ),
            Role::Client => (
                Config::client(),
                agreement.client_max_window_bits,
                agreement.client_no_context_takeover,
            ),
        };
        let bits = window.map_or(15, WindowBits::bits);
        let mut compression = Compression::with_pool(pool);
        let (levels, choices) = (script.byte(), script.byte());
        compression.level = levels % 10;
        compression.memory_level = levels / 10 % 10;
        compression.compress = match choices & 3 {
            0 | 1 => Compress::Always,
            2 => Compress::Never,
            _ => Compress::Above(100),
        };
        config.compression = Some(compression.clone());
        config.timeouts.ping_interval = None;
        config.timeouts.write_stall = None;
        if choices & 4 != 0 {
            config.delivery = Delivery::Chunks;
        }
        if choices & 8 != 0 {
            config.limits.retain = 64;
        }
        if choices & 16 != 0 {
            config.limits.max_write_buffer = 2000;
        }
        if choices & 32 != 0 {
            config.reference_threshold = 10;
        }
        let connection = match role {
            Role::Server => Connection::server(config),
            Role::Client => Connection::client(config, [choices; 32]),
        };
        Self {
            connection: connection.with_compression(agreement),
            choice: compression.compress,
            compression,
            can_compress: bits > 8,
            messages: VecDeque::new(),
            open: None,
            last: Vec::new(),
            tap: Tap {
                decoder: Decoder::new(role.peer()).with_compression(),
                reference: ReferenceInflater::new(bits, !forgets),
                payload: Vec::new(),
                compressed: false,
                sent: VecDeque::new(),
            },
            received: Vec::new(),
        }
    }

    /// Says how many bytes it was.
    fn send(&mut self, operation: u8, script: &mut Script<'_>) -> usize {
        let kind = if script.flag() { MessageKind::Text } else { MessageKind::Binary };
        let mut data = self.data(script);
        if kind == MessageKind::Text {
            data = String::from_utf8_lossy(&data).into_owned().into_bytes();
        }
        let mut compressed = self.is_compressed(data.len(), true);
        let connection = &mut self.connection;
        let text = || std::str::from_utf8(&data).unwrap();
        let result = match (operation, kind) {
            (0 | 1, MessageKind::Text) => connection.send_text(text()),
            (0 | 1, MessageKind::Binary) => connection.send_binary(&data),
            (2, _) => connection.send_shared(kind, &Bytes::copy_from_slice(&data)),
            (3, _) => {
                let message = match kind {
                    MessageKind::Text => Prepared::text(text().to_owned()),
                    MessageKind::Binary => Prepared::binary(data.clone()),
                };
                let mut compression = self.compression.clone();
                compression.preferences = preferences(script);
                if self.choice != Compress::Never && self.can_compress {
                    compressed = None;
                } else {
                    compressed = Some(false);
                }
                connection.send_prepared(&message.compressed(&compression))
            }
            (4..7, _) => {
                let fin = script.flag();
                self.fragment(operation, kind, &data, fin);
                return data.len();
            }
            _ => {
                data.truncate(125);
                let _sent_or_full = connection.ping(&data);
                return data.len();
            }
        };
        match result {
            Ok(()) => {
                self.messages.push_back((kind, data.clone()));
                self.tap.sent.push_back(Sent { kind, data: data.clone(), compressed });
            }
            Err(SendError::MessageOpen) => assert!(self.open.is_some()),
            Err(SendError::Unmasked) => assert_eq!(connection.role(), Role::Client),
            Err(SendError::Full) => assert!(connection.unsent() > 0),
            Err(error) => panic!("{error:?}"),
        }
        data.len()
    }

    /// Whether a message that begins so goes out compressed; `None`: if it becomes smaller.
    fn is_compressed(&self, length: usize, fin: bool) -> Option<bool> {
        let compressed = applies(self.choice, length, fin) && self.can_compress;
        let may_go_as_is = fin && length >= 1024 && matches!(self.choice, Compress::Above(_));
        (!(compressed && may_go_as_is)).then_some(compressed)
    }

    fn fragment(&mut self, operation: u8, kind: MessageKind, data: &[u8], fin: bool) {
        let compressed = self.is_compressed(data.len(), fin);
        let connection = &mut self.connection;
        let result = match operation {
            4 => connection.fragment(kind, data, fin),
            _ if fin => connection.message(kind).and_then(|mut writer| writer.finish(data)),
            _ if data.is_empty() => return,
            _ => connection.message(kind).and_then(|mut writer| writer.write(data)),
        };
        match result {
            Ok(()) => {
                let open =
                    self.open.get_or_insert_with(|| Sent { kind, data: Vec::new(), compressed });
                open.data.extend_from_slice(data);
                if fin {
                    let sent = self.open.take().unwrap();
                    self.messages.push_back((kind, sent.data.clone()));
                    self.tap.sent.push_back(sent);
                }
            }
            Err(SendError::KindMismatch) => assert!(self.open.is_some()),
            Err(SendError::Full) => assert!(connection.unsent() > 0),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// A payload: something repeated, noise, text of a kind, or what was sent before with a change.
    fn data(&mut self, script: &mut Script<'_>) -> Vec<u8> {
        let mut data = match script.byte() & 7 {
            0 => Vec::new(),
            1 => script.short().to_vec(),
            2 => {
                let times = script.byte().into();
                script.short().repeat(times)
            }
            3 => {
                let length = script.number();
                noise(length.min(MOST), script.byte())
            }
            4 => {
                let mut text = String::new();
                for number in 0..script.byte() {
                    text += &format!("{{\"id\":{number},\"name\":\"user{}\"}},", number / 3);
                }
                text.into_bytes()
            }
            5 => {
                let mut data = self.last.clone();
                let (at, change) = (script.number(), script.byte());
                if let Some(byte) = data.get_mut(at) {
                    *byte ^= change;
                }
                data
            }
            6 => self.last.iter().rev().copied().collect(),
            // As far back as it goes.
            _ => {
                let noise = noise(script.number().min(MOST), script.byte());
                [&noise[..], &self.last[..self.last.len().min(300)]].concat()
            }
        };
        data.truncate(MOST);
        self.last.clone_from(&data);
        data
    }

    fn choose(&mut self, script: &mut Script<'_>) {
        self.choice = match script.byte() {
            0 => Compress::Never,
            1 => Compress::Always,
            least => Compress::Above(least.into()),
        };
        self.connection.set_compress(self.choice);
    }

    fn receive(&mut self, mut bytes: Vec<u8>, sender: &mut Self) {
        let mut input = bytes.as_mut_slice();
        while let Some(event) = self.connection.receive(&mut input).expect("all is by the rules") {
            observe(&event, &mut self.received);
            match self.received.pop() {
                Some(Observed::Message(kind, data)) => {
                    assert!(sender.messages.pop_front() == Some((kind, data)));
                }
                Some(part @ Observed::Part(..)) => self.received.push(part),
                _ => {}
            }
        }
        assert!(input.is_empty());
    }
}

fn preferences(script: &mut Script<'_>) -> Preferences {
    let mut preferences = Preferences::default();
    let bits = 8 + (script.byte() & 7);
    preferences.server_max_window_bits = WindowBits::new(bits).unwrap();
    preferences
}

fn applies(choice: Compress, length: usize, fin: bool) -> bool {
    match choice {
        Compress::Always => true,
        Compress::Never => false,
        Compress::Above(least) => length > least || !fin,
    }
}

/// Bytes that cannot be compressed.
fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u64::from(seed) + 1;
    std::iter::repeat_with(|| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as u8
    })
    .take(length)
    .collect()
}

/// A message as it was sent, and whether it has to be compressed.
struct Sent {
    kind: MessageKind,
    data: Vec<u8>,
    compressed: Option<bool>,
}

/// Reads along what goes over the wire.
struct Tap {
    decoder: Decoder,
    reference: ReferenceInflater,
    payload: Vec<u8>,
    compressed: bool,
    sent: VecDeque<Sent>,
}

impl Tap {
    fn take(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut input = bytes.as_mut_slice();
        while let Some(part) = self.decoder.decode(&mut input).expect("our output is by the rules")
        {
            let header = part.header;
            if header.opcode.is_control() {
                continue;
            }
            if header.opcode != Opcode::Continuation && part.first {
                self.compressed = header.rsv1;
            }
            self.payload.extend_from_slice(part.payload);
            if !(header.fin && part.last) {
                continue;
            }
            let payload = std::mem::take(&mut self.payload);
            let data = if self.compressed { self.reference.message(&payload) } else { payload };
            let sent = self.sent.pop_front().expect("nothing is made up");
            assert!(sent.data == data, "{:?} of {} bytes", sent.kind, data.len());
            assert!(sent.compressed.is_none_or(|compressed| compressed == self.compressed));
        }
    }
}

/// Carries up to `count` bytes from one end to the other; says whether there were any.
fn carry(ends: &mut [End; 2], from: usize, count: usize) -> bool {
    let [one, other] = ends;
    let (sender, receiver) = if from == 0 { (one, other) } else { (other, one) };
    let Transmit::Write(mut output) = sender.connection.transmit() else { return false };
    let count = count.min(output.remaining());
    let bytes = output.copy_to_bytes(count).to_vec();
    sender.tap.take(&bytes);
    receiver.receive(bytes, sender);
    true
}
