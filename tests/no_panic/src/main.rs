//! Everything that the frame layer, the validator and the rules can be asked, linked with nothing that could panic.
//!
//! This program is not run. `.ci/no-panic` looks at what the linker kept of it: a panic that any input, any state or
//! any sum could lead to would have brought its machinery along.

#![no_std]
#![no_main]

use core::ffi::{c_char, c_int};
use core::hint::black_box;
use core::panic::PanicInfo;

use websocket_proto::ProtocolError;
use websocket_proto::frame::{
    CloseCode, Decoder, Header, MessageKind, Opcode, Role, apply_mask, parse_close, rotate,
};
use websocket_proto::rules::Sequence;
use websocket_proto::utf8::Validator;

#[link(name = "c")]
unsafe extern "C" {
    safe fn abort() -> !;
}

/// Looked for by its name.
#[panic_handler]
#[inline(never)]
fn a_panic_can_be_reached(_: &PanicInfo<'_>) -> ! {
    abort()
}

/// Named by the unwind tables of the precompiled `core`; never called, since a panic aborts.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The inputs come from where the compiler knows nothing about them.
#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    let mut bytes = [0; 4096];
    let input = black_box(&mut bytes[..]);
    decode(input);
    headers(input);
    mask(input);
    validate(input);
    close(input);
    rules();
    #[cfg(feature = "control")]
    black_box(input[black_box(5000)]);
    0
}

fn role() -> Role {
    if black_box(true) { Role::Server } else { Role::Client }
}

fn sequence() -> Sequence {
    match black_box(0_u8) {
        0 => Sequence::Idle,
        1 => Sequence::Message(MessageKind::Text),
        2 => Sequence::Message(MessageKind::Binary),
        _ => Sequence::Closed,
    }
}

fn decode(bytes: &mut [u8]) {
    let mut decoder = Decoder::new(role());
    if black_box(false) {
        decoder = decoder.with_compression();
    }
    let mut other = decoder.clone();
    for decoder in [&mut decoder, &mut other] {
        // In any state: the compiler does not know how often.
        while black_box(true) {
            let decoder = black_box(&mut *decoder);
            let count = black_box(7).min(bytes.len());
            let (mut input, _) = bytes.split_at_mut(count);
            let result = decoder.decode(&mut input);
            black_box((result.is_ok(), decoder.held(), decoder.sequence()));
            black_box(result.err().map(ProtocolError::close_code));
        }
    }
}

fn headers(bytes: &[u8]) {
    black_box(Header::decode(bytes, role(), sequence()).ok());
    let opcode = Opcode::from_bits(black_box(1)).unwrap_or(Opcode::Ping);
    let header = Header {
        fin: black_box(true),
        rsv1: black_box(false),
        opcode,
        mask: black_box(None),
        length: black_box(u64::MAX),
    };
    black_box(&*black_box(header.encode()));
}

fn mask(bytes: &mut [u8]) {
    let key = rotate(black_box([1, 2, 3, 4]), black_box(u64::MAX));
    apply_mask(bytes, key);
}

fn validate(bytes: &[u8]) {
    let mut validator = Validator::new();
    while black_box(true) {
        let validator = black_box(&mut validator);
        black_box(validator.push(bytes).is_ok());
        black_box((validator.is_complete(), validator.finish().is_ok()));
    }
}

fn close(bytes: &[u8]) {
    black_box(parse_close(bytes).ok());
    black_box(CloseCode::new(black_box(1000)).map(CloseCode::as_u16));
}

fn rules() {
    let opcode = Opcode::from_bits(black_box(0)).unwrap_or(Opcode::Text);
    black_box(sequence().follow(opcode, black_box(true)).ok());
}
