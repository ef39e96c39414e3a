//! §5 §7.4 §8.1  Small worlds, walked through from end to end: frame after frame, all close codes, all short strings.
//!
//! `cargo test` walks sequences of three frames, and lets some strings stand for others; `DEPTH=4` walks sequences of
//! four, and leaves no string out. `tests/exhaustive/deep` does that in release mode.
#![cfg(feature = "alloc")]

// `cfg(test)`, so that clippy takes the functions that the tests share for tests, too.
#[cfg(test)]
mod close_codes;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod oracle;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod text_messages;
#[cfg(test)]
mod utf8;

/// How many frames a sequence has at most.
#[cfg(test)]
fn depth() -> usize {
    std::env::var("DEPTH").map_or(3, |depth| depth.parse().expect("a number"))
}

/// Both sides of each border in the table of well-formed UTF-8 (RFC 3629 §4): what is between two, that table treats
/// alike.
#[cfg(test)]
const BORDERS: [u8; 25] = [
    0x00, b'a', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
    0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
];

/// Has `walk` see to each of the parts, on as many threads as there are processors; adds up what it counts.
#[cfg(test)]
fn in_parallel<T: Sync>(parts: &[T], walk: impl Fn(&T) -> u64 + Sync) -> u64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let work = || {
            let mut count = 0;
            while let Some(part) =
                parts.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
            {
                count += walk(part);
            }
            count
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("the worlds agree")).sum()
    })
}
