//! §10.4: what a connection may come to hold.

use websocket_proto::{Config, Role};

use crate::{connection, held, peak_of};

/// Bytes that a connection may hold beside messages: itself, control frames, what is remembered of its end.
pub(crate) const BESIDE: usize = 8 << 10;
/// Bytes of a compressor, a decompressor and what they keep for later.
pub(crate) const CODECS: usize = 640 << 10;
/// To how many bytes one of a compressed message may be inflated.
pub(crate) const RATIO: u64 = 1032;

/// Bytes that a connection may hold of a message when so many bytes have come: twice what it has of it, which is no
/// more than the limit.
pub(crate) fn most_of_a_message(config: &Config, received: u64) -> usize {
    let ratio = if config.compression.is_some() { RATIO } else { 1 };
    2 * (received * ratio).min(config.limits.max_message_size) as usize
}

/// Has a connection receive these pieces, and asserts that it stays within bounds and that nothing stays of it.
pub fn receive_within_bounds(role: Role, config: &Config, mut pieces: Vec<Vec<u8>>) {
    let received: usize = pieces.iter().map(Vec::len).sum();
    let codecs = if config.compression.is_some() { CODECS } else { 0 };
    // The configuration is a copy.
    let bound = most_of_a_message(config, received as u64) + BESIDE + codecs;
    let before = held();
    let ((), peak) = peak_of(|| {
        let mut connection = connection(role, config.clone(), [7; 32]);
        for piece in &mut pieces {
            let mut input = piece.as_mut_slice();
            while let Ok(Some(_)) = connection.receive(&mut input) {}
        }
    });
    assert!(peak <= bound as isize, "{peak} bytes of {bound}");
    // But for what the pool of the configuration keeps.
    assert!(config.compression.is_some() || held() == before, "everything is freed");
}
