//! A client and a server that are joined by a pipe: what one was allowed to send, the other gets, in
//! order and unchanged, however the pipe cuts it.

#![no_main]

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, Bytes};
use libfuzzer_sys::fuzz_target;
use websocket_proto::{
    CloseCode, CloseInformation, Config, Connection, MessageKind, Prepared, Role, SendError, State,
    Transmit,
};
use websocket_proto_fuzz::{Observed, Script, Wire, config, held, observe};

fuzz_target!(|data: &[u8]| {
    let memory = held();
    play(data);
    assert_eq!(held(), memory, "everything is freed");
});

fn play(data: &[u8]) {
    let mut script = Script::new(data);
    let server = config(Role::Server, &mut script);
    let client = config(Role::Client, &mut script);
    let mut ends = [
        End::new(Connection::server(without_deadlines(server))),
        End::new(Connection::client(without_deadlines(client), [script.byte(); 32])),
    ];
    let mut now = Duration::ZERO;
    while !script.is_over() {
        let operation = script.byte();
        let side = usize::from(operation >> 7);
        let bytes = match operation & 0x7F {
            operation @ 0..8 => {
                ends[side].send(operation, &mut script);
                continue;
            }
            8 => {
                ends[side].close(&mut script);
                continue;
            }
            9 => {
                now += Duration::from_millis(script.number().try_into().unwrap());
                ends[side].connection.tick(now);
                continue;
            }
            10 => usize::MAX,
            11 => script.byte().into(),
            _ => 1,
        };
        carry(&mut ends, side, bytes);
    }
    settle(&mut ends);
}

/// Neither limits of size nor deadlines shall end these connections.
fn without_deadlines(mut config: Config) -> Config {
    let defaults = Config::client();
    let limits = &mut config.limits;
    limits.max_frame_size = defaults.limits.max_frame_size;
    limits.max_message_size = defaults.limits.max_message_size;
    limits.max_fragments = defaults.limits.max_fragments;
    limits.max_empty_fragments = u32::MAX;
    let timeouts = &mut config.timeouts;
    timeouts.close = None;
    timeouts.write_stall = None;
    timeouts.idle = None;
    timeouts.ping_interval = None;
    config
}

struct End {
    connection: Connection,
    /// What this end was allowed to send and the other has not got.
    messages: VecDeque<(MessageKind, Vec<u8>)>,
    pings: VecDeque<Vec<u8>>,
    /// The message of which fragments were sent.
    open: Option<(MessageKind, Vec<u8>)>,
    /// Whether this end has called `close`, and it was allowed.
    closed: bool,
    received: Vec<Observed>,
    /// Reads what this end sends.
    wire: Wire,
}

impl End {
    fn new(connection: Connection) -> Self {
        Self {
            wire: Wire::new(connection.role().peer(), false),
            connection,
            messages: VecDeque::new(),
            pings: VecDeque::new(),
            open: None,
            closed: false,
            received: Vec::new(),
        }
    }

