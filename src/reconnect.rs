//! §7.2.3  When to connect again after an abnormal end.

use core::fmt;
use core::time::Duration;

use crate::outgoing::MaskKeys;

/// How long to wait before each attempt to connect again (§7.2.3), so that the clients of a server that was
/// restarted do not all come back at once.
///
/// Each delay is random, from zero to a bound: that of the first is [`first`](Self::first), 5 s unless
/// told otherwise, and every further one is twice as large, up to [`longest`](Self::longest), 60 s unless told
/// otherwise (truncated binary exponential backoff with full jitter). It sees no clock: the caller waits.
///
#[cfg_attr(feature = "std", doc = "```no_run")]
#[cfg_attr(not(feature = "std"), doc = "```text")]
/// use std::time::{Duration, Instant};
/// use websocket_proto::Backoff;
/// use websocket_proto::adapter::blocking::{Error, connect};
///
/// fn stay_connected(uri: &str) -> Result<(), Error> {
///     let mut backoff = Backoff::from_os()?;
///     loop {
///         match connect(uri) {
///             Ok(mut websocket) => {
///                 let begun = Instant::now();
///                 while let Ok(Some(message)) = websocket.read() {
///                     println!("{message:?}");
///                 }
///                 // Only if it held: a server that ends what it has just accepted is not well.
///                 if begun.elapsed() > Duration::from_secs(60) {
///                     backoff.reset();
///                 }
///             }
///             // To be asked again does not help with these.
///             Err(error @ (Error::Uri(_) | Error::Refused(_))) => return Err(error),
///             Err(error) => eprintln!("{error}"),
///         }
///         std::thread::sleep(backoff.next_delay());
///     }
/// }
/// ```
pub struct Backoff {
    random: MaskKeys,
    first: Duration,
    longest: Duration,
    bound: Duration,
}

impl Backoff {
    /// Begins with the first delay. `seed`: 32 bytes that no two clients have in common.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        let first = Duration::from_secs(5);
        Self { random: MaskKeys::new(seed), first, longest: Duration::from_secs(60), bound: first }
    }

    /// Begins with the first delay, with a seed from the operating system.
    ///
    /// # Errors
    /// [`SeedError`](crate::SeedError) if that has no random bytes.
    #[cfg(feature = "std")]
    pub fn from_os() -> Result<Self, crate::SeedError> {
        Ok(Self::new(crate::seed::seed()?))
    }

    /// Sets the bound of the first delay, and begins with it. Default: 5 s. With zero there is no delay, the first
    /// time and ever after.
    #[must_use]
    pub fn first(mut self, bound: Duration) -> Self {
        self.first = bound;
        self.reset();
        self
    }

    /// Sets the bound of all delays. Default: 60 s.
    #[must_use]
    pub fn longest(mut self, bound: Duration) -> Self {
        self.longest = bound;
        self.reset();
        self
    }

    /// Draws the next delay: at most [`bound`](Self::bound), which then grows.
    pub fn next_delay(&mut self) -> Duration {
        let [[a, b, c, d], [e, f, g, h]] = [self.random.next_key(), self.random.next_key()];
        let fraction = u128::from(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
        let delay = scale(self.bound, fraction);
        self.bound = self.bound.saturating_mul(2).min(self.longest);
        delay
    }

    /// The most that the next delay can be.
    #[must_use]
    pub fn bound(&self) -> Duration {
        self.bound
    }

    /// Begins with the first delay again: after a connection that held.
    pub fn reset(&mut self) {
        self.bound = self.first.min(self.longest);
    }
}

/// `bound * fraction / 2^64`.
fn scale(bound: Duration, fraction: u128) -> Duration {
    // 2^64 s are less than 2^94 ns: two parts, so that no product is over 2^128.
    let nanoseconds = bound.as_nanos();
    let (high, low) = (nanoseconds >> 64, nanoseconds & u128::from(u64::MAX));
    let scaled = high * fraction + ((low * fraction) >> 64);
    let second = 1_000_000_000;
    let (seconds, rest) = (scaled / second, scaled % second);
    Duration::new(u64::try_from(seconds).unwrap_or(u64::MAX), u32::try_from(rest).unwrap_or(0))
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff")
            .field("first", &self.first)
            .field("longest", &self.longest)
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}
