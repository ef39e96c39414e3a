//! Deadlines: the only file that sees time.

use core::time::Duration;

/// A point in time or none, as nanoseconds since the caller's origin, in 8 bytes (a connection has several).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline(u64);

impl Deadline {
    /// Not running.
    pub(crate) const OFF: Self = Self(u64::MAX);
    /// Asked for; the next `tick` fixes the time.
    pub(crate) const ASKED: Self = Self(u64::MAX - 1);
    const LATEST: u64 = u64::MAX - 2;

    /// `after` from `now` on; a time beyond 584 years is as far away as possible.
    pub(crate) fn at(now: Duration, after: Duration) -> Self {
        Self(nanoseconds(now.saturating_add(after)).min(Self::LATEST))
    }

    /// The time, if it is fixed.
    pub(crate) fn time(self) -> Option<Duration> {
        (self.0 <= Self::LATEST).then(|| Duration::from_nanos(self.0))
    }

    /// Fixes the time if it was asked for; `None` switches it off.
    pub(crate) fn arm(&mut self, now: Duration, after: Option<Duration>) {
        if *self == Self::ASKED {
            *self = after.map_or(Self::OFF, |after| Self::at(now, after));
        }
    }

    pub(crate) fn is_due(self, now: Duration) -> bool {
        self.0 <= Self::LATEST && self.0 <= nanoseconds(now)
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The earlier of two deadlines.
pub(crate) fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
