//! RFC 7692 §7.2.2  Where a message may end: all that can stand in front of the tail.
#![cfg(feature = "deflate")]

mod deflate_support;

use deflate_support::puff::{Outcome, Puff};
use deflate_support::{Seen, frame, hex, plain, receive};
use websocket_proto::{ProtocolError, Role};

/// Bits in the order in which DEFLATE packs them.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    /// A code, its first bit first.
    fn code(&mut self, code: &str) {
        self.0.extend(code.bytes().map(|bit| bit == b'1'));
    }

    /// A number, its lowest bit first.
    fn number(&mut self, number: usize, count: usize) {
        self.0.extend((0..count).map(|place| number >> place & 1 == 1));
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| {
            bits.iter().zip(0..).map(|(bit, place)| u8::from(*bit) << place).sum::<u8>()
        };
        self.0.chunks(8).map(byte).collect()
    }
}

/// Blocks that end where so many bits of the last byte are left: with the fixed codes, 10 bits each without a
/// literal, and one literal of 9 bits.
fn blocks_leaving(left: usize) -> Bits {
    let mut bits = Bits::default();
    for (count, literal) in (1..=4).flat_map(|count| [(count, false), (count, true)]) {
        if (10 * count + usize::from(literal) * 9 + left) % 8 == 0 {
            for index in 0..count {
                bits.code("010");
                bits.code(if literal && index == 0 { "110010000" } else { "" });
                bits.code("0000000");
            }
            break;
        }
    }
    assert!(!bits.0.is_empty());
    bits
}

/// R7692-7.2.2-06: between the last block and the tail is the header of an empty block and nothing else. Every
/// remainder of a byte, with no byte or any byte behind it, is taken for what an independent decoder takes it for,
/// however it is cut, and does nothing to the next message.
#[test]
fn everything_in_front_of_the_tail() {
    let hello = frame(Role::Client, 0xC2, &hex("F248CDC9C90700"));
    let mut accepted = 0;
    for left in 0..8 {
        for remainder in 0..1 << left {
            for byte in (0..=0xFF).map(Some).chain([None]) {
                let mut bits = blocks_leaving(left);
                bits.number(remainder, left);
                let mut payload = bits.bytes();
                payload.extend(byte);
                let oracle = Puff::new(15, true).inflate(&payload, usize::MAX);
                let expected = match oracle.outcome {
                    Outcome::Complete { .. } => {
                        vec![Seen::Binary(oracle.data), Seen::Binary(b"Hello".to_vec())]
                    }
                    _ => vec![Seen::Failed(ProtocolError::InvalidCompression)],
                };
                accepted += usize::from(expected.len() == 2);
                let bytes = [frame(Role::Client, 0xC2, &payload), hello.clone()].concat();
                // Byte by byte, the end is found another way; a part of them shows it.
                let steps =
                    if payload.len() % 3 == 0 { &[usize::MAX, 1][..] } else { &[usize::MAX] };
                for &step in steps {
                    let seen = receive(&mut plain(Role::Client), &bytes, step);
                    assert!(
                        seen.starts_with(&expected) && seen.len() == expected.len(),
                        "{left} bits {remainder:b}, {byte:02X?}, {step}: {seen:?}, not {expected:?}"
                    );
                }
            }
        }
    }
    // Final and not; with the header in the byte, or in what comes behind it.
    println!("{accepted} of 65535 are messages");
    assert!(accepted > 300);
}
