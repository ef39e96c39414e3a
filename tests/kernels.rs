//! §5.3 §8.1  Masking and validation, at every length and at every place in memory, against the RFC's own words.
//!
//! What is fast goes by blocks, words and ends, and it is at their edges that it fails. So all lengths up to 300
//! bytes stand at all places from 0 to 63 here, and longer ones around the sizes of buffers; everything through the
//! public interface, whatever is behind it.
#![cfg(feature = "alloc")]

mod support;

use std::ops::Range;

use proptest::prelude::*;
use support::{
    BINARY, MASKING_KEY, PING, Seen, TEXT, binary, feed, frame, output, read_whole, seed,
};
use websocket_proto::frame::apply_mask;
use websocket_proto::{Config, Connection, Event, MessageKind, ProtocolError, Role};

/// Places of a first byte, counted from a multiple of this.
const ALIGNMENTS: usize = 64;

/// What stands around the bytes of a test.
const AROUND: u8 = 0xEE;

/// Longer ones: around a page and the greatest length of 16 bits.
const LONG: [Range<usize>; 2] = [4_090..4_100, 65_530..65_542];

/// Memory, and in the middle of it some bytes of which the one at `mark` stands `alignment` bytes behind a multiple
/// of `ALIGNMENTS`.
struct Place {
    memory: Vec<u8>,
    range: Range<usize>,
}

impl Place {
    fn new(bytes: &[u8], mark: usize, alignment: usize) -> Self {
        let mut memory = vec![AROUND; bytes.len() + 4 * ALIGNMENTS];
        let first = memory.as_ptr().align_offset(ALIGNMENTS);
        let offset = (ALIGNMENTS + alignment - mark % ALIGNMENTS) % ALIGNMENTS;
        let start = first + ALIGNMENTS + offset;
        let range = start..start + bytes.len();
        memory[range.clone()].copy_from_slice(bytes);
        assert_eq!(memory[start + mark..].as_ptr().addr() % ALIGNMENTS, alignment);
        Self { memory, range }
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut self.memory[self.range.clone()]
    }

    fn is_intact_around(&self) -> bool {
        let (before, after) = (&self.memory[..self.range.start], &self.memory[self.range.end..]);
        !before.is_empty() && before.iter().chain(after).all(|byte| *byte == AROUND)
    }
}

fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 256 + 3) as u8).collect()
}

/// "Octet i of the transformed data is the XOR of octet i of the original data with octet at index i modulo 4 of the
/// masking key."
fn masked(data: &[u8], key: [u8; 4]) -> Vec<u8> {
    data.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect()
}

fn server() -> Connection {
    Connection::server(Config::server())
}

/// A client that queues all that it is given.
fn client(number: u64) -> Connection {
    let mut config = Config::client();
    config.limits.max_write_buffer = usize::MAX;
    Connection::client(config, seed(number))
}

/// R6455-5.3-01 R6455-5.3-06: `data` masked at this place in memory, and nothing beside it.
fn check_in_place(data: &[u8], expected: &[u8], key: [u8; 4], alignment: usize) {
    let mut place = Place::new(data, 0, alignment);
    apply_mask(place.bytes(), key);
    let length = data.len();
    assert!(place.bytes() == expected, "{length} bytes at {alignment} by {key:02X?}");
    assert!(place.is_intact_around(), "{length} bytes at {alignment} by {key:02X?}");
}

/// T-MK-05
#[test]
fn a_payload_is_masked_in_place() {
    for key in [MASKING_KEY, [0; 4], [0, 0, 0, 0x80]] {
        for length in 0..=300 {
            let data = payload(length);
            let expected = masked(&data, key);
            for alignment in 0..ALIGNMENTS {
                check_in_place(&data, &expected, key, alignment);
            }
        }
    }
    for length in LONG.into_iter().flatten() {
        let data = payload(length);
        let expected = masked(&data, MASKING_KEY);
        for alignment in [0, 1, 31, 33, 63] {
            check_in_place(&data, &expected, MASKING_KEY, alignment);
        }
    }
}

