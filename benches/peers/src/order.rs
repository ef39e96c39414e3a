//! In which order the contenders have their turn.

/// Each of `count` once; who follows whom changes from round to round.
pub fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    // Every other round backwards.
    let step = if round.is_multiple_of(2) { 1 } else { count.max(2) - 1 };
    (0..count).map(move |index| (index * step + round) % count)
}
