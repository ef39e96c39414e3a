//! §5 §6.2 §7 §8.1 once more: a whole stream of frames to what it means, with no thought of speed or of pieces.
//!
//! By default, by the rules. With a list of deviations it does what an implementation does that is known to deviate so, and
//! thus says exactly what is excused.

use websocket_proto::ProtocolError::{self, *};
use websocket_proto::{CloseCode, Limits, MessageKind, Role};

use crate::Observed;

/// How much of a frame is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    FirstByte,
    SecondByte,
    /// The extended length, too.
    Length,
    /// The masking key, too.
    Header,
    /// Some of the payload, or none.
    Payload,
    Frame,
}

/// How an implementation differs from what the RFC says, or from when this crate says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// The violation is found only when so much of the frame is there.
    Late(ProtocolError, Stage),
    /// The violation is none.
    Accepts(ProtocolError),
    /// Of control frames only a Ping is held to 125 bytes (§5.5).
    OnlyPingIsShort,
    /// A message that begins inside an unfinished one replaces it, unless it is of one frame (§5.4).
    ReplacesMessage,
    /// A client takes a masked payload as it came (§5.1).
    KeepsMask,
    /// The half of a character at the end of a fragmented text is left out (§8.1).
    DropsHalfCharacter,
    /// The reason of a Close is looked at before the status code.
    LooksAtReasonFirst,
    /// The application is told of a status code that may not be sent as of 1002 (§7.4).
    ReplacesCloseCode,
    /// 1014, which IANA has registered, may not be sent (§7.4).
    NoBadGateway,
    /// The limit of frames holds for control frames.
    LimitsControl,
    /// A frame of as many bytes as the limit says is over it.
    ExclusiveLimit,
    /// The peer is told of no failure (§7.1.7).
    IsSilent,
    /// The peer is told of no failure but that of a status code (§7.1.7).
    IsSilentButForCloseCode,
}

/// What a stream comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub events: Vec<Observed>,
    /// Whether something is wrong with what follows the events.
    pub failed: bool,
    /// The Close that is sent for it, and the code in it.
    pub answer: Option<Option<u16>>,
}

pub struct Naive<'a> {
    pub receiver: Role,
    pub limits: &'a Limits,
    pub deviations: &'a [Deviation],
}

/// The message of which frames have come.
struct Open {
    kind: MessageKind,
    data: Vec<u8>,
    fragments: u32,
    empty: u32,
}

/// What there is of a frame.
struct Frame<'a> {
    stage: Stage,
    fin: bool,
    opcode: u8,
    masked: bool,
    length: u64,
    payload: &'a [u8],
    key: [u8; 4],
    /// Bytes of the field for a longer length.
    extended: usize,
    size: usize,
}

