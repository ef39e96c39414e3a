//! §7.2.3  When to connect again.
#![cfg(feature = "alloc")]

use std::time::Duration;

use websocket_proto::Backoff;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn delays(backoff: &mut Backoff, count: usize) -> Vec<Duration> {
    (0..count).map(|_| backoff.next_delay()).collect()
}

// R6455-7.2.3-01, R6455-7.2.3-03, T-CT-13
#[test]
fn bounds_double_up_to_the_longest() {
    let mut backoff = Backoff::new([1; 32]);
    let mut bounds = Vec::new();
    for _ in 0..8 {
        let bound = backoff.bound();
        assert!(backoff.next_delay() <= bound);
        bounds.push(bound.as_secs());
    }
    assert_eq!(bounds, [5, 10, 20, 40, 60, 60, 60, 60]);
    backoff.reset();
    assert_eq!(backoff.bound(), seconds(5));
}

// R6455-7.2.3-02, T-CT-13
#[test]
fn the_first_delay_is_anywhere_between_zero_and_five_seconds() {
    // Sixteen equal parts of the five seconds: each is met by some of many seeds, and by about as many.
    let mut parts = [0; 16];
    for seed in 0..4096_u16 {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&seed.to_le_bytes());
        let delay = Backoff::new(bytes).next_delay();
        parts[usize::try_from(delay.as_nanos() * 16 / seconds(5).as_nanos()).expect("a part")] += 1;
    }
    assert!(parts.iter().all(|count| (150..400).contains(count)), "{parts:?}");
}

#[test]
fn delays_are_those_of_the_seed() {
    let of = |seed| delays(&mut Backoff::new([seed; 32]), 10);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    let mut backoff = Backoff::new([1; 32]);
    let before = delays(&mut backoff, 3);
    backoff.reset();
    assert_ne!(delays(&mut backoff, 3), before, "a reset does not repeat what was drawn");
}

#[test]
fn bounds_may_be_set() {
    let mut backoff = Backoff::new([1; 32]).first(Duration::from_millis(3)).longest(seconds(1));
    let mut bound = Duration::ZERO;
    for _ in 0..20 {
        bound = backoff.bound();
        backoff.next_delay();
    }
    assert_eq!(bound, seconds(1));

    let mut shorter = Backoff::new([1; 32]).longest(seconds(1));
    assert_eq!(shorter.bound(), seconds(1), "the first is no longer than the longest");
    assert!(shorter.next_delay() <= seconds(1));

    let mut none = Backoff::new([1; 32]).first(Duration::ZERO);
    assert_eq!(delays(&mut none, 3), [Duration::ZERO; 3]);

    let mut endless = Backoff::new([1; 32]).longest(Duration::MAX).first(Duration::MAX);
    let drawn = delays(&mut endless, 50);
    assert!(drawn.iter().any(|delay| *delay > Duration::MAX / 2));
    assert!(drawn.iter().any(|delay| *delay < Duration::MAX / 2));
}

#[cfg(feature = "std")]
#[test]
fn seeds_of_the_system_differ() {
    let drawn = || delays(&mut Backoff::from_os().expect("random bytes"), 3);
    assert_ne!(drawn(), drawn());
}
