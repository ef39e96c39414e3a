//! The ways in which every vector is played.

use super::vector::{Action, Step, Vector, What};

/// How the input is cut into reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// Each step's bytes in one read.
    Whole,
    /// One more cut, so many bytes into the whole input.
    At(usize),
    /// One byte a read.
    Bytes,
    Random(u64),
}

/// How the output is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Take {
    Chunks,
    OneByte,
    Random(u64),
    /// `take_output`, as completion-based I/O does.
    Owned,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Mode {
    pub(crate) cut: Cut,
    pub(crate) take: Take,
    /// Reads of nothing between the others.
    pub(crate) empty_reads: bool,
    /// Output is taken at the end of a step, not after each read.
    pub(crate) lazy: bool,
    /// Steps that bring input one after the other are one read.
    pub(crate) joined: bool,
    /// The endpoint delivers chunks, which the runner assembles.
    pub(crate) chunks: bool,
    /// The connection is split into its two halves.
    pub(crate) halves: bool,
    /// Without time: `tick` is never called.
    pub(crate) timeless: bool,
    /// No limits.
    pub(crate) unlimited: bool,
    /// A second connection produces the input.
    pub(crate) produced: bool,
    /// Seed of the masking keys, where the vector gives none.
    pub(crate) keys: Option<u64>,
}

impl Mode {
    pub(crate) const WHOLE: Self = Self {
        cut: Cut::Whole,
        take: Take::Chunks,
        empty_reads: false,
        lazy: false,
        joined: false,
        chunks: false,
        halves: false,
        timeless: false,
        unlimited: false,
        produced: false,
        keys: None,
    };
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}, output {:?}", self.cut, self.take)?;
        let flags = [
            (self.empty_reads, "empty reads"),
            (self.lazy, "lazy"),
            (self.joined, "joined"),
            (self.chunks, "chunks"),
            (self.halves, "halves"),
            (self.timeless, "timeless"),
            (self.unlimited, "unlimited"),
            (self.produced, "through a second connection"),
        ];
        for (_, name) in flags.iter().filter(|(set, _)| *set) {
            write!(f, ", {name}")?;
        }
        self.keys.map_or(Ok(()), |seed| write!(f, ", keys {seed}"))
    }
}

/// Up to this many bytes of input a vector is cut at every point.
const EVERY_CUT: usize = 300;
/// Up to this many it is played byte by byte.
const BY_BYTES: usize = 100_000;

/// More than this is played in a few modes only.
const HUGE: usize = 1_000_000;

/// More than this is played whole only, where there is little time.
const FEW_BYTES: usize = 2_000;

/// `VECTOR_PLAYS=few`: for mutation testing, where each mutant costs a run of everything, and the like.
pub(crate) fn plays_few() -> bool {
    std::env::var_os("VECTOR_PLAYS").is_some_and(|plays| plays == "few")
}

