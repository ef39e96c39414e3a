//! §4 §5.4 §5.5 §6 §7  Two ends that do anything at any time, over a network with latency, little room and faults.
//!
//! ```text
//! SIMULATION_SEEDS=100000 cargo test --release --all-features --test simulation_random -- --nocapture
//! SIMULATION_SEED=42 cargo test --all-features --test simulation_random -- --nocapture
//! ```
//! (`SIMULATION_SEEDS=50000..60000` begins at another seed.) A seed that fails is printed; alone it is played with a trace of what happens. Everything comes from the seed: time
//! is the network's, and each end has a clock of its own.
//!
//! What holds, whatever the seed:
//!
//! * Messages arrive once and in order. All that were accepted do, or the end that sent them is told that the
//!   connection did not end cleanly, or the peer closed of its own accord.
//! * No deadline passes at an end without effect (`watch.rs`), so that both come to be closed.
//! * Nothing but Pongs goes out behind a Close, and what is queued is bounded.
//! * What the two know of the close agrees.
#![cfg(feature = "alloc")]

#[cfg(test)]
mod application;
#[cfg(test)]
mod check;
#[cfg(test)]
mod end;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod network;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod world;

#[cfg(test)]
use world::World;

/// What is played by `cargo test`.
#[cfg(test)]
const SEEDS: u64 = 2_000;

/// What was played.
#[cfg(test)]
#[derive(Debug, Default)]
struct Figures {
    messages: usize,
    frames: usize,
    /// Pongs that answer a Ping.
    answers: usize,
    clean: usize,
    others: usize,
}

/// Prints its seed if it fails.
#[cfg(test)]
struct Seed(u64);

#[cfg(test)]
impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("SIMULATION_SEED={}", self.0);
        }
    }
}

#[test]
fn anything_at_any_time() {
    let number = |text: &str| text.parse().expect("a number");
    if let Ok(seed) = std::env::var("SIMULATION_SEED") {
        play(number(&seed), true, &mut Figures::default());
        return;
    }
    let seeds =
        std::env::var("SIMULATION_SEEDS").map_or(0..SEEDS, |seeds| match seeds.split_once("..") {
            Some((first, end)) => number(first)..number(end),
            None => 0..number(&seeds),
        });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut messages, mut answers, mut clean) = (0, 0, 0);
    std::thread::scope(|scope| {
        let play_some = |first| {
            let own = seeds.clone().skip(first).step_by(threads);
            move || {
                let mut figures = Figures::default();
                own.for_each(|seed| play(seed, false, &mut figures));
                println!("{figures:?}");
                figures
            }
        };
        let players: Vec<_> = (0..threads).map(|first| scope.spawn(play_some(first))).collect();
        for player in players {
            let figures = player.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            messages += figures.messages;
            answers += figures.answers;
            clean += figures.clean;
        }
    });
    // Whatever holds of what has happened: it happens. (Of as few seeds as ten, anything may be.)
    let seeds = seeds.count();
    if seeds >= 20 {
        assert!(messages > 2 * seeds, "{messages} messages in {seeds} worlds");
        assert!(answers > seeds, "{answers} Pings answered in {seeds} worlds");
        assert!(clean > seeds / 2, "{clean} clean ends in {seeds} worlds");
    }
}

#[cfg(test)]
fn play(seed: u64, trace: bool, figures: &mut Figures) {
    let seed = Seed(seed);
    let mut world = World::new(seed.0, trace);
    world.play();
    check::check(&world, figures);
}
