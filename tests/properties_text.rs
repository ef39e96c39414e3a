//! §8.1, RFC 3629  Text is UTF-8, at any split, and fails at its first wrong byte.
#![cfg(feature = "alloc")]

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{CONTINUATION, Random, Seen, TEXT, feed, frame, seed};
use websocket_proto::utf8::Validator;
use websocket_proto::{Config, Connection, Delivery, ProtocolError, Role};

/// The bytes in parts of any size, empty ones included.
fn cut(bytes: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut random = Random::new(seed);
    let most = [1, 2, 5, 100][random.below(4)];
    let mut rest = bytes;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, after) = rest.split_at(random.below(most + 1).min(rest.len()));
        parts.push(part);
        rest = after;
    }
    parts
}

/// What comes of a text message with these fragments, in reads of so many bytes.
fn receive(role: Role, delivery: Delivery, fragments: &[&[u8]], read: usize) -> Vec<Seen> {
    let mut config = Config::client();
    config.delivery = delivery;
    config.limits.max_empty_fragments = u32::MAX;
    let mut connection = match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed(0)),
    };
    let mut wire = Vec::new();
    for (index, fragment) in fragments.iter().enumerate() {
        let opcode = if index == 0 { TEXT } else { CONTINUATION };
        wire.extend(frame(role.peer(), index + 1 == fragments.len(), opcode, fragment));
    }
    wire.chunks(read).flat_map(|read| feed(&mut connection, read)).collect()
}

/// The message is delivered if it is text, else it is a 1007; nothing that is not text is shown.
fn check(role: Role, fragments: &[&[u8]], read: usize) {
    let whole = fragments.concat();
    let valid = core::str::from_utf8(&whole);
    let seen = receive(role, Delivery::Messages, fragments, read);
    let violation = Seen::Violation(ProtocolError::InvalidUtf8);
    let expected = valid.map_or(violation.clone(), support::text);
    assert_eq!(seen, [expected], "{fragments:02X?} in reads of {read}");

    let mut delivered = Vec::new();
    let mut seen = receive(role, Delivery::Chunks, fragments, read);
    if valid.is_err() {
        assert_eq!(seen.pop(), Some(violation), "{fragments:02X?} in reads of {read}");
    }
    for chunk in seen {
        let Seen::Chunk { data, last, .. } = chunk else { panic!("{chunk:?}") };
        assert!(valid.is_ok() || !last);
        delivered.extend(data);
        assert!(can_become_text(&delivered));
    }
    assert!(if valid.is_ok() { delivered == whole } else { whole.starts_with(&delivered) });
}

proptest! {
    /// T-FR-15 R6455-8.1-02: the validator agrees with `core::str` on every prefix, at any split.
    #[test]
    fn utf8_at_any_split(bytes in utf8_like(), seed in any::<u64>()) {
        let mut validator = Validator::new();
        let mut length = 0;
        for part in cut(&bytes, seed) {
            length += part.len();
            let accepted = validator.push(part).is_ok();
            prop_assert_eq!(accepted, can_become_text(&bytes[..length]));
            if !accepted {
                return Ok(());
            }
        }
        prop_assert_eq!(validator.finish().is_ok(), core::str::from_utf8(&bytes).is_ok());
        prop_assert!(validator.is_complete());
    }

    /// T-FR-15 R6455-8.1-01: the same through a connection, in any fragments and reads.
    #[test]
    fn messages_at_any_split(
        bytes in utf8_like(),
        server in any::<bool>(),
        seed in any::<u64>(),
        read in 1..60_usize,
    ) {
        let mut fragments = cut(&bytes, seed);
        fragments.push(b"");
        check(if server { Role::Server } else { Role::Client }, &fragments, read);
    }
}

/// T-FR-15: whatever stands behind an unfinished character, ASCII above all, does not pass for its end.
#[test]
fn what_interrupts_a_character() {
    for (character, behind) in [("é", "x"), ("€", "xy"), ("𝄞", "ASCII"), ("𝄞", "é"), ("€", "")]
    {
        let character = character.as_bytes();
        for at in 0..=character.len() {
            let (start, end) = character.split_at(at);
            let fragments = [b"before", start, behind.as_bytes(), end, b"after"];
            for role in [Role::Server, Role::Client] {
                for read in [1, 2, 3, 7, 100] {
                    check(role, &fragments, read);
                    check(role, &[&fragments.concat()], read);
                }
            }
        }
    }
}

