//! §5.4 §5.5 §6.1  What an application does: sends anything at any time, and keeps what it sent and saw.

use bytes::Bytes;
use websocket_proto::{CloseCode, MessageKind, Prepared, Role, SendError, State};

use super::machine::{Machine, sending};
use super::support::{Random, Seen};

pub(crate) struct Application {
    role: Role,
    random: Random,
    /// What its connection said, in order.
    pub(crate) seen: Vec<Seen>,
    /// The messages that were accepted, in order.
    pub(crate) sent: Vec<Seen>,
    /// One that is not finished.
    open: Option<(MessageKind, Vec<u8>)>,
    pub(crate) pings: Vec<Vec<u8>>,
    /// Unasked Pongs; they begin with '!'.
    pub(crate) pongs: Vec<Vec<u8>>,
    /// Bytes of the longest frame that it had accepted.
    pub(crate) largest: usize,
    /// Bytes that it sends at most at a time.
    pub(crate) most: usize,
    /// Whether its connection compresses.
    pub(crate) compression: bool,
}

impl Application {
    pub(crate) fn new(role: Role, random: Random) -> Self {
        Self {
            role,
            random,
            seen: Vec::new(),
            sent: Vec::new(),
            open: None,
            pings: Vec::new(),
            pongs: Vec::new(),
            largest: 0,
            most: usize::MAX,
            compression: false,
        }
    }

    /// Sends a message, a part of one, or a control frame; which may be refused.
    pub(crate) fn act(&mut self, machine: &mut Machine) {
        if !machine.is_open() {
            return;
        }
        let before = machine.unsent();
        let was_open = machine.state() == State::Open;
        let accepted = match self.random.below(20) {
            0..=9 => self.send(machine),
            10..=15 => {
                let fin = self.random.chance(30);
                self.send_fragment(machine, fin)
            }
            16 | 17 => {
                let payload = format!("{}", self.pings.len()).into_bytes();
                let result = sending!(*machine, sender => sender.ping(&payload));
                let accepted = result == Some(Ok(()));
                self.pings.extend(accepted.then_some(payload));
                accepted
            }
            _ => {
                let payload = format!("!{}", self.pongs.len()).into_bytes();
                let result = sending!(*machine, sender => sender.pong(&payload));
                self.pongs.extend((result == Some(Ok(()))).then_some(payload));
                return;
            }
        };
        // §5.5.1: no data behind a Close. Nothing changes on error.
        assert!(was_open || !accepted, "accepted when closing");
        assert!(accepted || machine.unsent() == before, "a change on error");
    }

    /// Ends a message that is not finished, so that a close has nothing to cut off.
    pub(crate) fn finish_message(&mut self, machine: &mut Machine) {
        if machine.is_open() && self.open.is_some() {
            self.send_fragment(machine, true);
        }
    }

    pub(crate) fn close(&mut self, machine: &mut Machine) {
        let code = [CloseCode::NORMAL, CloseCode::GOING_AWAY][self.random.below(2)];
        let without_code = self.random.chance(20);
        let was_open = machine.is_open() && machine.state() == State::Open;
        let result = if without_code {
            sending!(*machine, sender => sender.close_without_code())
        } else {
            sending!(*machine, sender => sender.close(code, "the end"))
        };
        assert_eq!(was_open, result == Some(Ok(())));
    }

    fn send(&mut self, machine: &mut Machine) -> bool {
        let (kind, data) = self.data();
        let shared = Bytes::from(data.clone());
        let result = match (self.random.below(4), kind) {
            (0, _) => sending!(*machine, sender => sender.send_shared(kind, &shared)),
            (1, _) => {
                let message = match kind {
                    MessageKind::Text => {
                        Prepared::text(String::from_utf8(data.clone()).expect("text"))
                    }
                    MessageKind::Binary => Prepared::binary(shared),
                };
                let result = sending!(*machine, sender => sender.send_prepared(&message));
                assert!(self.role == Role::Server || result == Some(Err(SendError::Unmasked)));
                result
            }
            (_, MessageKind::Text) => {
                let text = core::str::from_utf8(&data).expect("text");
                sending!(*machine, sender => sender.send_text(text))
            }
            (_, MessageKind::Binary) => sending!(*machine, sender => sender.send_binary(&data)),
        };
        assert!(result != Some(Err(SendError::MessageOpen)) || self.open.is_some());
        let accepted = result == Some(Ok(()));
        if accepted {
            self.largest = self.largest.max(data.len());
            self.sent.push(message(kind, data));
        }
        accepted
    }

    /// Part of a message, cut anywhere; its last one if `fin`.
    fn send_fragment(&mut self, machine: &mut Machine, fin: bool) -> bool {
        let (kind, mut whole) = match &self.open {
            Some(open) => open.clone(),
            None => (self.kind(), Vec::new()),
        };
        let size = self.random.size().min(self.most);
        let data = match kind {
            MessageKind::Binary => self.random.bytes(size),
            // A text is cut inside a character: two bytes of it now, the third with the next part.
            MessageKind::Text => {
                let rest: &[u8] = if core::str::from_utf8(&whole).is_ok() { b"" } else { b"\xAC" };
                let start: &[u8] = if fin { b"" } else { b"\xE2\x82" };
                [rest, self.random.text(size).as_bytes(), start].concat()
            }
        };
        let result = if self.random.chance(50) && !data.is_empty() {
            sending!(*machine, sender => sender.message(kind).and_then(|mut writer| {
                if fin { writer.finish(&data) } else { writer.write(&data) }
            }))
        } else {
            sending!(*machine, sender => sender.fragment(kind, &data, fin))
        };
        if result != Some(Ok(())) {
            return false;
        }
        self.largest = self.largest.max(data.len());
        whole.extend(&data);
        self.open = None;
        if fin {
            self.sent.push(message(kind, whole));
        } else {
            self.open = Some((kind, whole));
        }
        true
    }

    fn data(&mut self) -> (MessageKind, Vec<u8>) {
        let kind = self.kind();
        let size = self.random.size().min(self.most);
        let data = match kind {
            MessageKind::Text => self.random.text(size).into_bytes(),
            MessageKind::Binary => self.random.bytes(size),
        };
        (kind, data)
    }

    fn kind(&mut self) -> MessageKind {
        [MessageKind::Text, MessageKind::Binary][self.random.below(2)]
    }

    /// The whole messages that it was given, delivered so or in chunks.
    pub(crate) fn received(&self) -> Vec<Seen> {
        let mut open: Option<Vec<u8>> = None;
        let mut messages = Vec::new();
        for seen in &self.seen {
            match seen {
                Seen::Text(_) | Seen::Binary(_) => messages.push(seen.clone()),
                Seen::Chunk { kind, data, first, last } => {
                    assert_eq!(*first, open.is_none());
                    assert!(*last || !data.is_empty(), "an empty chunk inside a message");
                    let mut whole = open.take().unwrap_or_default();
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
}

fn message(kind: MessageKind, data: Vec<u8>) -> Seen {
    match kind {
        MessageKind::Text => Seen::Text(String::from_utf8(data).expect("text")),
        MessageKind::Binary => Seen::Binary(data),
    }
}
