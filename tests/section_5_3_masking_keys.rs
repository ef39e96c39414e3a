//! §5.3 §10.3  Where masking keys come from, and that no two frames share one.
#![cfg(feature = "alloc")]
#![allow(clippy::indexing_slicing, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use bytes::Buf;
use websocket_proto::handshake::{Client, ClientRequest, Uri};
use websocket_proto::{Config, Connection, MessageKind, Transmit};

fn output(connection: &mut Connection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Transmit::Write(mut output) = connection.transmit() {
        let chunk = output.chunk();
        let count = chunk.len();
        bytes.extend_from_slice(chunk);
        output.advance(count);
    }
    bytes
}

/// The keys of frames whose payloads are shorter than 126 bytes.
fn keys(mut frames: &[u8]) -> Vec<[u8; 4]> {
    let mut keys = Vec::new();
    while let [_, second, rest @ ..] = frames {
        assert_eq!(second & 0x80, 0x80, "every frame is masked");
        let (key, payload) = rest.split_first_chunk::<4>().expect("a key");
        keys.push(*key);
        frames = &payload[usize::from(second & 0x7F)..];
    }
    keys
}

/// Frames of every kind.
fn send_all(client: &mut Connection) {
    client.send_text("A").expect("open");
    client.send_binary(b"A").expect("open");
    client.fragment(MessageKind::Text, b"A", false).expect("open");
    client.ping(b"A").expect("open");
    client.pong(b"A").expect("open");
    client.fragment(MessageKind::Text, b"A", false).expect("open");
    client.fragment(MessageKind::Text, b"", true).expect("open");
    client.send_shared(MessageKind::Binary, &b"A".as_slice().into()).expect("open");
}

/// R6455-5.3-02, R6455-10.3-01: one key a frame, none twice, whatever the frame carries.
#[test]
fn every_frame_has_a_key_of_its_own() {
    let mut client = Connection::client(Config::client(), [7; 32]);
    let mut seen = HashSet::new();
    for _ in 0..1_000 {
        send_all(&mut client);
        let keys = keys(&output(&mut client));
        assert_eq!(keys.len(), 8);
        for key in keys {
            assert!(seen.insert(key), "{key:02X?} is used twice");
        }
    }
}

/// R6455-5.3-03: the keys follow from the seed alone, so that a good seed makes good keys: another seed, even
/// by one bit, has nothing in common.
#[test]
fn keys_come_from_the_seed() {
    let keys_of = |seed: [u8; 32]| {
        let mut client = Connection::client(Config::client(), seed);
        for _ in 0..100 {
            send_all(&mut client);
        }
        keys(&output(&mut client))
    };
    let keys = keys_of([7; 32]);
    assert_eq!(keys, keys_of([7; 32]), "the same seed, the same keys");
    let mut seed = [7; 32];
    seed[31] ^= 1;
    let others: HashSet<_> = keys_of(seed).into_iter().collect();
    assert!(keys.iter().all(|key| !others.contains(key)));
    // Not a counter, not the seed, not zeros.
    let differences: HashSet<_> = keys
        .windows(2)
        .map(|pair| u32::from_be_bytes(pair[1]).wrapping_sub(u32::from_be_bytes(pair[0])))
        .collect();
    assert!(differences.len() > keys.len() / 2);
    assert!(!keys.contains(&[7; 4]) && !keys.contains(&[0; 4]));
}

/// R6455-5.3-03: every bit of a key is set about half of the time.
#[test]
fn keys_use_all_their_bits() {
    let mut client = Connection::client(Config::client(), *b"thirty-two bytes from the system");
    let mut set = [0_u32; 32];
    for _ in 0..2_000 {
        client.ping(b"").expect("open");
        let key = u32::from_be_bytes(keys(&output(&mut client))[0]);
        for (bit, count) in set.iter_mut().enumerate() {
            *count += key >> bit & 1;
        }
    }
    assert!(set.iter().all(|count| (850..1150).contains(count)), "{set:?}");
}

/// R6455-10.3-01 T-MK-03: what is called while a frame goes out does not change the frame.
#[test]
fn a_frame_that_has_begun_is_fixed() {
    let mut undisturbed = Connection::client(Config::client(), [9; 32]);
    undisturbed.send_text("the payload").expect("open");
    let expected = output(&mut undisturbed);

    let mut client = Connection::client(Config::client(), [9; 32]);
    client.send_text("the payload").expect("open");
    let mut sent = Vec::new();
    while sent.len() < expected.len() {
        let Transmit::Write(mut output) = client.transmit() else {
            panic!("the frame is not finished");
        };
        sent.push(output.chunk()[0]);
        output.advance(1);
        client.send_text("more").expect("open");
    }
    assert_eq!(sent, expected);
}

/// R6455-5.3-03: neither keys nor the state that makes them can be read from debug output.
#[test]
fn debug_output_shows_no_keys() {
    let shown = format!("{:?}", Connection::client(Config::client(), [0xA5; 32]));
    assert!(!shown.contains("165") && !shown.to_ascii_lowercase().contains("a5, "), "{shown}");
}

/// R6455-4.1-12 R6455-4.1-13: the key of the opening handshake is of the same source, and no other handshake has it.
#[test]
fn every_handshake_has_a_key_of_its_own() {
    let request = ClientRequest::new(Uri::parse("ws://example.com/").expect("a URI"));
    let mut seen = HashSet::new();
    for number in 0..100 {
        let mut seed = [0; 32];
        seed[number % 32] = 1 + number as u8;
        let mut client = Client::new(&request, Config::client(), seed);
        let Transmit::Write(output) = client.transmit() else { panic!("the request is queued") };
        let head = String::from_utf8(output.chunk().to_vec()).expect("a head");
        let (_, key) = head.split_once("Sec-WebSocket-Key: ").expect("a key");
        let (key, _) = key.split_once("\r\n").expect("the end of a line");
        // 16 bytes, in base64.
        assert!(key.len() == 24 && key.ends_with("=="), "{key}");
        assert!(seen.insert(key.to_owned()), "{key} again");
    }
}
