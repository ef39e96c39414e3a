//! Deadlines: the only file that sees time.

use core::time::Duration;

use crate::closing::ExpiredDeadline;
use crate::{Liveness, Timeouts};

/// A point in time or none, as nanoseconds since the caller's origin, in 8 bytes: a connection has
/// several, and a million connections have several million.
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

/// A clock that never goes back (T-GN-03).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock(u64);

impl Clock {
    /// The latest time seen, this one included.
    pub(crate) fn advance(&mut self, now: Duration) -> Duration {
        self.0 = self.0.max(nanoseconds(now));
        Duration::from_nanos(self.0)
    }
}

/// The deadlines of an open or closing connection.
#[derive(Clone, Debug)]
pub(crate) struct Timer {
    clock: Clock,
    close: Deadline,
    write_stall: Deadline,
    idle: Deadline,
    /// When to send the next Ping, or by when the Pong to the latest has to come.
    alive: Deadline,
    release: Deadline,
    /// The 8 bytes of the latest keepalive Ping.
    keepalive: u64,
    pong: Pong,
    heard: bool,
    progress: bool,
}

/// What a deadline has the connection do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Drop the transport.
    Abort(ExpiredDeadline),
    /// Close, because nothing came from the peer.
    Idle,
    /// Fail the connection, because the Pong did not come.
    NoPong,
    /// Send a keepalive Ping with this payload.
    Ping([u8; 8]),
    /// Free what buffers are idle.
    Release,
}

/// What the deadlines depend on.
#[derive(Clone, Copy)]
pub(crate) struct Situation {
    /// Whether a Close was queued or received, or the connection has failed.
    pub(crate) closing: bool,
    /// Whether there are bytes to transmit.
    pub(crate) unsent: bool,
    /// Whether control frames are among them.
    pub(crate) unsent_control: bool,
}

/// How it stands with the Pong to the latest keepalive Ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pong {
    NotAwaited,
    Awaited,
    /// The Ping waits behind a frame in transmission, and its time has not begun.
    Delayed,
}

impl Timer {
    pub(crate) const fn new() -> Self {
        Self {
            clock: Clock(0),
            close: Deadline::OFF,
            write_stall: Deadline::OFF,
            idle: Deadline::ASKED,
            alive: Deadline::ASKED,
            release: Deadline::OFF,
            keepalive: 0,
            pong: Pong::NotAwaited,
            heard: false,
            progress: false,
        }
    }

    /// The latest time seen, this one included.
    pub(crate) fn now(&mut self, now: Duration) -> Duration {
        self.clock.advance(now)
    }

    /// Something came from the peer.
    #[inline]
    pub(crate) fn heard(&mut self) {
        self.heard = true;
    }

    /// The transport took bytes.
    #[inline]
    pub(crate) fn progressed(&mut self) {
        self.progress = true;
        if self.release == Deadline::OFF {
            // It was due while the output was stuck.
            self.used();
        }
    }

    /// A buffer was used.
    #[inline]
    pub(crate) fn used(&mut self) {
        self.release = Deadline::ASKED;
    }

    /// The closing handshake or the failure of the connection has begun; says so only once.
    pub(crate) fn close_begun(&mut self) {
        if self.close == Deadline::OFF {
            self.close = Deadline::ASKED;
        }
    }

    /// A Pong came. Only one with the bytes of the latest Ping shows that the peer is alive (T-CT-11).
    pub(crate) fn pong_received(&mut self, payload: &[u8]) {
        if self.pong != Pong::NotAwaited && payload == self.keepalive.to_be_bytes() {
            self.is_alive();
        }
    }

    fn is_alive(&mut self) {
        self.pong = Pong::NotAwaited;
        self.alive = Deadline::ASKED;
    }

    /// Nothing of the control frames waits for the transport any more.
    #[inline]
    pub(crate) fn control_drained(&mut self) {
        if self.pong == Pong::Delayed {
            self.pong = Pong::Awaited;
            self.alive = Deadline::ASKED;
        }
    }

