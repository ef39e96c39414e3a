//! §8.1  All strings of up to three bytes, and all of four that begin with F0 to F7, pushed in every way.
//!
//! A wrong byte is refused whatever follows, so that a string is only extended while it is the start of a text: that
//! leaves no string out. What stands behind a wrong byte in the same push, the deep walk shows; and that first bytes
//! which the table of RFC 3629 treats alike are alike where two more follow.

use core::str::from_utf8;

use websocket_proto::utf8::Validator;

use super::{BORDERS, depth, in_parallel};

/// What the standard library says of a text that has come so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SoFar {
    Whole,
    InsideCharacter,
    /// Wrong whatever follows.
    Wrong,
}

fn so_far(bytes: &[u8]) -> SoFar {
    match from_utf8(bytes) {
        Ok(_) => SoFar::Whole,
        Err(error) if error.error_len().is_none() => SoFar::InsideCharacter,
        Err(_) => SoFar::Wrong,
    }
}

/// How long the strings become that begin with this byte.
fn longest(first: u8) -> usize {
    match first {
        _ if depth() <= 3 && !BORDERS.contains(&first) => 2,
        0xF0..=0xF7 => 4,
        _ => 3,
    }
}

/// R6455-8.1-01 R6455-8.1-02: refused exactly at the first wrong byte, at whichever places the text was cut.
#[test]
fn every_short_string() {
    assert_eq!(Validator::new().finish(), Ok(()));
    let firsts: Vec<u8> = (0..=0xFF).collect();
    let count = in_parallel(&firsts, |&first| {
        let mut reached = [const { Vec::new() }; 4];
        reached[0].push(Validator::new());
        extend(&mut Vec::new(), first, longest(first), &mut reached)
    });
    println!("{count} strings");
}

/// Adds `next` to a string that is the start of a text, and goes on from there. `reached[n]`: the states in which
/// a validator can be after the first `n` bytes, one for each way to push them, equal ones once.
fn extend(bytes: &mut Vec<u8>, next: u8, longest: usize, reached: &mut [Vec<Validator>; 4]) -> u64 {
    bytes.push(next);
    let expected = so_far(bytes);
    let mut states = Vec::new();
    for (cut, before) in reached.iter().enumerate().take(bytes.len()) {
        for state in before {
            // The last push is of one byte or more, and what is before it was pushed in every way.
            let mut state = *state;
            let result = state.push(&bytes[cut..]);
            assert_eq!(result.is_err(), expected == SoFar::Wrong, "{bytes:02X?} cut at {cut}");
            if result.is_ok() {
                let whole = expected == SoFar::Whole;
                assert_eq!(state.is_complete(), whole, "{bytes:02X?} cut at {cut}");
                let mut end = state;
                assert_eq!(end.finish().is_ok(), whole, "{bytes:02X?} cut at {cut}");
                if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
    }
    let mut count = 1;
    if expected != SoFar::Wrong && bytes.len() < longest {
        reached[bytes.len()] = states;
        count += (0..=0xFF).map(|next| extend(bytes, next, longest, reached)).sum::<u64>();
    }
    bytes.pop();
    count
}

/// The same with nothing left out: the push that has the first wrong byte is refused, whatever is behind it.
#[test]
fn every_short_string_and_what_follows() {
    let firsts: Vec<u8> = (0..=0xFF).collect();
    let most = if depth() > 3 { 4 } else { 2 };
    let count = in_parallel(&firsts, |&first| follow(&[first], longest(first).min(most)));
    println!("{count} strings");
}

fn follow(bytes: &[u8], longest: usize) -> u64 {
    let wrong_at = (0..bytes.len()).find(|at| so_far(&bytes[..=*at]) == SoFar::Wrong);
    for cuts in 0..1_u32 << (bytes.len() - 1) {
        let mut validator = Validator::new();
        let mut start = 0;
        let mut refused = false;
        for end in 1..=bytes.len() {
            if end < bytes.len() && cuts & 1 << (end - 1) == 0 {
                continue;
            }
            refused = validator.push(&bytes[start..end]).is_err();
            let expected = wrong_at.is_some_and(|wrong| wrong < end);
            assert_eq!(refused, expected, "{bytes:02X?} cut {cuts:b}");
            if refused {
                break;
            }
            start = end;
        }
        let whole = !refused && validator.finish().is_ok();
        assert_eq!(whole, from_utf8(bytes).is_ok(), "{bytes:02X?} cut {cuts:b}");
    }
    let mut count = 1;
    if bytes.len() < longest {
        let mut longer = [bytes, &[0]].concat();
        for next in 0..=0xFF {
            longer[bytes.len()] = next;
            count += follow(&longer, longest);
        }
    }
    count
}
