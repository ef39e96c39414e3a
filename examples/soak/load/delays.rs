//! How long things took, by the million, to 3 %.

use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(super) struct Delays {
    /// By microseconds: 32 to each power of two.
    counts: Vec<u64>,
    count: u64,
    most: u64,
}

const STEPS: u64 = 32;

impl Delays {
    pub(super) fn add(&mut self, delay: Duration) {
        let delay = delay.as_micros() as u64;
        let place = place(delay);
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
        self.count += 1;
        self.most = self.most.max(delay);
    }

    /// Microseconds that so many of a thousand were within.
    pub(super) fn within(&self, thousandths: u64) -> u64 {
        let mut left = (self.count * thousandths).div_ceil(1000);
        for (place, count) in self.counts.iter().enumerate() {
            left = left.saturating_sub(*count);
            if left == 0 {
                return upper_end(place).min(self.most);
            }
        }
        self.most
    }

    pub(super) fn most(&self) -> u64 {
        self.most
    }
}

fn place(delay: u64) -> usize {
    let shift = (delay / STEPS).checked_ilog2().map_or(0, u64::from);
    (shift * STEPS + (delay >> shift)) as usize
}

fn upper_end(place: usize) -> u64 {
    let place = place as u64;
    let shift = (place / STEPS).saturating_sub(1);
    ((place - shift * STEPS + 1) << shift) - 1
}