/// All modes for a vector with so many bytes of input.
pub(crate) fn modes(vector: &Vector, length: usize, producible: bool) -> Vec<Mode> {
    const WHOLE: Mode = Mode::WHOLE;
    let takes = [Take::Chunks, Take::Owned, Take::OneByte, Take::Random(7)];
    if plays_few() {
        let mut modes = vec![Mode { cut: Cut::Bytes, chunks: true, ..WHOLE }];
        modes.push(Mode { cut: Cut::Bytes, lazy: true, take: Take::Owned, ..WHOLE });
        modes.push(Mode { take: Take::OneByte, halves: !fails_by_time(vector), ..WHOLE });
        modes.extend(producible.then_some(Mode { produced: true, ..WHOLE }));
        let delivers_chunks = vector.config.iter().any(|(key, _)| key == "delivery");
        modes.retain(|mode| length <= FEW_BYTES && !(mode.chunks && delivers_chunks));
        return modes;
    }
    if length > HUGE {
        let mut modes = vec![Mode { cut: Cut::Random(5), halves: true, ..WHOLE }];
        modes.push(Mode { cut: Cut::At(length / 2), chunks: true, ..WHOLE });
        modes.extend(producible.then_some(Mode { produced: true, ..WHOLE }));
        return modes;
    }
    let mut modes = vec![WHOLE, Mode { lazy: true, take: Take::Owned, ..WHOLE }];
    let cuts: Vec<usize> = if length <= EVERY_CUT {
        (1..length).collect()
    } else {
        let mut random = Random(length as u64);
        let some = if length <= BY_BYTES { 24 } else { 3 };
        (1..=16)
            .chain((0..some).map(|_| 1 + random.below(length - 1)))
            .chain([length - 1])
            .collect()
    };
    // A large output byte by byte tells nothing that the first few do not.
    let take = |at: usize| if length <= BY_BYTES { takes[at % takes.len()] } else { Take::Chunks };
    modes.extend(cuts.iter().map(|at| Mode { cut: Cut::At(*at), take: take(*at), ..WHOLE }));
    let mut different = vec![Cut::Whole, Cut::Random(1)];
    different.extend((length <= BY_BYTES).then_some(Cut::Random(2)));
    if length <= BY_BYTES {
        modes.push(Mode { cut: Cut::Bytes, ..WHOLE });
        modes.push(Mode { cut: Cut::Bytes, take: Take::OneByte, empty_reads: true, ..WHOLE });
        modes.push(Mode { cut: Cut::Bytes, lazy: true, keys: Some(3), ..WHOLE });
        different.push(Cut::Bytes);
    }
    modes.extend((10..18).map(|seed| Mode {
        cut: Cut::Random(seed),
        take: take(seed as usize),
        empty_reads: seed % 2 == 0,
        lazy: seed % 3 == 0,
        keys: Some(seed),
        ..WHOLE
    }));
    let has_clock = !is_about_time(vector);
    let has_limits = !is_about_limits(vector);
    let messages = !vector.config.iter().any(|(key, _)| key == "delivery");
    let halves = !fails_by_time(vector);
    for cut in different {
        modes.extend(halves.then_some(Mode { cut, halves: true, ..WHOLE }));
        modes.extend(messages.then_some(Mode { cut, chunks: true, ..WHOLE }));
        modes.extend(has_clock.then_some(Mode { cut, timeless: true, ..WHOLE }));
        modes.extend(has_limits.then_some(Mode { cut, unlimited: true, ..WHOLE }));
        modes.extend(producible.then_some(Mode { cut, produced: true, ..WHOLE }));
    }
    let joinable = |pair: &[Step]| pair.iter().all(|step| step.action.is_input());
    if vector.steps.windows(2).any(joinable) {
        modes.push(Mode { joined: true, ..WHOLE });
        modes.push(Mode { joined: true, lazy: true, halves, ..WHOLE });
        modes.extend(messages.then_some(Mode { joined: true, chunks: true, ..WHOLE }));
    }
    modes
}

fn is_about_time(vector: &Vector) -> bool {
    vector.steps.iter().any(|step| {
        matches!(step.action, Action::Tick(_))
            || step.expected.iter().any(|e| matches!(e.what, What::Deadline(_)))
    })
}

/// Whether a deadline fails the connection: the receiving half learns of that from its driver only.
fn fails_by_time(vector: &Vector) -> bool {
    vector.steps.iter().any(|step| {
        matches!(step.action, Action::Tick(_))
            && step.expected.iter().any(|e| matches!(e.what, What::Shutdown))
    })
}

/// Whether the vector sets limits, or goes over one.
pub(crate) fn is_about_limits(vector: &Vector) -> bool {
    let refused = |what: &What| {
        matches!(what, What::Fail { code: 1008 | 1009, .. } | What::Full(true))
            || matches!(what, What::Refuse { status: 414 | 431, .. })
            || matches!(what, What::Error(name) if name == "Full" || name.starts_with("TooMany") || name.ends_with("TooLarge"))
    };
    vector.steps.iter().flat_map(|step| &step.expected).any(|expected| refused(&expected.what))
        || vector.config.iter().any(|(key, _)| key.starts_with("max_"))
}

/// A small generator (SplitMix64): the same cuts every time.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number under `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Lengths of the reads of a step whose bytes start at `start` of the whole input.
pub(crate) fn reads(cut: Cut, start: usize, length: usize, random: &mut Random) -> Vec<usize> {
    match cut {
        Cut::At(at) if at > start && at < start + length => vec![at - start, start + length - at],
        Cut::Whole | Cut::At(_) => vec![length],
        Cut::Bytes => vec![1; length],
        Cut::Random(_) => {
            let mut reads = Vec::new();
            let mut left = length;
            while left > 0 {
                let most = if random.below(3) == 0 { left } else { left.min(9).max(left / 8) };
                let read = 1 + random.below(most);
                reads.push(read);
                left -= read;
            }
            reads
        }
    }
}