/// R6455-8.1-02: refused at the first byte that no continuation can mend, in an unfinished frame, too.
#[test]
fn the_first_wrong_byte() {
    for sequence in BOUNDARIES {
        let text = [b"caf\xC3\xA9", sequence].concat();
        let whole = frame(Role::Server, true, TEXT, &[&text[..], &[b'x'; 50]].concat());
        let mut connection = Connection::client(Config::client(), seed(0));
        for end in 1..=text.len() {
            let seen = feed(&mut connection, &whole[if end == 1 { 0 } else { end + 1 }..end + 2]);
            let fails = !can_become_text(&text[..end]);
            let failure = Seen::Violation(ProtocolError::InvalidUtf8);
            assert_eq!(
                seen,
                if fails { vec![failure] } else { vec![] },
                "{sequence:02X?} at {end}"
            );
            if fails {
                break;
            }
        }
    }
}

/// Bytes that are nearly text.
fn utf8_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        10 => any::<char>().prop_map(|character| character.to_string().into_bytes()),
        4 => "[ -~]{0,80}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..3),
        1 => prop::sample::select(BOUNDARIES.to_vec()).prop_map(<[u8]>::to_vec),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// The last and first sequences of each length, surrogates, overlong forms, what is beyond U+10FFFF.
const BOUNDARIES: [&[u8]; 18] = [
    b"\x7F",
    b"\x80",
    b"\xC0\x80",
    b"\xC1\xBF",
    b"\xC2\x80",
    b"\xDF\xBF",
    b"\xE0\x9F\xBF",
    b"\xE0\xA0\x80",
    b"\xED\x9F\xBF",
    b"\xED\xA0\x80",
    b"\xED\xBF\xBF",
    b"\xEE\x80\x80",
    b"\xEF\xBF\xBF",
    b"\xF0\x8F\xBF\xBF",
    b"\xF0\x90\x80\x80",
    b"\xF4\x8F\xBF\xBF",
    b"\xF4\x90\x80\x80",
    b"\xF5\x80\x80\x80",
];

/// Whether some continuation makes valid text of it.
fn can_become_text(bytes: &[u8]) -> bool {
    core::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Feeds it in two parts, cut at `at`; whether both were accepted, and the end.
fn validates(bytes: &[u8], at: usize) -> (bool, bool) {
    let mut validator = Validator::new();
    let accepted = validator.push(&bytes[..at]).is_ok() && validator.push(&bytes[at..]).is_ok();
    (accepted, accepted && validator.finish().is_ok())
}

/// T-FR-15: all sequences of up to three bytes, cut at different places.
#[test]
fn utf8_of_up_to_three_bytes() {
    for number in 0..1_u32 << 24 {
        let [_, bytes @ ..] = number.to_be_bytes();
        // One, two or three bytes, whose first one is not 0.
        let bytes = if number < 1 << 8 {
            &bytes[2..]
        } else if number < 1 << 16 {
            &bytes[1..]
        } else {
            &bytes[..]
        };
        let expected = (can_become_text(bytes), core::str::from_utf8(bytes).is_ok());
        let at = number as usize % (bytes.len() + 1);
        assert_eq!(validates(bytes, at), expected, "{bytes:02X?} at {at}");
    }
}

/// T-FR-15: four bytes around every boundary of the table in RFC 3629 §4, at every split.
#[test]
fn utf8_of_four_bytes() {
    let leads = [0xE0, 0xED, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF];
    let others = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF];
    for lead in leads {
        for second in 0..=0xFF {
            for third in others {
                for fourth in others {
                    let bytes = [lead, second, third, fourth];
                    let expected = (can_become_text(&bytes), core::str::from_utf8(&bytes).is_ok());
                    for at in 0..=4 {
                        assert_eq!(validates(&bytes, at), expected, "{bytes:02X?} at {at}");
                    }
                }
            }
        }
    }
}
