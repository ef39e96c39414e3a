//! §7  By when an end has to get on, worked out from what anyone can see of it, on its own clock.

use std::time::Duration;

use websocket_proto::{Liveness, State, Timeouts};

use super::machine::Machine;

/// What has happened at an end since its last `tick`, and when what it waits for began.
pub(crate) struct Watch {
    timeouts: Timeouts,
    liveness: Liveness,
    /// The latest time that the machine was told.
    latest: Duration,
    /// Since the last `tick`: bytes were received, one of them ended a Pong; the transport took bytes.
    pub(crate) heard: bool,
    pub(crate) ponged: bool,
    pub(crate) wrote: bool,
    was_unsent: bool,
    times: Option<Times>,
}

/// The `tick` at which each of these was first known.
#[derive(Clone, Copy)]
struct Times {
    begun: Duration,
    heard: Duration,
    alive: Duration,
    /// The keepalive Ping is due.
    pinged: Option<Duration>,
    /// There was still something to write, so that a Ping may not have been on its way.
    blocked: Duration,
    /// The transport took something, or had taken everything.
    progress: Duration,
    closing: Option<Duration>,
}

impl Watch {
    pub(crate) fn new(timeouts: Timeouts, liveness: Liveness) -> Self {
        Self {
            timeouts,
            liveness,
            latest: Duration::ZERO,
            heard: false,
            ponged: false,
            wrote: false,
            was_unsent: false,
            times: None,
        }
    }

    /// The same for what takes the place of the machine.
    pub(crate) fn restart(&mut self) {
        *self = Self::new(self.timeouts.clone(), self.liveness);
    }

    /// The machine was just told the time.
    pub(crate) fn ticked(&mut self, now: Duration, machine: &Machine) {
        let now = self.latest.max(now);
        self.latest = now;
        let unsent = machine.unsent() > 0;
        let times = self.times.get_or_insert(Times {
            begun: now,
            heard: now,
            alive: now,
            pinged: None,
            blocked: now,
            progress: now,
            closing: None,
        });
        if self.heard {
            times.heard = now;
        }
        if self.ponged || (self.heard && self.liveness == Liveness::AnyBytes) {
            times.alive = now;
            times.pinged = None;
        }
        let due = self.timeouts.ping_interval.is_some_and(|after| now >= times.alive + after);
        if due && times.pinged.is_none() {
            times.pinged = Some(now);
        }
        if unsent || self.was_unsent || self.wrote {
            times.blocked = now;
        }
        if self.wrote || !self.was_unsent {
            times.progress = now;
        }
        if machine.state() != State::Open && times.closing.is_none() {
            times.closing = Some(now);
        }
        (self.heard, self.ponged, self.wrote) = (false, false, false);
        self.was_unsent = unsent;
    }

    /// R6455-7.1.1-03: after all that can be done at this time, no deadline has passed.
    pub(crate) fn check(&self, machine: &Machine) {
        let (Some(times), Timeouts { close, write_stall, idle, pong, .. }) =
            (&self.times, &self.timeouts)
        else {
            return;
        };
        let within = |since: Duration, after: Option<Duration>, what: &str| {
            let is_due = after.is_some_and(|after| self.latest >= since + after);
            assert!(!is_due, "{what}: since {since:?}, now {:?}", self.latest);
        };
        match (machine, machine.state()) {
            (_, State::Closed) => {}
            (Machine::Client(_) | Machine::Server(_), State::Open) => {
                within(times.begun, self.timeouts.handshake, "handshake");
            }
            (Machine::Client(_) | Machine::Server(_) | Machine::Rejection(_), _) => {
                // The answer is written, and then the peer's end is waited for.
                let began = times.closing.unwrap_or(times.begun);
                let both = write_stall.and_then(|stall| close.map(|close| stall + close));
                within(began.max(times.blocked), both, "refused");
            }
            (_, State::Open) => {
                within(times.heard, *idle, "idle");
                if let Some(pinged) = times.pinged {
                    within(pinged.max(times.blocked), *pong, "pong");
                }
            }
            (_, State::Closing) => within(times.closing.expect("noted"), *close, "close"),
        }
        if machine.unsent() > 0 {
            within(times.progress, *write_stall, "write stall");
        }
    }
}
