//! §5.5.1 §7.4  All status codes that fit a Close frame, and all bodies that are too short for one.

use websocket_proto::{CloseCode, CloseStatus, Config, Connection, ProtocolError, Role, SendError};

use super::support::{CLOSE, Frame, Seen, close_body, feed, frame, frames_out, seed};

fn connection(role: Role) -> Connection {
    match role {
        Role::Client => Connection::client(Config::client(), seed(1)),
        Role::Server => Connection::server(Config::server()),
    }
}

/// §7.4.1 §7.4.2 and the registry of IANA: who may stand in a Close frame. 1004 is reserved; 1005, 1006 and 1015 "MUST
/// NOT be set"; 0-999 are not used, and what is left up to 2999 is not defined. 3000-4999 are for libraries and
/// applications.
fn is_valid(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Has an end of this role receive a Close with this body; what it saw, and the body of its own.
fn close(role: Role, body: &[u8]) -> (Connection, Vec<Seen>, Vec<u8>) {
    let mut connection = connection(role);
    let seen = feed(&mut connection, &frame(role.peer(), true, CLOSE, body));
    let frames = frames_out(&mut connection);
    let [Frame { opcode: CLOSE, payload, .. }] = &frames[..] else {
        panic!("one Close and nothing else: {frames:?}");
    };
    let payload = payload.clone();
    (connection, seen, payload)
}

/// R6455-5.5.1-06 R6455-7.4.1-02 R6455-7.4.1-03 R6455-7.4.2-01 R6455-7.4.2-02
/// R6455-7.4.2-03 R6455-7.4.2-04: each code is told and echoed, or refused with 1002.
#[test]
fn every_code_that_is_received() {
    for role in [Role::Client, Role::Server] {
        for code in 0..=u16::MAX {
            for reason in ["", "r"] {
                let (connection, seen, answer) = close(role, &close_body(code, reason));
                let information = connection.close_information().expect("it ends");
                if is_valid(code) {
                    assert_eq!(seen, [Seen::Close(Some(code), reason.to_owned())]);
                    assert_eq!(answer, code.to_be_bytes());
                    assert_eq!(information.received.as_u16(), code);
                    assert_eq!(information.sent.map(CloseStatus::as_u16), Some(code));
                    assert!(information.clean && information.error.is_none());
                } else {
                    assert_eq!(seen, [Seen::Violation(ProtocolError::InvalidCloseCode)], "{code}");
                    assert_eq!(answer, 1002_u16.to_be_bytes());
                    assert_eq!(information.received, CloseStatus::Abnormal);
                    assert!(!information.clean);
                }
            }
        }
    }
}

/// R6455-5.5.1-01
#[test]
fn every_body_of_one_byte() {
    for role in [Role::Client, Role::Server] {
        for byte in 0..=0xFF {
            let (_, seen, answer) = close(role, &[byte]);
            assert_eq!(seen, [Seen::Violation(ProtocolError::ClosePayloadTooShort)]);
            assert_eq!(answer, 1002_u16.to_be_bytes());
        }
    }
}

/// R6455-7.4.1-01 R6455-7.4.1-04: what cannot be received cannot be sent; 1010 is the client's alone (§7.4.1).
#[test]
fn every_code_that_is_sent() {
    for number in 0..=u16::MAX {
        let code = CloseCode::new(number);
        assert_eq!(code.is_some(), is_valid(number), "{number}");
        let Some(code) = code else { continue };
        for role in [Role::Client, Role::Server] {
            let mut connection = connection(role);
            let result = connection.close(code, "");
            if role == Role::Server && number == 1010 {
                assert_eq!(result, Err(SendError::CloseCode));
                assert_eq!(connection.unsent(), 0);
                continue;
            }
            assert_eq!(result, Ok(()));
            let frames = frames_out(&mut connection);
            assert_eq!(frames.len(), 1);
            assert_eq!(frames[0].payload, number.to_be_bytes());
        }
    }
}
