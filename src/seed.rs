//! §10.3  Seeds from the operating system.

use core::fmt;

/// The operating system gave no random bytes; nothing falls back to weaker ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedError(getrandom::Error);

/// 32 random bytes from the operating system.
pub(crate) fn seed() -> Result<[u8; 32], SeedError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(SeedError)?;
    Ok(seed)
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no random bytes from the operating system: {}", self.0)
    }
}

impl core::error::Error for SeedError {}