/// R6455-5.3-01 R6455-5.3-05: a message that stands in one read with a Ping behind it. `wire`: both of them.
fn check_received(server: &mut Connection, wire: &[u8], data: &[u8], alignment: usize) {
    let header = wire.len() - PING_BEHIND - data.len();
    let mut place = Place::new(wire, header, alignment);
    let mut input = place.bytes();
    let length = data.len();
    match server.receive(&mut input).expect("legal") {
        Some(Event::Binary(seen)) => assert!(*seen == *data, "{length} bytes at {alignment}"),
        Some(Event::Text(seen)) => {
            assert!(seen.as_bytes() == data, "{length} bytes at {alignment}");
        }
        other => panic!("{other:?}"),
    }
    match server.receive(&mut input).expect("legal") {
        Some(Event::Ping(seen)) => assert_eq!(*seen, *b"behind"),
        other => panic!("{other:?}, {length} bytes at {alignment}"),
    }
    assert_eq!(server.receive(&mut input), Ok(None));
    assert!(place.is_intact_around(), "{length} bytes at {alignment}");
    assert!(place.bytes()[..header] == wire[..header], "{length} bytes at {alignment}");
}

/// Bytes of the Ping that stands behind a message.
const PING_BEHIND: usize = 2 + 4 + 6;

fn with_a_ping_behind(opcode: u8, data: &[u8]) -> Vec<u8> {
    let wire =
        [frame(Role::Client, true, opcode, data), frame(Role::Client, true, PING, b"behind")];
    wire.concat()
}

#[test]
fn a_message_is_received_where_it_stands() {
    let mut server = server();
    for length in 0..=300 {
        let data = payload(length);
        let text = ascii(length);
        let wires =
            [(with_a_ping_behind(BINARY, &data), &data), (with_a_ping_behind(TEXT, &text), &text)];
        for (wire, data) in wires {
            for alignment in 0..ALIGNMENTS {
                check_received(&mut server, &wire, data, alignment);
            }
        }
        output(&mut server);
    }
    for length in LONG.into_iter().flatten() {
        let data = payload(length);
        let wire = with_a_ping_behind(BINARY, &data);
        for alignment in [0, 1, 31, 33, 63] {
            check_received(&mut server, &wire, &data, alignment);
        }
        output(&mut server);
    }
}

/// R6455-5.3-01 R6455-5.3-04: payloads as they stand at these places, queued one behind the other, so that they are
/// written to as many; what a client writes is read without the crate.
fn check_sent(data: &[u8], alignments: Range<usize>) {
    let mut client = client(data.len() as u64);
    for alignment in alignments.clone() {
        let mut place = Place::new(data, 0, alignment);
        client.send_binary(place.bytes()).expect("room");
        assert!(place.bytes() == data && place.is_intact_around(), "{} bytes", data.len());
    }
    let frames = read_whole(Role::Client, &output(&mut client));
    assert_eq!(frames.len(), alignments.len());
    for (alignment, frame) in alignments.zip(frames) {
        assert!(frame.fin && frame.opcode == BINARY && frame.masked);
        assert!(frame.payload == data, "{} bytes at {alignment}", data.len());
    }
}

/// T-MK-05
#[test]
fn a_client_masks_what_it_sends() {
    for length in 0..=300 {
        check_sent(&payload(length), 0..ALIGNMENTS);
    }
    for length in LONG.into_iter().flatten() {
        check_sent(&payload(length), 30..34);
    }
}

fn ascii(length: usize) -> Vec<u8> {
    (0..length).map(|at| b'a' + (at % 26) as u8).collect()
}

/// Bytes to put into ASCII, right or wrong by where they stand; and what of the lengths they are tried at.
const CHARACTERS: [(&[u8], usize); 11] = [
    // A single byte over 0x7F is never right, wherever the loop that meets it.
    (b"\x80", 1),
    (b"\xFF", 7),
    ("é".as_bytes(), 1),
    ("€".as_bytes(), 5),
    ("𝄞".as_bytes(), 5),
    // An unfinished character, over-long ones, a surrogate, above U+10FFFF.
    (b"\xC3", 3),
    (b"\xE2\x82", 7),
    (b"\xC1\xBF", 7),
    (b"\xE0\x9F\xBF", 11),
    (b"\xED\xA0\x80", 11),
    (b"\xF4\x90\x80\x80", 11),
];

/// R6455-8.1-01: text is what `core::str` says it is, whole in one read.
fn check_text(server: &mut Connection, text: &[u8], wire: &[u8], alignment: usize) {
    let header = wire.len() - text.len();
    let mut place = Place::new(wire, header, alignment);
    let mut input = place.bytes();
    let seen = server.receive(&mut input);
    if let Ok(expected) = core::str::from_utf8(text) {
        assert!(
            matches!(&seen, Ok(Some(Event::Text(seen))) if *seen.as_str() == *expected),
            "{text:02X?} at {alignment}: {seen:?}"
        );
    } else {
        assert_eq!(seen, Err(ProtocolError::InvalidUtf8), "{text:02X?} at {alignment}");
        *server = self::server();
    }
    assert!(place.is_intact_around(), "{} bytes at {alignment}", text.len());
}

