//! §8.1, RFC 3629  The validator against the one of the standard library.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use websocket_proto::utf8::Validator;

/// Whether the text is valid, given whole, and how many bytes were fine when given one by one.
fn validate(bytes: &[u8]) -> (bool, usize) {
    let mut whole = Validator::new();
    let valid = whole.push(bytes).is_ok() && whole.finish().is_ok();
    let mut single = Validator::new();
    let fine = bytes.iter().take_while(|byte| single.push(&[**byte]).is_ok()).count();
    if fine == bytes.len() {
        assert_eq!(single.is_complete(), valid, "{bytes:02X?}");
    } else {
        assert!(!valid, "{bytes:02X?}");
    }
    (valid, fine)
}

/// The same by `core::str`: an error that has a length is certain where it begins to be one.
fn reference(bytes: &[u8]) -> (bool, usize) {
    let fine = (1..=bytes.len()).find(|end| {
        core::str::from_utf8(&bytes[..*end]).is_err_and(|error| error.error_len().is_some())
    });
    (core::str::from_utf8(bytes).is_ok(), fine.map_or(bytes.len(), |end| end - 1))
}

fn check(bytes: &[u8]) {
    assert_eq!(validate(bytes), reference(bytes), "{bytes:02X?}");
}

/// R3629-4-01, R6455-8.1-02: all texts of one and of two bytes.
#[test]
fn all_texts_of_up_to_two_bytes() {
    for first in 0..=255 {
        check(&[first]);
        for second in 0..=255 {
            check(&[first, second]);
        }
    }
}

/// Bytes on both sides of every boundary of the table.
const CORNERS: [u8; 34] = [
    0x00, 0x41, 0x7F, 0x80, 0x81, 0x8F, 0x90, 0x91, 0x9F, 0xA0, 0xA1, 0xBE, 0xBF, 0xC0, 0xC1, 0xC2,
    0xC3, 0xDE, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF8,
    0xFE, 0xFF,
];

/// R3629-4-01, R3629-3-01, R3629-3-02, R3629-3-03, R3629-3-04: every first byte, every second one, all corners
/// of the third.
#[test]
fn texts_of_three_bytes() {
    for first in 0x80..=255 {
        for second in 0..=255 {
            for third in CORNERS {
                check(&[first, second, third]);
            }
        }
    }
}

/// R3629-4-01, R3629-3-01, R3629-3-03, R3629-3-04: all corners of four and of five bytes.
#[test]
fn texts_of_four_and_five_bytes() {
    for first in CORNERS {
        for second in CORNERS {
            for third in CORNERS {
                for fourth in CORNERS {
                    check(&[first, second, third, fourth]);
                }
                check(&[0xF0, 0x90, first, second, third]);
                check(&[first, 0xF4, 0x8F, second, third]);
            }
        }
    }
}

/// R3629-4-01, R3629-3-05: every character there is, and every code point that is none.
#[test]
fn every_code_point() {
    let mut buffer = [0; 4];
    for code in 0..=0x10_FFFF_u32 {
        let Some(c) = char::from_u32(code) else {
            // A surrogate, in the form that it would have.
            let bytes = [
                0xE0 | (code >> 12) as u8,
                0x80 | (code >> 6 & 0x3F) as u8,
                0x80 | (code & 0x3F) as u8,
            ];
            let mut validator = Validator::new();
            assert!(validator.push(&bytes).is_err(), "{bytes:02X?}");
            continue;
        };
        let mut validator = Validator::new();
        let text = c.encode_utf8(&mut buffer);
        assert!(validator.push(text.as_bytes()).is_ok() && validator.is_complete(), "{c:?}");
    }
}

/// R6455-8.1-01, R6455-8.1-02: one wrong byte at any place of a longer text, whole and cut anywhere.
#[test]
fn a_wrong_byte_anywhere_in_a_longer_text() {
    let text =
        "ascii, é, €, \u{10348}: and again as ascii up to more than sixty-four bytes".as_bytes();
    for at in 0..text.len() {
        for wrong in [0x80, 0xC0, 0xE0, 0xED, 0xF4, 0xF5, 0xFF] {
            let mut bytes = text.to_vec();
            bytes[at] = wrong;
            let (valid, fine) = reference(&bytes);
            assert_eq!(validate(&bytes), (valid, fine), "{wrong:02X} at {at}");
            for cut in 0..=bytes.len() {
                let mut validator = Validator::new();
                let first = validator.push(&bytes[..cut]).is_ok();
                assert_eq!(first, fine >= cut, "{wrong:02X} at {at}, cut at {cut}");
            }
        }
    }
}
