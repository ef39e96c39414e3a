//! What the tests of the core share: frames written and read without the crate, a pair of connections
//! with virtual time, a small random generator, a counting allocator.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod allocator;
mod driver;
mod pair;
mod random;
mod wire;

pub(crate) use allocator::{Counting, Usage, peak_of, usage};
pub(crate) use driver::{Seen, binary, feed, feed_by, frames_out, output, seed, text};
pub(crate) use pair::{Chunks, Node, Pair, Transport};
pub(crate) use random::Random;
pub(crate) use wire::{
    BINARY, CLOSE, CONTINUATION, Frame, MASKING_KEY, PING, PONG, TEXT, close_body, frame, header,
    read_compressed_frames, read_frames, read_whole,
};
