//! How long something took, many times: 1 % exact, of a size that does not grow.

/// Counts per step of 1 %, from a microsecond to more than a day (in milliseconds).
pub(crate) struct Histogram {
    counts: Vec<u64>,
    count: u64,
}

const STEP: f64 = 1.01;
const LEAST: f64 = 0.001;
const STEPS: usize = 2600;

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; STEPS], count: 0 }
    }

    /// Adds a time in milliseconds. What seems to have come before it was sent, by the rounding of clocks, took no time.
    pub(crate) fn add(&mut self, milliseconds: f64) {
        let step = (milliseconds.max(LEAST) / LEAST).ln() / STEP.ln();
        self.counts[(step as usize).min(STEPS - 1)] += 1;
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
        self.count = 0;
    }

    /// The milliseconds that a part of all, such as 0.99, did not exceed.
    pub(crate) fn quantile(&self, part: f64) -> Option<f64> {
        let rank = (self.count as f64 * part).ceil() as u64;
        let mut below = 0;
        for (step, count) in self.counts.iter().enumerate() {
            below += count;
            if *count > 0 && below >= rank {
                return Some(LEAST * STEP.powf(step as f64 + 0.5));
            }
        }
        None
    }

    /// For the page.
    pub(crate) fn json(&self) -> String {
        match (self.quantile(0.5), self.quantile(0.99)) {
            (Some(median), Some(p99)) => {
                format!("{{\"count\":{},\"median\":{median:.3},\"p99\":{p99:.3}}}", self.count)
            }
            _ => "null".into(),
        }
    }
}

#[test]
fn quantiles_are_right_within_a_hundredth() {
    let mut histogram = Histogram::new();
    assert_eq!(histogram.quantile(0.5), None);
    for tenth in 1..=1000 {
        histogram.add(f64::from(tenth) / 10.0);
    }
    for (part, exact) in [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 0.1)] {
        let told = histogram.quantile(part).unwrap();
        assert!((told / exact - 1.0).abs() < 0.011, "{part}: {told}");
    }
    histogram.add(-1.0);
    histogram.add(f64::INFINITY);
    assert_eq!(histogram.count(), 1002);
}