    fn send(&mut self, operation: u8, script: &mut Script<'_>) {
        let kind = if script.flag() { MessageKind::Text } else { MessageKind::Binary };
        let times = script.byte().into();
        let mut data = script.short().repeat(times);
        if kind == MessageKind::Text && operation != 4 {
            data = String::from_utf8_lossy(&data).into_owned().into_bytes();
        }
        let connection = &mut self.connection;
        let text = || std::str::from_utf8(&data).unwrap();
        let whole = match (operation, kind) {
            (0 | 1, MessageKind::Text) => connection.send_text(text()),
            (0 | 1, MessageKind::Binary) => connection.send_binary(&data),
            (2, _) => connection.send_shared(kind, &Bytes::copy_from_slice(&data)),
            (3, MessageKind::Text) => connection.send_prepared(&Prepared::text(text().to_owned())),
            (3, MessageKind::Binary) => connection.send_prepared(&Prepared::binary(data.clone())),
            (4 | 5, _) => {
                let fin = script.flag();
                if connection.fragment(kind, &data, fin).is_ok() {
                    let (_, message) = self.open.get_or_insert((kind, Vec::new()));
                    message.extend_from_slice(&data);
                    if fin {
                        self.messages.extend(self.open.take());
                    }
                }
                return;
            }
            _ => {
                data.truncate(125);
                if connection.ping(&data).is_ok() {
                    self.pings.push_back(data);
                }
                return;
            }
        };
        match whole {
            Ok(()) => self.messages.push_back((kind, data)),
            Err(SendError::MessageOpen) => assert!(self.open.is_some()),
            Err(SendError::Unmasked) => assert_eq!(connection.role(), Role::Client),
            Err(SendError::Full) => assert!(connection.unsent() > 0),
            Err(SendError::Closed) => assert_ne!(connection.state(), State::Open),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn close(&mut self, script: &mut Script<'_>) {
        let code = CloseCode::new(u16::try_from(script.number()).unwrap());
        let result = match code {
            Some(code) => self.connection.close(code, "so long"),
            None => self.connection.close_without_code(),
        };
        self.closed |= result.is_ok();
    }

    /// Whatever comes is the next thing that the other end sent.
    fn receive(&mut self, mut bytes: Vec<u8>, sender: &mut Self) {
        let mut input = bytes.as_mut_slice();
        while let Some(event) = self.connection.receive(&mut input).expect("all is by the rules") {
            observe(&event, &mut self.received);
            match self.received.pop() {
                Some(Observed::Message(kind, data)) => {
                    assert_eq!(sender.messages.pop_front(), Some((kind, data)));
                }
                Some(Observed::Ping(payload)) => {
                    assert_eq!(sender.pings.pop_front(), Some(payload));
                }
                Some(part @ Observed::Part(..)) => self.received.push(part),
                Some(Observed::Pong(_) | Observed::Close(..)) | None => {}
            }
        }
        assert!(input.is_empty());
    }
}

/// Carries up to `count` bytes from one end to the other; says whether there were any.
fn carry(ends: &mut [End; 2], from: usize, count: usize) -> bool {
    let [one, other] = ends;
    let (sender, receiver) = if from == 0 { (one, other) } else { (other, one) };
    let bytes = match sender.connection.transmit() {
        Transmit::Write(mut output) => {
            let count = count.min(output.remaining());
            output.copy_to_bytes(count).to_vec()
        }
        Transmit::Shutdown => {
            sender.connection.transport_shut_down();
            receiver.connection.receive_eof();
            return true;
        }
        Transmit::Abort => panic!("nobody has a reason to give up"),
        _ => return false,
    };
    assert!(!bytes.is_empty() || count == 0, "what is written gets less");
    sender.wire.take(&bytes);
    receiver.receive(bytes, sender);
    true
}

/// Lets everything that is on its way arrive.
fn settle(ends: &mut [End; 2]) {
    let mut rounds = 0;
    while carry(ends, 0, 3000) | carry(ends, 1, 3000) {
        rounds += 1;
        assert!(rounds < 100_000, "it comes to an end");
    }
    let [server, client] = ends;
    let (server_closed, client_closed) = (server.closed, client.closed);
    if !server_closed && !client_closed {
        for end in ends {
            assert_eq!(end.connection.state(), State::Open);
            assert!(end.messages.is_empty() && end.pings.is_empty(), "everything has arrived");
        }
        return;
    }
    // The server has half-closed; now the client does.
    assert_eq!(client.connection.state(), State::Closed);
    server.connection.receive_eof();
    assert_eq!(server.connection.state(), State::Closed);
    for end in [&*server, &*client] {
        let Some(CloseInformation { clean: true, .. }) = end.connection.close_information() else {
            panic!("{:?}", end.connection.close_information());
        };
    }
    // Who closed alone had everything delivered that was complete.
    for (end, alone) in [(server, !client_closed), (client, !server_closed)] {
        assert!(!(end.closed && alone) || end.messages.is_empty(), "sent before the Close");
    }
}
