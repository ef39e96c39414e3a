//! How long one direction of a transport may block.

use core::time::Duration;
use std::io::{self, ErrorKind};

/// The timeout that one direction of a transport has been given. Setting it is a system call, so that
/// one which is a little too short is kept while there is traffic: the wait then ends early, never late.
#[derive(Debug, Default)]
pub(super) struct Timeout {
    /// `None`: not known.
    set: Option<Option<Duration>>,
    /// The latest wait ended by it: nothing is going on, the next one shall be exact.
    pub(super) expired: bool,
}

impl Timeout {
    /// The timeouts of sockets know no zero, and are no finer than this.
    const SHORTEST: Duration = Duration::from_millis(1);

    /// What has to be set, if anything, for a wait of at most `left`.
    pub(super) fn for_wait(&mut self, left: Option<Duration>) -> Option<Option<Duration>> {
        let left = left.map(|left| left.max(Self::SHORTEST));
        let next = match (self.set, left) {
            (Some(Some(set)), Some(left)) if set > left && !self.expired => {
                Some((left - left / 4).max(Self::SHORTEST))
            }
            (Some(Some(set)), left) if !self.expired && left.is_none_or(|left| set <= left) => {
                return None;
            }
            (Some(set), left) if set == left => return None,
            _ => left,
        };
        self.set = Some(next);
        Some(next)
    }
}

/// A read or write that was given a time and has used it up.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(count: u64) -> Option<Duration> {
        Some(Duration::from_millis(count))
    }

    #[test]
    fn timeout_is_set_rarely_and_never_too_long() {
        let mut timeout = Timeout::default();
        assert_eq!(timeout.for_wait(None), Some(None), "the transport may have had one of its own");
        assert_eq!(timeout.for_wait(None), None);
        assert_eq!(timeout.for_wait(ms(1000)), Some(ms(1000)));
        assert_eq!(timeout.for_wait(ms(1000)), None);
        assert_eq!(timeout.for_wait(ms(996)), Some(ms(747)));
        assert_eq!(timeout.for_wait(ms(800)), None);
        assert_eq!(timeout.for_wait(None), None);
        timeout.expired = true;
        assert_eq!(timeout.for_wait(ms(100)), Some(ms(100)));
        assert_eq!(timeout.for_wait(ms(0)), Some(ms(1)));
        assert_eq!(timeout.for_wait(None), Some(None));
    }
}
