//! Reads and plays the vectors of `tests/vectors` (format: `tests/vectors/README.md`).

mod compare;
mod compression;
mod deflated;
mod frames;
mod handshake;
mod head;
mod mode;
mod parse;
mod peer;
mod player;
#[path = "../deflate_support/puff.rs"]
#[allow(dead_code, reason = "the tests of compression use the rest")]
mod puff;
mod settings;
mod stage;
mod text;
pub(crate) mod vector;
mod wire;
mod words;

use std::path::{Path, PathBuf};

pub(crate) use mode::plays_few;
pub(crate) use parse::parse;

use compression::Compression;
use mode::Mode;
use vector::{Side, Vector};

/// How much was played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) vectors: usize,
    pub(crate) plays: usize,
    /// Vectors that need what was not built in.
    pub(crate) skipped: usize,
}

/// The vector files, in order.
pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let entries = std::fs::read_dir(folder).expect("tests/vectors can be listed");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    files
}

/// Plays a text of vectors, each in every mode. The error lists what differs, at most one play a vector.
pub(crate) fn play_all(file: &str, content: &str) -> Result<Count, String> {
    let vectors = parse(file, content)?;
    let mut count = Count::default();
    let mut failures = Vec::new();
    for vector in &vectors {
        if vector.needs_compression() && !cfg!(feature = "deflate") {
            count.skipped += 1;
            continue;
        }
        count.vectors += 1;
        for side in &vector.sides {
            match play_modes(vector, *side) {
                Ok(plays) => count.plays += plays,
                Err(failure) => failures.push(failure),
            }
        }
    }
    if failures.is_empty() { Ok(count) } else { Err(failures.join("\n\n")) }
}

fn play_modes(vector: &Vector, side: Side) -> Result<usize, String> {
    player::play(vector, side, Mode::WHOLE)?;
    // The lengths are those of the first play; a second connection needs them without a handshake.
    let inputs = inputs(vector, side)?;
    let length = inputs.iter().map(Vec::len).sum();
    let agreed = Compression::parse(&vector.config)?.and_then(|compression| compression.agreed);
    // Another compressor needs another number of bytes.
    let counts_bytes = vector.needs_compression() && mode::is_about_limits(vector);
    let mut producible = !handshake::is_about_it(vector) && !inputs.is_empty() && !counts_bytes;
    producible = producible && peer::can_produce(side, &inputs, agreed.as_ref());
    let modes = mode::modes(vector, length, producible);
    for mode in &modes {
        player::play(vector, side, *mode)?;
    }
    Ok(1 + modes.len())
}

/// The bytes that come from the peer, step by step; `{ping}` is 8 bytes.
pub(crate) fn inputs(vector: &Vector, side: Side) -> Result<Vec<Vec<u8>>, String> {
    let mut wire = wire::Wire::new(side, None);
    let inputs = vector.steps.iter().filter(|step| step.action.is_input());
    inputs.map(|step| wire.input(&step.action, &[0; 8], "")).collect()
}
