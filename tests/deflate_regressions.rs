//! What fuzzing has found in compression, each as the shortest message that showed it.
#![cfg(feature = "deflate")]

mod deflate_support;

use deflate_support::{
    Seen, config, connection, frame, hex, no_takeover, receive, receive_every_way,
};
use websocket_proto::deflate::Agreement;
use websocket_proto::{Delivery, Role};

fn binary(data: &[u8]) -> Seen {
    Seen::Binary(data.to_vec())
}

/// `inflate`: a message may end with a final block that is closed by the tail itself, as from a compressor
/// that ends its stream and takes 00 00 FF FF off the end. Whether it was refused depended on how it was cut.
#[test]
fn the_last_block_may_be_final() {
    for (payload, expected) in [
        // Nothing but the header of an empty stored block that is final; the bits behind it mean nothing.
        ("01", &b""[..]),
        ("09", b""),
        ("F9", b""),
        ("010000FFFF 01", b""),
        // In the middle of a byte, behind what ends the block before.
        ("F248CDC9C90704", b"Hello"),
        ("000500FAFF48656C6C6F 01", b"Hello"),
        ("F248CDC9C907000000FFFF 01", b"Hello"),
        ("F348CDC9C90700 01", b"Hello"),
        // A stored block whose last bytes are the tail.
        ("010400FBFF", b"\0\0\xFF\xFF"),
        ("000400FBFF", b"\0\0\xFF\xFF"),
    ] {
        for role in [Role::Server, Role::Client] {
            for agreement in [Agreement::default(), no_takeover()] {
                let bytes = frame(role, 0xC2, &hex(payload));
                let seen = receive_every_way(role, agreement, &bytes);
                assert_eq!(seen, [binary(expected)], "{payload}");
            }
        }
    }
}

/// `inflate`: behind a final block that the tail closes, a message with context takeover was refused if it
/// came in pieces.
#[test]
fn a_message_follows_the_final_block() {
    for delivery in [Delivery::Messages, Delivery::Chunks] {
        for step in [1, 2, 3, usize::MAX] {
            let mut config = config(Role::Client);
            config.delivery = delivery;
            let mut connection = connection(Role::Client, config, Agreement::default());
            let mut bytes = frame(Role::Client, 0xC2, &hex("F248CDC9C90704"));
            bytes.extend(frame(Role::Client, 0xC2, &hex("F200110000")));
            assert_eq!(
                receive(&mut connection, &bytes, step),
                [binary(b"Hello"), binary(b"Hello")],
                "{delivery:?} {step}"
            );
        }
    }
}
