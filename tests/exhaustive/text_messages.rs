//! §5.6 §8.1  Short strings as text messages, in fragments and in reads cut at every place.

use core::str::from_utf8;
use std::sync::Arc;

use websocket_proto::{Config, Connection, ProtocolError, Role};

use super::support::{CONTINUATION, Seen, TEXT, feed, frame, frames_out};
use super::{BORDERS, depth, in_parallel};

/// R6455-8.1-02: a text is delivered, or refused with 1007 at its first wrong byte, even where its frame goes on.
#[test]
fn every_short_text() {
    let bytes: Vec<u8> = if depth() > 3 { (0..=0xFF).collect() } else { BORDERS.to_vec() };
    let mut config = Config::server();
    config.timeouts.ping_interval = None;
    let config = Arc::new(config);
    let count = in_parallel(&bytes, |&first| {
        let longest = if (0xF0..=0xF7).contains(&first) { 4 } else { 3 };
        extend(&config, &bytes, &[first], longest)
    });
    println!("{count} texts");
}

/// Checks this text and, if it is the start of one, those that begin with it.
fn extend(config: &Arc<Config>, alphabet: &[u8], text: &[u8], longest: usize) -> u64 {
    let wrong = from_utf8(text).is_err_and(|error| error.error_len().is_some());
    for cuts in 0..1 << (text.len() - 1) {
        check(config, text, cuts, wrong);
    }
    let mut count = 1;
    if !wrong && text.len() < longest {
        for &next in alphabet {
            count += extend(config, alphabet, &[text, &[next]].concat(), longest);
        }
    }
    count
}

/// One message in fragments that end where a bit of `cuts` is set, in one read and in one for each fragment; and one
/// whose last frame has bytes to come that are never sent, which a wrong one need not wait for.
fn check(config: &Arc<Config>, text: &[u8], cuts: u32, wrong: bool) {
    let fragments = fragments(text, cuts);
    let mut wire = Vec::new();
    for (at, fragment) in fragments.iter().enumerate() {
        let opcode = if at == 0 { TEXT } else { CONTINUATION };
        wire.push(frame(Role::Client, at + 1 == fragments.len(), opcode, fragment));
    }
    let expected = match from_utf8(text) {
        Ok(text) => Seen::Text(text.to_owned()),
        Err(_) => Seen::Violation(ProtocolError::InvalidUtf8),
    };
    let reads = [vec![wire.concat()], wire.clone()];
    for reads in reads {
        let mut connection = Connection::server(config.clone());
        let seen: Vec<_> = reads.iter().flat_map(|read| feed(&mut connection, read)).collect();
        assert_eq!(seen, std::slice::from_ref(&expected), "{text:02X?} cut {cuts:b}");
        check_close(&mut connection, matches!(expected, Seen::Violation(_)));
    }

    let Some(last) = wire.last_mut() else { return };
    last[1] += 1;
    let mut connection = Connection::server(config.clone());
    let seen: Vec<_> = wire.iter().flat_map(|read| feed(&mut connection, read)).collect();
    let expected: &[Seen] = if wrong { &[expected] } else { &[] };
    assert_eq!(seen, expected, "{text:02X?} cut {cuts:b} and unfinished");
    check_close(&mut connection, wrong);
}

fn fragments(text: &[u8], cuts: u32) -> Vec<&[u8]> {
    let mut fragments = Vec::new();
    let mut start = 0;
    for end in 1..=text.len() {
        if end == text.len() || cuts & 1 << (end - 1) != 0 {
            fragments.push(&text[start..end]);
            start = end;
        }
    }
    fragments
}

fn check_close(connection: &mut Connection, wrong: bool) {
    let frames = frames_out(connection);
    let codes: Vec<_> = frames.iter().map(super::support::Frame::close_code).collect();
    assert_eq!(codes, if wrong { vec![Some(1007)] } else { vec![] });
}