impl Naive<'_> {
    /// Up to the Close, or to the first violation, which is named.
    pub fn read(&self, bytes: &[u8]) -> (Outcome, Option<ProtocolError>) {
        let mut outcome = Outcome::default();
        let mut open = None;
        let mut at = 0;
        let mut violation = None;
        while let Some(frame) = Frame::at_front_of(&bytes[at..]) {
            at += frame.size;
            match self.frame(&frame, bytes[at - frame.size], &mut open, &mut outcome.events) {
                Ok(()) => {}
                Err(found) => {
                    violation = Some(found);
                    break;
                }
            }
            if let Some(Observed::Close(code, _)) = outcome.events.last() {
                outcome.answer = Some(code.map(CloseCode::as_u16));
                break;
            }
            if frame.stage < Stage::Frame {
                break;
            }
        }
        if let Some(violation) = violation {
            outcome.failed = true;
            let silent = self.does(Deviation::IsSilent)
                || self.does(Deviation::IsSilentButForCloseCode)
                    && violation != ProtocolError::InvalidCloseCode;
            outcome.answer = (!silent).then(|| Some(code(violation)));
        }
        (outcome, violation)
    }

    fn frame(
        &self,
        frame: &Frame<'_>,
        first: u8,
        open: &mut Option<Open>,
        events: &mut Vec<Observed>,
    ) -> Result<(), ProtocolError> {
        let is_control = frame.opcode >= 8;
        let is_server = self.receiver == Role::Server;
        // By the seven bits of the length, unless it is taken in any form.
        let seven_bits = if frame.extended > 0 { 126 } else { frame.length };
        let lenient = self.does(Deviation::Accepts(LengthNotMinimal));
        let long = (if lenient { frame.length } else { seven_bits }) > 125
            && (frame.opcode == 9 || !self.does(Deviation::OnlyPingIsShort));
        let begins = matches!(frame.opcode, 1 | 2);
        let replaces = self.does(Deviation::ReplacesMessage) && !frame.fin;
        let minimal = match frame.extended {
            2 => frame.length >= 126,
            8 => frame.length >= 65_536,
            _ => true,
        };
        let limited = !is_control || self.does(Deviation::LimitsControl);
        let most = self.limits.max_frame_size;
        let over =
            frame.length > most || frame.length == most && self.does(Deviation::ExclusiveLimit);
        let so_far = open.as_ref().filter(|_| frame.opcode == 0);
        let size = so_far.map_or(0, |open| open.data.len() as u64);
        let fragments = so_far.map_or(0, |open| open.fragments) + 1;
        let counts_as_empty = frame.length == 0 && !(frame.fin && fragments == 1);
        let empty = so_far.map_or(0, |open| open.empty) + u32::from(counts_as_empty);

        // In the order in which they are told, with the stage at which the RFC's rule is broken.
        let checks = [
            (ReservedBits, Stage::FirstByte, first & 0x70 != 0),
            (ReservedOpcode, Stage::FirstByte, matches!(frame.opcode, 3..=7 | 11..=15)),
            (FragmentedControl, Stage::FirstByte, is_control && !frame.fin),
            (UnmaskedFrame, Stage::SecondByte, is_server && !frame.masked),
            (MaskedFrame, Stage::SecondByte, !is_server && frame.masked),
            (ControlTooLong, Stage::SecondByte, is_control && long),
            (UnexpectedContinuation, Stage::SecondByte, frame.opcode == 0 && open.is_none()),
            (UnfinishedMessage, Stage::SecondByte, begins && open.is_some() && !replaces),
            (LengthOverflow, Stage::Length, frame.length >> 63 != 0),
            (LengthNotMinimal, Stage::Length, !minimal),
            (FrameTooLarge, Stage::Header, limited && over),
            (
                MessageTooLarge,
                Stage::Header,
                !is_control && size.saturating_add(frame.length) > self.limits.max_message_size,
            ),
            (TooManyFragments, Stage::Header, !is_control && fragments > self.limits.max_fragments),
            (
                TooManyEmptyFragments,
                Stage::Header,
                !is_control && counts_as_empty && empty > self.limits.max_empty_fragments,
            ),
        ];
        for (violation, stage, broken) in checks {
            if broken && self.finds(violation, stage, frame.stage) {
                return Err(violation);
            }
        }
        if frame.stage < Stage::Payload {
            return Ok(());
        }
        let keeps = self.does(Deviation::KeepsMask) && !is_server;
        let key = if keeps { [0; 4] } else { frame.key };
        let payload = frame.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        let payload: Vec<u8> = payload.collect();
        if is_control {
            return match frame.stage {
                Stage::Frame => self.control(frame.opcode, payload, events),
                _ => Ok(()),
            };
        }
        let mut message = match (frame.opcode, open.take()) {
            (0, Some(open)) => open,
            (opcode, _) => Open {
                kind: if opcode == 1 { MessageKind::Text } else { MessageKind::Binary },
                data: Vec::new(),
                fragments: 0,
                empty: 0,
            },
        };
        (message.fragments, message.empty) = (fragments, empty);
        message.data.extend(payload);
        let ends = frame.fin && frame.stage == Stage::Frame;
        let text = match message.kind {
            MessageKind::Text => std::str::from_utf8(&message.data).map(|_| ()),
            MessageKind::Binary => Ok(()),
        };
        if let Err(error) = text {
            let half = error.error_len().is_none();
            if half && ends && fragments > 1 && self.does(Deviation::DropsHalfCharacter) {
                message.data.truncate(error.valid_up_to());
            } else if (!half || ends) && self.finds(InvalidUtf8, Stage::Payload, frame.stage) {
                return Err(InvalidUtf8);
            }
        }
        match ends {
            true => events.push(Observed::Message(message.kind, message.data)),
            false => *open = Some(message),
        }
        Ok(())
    }

    /// §5.5
    fn control(
        &self,
        opcode: u8,
        payload: Vec<u8>,
        events: &mut Vec<Observed>,
    ) -> Result<(), ProtocolError> {
        events.push(match (opcode, payload.as_slice()) {
            (9, _) => Observed::Ping(payload),
            (10, _) => Observed::Pong(payload),
            (_, []) => Observed::Close(None, String::new()),
            (_, [_]) => return Err(ProtocolError::ClosePayloadTooShort),
            (_, [high, low, reason @ ..]) => {
                let number = u16::from_be_bytes([*high, *low]);
                let reason = std::str::from_utf8(reason);
                if reason.is_err() && self.does(Deviation::LooksAtReasonFirst) {
                    return Err(InvalidCloseReason);
                }
                let may_be_sent = match number {
                    1014 => !self.does(Deviation::NoBadGateway),
                    _ => matches!(number, 1000..=1003 | 1007..=1013 | 3000..=4999),
                };
                if may_be_sent {
                    let code = CloseCode::new(number).expect("a code that may be sent");
                    let reason = reason.map_err(|_| InvalidCloseReason)?;
                    Observed::Close(Some(code), reason.into())
                } else if self.does(Deviation::ReplacesCloseCode) {
                    Observed::Close(Some(CloseCode::PROTOCOL_ERROR), "Protocol violation".into())
                } else {
                    return Err(InvalidCloseCode);
                }
            }
        });
        Ok(())
    }

    fn does(&self, deviation: Deviation) -> bool {
        self.deviations.contains(&deviation)
    }

    /// Whether the violation of a rule is told when so much is there.
    fn finds(&self, violation: ProtocolError, rule: Stage, there: Stage) -> bool {
        let late = self.deviations.iter().find_map(|deviation| match deviation {
            Deviation::Late(late, stage) if *late == violation => Some(*stage),
            _ => None,
        });
        !self.does(Deviation::Accepts(violation)) && there >= late.unwrap_or(rule)
    }
}

