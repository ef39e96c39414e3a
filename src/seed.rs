//! §10.3  Seeds from the operating system.

use core::fmt;

/// The operating system gave no random bytes; nothing falls back to weaker ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedError(getrandom::Error);

/// 32 random bytes from the operating system: the one way of every constructor that asks for no seed.
pub(crate) fn seed() -> Result<[u8; 32], SeedError> {
    seed_by(getrandom::fill)
}

fn seed_by(
    fill: impl FnOnce(&mut [u8]) -> Result<(), getrandom::Error>,
) -> Result<[u8; 32], SeedError> {
    let mut seed = [0; 32];
    fill(&mut seed).map_err(SeedError)?;
    Ok(seed)
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no random bytes from the operating system: {}", self.0)
    }
}

impl core::error::Error for SeedError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    /// T-MK-04: an error is an error and no seed, however much was filled in.
    #[test]
    fn nothing_stands_in_for_random_bytes() {
        for filled in [0, 16, 32] {
            let fails = |seed: &mut [u8]| {
                seed.iter_mut().take(filled).for_each(|byte| *byte = 7);
                Err(getrandom::Error::UNSUPPORTED)
            };
            let error = seed_by(fails).unwrap_err();
            assert!(error.to_string().starts_with("no random bytes from the operating system"));
        }
        let (one, other) = (seed().unwrap(), seed().unwrap());
        assert_ne!(one, other);
        assert!([one, other].iter().all(|seed| seed.iter().any(|byte| *byte != 0)));
    }
}
