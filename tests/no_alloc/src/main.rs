//! The frame layer with no standard library and no allocator, as on a microcontroller.
//!
//! Linking is the first half of the test: a call to an allocator would have nothing to be linked
//! against. Running is the second: it exits with 0, or with the number of the step that went wrong.

#![no_std]
#![no_main]

use core::ffi::{c_char, c_int};
use core::panic::PanicInfo;

use websocket_proto::frame::{
    CloseCode, Decoder, Header, MessageKind, Opcode, Role, apply_mask, parse_close,
};
use websocket_proto::rules::Sequence;
use websocket_proto::utf8::Validator;
use websocket_proto::{ProtocolError, frame};

// For the start of the program, `memcpy`, and this.
#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}

/// Named by the unwind tables of the precompiled `core`; never called, since a panic aborts.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    let steps = [
        decodes_a_masked_text,
        decodes_byte_by_byte,
        validates_utf8_in_pieces,
        parses_a_close,
        encodes_headers,
        refuses_a_violation,
    ];
    for (number, step) in (1..).zip(steps) {
        if step().is_none() {
            return number;
        }
    }
    0
}

/// §5.7: "Hello", masked.
const HELLO: [u8; 11] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];

fn decodes_a_masked_text() -> Option<()> {
    let mut bytes = HELLO;
    let mut input = &mut bytes[..];
    let mut decoder = Decoder::new(Role::Server);
    let part = decoder.decode(&mut input).ok()??;
    let header = part.header;
    check(header.fin && header.opcode == Opcode::Text && header.length == 5)?;
    check(part.payload == b"Hello" && part.first && part.last)?;
    check(input.is_empty() && decoder.decode(&mut input).ok()?.is_none())
}

fn decodes_byte_by_byte() -> Option<()> {
    let mut decoder = Decoder::new(Role::Server);
    let (mut text, mut size) = ([0; 5], 0);
    let mut ended = false;
    for byte in HELLO {
        let mut byte = [byte];
        let mut input = &mut byte[..];
        while let Some(part) = decoder.decode(&mut input).ok()? {
            let end = size + part.payload.len();
            text.get_mut(size..end)?.copy_from_slice(part.payload);
            size = end;
            ended |= part.last;
        }
    }
    check(ended && &text == b"Hello")
}

fn validates_utf8_in_pieces() -> Option<()> {
    let mut validator = Validator::new();
    for piece in ["ko".as_bytes(), b"\xF0\x9F", b"\x8D\xAA", "!".as_bytes()] {
        validator.push(piece).ok()?;
    }
    validator.finish().ok()?;
    // A surrogate, refused at its second byte.
    validator.push(b"\xED").ok()?;
    check(validator.push(b"\xA0").is_err())
}

fn parses_a_close() -> Option<()> {
    let (code, reason) = parse_close(b"\x03\xE9bye").ok()??;
    check(code == CloseCode::GOING_AWAY && reason == "bye")?;
    check(parse_close(b"").ok()?.is_none())?;
    check(parse_close(b"\x03\xEE") == Err(ProtocolError::InvalidCloseCode))
}

fn encodes_headers() -> Option<()> {
    let header =
        |mask, length| Header { fin: true, rsv1: false, opcode: Opcode::Binary, mask, length };
    check(*header(None, 5).encode() == [0x82, 5])?;
    check(*header(None, 256).encode() == [0x82, 126, 1, 0])?;
    check(*header(None, 65_536).encode() == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])?;

    // A whole frame, as a client without a heap sends it.
    let key = [0x37, 0xFA, 0x21, 0x3D];
    let header = Header { opcode: MessageKind::Text.opcode(), ..header(Some(key), 5) };
    let encoded = header.encode();
    let mut frame = [0; Header::MAX_SIZE + 5];
    let (head, payload) = frame.split_at_mut(encoded.len());
    head.copy_from_slice(&encoded);
    let payload = payload.get_mut(..5)?;
    payload.copy_from_slice(b"Hello");
    apply_mask(payload, key);
    check(frame.starts_with(&HELLO))?;
    check(Header::decode(&frame, Role::Server, Sequence::Idle).ok()?? == (header, encoded.len()))
}

fn refuses_a_violation() -> Option<()> {
    let mut bytes = [0x81, 0x05];
    let violation = frame::Decoder::new(Role::Server).decode(&mut &mut bytes[..]).err()?;
    check(violation == ProtocolError::UnmaskedFrame)?;
    check(violation.close_code() == CloseCode::PROTOCOL_ERROR)
}

fn check(holds: bool) -> Option<()> {
    holds.then_some(())
}
