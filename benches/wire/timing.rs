//! How long each bench takes: all of them together less than five minutes.

use std::time::{Duration, Instant};

use criterion::{Bencher, Criterion};

pub(crate) fn settings() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .nresamples(10_000)
}

/// Times `read` on an input that it unmasks in place: what was binary, masked or not, is as good as before, but text
/// is none any more. So text is copied from the original before each round, outside what is timed.
pub(crate) fn on_input(
    b: &mut Bencher<'_>,
    original: &[u8],
    is_text: bool,
    mut read: impl FnMut(&mut [u8]),
) {
    let mut input = original.to_vec();
    if !is_text {
        b.iter(|| read(&mut input));
        return;
    }
    b.iter_custom(|rounds| {
        let mut spent = Duration::ZERO;
        for _ in 0..rounds {
            input.copy_from_slice(original);
            let start = Instant::now();
            read(&mut input);
            spent += start.elapsed();
        }
        spent
    });
}
