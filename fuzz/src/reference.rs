//! §5.2 §5.4 §5.5 once more, written without a thought of speed or of pieces.

use websocket_proto::{MessageKind, ProtocolError, Role};

/// A frame as the reference sees it: first byte, masking key, unmasked payload as far as it is there,
/// and whether all of it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub fin: bool,
    pub opcode: u8,
    pub length: u64,
    pub payload: Vec<u8>,
    pub complete: bool,
}

/// All frames that were sent to `receiver`, up to a Close or the first violation.
pub fn decode_all(receiver: Role, bytes: &[u8]) -> (Vec<Frame>, Option<ProtocolError>) {
    let mut frames = Vec::new();
    let mut open: Option<MessageKind> = None;
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let Some(&first) = rest.first() else { return (frames, None) };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0F);
        if first & 0x70 != 0 {
            return (frames, Some(ProtocolError::ReservedBits));
        }
        if matches!(opcode, 3..=7 | 0xB..=0xF) {
            return (frames, Some(ProtocolError::ReservedOpcode));
        }
        if opcode >= 8 && !fin {
            return (frames, Some(ProtocolError::FragmentedControl));
        }
        let Some(&second) = rest.get(1) else { return (frames, None) };
        let masked = second & 0x80 != 0;
        match receiver {
            Role::Server if !masked => return (frames, Some(ProtocolError::UnmaskedFrame)),
            Role::Client if masked => return (frames, Some(ProtocolError::MaskedFrame)),
            _ => {}
        }
        if opcode >= 8 && second & 0x7F > 125 {
            return (frames, Some(ProtocolError::ControlTooLong));
        }
        match (opcode, open) {
            (0, None) => return (frames, Some(ProtocolError::UnexpectedContinuation)),
            (1 | 2, Some(_)) => return (frames, Some(ProtocolError::UnfinishedMessage)),
            _ => {}
        }
        let (length, mut size) = match second & 0x7F {
            126 => {
                let Some(field) = rest.get(2..4) else { return (frames, None) };
                let length = u64::from(u16::from_be_bytes(field.try_into().unwrap()));
                if length < 126 {
                    return (frames, Some(ProtocolError::LengthNotMinimal));
                }
                (length, 4)
            }
            127 => {
                let Some(field) = rest.get(2..10) else { return (frames, None) };
                let length = u64::from_be_bytes(field.try_into().unwrap());
                if length >> 63 != 0 {
                    return (frames, Some(ProtocolError::LengthOverflow));
                }
                if length < 65_536 {
                    return (frames, Some(ProtocolError::LengthNotMinimal));
                }
                (length, 10)
            }
            short => (u64::from(short), 2),
        };
        let mut key = [0; 4];
        if masked {
            let Some(field) = rest.get(size..size + 4) else { return (frames, None) };
            key = field.try_into().unwrap();
            size += 4;
        }
        let there = (rest.len() - size) as u64;
        let taken = usize::try_from(length.min(there)).unwrap();
        let payload = rest[size..size + taken]
            .iter()
            .enumerate()
            .map(|(index, byte)| byte ^ key[index % 4])
            .collect();
        let complete = taken as u64 == length;
        frames.push(Frame { fin, opcode, length, payload, complete });
        if !complete || opcode == 8 {
            return (frames, None);
        }
        at += size + taken;
        open = match (opcode, open) {
            (1, _) if !fin => Some(MessageKind::Text),
            (2, _) if !fin => Some(MessageKind::Binary),
            (0..=2, _) if fin => None,
            (_, open) => open,
        };
    }
}
