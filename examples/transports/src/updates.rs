//! The stream of updates: the same for everyone who listens, however it reaches them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use websocket_proto::Prepared;

use crate::clock::Clock;
use crate::heap::apart;
use crate::settings::Settings;

/// Updates that are kept for those who poll, at most, and bytes of them.
pub(crate) const KEPT: usize = 3000;
pub(crate) const KEPT_BYTES: usize = 2 << 20;
/// Bytes of updates that go at once, to a poll or to one who does not keep up: at most so many, or one update.
pub(crate) const AT_ONCE: usize = 1 << 20;

pub(crate) struct Update {
    pub(crate) sequence: i64,
    /// JSON.
    pub(crate) text: String,
    event: OnceLock<Bytes>,
    message: OnceLock<Prepared>,
}

impl Update {
    fn new(sequence: i64, time: f64, size: usize) -> Self {
        let text =
            format!("{{\"seq\":{sequence},\"time\":{time:.3},\"data\":\"{}\"}}", "x".repeat(size));
        Self { sequence, text, event: OnceLock::new(), message: OnceLock::new() }
    }

    /// As an event of a stream, made once for all clients. (It is kept with the update, and is not what a client costs.)
    pub(crate) fn event(&self) -> Bytes {
        let make = || format!("id: {}\ndata: {}\n\n", self.sequence, self.text).into();
        self.event.get_or_init(|| apart(make)).clone()
    }

    /// As a WebSocket message, encoded once for all clients. (The same.)
    pub(crate) fn message(&self) -> &Prepared {
        self.message.get_or_init(|| apart(|| Prepared::text(self.text.as_str())))
    }
}

#[derive(Default)]
struct Kept {
    updates: VecDeque<Arc<Update>>,
    bytes: usize,
}

pub(crate) struct Updates {
    kept: Mutex<Kept>,
    /// The number of the latest; the first is 1.
    latest: watch::Sender<i64>,
}

impl Updates {
    pub(crate) fn new() -> Self {
        Self { kept: Mutex::default(), latest: watch::Sender::new(0) }
    }

    /// The number of the latest, which is how many there were.
    pub(crate) fn latest(&self) -> i64 {
        *self.latest.borrow()
    }

    /// Those behind number `sequence` that are still kept, oldest first, and no more of them than go at once.
    pub(crate) fn since(&self, sequence: i64) -> Vec<Arc<Update>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.updates.partition_point(|update| update.sequence <= sequence);
        let mut bytes = 0;
        let fit = kept.updates.range(first..).take_while(|update| {
            let is_first = bytes == 0;
            bytes += update.text.len();
            is_first || bytes <= AT_ONCE
        });
        fit.cloned().collect()
    }

    /// Someone to whom all updates from now on are news.
    pub(crate) fn listen(self: &Arc<Self>) -> Listener {
        let mut latest = self.latest.subscribe();
        let seen = *latest.borrow_and_update();
        Listener { updates: self.clone(), latest, seen }
    }

    fn publish(&self, time: f64, size: usize) {
        let update = Update::new(self.latest() + 1, time, size);
        let sequence = update.sequence;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += update.text.len();
        kept.updates.push_back(Arc::new(update));
        while kept.updates.len() > KEPT || kept.bytes > KEPT_BYTES {
            let Some(oldest) = kept.updates.pop_front() else { break };
            kept.bytes -= oldest.text.len();
        }
        drop(kept);
        self.latest.send_replace(sequence);
    }

    /// Publishes at the rate that is set, as long as somebody can set it.
    pub(crate) async fn publish_all(&self, clock: Clock, mut settings: watch::Receiver<Settings>) {
        let mut due = Instant::now();
        loop {
            let Settings { rate, size, .. } = *settings.borrow_and_update();
            if rate == 0.0 {
                if settings.changed().await.is_err() {
                    return;
                }
                due = Instant::now();
                continue;
            }
            due += Duration::from_secs_f64(1.0 / rate);
            // Where there was no time for some of them, they are not made up for.
            due = due.max(Instant::now() - Duration::from_secs(1));
            tokio::select! {
                () = sleep_until(due) => self.publish(clock.milliseconds(), size),
                changed = settings.changed() => match changed {
                    Ok(()) => due = Instant::now(),
                    Err(_) => return,
                },
            }
        }
    }
}

pub(crate) struct Listener {
    updates: Arc<Updates>,
    latest: watch::Receiver<i64>,
    seen: i64,
}

impl Listener {
    /// To whom those behind number `sequence` are news. (A greater one than there is comes from another life.)
    pub(crate) fn from(mut self, sequence: i64) -> Self {
        self.seen = self.seen.min(sequence);
        self
    }

    /// Waits until there may be something new.
    pub(crate) async fn changed(&mut self) {
        if *self.latest.borrow_and_update() > self.seen {
            return;
        }
        // The sender is in `updates`.
        let _ = self.latest.changed().await;
    }

    /// What is new, without waiting; each is to be passed to `saw` once it was used.
    pub(crate) fn news(&self) -> Vec<Arc<Update>> {
        if *self.latest.borrow() == self.seen { Vec::new() } else { self.updates.since(self.seen) }
    }

    pub(crate) fn saw(&mut self, update: &Update) {
        self.seen = update.sequence;
    }
}

#[test]
fn updates_are_kept_within_bounds() {
    let updates = Arc::new(Updates::new());
    let mut listener = updates.listen();
    for time in 0..4000 {
        updates.publish(f64::from(time), 10);
    }
    let news = listener.news();
    assert_eq!((news.len(), news[0].sequence, updates.latest()), (KEPT, 1001, 4000));
    assert_eq!(updates.listen().from(3900).news().len(), 100);
    assert!(updates.listen().from(5000).news().is_empty());
    updates.publish(0.0, 10);
    assert_eq!(updates.listen().from(3900).news().len(), 101);
    listener.saw(&updates.since(4000)[0]);
    assert!(listener.news().is_empty());
    for _ in 0..100 {
        updates.publish(0.0, 64 * 1024);
    }
    assert_eq!(updates.kept.lock().unwrap().updates.len(), KEPT_BYTES / (64 * 1024) - 1);
    // What does not keep up gets some, and then the rest.
    let first = updates.since(0);
    assert_eq!(first.len(), AT_ONCE / (64 * 1024) - 1);
    let last = first[first.len() - 1].sequence;
    assert_eq!(updates.since(last)[0].sequence, last + 1);
    assert_eq!(updates.since(4100).len(), 1);
}
