//! Who is connected to the server, and how those who were have ended.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ending::Ending;
use crate::kind::{Kind, PROMISES};

#[derive(Debug, Default)]
pub(crate) struct Records(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    next: u64,
    live: HashMap<u64, Visit>,
    hostile: HashMap<u8, Tally>,
    honest: Tally,
    most: usize,
}

#[derive(Clone, Copy, Debug)]
struct Visit {
    kind: Option<Kind>,
    since: Instant,
}

/// Those of one kind that are gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) endings: Vec<(Ending, u64)>,
    /// The longest that one was there.
    pub(crate) slowest: Duration,
}

impl Records {
    /// Somebody has come; `kind`: unless it is an honest one.
    pub(crate) fn begin(&self, kind: Option<Kind>) -> u64 {
        let mut book = self.lock();
        book.next += 1;
        let id = book.next;
        book.live.insert(id, Visit { kind, since: Instant::now() });
        book.most = book.most.max(book.live.len());
        id
    }

    /// The transport of that one has ended.
    pub(crate) fn end(&self, id: u64, ending: Ending) {
        let mut book = self.lock();
        let Some(Visit { kind, since }) = book.live.remove(&id) else {
            return;
        };
        let tally = match kind {
            Some(kind) => book.hostile.entry(kind as u8).or_default(),
            None => &mut book.honest,
        };
        tally.slowest = tally.slowest.max(since.elapsed());
        match tally.endings.iter_mut().find(|(other, _)| *other == ending) {
            Some((_, count)) => *count += 1,
            None => tally.endings.push((ending, 1)),
        }
    }

    /// How many are connected.
    pub(crate) fn live(&self) -> usize {
        self.lock().live.len()
    }

    /// The most that were connected at once.
    pub(crate) fn most(&self) -> usize {
        self.lock().most
    }

    /// Hostile peers that are still there `slack` after what they were given.
    pub(crate) fn overdue(&self, slack: Duration) -> Vec<Kind> {
        let book = self.lock();
        let is_overdue = |visit: &Visit| {
            let kind = visit.kind?;
            (visit.since.elapsed() > kind.promise().within + slack).then_some(kind)
        };
        book.live.values().filter_map(is_overdue).collect()
    }

    /// Those that are gone, by kind.
    pub(crate) fn hostile(&self) -> Vec<(Kind, Tally)> {
        let book = self.lock();
        let kinds = PROMISES.iter().map(|promise| promise.kind);
        kinds
            .map(|kind| (kind, book.hostile.get(&(kind as u8)).cloned().unwrap_or_default()))
            .collect()
    }

    pub(crate) fn honest(&self) -> Tally {
        self.lock().honest.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
