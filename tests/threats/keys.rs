//! §5.3 §10.3  The masking keys, against a `ChaCha8` written from its description and not from the crate.

use bytes::Buf;
use websocket_proto::{Config, Connection, MessageKind, Transmit};

/// A block of the key stream (RFC 8439 §2.3, with so many rounds): counter and nonce as given.
fn block(key: &[u8; 32], counter: u32, nonce: [u32; 3], rounds: usize) -> [u8; 64] {
    let word = |bytes: &[u8]| u32::from_le_bytes(*bytes.first_chunk().expect("four bytes"));
    let mut state = [0_u32; 16];
    for (place, text) in state.iter_mut().zip(b"expand 32-byte k".chunks(4).chain(key.chunks(4))) {
        *place = word(text);
    }
    state[12] = counter;
    state[13..].copy_from_slice(&nonce);
    let start = state;
    for _ in 0..rounds / 2 {
        for [a, b, c, d] in [
            [0, 4, 8, 12],
            [1, 5, 9, 13],
            [2, 6, 10, 14],
            [3, 7, 11, 15],
            [0, 5, 10, 15],
            [1, 6, 11, 12],
            [2, 7, 8, 13],
            [3, 4, 9, 14],
        ] {
            for (to, by, from, turn) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
                state[to] = state[to].wrapping_add(state[by]);
                state[from] = (state[from] ^ state[to]).rotate_left(turn);
            }
        }
    }
    let mut stream = [0; 64];
    for ((place, word), first) in stream.chunks_mut(4).zip(state).zip(start) {
        place.copy_from_slice(&word.wrapping_add(first).to_le_bytes());
    }
    stream
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits: Vec<u8> = hexadecimal.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| {
        std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    digits.chunks(2).map(|pair| byte(pair).expect("two digits")).collect()
}

#[test]
fn the_block_is_that_of_the_rfc() {
    // RFC 8439 §2.3.2
    let key: Vec<u8> = (0..32).collect();
    let stream = block(key.first_chunk().expect("a key"), 1, [0x0900_0000, 0x4A00_0000, 0], 20);
    assert_eq!(
        stream[..],
        bytes(
            "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e
             d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"
        )
    );
}

/// The key of the next frame, which is alone in the output.
fn next_key(client: &mut Connection) -> [u8; 4] {
    let Transmit::Write(mut output) = client.transmit() else { panic!("a frame is queued") };
    assert_eq!(output.chunk()[1], 0x80 | 1, "masked, of one byte");
    let key = *output.chunk()[2..].first_chunk().expect("a key");
    let count = output.remaining();
    output.advance(count);
    key
}

/// T-MK-01 T-MK-02: a thousand frames of every kind take a thousand keys off a stream of `ChaCha8`, one behind the
/// other; what has gone out never comes back, since each refill replaces the key of the stream by its first 32 bytes.
#[test]
fn keys_are_the_key_stream() {
    for seed in [[0; 32], *b"thirty-two bytes from the system", [0xFF; 32]] {
        let mut key = seed;
        let mut expected = Vec::new();
        while expected.len() < 1_000 {
            let stream = [block(&key, 0, [0; 3], 8), block(&key, 1, [0; 3], 8)].concat();
            key = *stream.first_chunk().expect("32 bytes");
            // 60 bytes behind them are handed out.
            expected.extend(stream[32..92].chunks(4).map(<[u8]>::to_vec));
        }
        let mut client = Connection::client(Config::client(), seed);
        for (number, expected) in expected[..1_000].iter().enumerate() {
            match number % 5 {
                0 => client.send_text("x"),
                1 => client.ping(b"x"),
                2 => client.fragment(MessageKind::Binary, b"x", false),
                3 => client.pong(b"x"),
                _ => client.fragment(MessageKind::Binary, b"x", true),
            }
            .expect("room");
            assert_eq!(next_key(&mut client)[..], expected[..], "frame {number}");
        }
    }
}
