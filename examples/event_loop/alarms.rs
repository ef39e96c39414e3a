//! When to look at a connection though nothing happened on its socket.
//!
//! One list, searched from end to end now and then. A message costs a comparison, and nothing is
//! allocated: what a tree or a heap allocates for one connection lies between the buffers of others,
//! and keeps the allocator from returning that memory when they are freed.

use std::time::Duration;

/// The least time between two searches, and so the most that an alarm is late.
const SLACK: Duration = Duration::from_millis(50);

pub(crate) struct Alarms {
    /// By the key of the connection; `MAX` is never.
    at: Vec<Duration>,
    /// When the next search is due.
    next: Duration,
    /// When it may be at the earliest.
    not_before: Duration,
}

impl Alarms {
    pub(crate) fn new() -> Self {
        Self { at: Vec::new(), next: Duration::MAX, not_before: Duration::ZERO }
    }

    /// When to call `ring`; `None`: never.
    pub(crate) fn next(&self) -> Option<Duration> {
        (self.next < Duration::MAX).then_some(self.next)
    }

    /// Has a connection looked at by then. An alarm that rings too early costs a `tick`; to move it at
    /// every message would cost more.
    pub(crate) fn set(&mut self, key: usize, at: Duration) {
        if self.at.len() <= key {
            self.at.resize(key + 1, Duration::MAX);
        }
        if let Some(alarm) = self.at.get_mut(key).filter(|alarm| at < **alarm) {
            *alarm = at;
            self.next = self.next.min(at.max(self.not_before));
        }
    }

    /// Has a connection not looked at.
    pub(crate) fn clear(&mut self, key: usize) {
        if let Some(alarm) = self.at.get_mut(key) {
            *alarm = Duration::MAX;
        }
    }

    /// Takes off the alarms that are due, and returns whose they were.
    pub(crate) fn ring(&mut self, now: Duration) -> Vec<usize> {
        let mut due = Vec::new();
        if now < self.next {
            return due;
        }
        self.next = Duration::MAX;
        self.not_before = now + SLACK;
        for (key, alarm) in self.at.iter_mut().enumerate() {
            if *alarm <= now {
                *alarm = Duration::MAX;
                due.push(key);
            }
            self.next = self.next.min((*alarm).max(self.not_before));
        }
        due
    }
}