#[test]
fn a_character_anywhere_in_a_text() {
    let mut server = server();
    for length in 1..=300 {
        let plain = ascii(length);
        let plain_wire = frame(Role::Client, true, TEXT, &plain);
        let header = plain_wire.len() - length;
        for (character, every) in CHARACTERS {
            if length % every != 0 {
                continue;
            }
            for at in 0..(length + 1).saturating_sub(character.len()) {
                let (mut text, mut wire) = (plain.clone(), plain_wire.clone());
                for (at, byte) in (at..).zip(character) {
                    text[at] = *byte;
                    wire[header + at] = byte ^ MASKING_KEY[at % 4];
                }
                // Each position comes to stand at many places in memory, and each place is met.
                check_text(&mut server, &text, &wire, (length * 7 + at * 13) % ALIGNMENTS);
            }
        }
    }
}

/// R6455-8.1-01 R6455-5.3-05: a message in two reads, wherever it is cut.
fn check_cut(server: &mut Connection, wire: &[u8], at: usize, expected: &[Seen]) {
    let (front, back) = wire.split_at(at);
    let mut seen = feed(server, front);
    seen.extend(feed(server, back));
    assert!(seen == expected, "{} bytes cut at {at}", wire.len());
}

/// As many bytes, in characters of one to four bytes, each met at the end in turn.
fn characters(length: usize) -> String {
    let mut text = String::new();
    for character in ['a', 'é', '€', '𝄞', 'z', 'ß', '\u{FFFF}'].into_iter().cycle() {
        if text.len() + character.len_utf8() > length {
            break;
        }
        text.push(character);
    }
    // What is left is less than a character, and first, so that the last one stands at the end.
    "x".repeat(length - text.len()) + &text
}

#[test]
fn a_message_in_two_reads() {
    let mut server = server();
    let lengths = (0..=150).map(|length| (length, 1));
    // The longer ones are cut at every so many bytes.
    for (length, step) in lengths.chain([(300, 1), (4_096, 131), (65_536, 6_553)]) {
        let data = payload(length);
        let text = characters(length);
        assert_eq!(text.len(), length);
        let cases = [
            (frame(Role::Client, true, BINARY, &data), binary(data)),
            (frame(Role::Client, true, TEXT, text.as_bytes()), support::text(&text)),
            (frame(Role::Client, true, TEXT, &ascii(length)), {
                support::text(core::str::from_utf8(&ascii(length)).expect("ASCII"))
            }),
        ];
        for (wire, expected) in cases {
            for at in (0..=wire.len()).step_by(step) {
                check_cut(&mut server, &wire, at, std::slice::from_ref(&expected));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// R6455-5.3-01: any length, key and place, whole and in two reads, in and out.
    #[test]
    fn any_length_at_any_place(
        data in proptest::collection::vec(any::<u8>(), 0..20_000),
        key in any::<[u8; 4]>(),
        alignment in 0..ALIGNMENTS,
        cut in any::<prop::sample::Index>(),
    ) {
        check_in_place(&data, &masked(&data, key), key, alignment);
        check_sent(&data, alignment..alignment + 1);
        let mut server = server();
        check_received(&mut server, &with_a_ping_behind(BINARY, &data), &data, alignment);
        let wire = frame(Role::Client, true, BINARY, &data);
        check_cut(&mut server, &wire, cut.index(wire.len() + 1), &[binary(data)]);
    }

    /// R6455-8.1-01: any text with one byte of it overwritten.
    #[test]
    fn any_text_with_a_byte_overwritten(
        text in "\\PC{0,2000}",
        byte in any::<u8>(),
        at in any::<prop::sample::Index>(),
        alignment in 0..ALIGNMENTS,
    ) {
        let mut text = text.into_bytes();
        text.push(b'.');
        let at = at.index(text.len());
        text[at] = byte;
        let wire = frame(Role::Client, true, TEXT, &text);
        check_text(&mut server(), &text, &wire, alignment);
    }
}

/// A fragmented text goes the same ways: what a client sends in fragments comes back whole.
#[test]
fn fragments_of_every_length() {
    let (mut client, mut server) = (client(0), server());
    for length in 0..=300 {
        let text = characters(length);
        let cut = length * 2 / 3;
        let (front, back) = text.as_bytes().split_at(cut);
        client.fragment(MessageKind::Text, front, false).expect("may end inside a character");
        client.fragment(MessageKind::Text, back, true).expect("valid");
        assert_eq!(feed(&mut server, &output(&mut client)), [support::text(&text)]);
    }
}
