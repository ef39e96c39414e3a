//! How much went through one direction.

/// Bytes and frames of one direction since the opening handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Bytes on the wire, headers included: received, or taken by the transport.
    pub bytes: u64,
    /// Frames: received as far as their header, or queued (also if a Close made them void since).
    pub frames: u64,
}

// No connection lives long enough for 64 bits to wrap.
impl Counters {
    #[inline]
    pub(crate) const fn add_frame(&mut self) {
        self.frames = self.frames.wrapping_add(1);
    }

    #[inline]
    pub(crate) const fn add_bytes(&mut self, count: usize) {
        self.bytes = self.bytes.wrapping_add(count as u64);
    }
}
