//! T-DF-01 T-DF-02  A few bytes that stand for very many: 1009 at the limit, and never more than 64 KiB of heap
//! beyond it.
//!
//! `--nocapture` prints the figures.
#![cfg(feature = "deflate")]

mod deflate_support;
mod support;

use deflate_support::{Peer, config, connection, frame, no_takeover};
use support::{Counting, peak_of};
use websocket_proto::deflate::Agreement;
use websocket_proto::{CloseCode, Connection, Delivery, Event, ProtocolError, Role};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LIMIT: usize = 1 << 20;

/// `size` zeros, compressed as well as can be.
fn zeros(size: usize) -> Vec<u8> {
    let mut peer = Peer::new(15, 9);
    let (full, rest) = (size >> 20, size & 0xF_FFFF);
    let zeros = vec![0; 1 << 20];
    let mut message: Vec<u8> = (0..full).flat_map(|_| peer.part(&zeros)).collect();
    message.extend(peer.message(&zeros[..rest]));
    message
}

/// Payload bytes that were delivered, and the violation.
fn receive(connection: &mut Connection, bytes: &mut [u8]) -> (usize, Option<ProtocolError>) {
    let mut delivered = 0;
    for piece in bytes.chunks_mut(64 << 10) {
        let mut input = piece;
        loop {
            match connection.receive(&mut input) {
                Ok(None) => break,
                Ok(Some(Event::Binary(data))) => delivered += data.len(),
                Ok(Some(Event::Chunk(chunk))) => delivered += chunk.data.len(),
                Ok(event) => panic!("{event:?}"),
                Err(error) => return (delivered, Some(error)),
            }
        }
    }
    (delivered, None)
}

/// `before`: messages that fill the window.
fn check(name: &str, before: &[u8], bytes: &[u8], fits: bool) {
    for agreement in [Agreement::default(), no_takeover()] {
        for delivery in [Delivery::Messages, Delivery::Chunks] {
            let mut config = config(Role::Client);
            config.limits.max_message_size = LIMIT as u64;
            config.delivery = delivery;
            let (mut before, mut wire) = (before.to_vec(), bytes.to_vec());
            let ((delivered, error), peak) = peak_of(|| {
                let mut connection = connection(Role::Client, config, agreement);
                assert_eq!(receive(&mut connection, &mut before).1, None);
                receive(&mut connection, &mut wire)
            });
            let over = peak - LIMIT as isize;
            println!(
                "{name}, {delivery:?}: {} bytes, {delivered} delivered, {error:?}, peak heap {peak} (limit {over:+})",
                bytes.len(),
            );
            if fits {
                assert_eq!((delivered, error), (LIMIT, None), "{name}");
                // With context takeover the window is kept for the next message.
                assert!(over <= 96 << 10, "{name}: {peak}");
            } else {
                assert_eq!(error, Some(ProtocolError::MessageTooLarge), "{name}");
                assert!(delivered <= LIMIT && (delivery == Delivery::Chunks || delivered == 0));
                assert!(over <= 64 << 10, "{name}: {peak}");
            }
        }
    }
}

#[test]
fn bombs() {
    assert_eq!(ProtocolError::MessageTooLarge.close_code(), CloseCode::MESSAGE_TOO_BIG);
    let one = |payload: &[u8]| frame(Role::Client, 0xC2, payload);
    check("exactly the limit", &[], &one(&zeros(LIMIT)), true);
    check("one byte more", &[], &one(&zeros(LIMIT + 1)), false);
    let large = zeros(100 << 20);
    assert!(large.len() < 110_000, "1000 to 1: {}", large.len());
    check("100 MiB", &[], &one(&large), false);
    let noise = deflate_support::noise(40_000, 7);
    let before = one(&Peer::new(15, 6).message(&noise)).repeat(3);
    check("100 MiB, after a full window", &before, &one(&large), false);

    let mut fragments = frame(Role::Client, 0x42, &large[..1000]);
    for part in large[1000..].chunks(1000) {
        fragments.extend(frame(Role::Client, 0, part));
    }
    check("100 MiB in fragments", &[], &fragments, false);
    let parts = zeros(LIMIT + 1);
    let mut bytewise = frame(Role::Client, 0x42, &parts[..1]);
    for part in parts[1..].chunks(11) {
        bytewise.extend(frame(Role::Client, 0, part));
    }
    check("one byte more, in fragments", &[], &bytewise, false);

    // Nested: each block stands for 1000 times itself, and a final one ends each megabyte.
    let mut blocks = Vec::new();
    for _ in 0..64 {
        blocks.extend(Peer::new(15, 9).finished(&vec![0; LIMIT / 16]));
    }
    blocks.push(0);
    check("final blocks", &[], &one(&blocks), false);
}
