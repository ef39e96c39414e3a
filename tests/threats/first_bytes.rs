//! §5.2 §5.4 §5.5  First bytes of frames, all of them; `tests/exhaustive` has all orders.

use websocket_proto::{Config, Connection, ProtocolError, Role};

use crate::support::{CLOSE, CONTINUATION, Seen, feed, peak_of, seed};

const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn open(role: Role, config: &std::sync::Arc<Config>) -> Connection {
    match role {
        Role::Server => Connection::server(config.clone()),
        Role::Client => Connection::client(config.clone(), seed(1)),
    }
}

/// T-FR-05 T-FR-06 T-FR-07: whatever is wrong in the first two bytes is found there, before the length behind them is
/// looked at, and no memory is taken for more than the Close.
#[test]
fn what_is_wrong_in_two_bytes_is_never_kept() {
    let config = std::sync::Arc::new(Config::server());
    let mut most = 0;
    for role in ROLES {
        for (first, second) in (0..=u8::MAX).flat_map(|first| [(first, 0x7F), (first, 0xFF)]) {
            let (fin, reserved, opcode) = (first & 0x80 != 0, first & 0x70 != 0, first & 0x0F);
            let is_masked = second & 0x80 != 0;
            let is_control = opcode >= CLOSE;
            let expected = match opcode {
                _ if reserved => ProtocolError::ReservedBits,
                0x3..=0x7 | 0xB..=0xF => ProtocolError::ReservedOpcode,
                _ if is_control && !fin => ProtocolError::FragmentedControl,
                _ if is_masked && role == Role::Client => ProtocolError::MaskedFrame,
                _ if !is_masked && role == Role::Server => ProtocolError::UnmaskedFrame,
                _ if is_control => ProtocolError::ControlTooLong,
                CONTINUATION => ProtocolError::UnexpectedContinuation,
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
