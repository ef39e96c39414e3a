//! Numbers that a printed seed brings back.

/// An xorshift generator; good enough to choose what a test does next.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for _ in 0..8 {
            random.next();
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 to `end`, exclusive.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 32) as usize) % end.max(1)
    }

    /// `true` in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// Valid text of at most `most` bytes, with characters of one to four bytes.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let mut text = String::new();
        while text.len() + 4 <= most && !self.chance(2) {
            text.push(['a', 'Z', '~', 'é', 'ß', '€', '\u{FFFF}', '𝄞'][self.below(8)]);
        }
        text
    }

    /// Mostly small, at times around the lengths where the header changes its form, rarely large.
    pub(crate) fn size(&mut self) -> usize {
        match self.below(20) {
            0 => 0,
            1..=12 => self.below(100),
            13 => 124 + self.below(4),
            14..=17 => self.below(2_000),
            18 => self.below(20_000),
            _ => 65_530 + self.below(12),
        }
    }
}
