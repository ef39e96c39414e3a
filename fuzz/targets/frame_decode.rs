//! The frame decoder and the UTF-8 validator, in any pieces and without memory, against references that know no pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::Role;
use websocket_proto::frame::{Decoder, Header};
use websocket_proto::rules::Sequence;
use websocket_proto::utf8::Validator;
use websocket_proto_fuzz::{Script, decode_all, held};

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let role = if script.flag() { Role::Client } else { Role::Server };
    let mut cuts = Script::new(script.short());
    let bytes = script.rest();
    frames(role, bytes, &mut cuts.clone());
    text(bytes, &mut cuts);
});

fn frames(role: Role, bytes: &[u8], cuts: &mut Script<'_>) {
    let (expected, violation) = decode_all(role, bytes);
    let mut expected = expected.iter();
    let mut decoder = Decoder::new(role);
    let mut current = None;
    let mut seen = Vec::new();
    let mut found = None;
    for mut piece in cuts.pieces(bytes.to_vec()) {
        let mut input = piece.as_mut_slice();
        loop {
            let (before, memory) = (input.len(), held());
            let result = decoder.decode(&mut input);
            assert_eq!(held(), memory, "frames need no memory");
            match result {
                Ok(Some(part)) => {
                    assert!(found.is_none(), "nothing comes after a violation");
                    assert!(input.len() < before, "a part takes input");
                    if part.first {
                        assert!(current.is_none());
                        current = expected.next();
                        round_trip(role, part.header);
                    }
                    let frame = current.expect("the reference has this frame, too");
                    let header = part.header;
                    assert_eq!(
                        (header.fin, header.opcode as u8, header.length),
                        (frame.fin, frame.opcode, frame.length)
                    );
                    seen.extend_from_slice(part.payload);
                    assert!(frame.payload.starts_with(&seen));
                    if part.last {
                        assert!(frame.complete && frame.payload == seen);
                        (current, seen) = (None, Vec::new());
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    assert!(found.is_none(), "a violation is told once");
                    found = Some(error);
                }
            }
        }
        assert!(input.is_empty(), "the input is always taken");
        assert!(decoder.held().len() < Header::MAX_SIZE);
    }
    assert_eq!(found, violation);
    if let Some(frame) = current {
        assert!(!frame.complete && frame.payload == seen);
    }
    // What is left may only be a frame of whose payload nothing has come.
    assert!(expected.all(|frame| frame.payload.is_empty() && !frame.complete));
}

fn round_trip(receiver: Role, header: Header) {
    let encoded = header.encode();
    let sequence = match header.opcode as u8 {
        0 => Sequence::Message(websocket_proto::MessageKind::Binary),
        _ => Sequence::Idle,
    };
    let decoded = Header::decode(&encoded, receiver, sequence);
    assert_eq!(decoded, Ok(Some((header, encoded.len()))));
    for size in 0..encoded.len() {
        assert_eq!(Header::decode(&encoded[..size], receiver, sequence), Ok(None));
    }
}

fn text(bytes: &[u8], cuts: &mut Script<'_>) {
    let whole = std::str::from_utf8(bytes);
    let mut validator = Validator::new();
    let mut done = 0;
    for piece in cuts.pieces(bytes.to_vec()) {
        done += piece.len();
        // Up to here it is wrong exactly if no continuation could make it right.
        let wrong =
            std::str::from_utf8(&bytes[..done]).is_err_and(|error| error.error_len().is_some());
        assert_eq!(validator.push(&piece).is_err(), wrong);
        if wrong {
            return;
        }
    }
    let complete = validator.is_complete();
    assert_eq!(validator.finish().is_ok(), whole.is_ok());
    assert_eq!(complete, whole.is_ok());
}
