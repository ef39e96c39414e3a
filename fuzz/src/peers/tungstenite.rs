//! tungstenite, on a transport that does not block.

use ::tungstenite::protocol::{Role as Side, WebSocket, WebSocketConfig};
use ::tungstenite::{Error, Message, error::ProtocolError as Wrong};
use websocket_proto::ProtocolError::*;
use websocket_proto::{CloseCode, Limits, MessageKind, Role};

use super::{Known, Peer, Transport, close_in};
use crate::Deviation::*;
use crate::naive::Stage;
use crate::{Observed, Outcome};

pub const TUNGSTENITE: Peer = Peer { name: "tungstenite", read, known: KNOWN };

/// Of version 0.30.
const KNOWN: &[Known] = &[
    Known {
        deviation: Late(ReservedBits, Stage::Frame),
        shown_to: (Role::Client, &[0xC2]),
        is: "reserved bits are looked at when the frame is complete",
    },
    Known {
        deviation: Late(ReservedOpcode, Stage::Header),
        shown_to: (Role::Client, &[0x83]),
        is: "the opcode is looked at when the header is complete",
    },
    Known {
        deviation: Late(FragmentedControl, Stage::Frame),
        shown_to: (Role::Client, &[0x09]),
        is: "FIN of a control frame is looked at when the frame is complete",
    },
    Known {
        deviation: Late(UnmaskedFrame, Stage::Frame),
        shown_to: (Role::Server, &[0x82, 0x01]),
        is: "that a client's frame is not masked is found when the frame is complete",
    },
    Known {
        deviation: Late(MaskedFrame, Stage::Frame),
        shown_to: (Role::Client, &[0x82, 0x81]),
        is: "that a server's frame is masked is found when the frame is complete",
    },
    Known {
        deviation: Late(ControlTooLong, Stage::Frame),
        shown_to: (Role::Client, &[0x89, 0x7E]),
        is: "the length of a control frame is looked at when the frame is complete",
    },
    Known {
        deviation: Late(UnexpectedContinuation, Stage::Frame),
        shown_to: (Role::Client, &[0x80, 0x01]),
        is: "a continuation of nothing is refused when the frame is complete",
    },
    Known {
        deviation: Late(UnfinishedMessage, Stage::Frame),
        shown_to: (Role::Client, &[0x02, 0x00, 0x82, 0x01]),
        is: "a message inside another one is refused when the frame is complete",
    },
    Known {
        deviation: Late(LengthOverflow, Stage::Header),
        shown_to: (Role::Server, &[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        is: "the top bit of a length is part of it, so that the frame is too large when the header is complete",
    },
    Known {
        deviation: Accepts(LengthNotMinimal),
        shown_to: (Role::Client, &[0x82, 0x7E, 0, 0]),
        is: "lengths are taken in any form",
    },
    Known {
        deviation: LimitsControl,
        shown_to: (Role::Client, &[0x89, 0x7E, 0, 0x80]),
        is: "the limit of frames holds for control frames",
    },
    Known {
        deviation: Late(MessageTooLarge, Stage::Frame),
        shown_to: (Role::Client, &[0x02, 0x04, 0, 0, 0, 0, 0x80, 0x03]),
        is: "that a message is too large is found when the frame is complete",
    },
    Known {
        deviation: Accepts(TooManyFragments),
        shown_to: (Role::Client, &[0x02, 0x01, 0, 0x00, 0x01, 0, 0x80, 0x01, 0]),
        is: "fragments are not counted",
    },
    Known {
        deviation: Accepts(TooManyEmptyFragments),
        shown_to: (Role::Client, &[0x02, 0x00, 0x80, 0x00]),
        is: "empty fragments are not counted",
    },
    Known {
        deviation: Late(InvalidUtf8, Stage::Frame),
        shown_to: (Role::Client, &[0x81, 0x02, 0xFF]),
        is: "text is looked at when the frame is complete",
    },
    Known {
        deviation: ReplacesCloseCode,
        shown_to: (Role::Client, &[0x88, 0x02, 0x03, 0xED]),
        is: "a status code that may not be sent is no failure: the application is told 1002 with another reason",
    },
    Known {
        deviation: LooksAtReasonFirst,
        shown_to: (Role::Client, &[0x88, 0x03, 0x03, 0xED, 0xFF]),
        is: "the reason of a Close is looked at before the status code",
    },
    Known {
        deviation: NoBadGateway,
        shown_to: (Role::Client, &[0x88, 0x02, 0x03, 0xF6]),
        is: "1014 is a status code that may not be sent",
    },
    Known {
        deviation: IsSilent,
        shown_to: (Role::Client, &[0x80, 0x00]),
        is: "the peer is told of no failure",
    },
];

fn read(role: Role, limits: &Limits, transport: Transport) -> Outcome {
    let side = match role {
        Role::Server => Side::Server,
        Role::Client => Side::Client,
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(1024)
        .max_frame_size(Some(limits.max_frame_size as usize))
        .max_message_size(Some(limits.max_message_size as usize));
    let mut socket = WebSocket::from_raw_socket(transport, side, Some(config));
    let mut outcome = Outcome::default();
    loop {
        outcome.events.push(match socket.read() {
            Ok(Message::Text(text)) => {
                Observed::Message(MessageKind::Text, text.as_bytes().to_vec())
            }
            Ok(Message::Binary(data)) => Observed::Message(MessageKind::Binary, data.to_vec()),
            Ok(Message::Ping(payload)) => Observed::Ping(payload.to_vec()),
            Ok(Message::Pong(payload)) => Observed::Pong(payload.to_vec()),
            Ok(Message::Close(close)) => {
                let code = close.as_ref().map(|close| u16::from(close.code));
                let code = code.map(|code| CloseCode::new(code).expect("one that may be sent"));
                let reason = close.map(|close| close.reason.to_string());
                outcome.events.push(Observed::Close(code, reason.unwrap_or_default()));
                let _sent = socket.flush();
                break;
            }
            Ok(Message::Frame(_)) => unreachable!("frames are not read"),
            Err(Error::Protocol(Wrong::ResetWithoutClosingHandshake)) => break,
            Err(Error::Protocol(_) | Error::Utf8(_) | Error::Capacity(_)) => {
                let _sent = socket.flush();
                outcome.failed = true;
                break;
            }
            Err(error) => panic!("{error:?}"),
        });
    }
    outcome.answer = close_in(&socket.get_ref().output);
    outcome
}