/// §7.4.1: what the peer is told.
fn code(violation: ProtocolError) -> u16 {
    match violation {
        InvalidUtf8 | InvalidCloseReason => 1007,
        TooManyFragments | TooManyEmptyFragments => 1008,
        FrameTooLarge | MessageTooLarge => 1009,
        _ => 1002,
    }
}

impl<'a> Frame<'a> {
    fn at_front_of(bytes: &'a [u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let mut frame = Self {
            stage: Stage::FirstByte,
            fin: first & 0x80 != 0,
            opcode: first & 0x0F,
            masked: false,
            length: 0,
            payload: &[],
            key: [0; 4],
            extended: 0,
            size: 1,
        };
        let Some(&second) = bytes.get(1) else { return Some(frame) };
        frame.stage = Stage::SecondByte;
        frame.masked = second & 0x80 != 0;
        frame.length = u64::from(second & 0x7F);
        frame.extended = match frame.length {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (field, rest) = match bytes[2..].split_at_checked(frame.extended) {
            Some((field, rest)) => (field, rest),
            None => return Some(frame),
        };
        frame.stage = Stage::Length;
        if frame.extended > 0 {
            frame.length = field.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        }
        let (key, rest) = match rest.split_at_checked(if frame.masked { 4 } else { 0 }) {
            Some((key, rest)) => (key, rest),
            None => return Some(frame),
        };
        if let Ok(key) = key.try_into() {
            frame.key = key;
        }
        let there = frame.length.min(rest.len() as u64);
        frame.stage = if there == frame.length { Stage::Frame } else { Stage::Payload };
        frame.payload = &rest[..there as usize];
        frame.size = 2 + frame.extended + key.len() + frame.payload.len();
        Some(frame)
    }
}
