//! §5.2 §5.4 §5.5  First bytes of frames, all of them and in all orders, against the words of the RFC.

use websocket_proto::{Config, Connection, ProtocolError, Role};

use crate::support::{
    BINARY, CLOSE, CONTINUATION, PING, PONG, Seen, TEXT, binary, feed, frame, frames_out, peak_of,
    seed, text,
};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn open(role: Role, config: &std::sync::Arc<Config>) -> Connection {
    match role {
        Role::Server => Connection::server(config.clone()),
        Role::Client => Connection::client(config.clone(), seed(1)),
    }
}

/// What comes of frames whose payload is their number, from their first bytes: the table of what may follow what.
#[derive(Default)]
struct Table {
    /// The message that is open, and whether it is text.
    open: Option<(bool, String)>,
    seen: Vec<Seen>,
    /// Nothing behind this one counts.
    over: bool,
}

impl Table {
    fn fail(&mut self, violation: ProtocolError) {
        self.seen.push(Seen::Violation(violation));
        self.over = true;
    }

    fn frame(&mut self, first: u8, payload: &str) {
        let (fin, reserved, opcode) = (first & 0x80 != 0, first & 0x70 != 0, first & 0x0F);
        let is_data = matches!(opcode, CONTINUATION | TEXT | BINARY);
        let is_control = matches!(opcode, CLOSE | PING | PONG);
        if self.over {
            return;
        }
        if reserved {
            return self.fail(ProtocolError::ReservedBits);
        }
        if !is_data && !is_control {
            return self.fail(ProtocolError::ReservedOpcode);
        }
        if is_control && !fin {
            return self.fail(ProtocolError::FragmentedControl);
        }
        match (opcode, &mut self.open) {
            (CLOSE, _) => {
                // A body of one byte is no Close.
                self.fail(ProtocolError::ClosePayloadTooShort);
            }
            (PING, _) => self.seen.push(Seen::Ping(payload.into())),
            (PONG, _) => self.seen.push(Seen::Pong(payload.into())),
            (CONTINUATION, None) => self.fail(ProtocolError::UnexpectedContinuation),
            (CONTINUATION, Some((_, message))) => message.push_str(payload),
            (_, None) => self.open = Some((opcode == TEXT, payload.to_owned())),
            (_, Some(_)) => self.fail(ProtocolError::UnfinishedMessage),
        }
        if is_data && fin && !self.over {
            if let Some((is_text, message)) = self.open.take() {
                self.seen.push(if is_text { text(&message) } else { binary(message) });
            }
        }
    }
}

/// T-FR-16: three frames of every opcode, FIN bit and reserved bits, one behind the other. Behind one that ends the
/// connection, those of a few kinds stand for all.
#[test]
fn every_sequence_of_three_frames() {
    let config = std::sync::Arc::new(Config::server());
    let few = [0x81, 0x00, 0x80, 0x89, 0x88, 0xC1, 0x83];
    let mut count = 0;
    for role in ROLES {
        let check = |firsts: &[u8]| {
            let mut table = Table::default();
            let mut wire = Vec::new();
            for (number, first) in ["1", "2", "3"].into_iter().zip(firsts) {
                table.frame(*first, number);
                let mut bytes = frame(role.peer(), true, 0, number.as_bytes());
                bytes[0] = *first;
                wire.extend(bytes);
            }
            let mut connection = open(role, &config);
            assert_eq!(feed(&mut connection, &wire), table.seen, "{role:?} {firsts:02X?}");
            // What fails is told once, and nothing else is a Close.
            let closes = frames_out(&mut connection);
            let closes: Vec<_> = closes.iter().filter(|frame| frame.opcode == CLOSE).collect();
            let expected: &[_] = if table.over { &[Some(1002)] } else { &[] };
            let codes: Vec<_> = closes.iter().map(|close| close.close_code()).collect();
            assert_eq!(codes, expected, "{role:?} {firsts:02X?}");
            table.over
        };
        for first in 0..=u8::MAX {
            let is_over = check(&[first]);
            let seconds: Vec<u8> = if is_over { few.to_vec() } else { (0..=u8::MAX).collect() };
            for second in seconds {
                let is_over = check(&[first, second]);
                let thirds: Vec<u8> = if is_over { few.to_vec() } else { (0..=u8::MAX).collect() };
                for third in thirds {
                    check(&[first, second, third]);
                    count += 1;
                }
            }
        }
    }
    println!("{count} sequences of three frames");
}

/// T-FR-05 T-FR-06 T-FR-07: whatever is wrong in the first two bytes is found there, before the length behind them is
/// looked at, and no memory is taken for more than the Close.
#[test]
fn what_is_wrong_in_two_bytes_is_never_kept() {
    let config = std::sync::Arc::new(Config::server());
    let mut most = 0;
    for role in ROLES {
        for (first, second) in (0..=u8::MAX).flat_map(|first| [(first, 0x7F), (first, 0xFF)]) {
            let mut table = Table::default();
            table.frame(first, "");
            let is_masked = second & 0x80 != 0;
            let is_control = first & 0x0F >= CLOSE;
            let expected = match table.seen.first() {
                Some(Seen::Violation(
                    violation @ (ProtocolError::ReservedBits
                    | ProtocolError::ReservedOpcode
                    | ProtocolError::FragmentedControl),
                )) => *violation,
                _ if is_masked && role == Role::Client => ProtocolError::MaskedFrame,
                _ if !is_masked && role == Role::Server => ProtocolError::UnmaskedFrame,
                _ if is_control => ProtocolError::ControlTooLong,
                Some(Seen::Violation(violation)) => *violation,
                // A fine beginning of a frame that is too long.
                _ => ProtocolError::FrameTooLarge,
            };
            let announced = 0x7FFF_FFFF_FFFF_FFFF_u64.to_be_bytes();
            let mut wire = [&[first, second][..], &announced, &[0; 4], &[b'x'; 100_000]].concat();
            let mut connection = open(role, &config);
            let (result, peak) = peak_of(|| {
                let mut input = &mut wire[..];
                let result = connection.receive(&mut input).map(|_| ());
                assert!(input.is_empty());
                result
            });
            assert_eq!(result, Err(expected), "{role:?} {first:02X} {second:02X}");
            assert!(peak <= 1024, "{role:?} {first:02X} {second:02X}: {peak} bytes");
            most = most.max(peak);

            // Two bytes are enough, and one is for what stands in the first.
            let needed = match expected {
                ProtocolError::FrameTooLarge => continue,
                ProtocolError::ReservedBits
                | ProtocolError::ReservedOpcode
                | ProtocolError::FragmentedControl => 1,
                _ => 2,
            };
            let mut connection = open(role, &config);
            let seen = feed(&mut connection, &wire[..needed]);
            assert_eq!(seen, [Seen::Violation(expected)], "{role:?} {first:02X} {second:02X}");
        }
    }
    println!("a refused header takes at most {most} bytes: its Close, and why");
}
