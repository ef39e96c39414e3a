//! fastwebsockets, on a transport that is always ready.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ::fastwebsockets::{
    FragmentCollector, Frame, OpCode, Role as Side, WebSocket, WebSocketError as Wrong,
};
use websocket_proto::ProtocolError::*;
use websocket_proto::{CloseCode, Limits, MessageKind, Role};

use super::{Known, Peer, Transport, close_in};
use crate::Deviation::*;
use crate::naive::Stage;
use crate::{Observed, Outcome};

pub const FASTWEBSOCKETS: Peer = Peer { name: "fastwebsockets", read, known: KNOWN };

/// Of version 0.10.
const KNOWN: &[Known] = &[
    Known {
        deviation: Late(ReservedBits, Stage::SecondByte),
        shown_to: (Role::Client, &[0xC2]),
        is: "reserved bits are looked at with the second byte",
    },
    Known {
        deviation: Late(ReservedOpcode, Stage::SecondByte),
        shown_to: (Role::Client, &[0x83]),
        is: "the opcode is looked at with the second byte",
    },
    Known {
        deviation: Late(FragmentedControl, Stage::Header),
        shown_to: (Role::Client, &[0x09]),
        is: "FIN of a control frame is looked at when the header is complete",
    },
    Known {
        deviation: Accepts(UnmaskedFrame),
        shown_to: (Role::Server, &[0x82, 0x00]),
        is: "a server takes frames that are not masked",
    },
    Known {
        deviation: Accepts(MaskedFrame),
        shown_to: (Role::Client, &[0x82, 0x80, 0, 0, 0, 0]),
        is: "a client takes frames that are masked",
    },
    Known {
        deviation: KeepsMask,
        shown_to: (Role::Client, &[0x82, 0x81, 1, 0, 0, 0, 1]),
        is: "a client does not unmask what is masked",
    },
    Known {
        deviation: OnlyPingIsShort,
        shown_to: (Role::Client, &[0x8A, 0x7E, 0, 0x7E]),
        is: "of control frames, only a Ping is held to 125 bytes",
    },
    Known {
        deviation: Late(ControlTooLong, Stage::Header),
        shown_to: (Role::Client, &[0x89, 0x7E]),
        is: "the length of a Ping is looked at when the header is complete",
    },
    Known {
        deviation: Late(UnexpectedContinuation, Stage::Frame),
        shown_to: (Role::Client, &[0x80, 0x01]),
        is: "a continuation of nothing is refused when the frame is complete",
    },
    Known {
        deviation: ReplacesMessage,
        shown_to: (Role::Client, &[0x02, 0x00, 0x01, 0x00]),
        is: "a fragmented message that begins inside another one replaces it",
    },
    Known {
        deviation: Late(UnfinishedMessage, Stage::Frame),
        shown_to: (Role::Client, &[0x02, 0x00, 0x82, 0x01]),
        is: "a message of one frame inside another one is refused when the frame is complete",
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
        shown_to: (Role::Client, &[0x8A, 0x7E, 0, 0x80]),
        is: "the limit of frames holds for control frames",
    },
    Known {
        deviation: ExclusiveLimit,
        shown_to: (Role::Client, &[0x82, 0x7E, 0, 0x7F]),
        is: "a frame of as many bytes as the limit says is refused",
    },
    Known {
        deviation: Accepts(MessageTooLarge),
        shown_to: (Role::Client, &[0x02, 0x03, 0, 0, 0, 0x00, 0x03, 0, 0, 0, 0x80, 0x01, 0]),
        is: "the limit of messages holds for each frame by itself",
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
        deviation: DropsHalfCharacter,
        shown_to: (Role::Client, &[0x01, 0x01, 0x61, 0x80, 0x01, 0xC3]),
        is: "a fragmented text that ends inside a character is delivered without it",
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
        deviation: IsSilentButForCloseCode,
        shown_to: (Role::Client, &[0x80, 0x00]),
        is: "of failures, the peer is told only of a status code that may not be sent",
    },
];

fn read(role: Role, limits: &Limits, transport: Transport) -> Outcome {
    let side = match role {
        Role::Server => Side::Server,
        Role::Client => Side::Client,
    };
    let mut socket = WebSocket::after_handshake(transport, side);
    socket.set_max_message_size(limits.max_frame_size as usize);
    // Otherwise the application is not shown Pings.
    socket.set_auto_pong(false);
    let mut socket = FragmentCollector::new(socket);
    let mut outcome = Outcome::default();
    loop {
        match ready(socket.read_frame()) {
            Ok(frame) => outcome.events.push(observed(&frame)),
            Err(Wrong::UnexpectedEOF) => break,
            Err(
                Wrong::ReservedBitsNotZero
                | Wrong::InvalidValue
                | Wrong::ControlFrameFragmented
                | Wrong::PingFrameTooLarge
                | Wrong::FrameTooLarge
                | Wrong::InvalidCloseFrame
                | Wrong::InvalidCloseCode
                | Wrong::InvalidUTF8
                | Wrong::InvalidFragment
                | Wrong::InvalidContinuationFrame,
            ) => {
                outcome.failed = true;
                break;
            }
            Err(error) => panic!("{error:?}"),
        }
        if matches!(outcome.events.last(), Some(Observed::Close(..))) {
            break;
        }
    }
    outcome.answer = close_in(&socket.into_inner().output);
    outcome
}

fn observed(frame: &Frame<'_>) -> Observed {
    let payload = frame.payload.to_vec();
    match frame.opcode {
        OpCode::Text => Observed::Message(MessageKind::Text, payload),
        OpCode::Binary => Observed::Message(MessageKind::Binary, payload),
        OpCode::Ping => Observed::Ping(payload),
        OpCode::Pong => Observed::Pong(payload),
        OpCode::Close => match payload.as_slice() {
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                let code = CloseCode::new(code).expect("one that may be sent");
                let reason = std::str::from_utf8(reason).expect("it was looked at");
                Observed::Close(Some(code), reason.into())
            }
            _ => Observed::Close(None, String::new()),
        },
        OpCode::Continuation => unreachable!("fragments are collected"),
    }
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}
