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

    /// T-MK-04: no bytes, or half of them, are an error and no seed.
    #[test]
    fn nothing_stands_in_for_random_bytes() {
        let fails: [fn(&mut [u8]) -> Result<(), getrandom::Error>; 2] = [
            |_| Err(getrandom::Error::UNSUPPORTED),
            |seed| {
                seed.iter_mut().take(16).for_each(|byte| *byte = 7);
                Err(getrandom::Error::UNEXPECTED)
            },
        ];
        for fill in fails {
            let error = seed_by(fill).unwrap_err();
            assert!(error.to_string().starts_with("no random bytes from the operating system"));
        }
        let (one, other) = (seed().unwrap(), seed().unwrap());
        assert_ne!(one, other);
        assert!([one, other].iter().all(|seed| seed.iter().any(|byte| *byte != 0)));
    }
}
