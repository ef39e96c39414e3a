//! RFC 7692 §7.2  What a direction has carried last: the window, kept apart from the codec.

use alloc::vec::Vec;

/// The last bytes of all that went through a direction, at most a window of them. A ring; it grows with
/// what it is given.
///
/// The codec can be asked for no window back, so this is what revives a context whose codec went back
/// to the pool, and what carries a window over a final block in mid-message.
pub(crate) struct History {
    bytes: Vec<u8>,
    /// Where the oldest byte stands.
    oldest: usize,
    window: usize,
}

impl History {
    pub(crate) const fn new(window: usize) -> Self {
        Self { bytes: Vec::new(), oldest: 0, window }
    }

    /// The most bytes that are kept.
    pub(crate) fn window(&self) -> usize {
        self.window
    }

    /// What there is, in order.
    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        let (newer, older) = self.bytes.split_at(self.oldest.min(self.bytes.len()));
        [older, newer]
    }

    #[inline]
    pub(crate) fn push(&mut self, data: &[u8]) {
        let end = self.oldest + data.len();
        let is_full = self.bytes.len() == self.window;
        match self.bytes.get_mut(self.oldest..end) {
            // A full window, and no way around: what a conversation of short messages comes to.
            Some(place) if end < self.window && is_full => {
                place.copy_from_slice(data);
                self.oldest = end;
            }
            _ => self.push_around(data),
        }
    }

    fn push_around(&mut self, data: &[u8]) {
        let data = data.get(data.len().saturating_sub(self.window)..).unwrap_or_default();
        if data.len() == self.window {
            self.bytes.clear();
            self.oldest = 0;
        }
        let (fill, over) = data.split_at(data.len().min(self.window - self.bytes.len()));
        if self.bytes.capacity() - self.bytes.len() < fill.len() {
            let needed = self.bytes.len() + fill.len();
            let capacity = needed.max(2 * self.bytes.len()).min(self.window);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(fill);
        let (ahead, wrapped) = over.split_at(over.len().min(self.bytes.len() - self.oldest));
        self.overwrite(self.oldest, ahead);
        self.overwrite(0, wrapped);
        if !over.is_empty() {
            self.oldest = (self.oldest + over.len()) % self.window;
        }
    }

    /// Forgets everything; frees the memory, if it is worth it.
    pub(crate) fn forget(&mut self) {
        if self.bytes.capacity() > 4 << 10 {
            self.clear();
        } else {
            self.bytes.clear();
            self.oldest = 0;
        }
    }

    /// Forgets everything and frees the memory.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.window);
    }

    fn overwrite(&mut self, at: usize, data: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + data.len()) {
            place.copy_from_slice(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_window_in_order() {
        let all: Vec<u8> = (0..4000u32).map(|i| (i * 7 % 251) as u8).collect();
        for step in [1, 3, 7, 100, 255, 256, 257, 1000] {
            let mut history = History::new(256);
            for (index, part) in all.chunks(step).enumerate() {
                history.push(part);
                let end = (index * step + part.len()).min(all.len());
                let expected = &all[end.saturating_sub(256)..end];
                assert_eq!(history.parts().concat(), expected, "{step} {index}");
                assert!(history.bytes.capacity() <= 256);
            }
        }
    }
}
