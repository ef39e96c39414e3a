//! §5 §7.4 §8.1  Small worlds, walked through from end to end: frame after frame, all close codes, all short strings.
//!
//! `cargo test` walks sequences of three frames; `DEPTH=4` walks those of four, and strings beyond their first wrong
//! byte. `tests/exhaustive/deep` does that in release mode.
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
