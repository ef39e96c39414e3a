//! RFC 7692 §7.2.1  From messages, or parts of them, to compressed bytes.

use alloc::vec::Vec;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Status};

use super::inflater::TAIL;
use super::{History, WindowBits};

/// Bytes of output that are made room for at a time.
const STEP: usize = 16 << 10;
/// With less room than a flush marker has bytes, the codec would write one marker after the other.
const LEAST_ROOM: usize = 16;
/// Capacity of the output that is kept for the next message.
const KEPT: usize = 16 << 10;

/// What a compressor is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// 9 to 15 bits.
    pub(crate) window: WindowBits,
    pub(crate) level: u8,
    pub(crate) memory_level: u8,
}

/// A compressor, and the bytes it has made last.
pub(crate) struct Deflater {
    codec: Deflate,
    #[cfg(feature = "std")]
    settings: Settings,
    output: Vec<u8>,
}

impl Deflater {
    /// `settings.window` must not be 8, which the codec does not have.
    pub(crate) fn new(settings: Settings) -> Self {
        debug_assert!(settings.window >= WindowBits::LEAST_OWN);
        let config = DeflateConfig {
            level: i32::from(settings.level.min(9)),
            // Negative: raw DEFLATE, without the header and the checksum of zlib.
            window_bits: -i32::from(settings.window.max(WindowBits::LEAST_OWN).bits()),
            mem_level: i32::from(settings.memory_level.clamp(1, 9)),
            ..DeflateConfig::default()
        };
        Self {
            codec: Deflate::new_with_config(config),
            #[cfg(feature = "std")]
            settings,
            output: Vec::new(),
        }
    }

    #[cfg(feature = "std")]
    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    /// Begins a new stream, whose window is what `history` ends with.
    pub(crate) fn restart(&mut self, history: &History) {
        self.codec.reset();
        for part in history.parts() {
            if !part.is_empty() {
                // Only fails with input pending, and nothing is, after a reset or a flush.
                let _ = self.codec.set_dictionary(part);
            }
        }
    }

    /// Compresses a part of a message; what comes out can be inflated at once. With the `last` part,
    /// the tail is removed (§7.2.1).
    pub(crate) fn compress(&mut self, data: &[u8], last: bool) -> &[u8] {
        let room = (data.len() / 2).clamp(64, STEP);
        self.compress_in_steps(data, last, room)
    }

    /// Frees the output of a large message, once it was copied.
    pub(crate) fn release_output(&mut self) {
        if self.output.capacity() > KEPT {
            self.output = Vec::new();
        }
    }

    fn compress_in_steps(&mut self, data: &[u8], last: bool, room: usize) -> &[u8] {
        let room = room.max(LEAST_ROOM);
        self.output.clear();
        let mut rest = data;
        loop {
            let start = self.output.len();
            self.output.resize(start + room, 0);
            let place = self.output.get_mut(start..).unwrap_or_default();
            let (total_in, total_out) = (self.codec.total_in(), self.codec.total_out());
            let status = self.codec.compress(rest, place, DeflateFlush::SyncFlush);
            let count =
                |total: u64, before: u64| usize::try_from(total.wrapping_sub(before)).unwrap_or(0);
            let consumed = count(self.codec.total_in(), total_in);
            let produced = count(self.codec.total_out(), total_out).min(room);
            rest = rest.get(consumed..).unwrap_or_default();
            self.output.truncate(start + produced);
            // With room left, the flush is complete. (`BufError`: there was nothing to flush.)
            if produced < room || status != Ok(Status::Ok) {
                break;
            }
        }
        debug_assert!(rest.is_empty());
        if last {
            self.remove_tail();
        }
        &self.output
    }

    /// §7.2.1: "If the resulting data does not end with an empty DEFLATE block with no compression ...
    /// append an empty DEFLATE block with no compression to the tail end", then "remove 4 octets (that
    /// are 0x00 0x00 0xff 0xff) from the tail end".
    fn remove_tail(&mut self) {
        if self.output.ends_with(&TAIL) {
            self.output.truncate(self.output.len() - TAIL.len());
        } else {
            // Flushed before, so that the stream stands between two bytes: the header of the block.
            self.output.push(0);
        }
    }
}

/// The most that `length` bytes come to, when nothing of them can be compressed.
pub(crate) const fn bound(length: usize) -> usize {
    // Level 1 may write literals of 9 bits; a block of 127 symbols (memory level 1) costs 5 bytes.
    length.saturating_add(length / 8).saturating_add(32)
}