    /// Begins a `tick`: takes note of what has happened since the last one.
    pub(crate) fn observe(&mut self, now: Duration, liveness: Liveness, situation: Situation) {
        self.clock.advance(now);
        if core::mem::take(&mut self.heard) {
            self.idle = Deadline::ASKED;
            if liveness == Liveness::AnyBytes && self.pong != Pong::NotAwaited {
                self.is_alive();
            }
        }
        if self.pong != Pong::NotAwaited && situation.unsent_control {
            self.pong = Pong::Delayed;
            self.alive = Deadline::ASKED;
        }
        if core::mem::take(&mut self.progress) || !situation.unsent {
            self.write_stall = Deadline::OFF;
        }
    }

    /// Takes one deadline that is due; call until there is none.
    pub(crate) fn fire(
        &mut self,
        now: Duration,
        timeouts: &Timeouts,
        situation: Situation,
    ) -> Option<Due> {
        let now = self.clock.advance(now);
        if take_due(&mut self.close, now) {
            return Some(Due::Abort(ExpiredDeadline::Close));
        }
        if take_due(&mut self.write_stall, now) {
            return Some(Due::Abort(ExpiredDeadline::WriteStall));
        }
        if situation.closing {
            self.stop_watching();
        }
        if self.pong != Pong::NotAwaited && take_due(&mut self.alive, now) {
            return Some(Due::NoPong);
        }
        if take_due(&mut self.idle, now) {
            return Some(Due::Idle);
        }
        if take_due(&mut self.alive, now) {
            self.keepalive = scramble(self.keepalive ^ nanoseconds(now));
            self.alive = Deadline::ASKED;
            // With no time set for the Pong there is nothing to wait for but the next Ping.
            self.pong = timeouts.pong.map_or(Pong::NotAwaited, |_| Pong::Awaited);
            return Some(Due::Ping(self.keepalive.to_be_bytes()));
        }
        if take_due(&mut self.release, now) {
            return Some(Due::Release);
        }
        None
    }

    /// Fixes the times of what was asked for; returns the next deadline.
    pub(crate) fn arm(
        &mut self,
        now: Duration,
        timeouts: &Timeouts,
        situation: Situation,
    ) -> Option<Duration> {
        let now = self.clock.advance(now);
        if situation.unsent && self.write_stall == Deadline::OFF {
            self.write_stall = Deadline::ASKED;
        }
        if situation.closing {
            self.stop_watching();
        }
        self.close.arm(now, timeouts.close);
        self.write_stall.arm(now, timeouts.write_stall);
        self.idle.arm(now, timeouts.idle);
        let alive = match self.pong {
            Pong::NotAwaited => timeouts.ping_interval,
            Pong::Awaited | Pong::Delayed => timeouts.pong,
        };
        self.alive.arm(now, alive);
        self.release.arm(now, Some(timeouts.release_after));
        [self.close, self.write_stall, self.idle, self.alive, self.release]
            .into_iter()
            .filter_map(Deadline::time)
            .min()
    }
}

impl Timer {
    /// A connection that is closing is watched by the close deadline alone.
    fn stop_watching(&mut self) {
        self.idle = Deadline::OFF;
        self.alive = Deadline::OFF;
        self.pong = Pong::NotAwaited;
    }
}

fn take_due(deadline: &mut Deadline, now: Duration) -> bool {
    let due = deadline.is_due(now);
    if due {
        *deadline = Deadline::OFF;
    }
    due
}

/// Spreads a number over all 64 bits (the finaliser of `SplitMix64`), so that the payload of a Ping
/// tells neither the time nor the next one at a glance.
const fn scramble(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three numbers of `SplitMix64` from 0 on.
    #[test]
    fn scrambles_as_published() {
        let step = 0x9E37_79B9_7F4A_7C15_u64;
        let published = [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F];
        assert_eq!([0, step, step.wrapping_mul(2)].map(scramble), published);
    }
}
