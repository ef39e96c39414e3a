//! Who waits for a connection: one task that receives, and others that send.
//!
//! A transport wakes one task for each direction, the one that polled it last. That is enough as long as one task
//! does everything. As soon as a second one waits, the transport is given wakers that pass on to all whom it may
//! concern, so that none of them takes the place of another.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::fmt;
use core::mem::take;
use core::task::{Context, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Reader,
    /// Each handle that sends has a number of its own.
    Writer(u32),
}

/// The tasks that wait.
#[derive(Default)]
pub(super) struct Tasks {
    /// As long as it is one task.
    one: Option<One>,
    several: Option<Box<Switchboard>>,
}

/// A task, and as what it waits: it may do so for the peer and for the transport at once.
struct One {
    waker: Waker,
    reader: bool,
    /// Its number.
    writer: Option<u32>,
}

/// What several tasks are woken by.
struct Switchboard {
    waiting: Arc<Waiting>,
    on_read: Waker,
    on_write: Waker,
}

#[derive(Default)]
struct Waiting(Mutex<List>);

#[derive(Default)]
struct List {
    reader: Option<Waker>,
    writers: Vec<(u32, Waker)>,
}

/// Something has come: of interest to the reader alone.
struct OnRead(Arc<Waiting>);

/// The transport takes more, or time has passed.
struct OnWrite(Arc<Waiting>);

impl Tasks {
    /// `party` is about to poll. Whoever waits beside it is not forgotten.
    pub(super) fn enter(&mut self, party: Party, waker: &Waker) {
        if let Some(switchboard) = &self.several {
            switchboard.waiting.set(party, waker);
        } else if self.one.as_ref().is_some_and(|one| one.is_another(party, waker)) {
            self.expect_several();
            self.enter(party, waker);
        }
    }

    /// Whether nobody waits, and nobody ever did beside another.
    pub(super) fn are_idle(&self) -> bool {
        self.one.is_none() && self.several.is_none()
    }

    /// `party` waits.
    pub(super) fn wait(&mut self, party: Party, waker: &Waker) {
        if self.several.is_some() {
            return;
        }
        match &mut self.one {
            Some(one) if one.waker.will_wake(waker) => one.add(party),
            one => *one = Some(One::new(party, waker.clone())),
        }
    }

    /// `party` has what it was waiting for, or waits no more.
    pub(super) fn leave(&mut self, party: Party) {
        if let Some(switchboard) = &self.several {
            switchboard.waiting.remove(party);
        } else if self.one.as_mut().is_some_and(|one| one.leaves_nobody(party)) {
            self.one = None;
        }
    }

    /// From here on the parties are in several tasks.
    pub(super) fn expect_several(&mut self) {
        if self.several.is_none() {
            let waiting = Arc::new(Waiting::default());
            if let Some(One { waker, reader, writer }) = self.one.take() {
                let reader = reader.then_some(Party::Reader);
                for party in reader.into_iter().chain(writer.map(Party::Writer)) {
                    waiting.set(party, &waker);
                }
            }
            self.several = Some(Box::new(Switchboard {
                on_read: Waker::from(Arc::new(OnRead(waiting.clone()))),
                on_write: Waker::from(Arc::new(OnWrite(waiting.clone()))),
                waiting,
            }));
        }
    }

    /// What a read is polled with.
    pub(super) fn on_read<'a>(&'a self, waker: &'a Waker) -> Context<'a> {
        let several = self.several.as_ref();
        Context::from_waker(several.map_or(waker, |switchboard| &switchboard.on_read))
    }

    /// What everything but a read is polled with.
    pub(super) fn on_write<'a>(&'a self, waker: &'a Waker) -> Context<'a> {
        let several = self.several.as_ref();
        Context::from_waker(several.map_or(waker, |switchboard| &switchboard.on_write))
    }

    /// There is something to write, for whoever waits for the peer.
    pub(super) fn wake_reader(&self) {
        if let Some(switchboard) = &self.several {
            switchboard.waiting.wake_reader();
        } else if let Some(One { waker, reader: true, .. }) = &self.one {
            waker.wake_by_ref();
        }
    }

    /// Something has changed for everybody.
    pub(super) fn wake_all(&self) {
        if let Some(switchboard) = &self.several {
            switchboard.waiting.wake_all();
        } else if let Some(One { waker, .. }) = &self.one {
            waker.wake_by_ref();
        }
    }
}

impl One {
    fn new(party: Party, waker: Waker) -> Self {
        let mut one = Self { waker, reader: false, writer: None };
        one.add(party);
        one
    }

    fn add(&mut self, party: Party) {
        match party {
            Party::Reader => self.reader = true,
            Party::Writer(number) => self.writer = Some(number),
        }
    }

    /// Whether someone else than `party` waits here, in another task.
    fn is_another(&self, party: Party, waker: &Waker) -> bool {
        let other = match party {
            Party::Reader => self.writer.is_some(),
            Party::Writer(_) => self.reader,
        };
        other && !self.waker.will_wake(waker)
    }

    /// Has `party` wait no more. Whether nobody does.
    fn leaves_nobody(&mut self, party: Party) -> bool {
        match party {
            Party::Reader => self.reader = false,
            Party::Writer(_) => self.writer = None,
        }
        !self.reader && self.writer.is_none()
    }
}

impl Waiting {
    fn list(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, party: Party, waker: &Waker) {
        let mut list = self.list();
        match party {
            Party::Reader => list.reader = Some(waker.clone()),
            Party::Writer(number) => {
                match list.writers.iter_mut().find(|(other, _)| *other == number) {
                    Some((_, place)) => place.clone_from(waker),
                    None => list.writers.push((number, waker.clone())),
                }
            }
        }
    }

    fn remove(&self, party: Party) {
        let mut list = self.list();
        match party {
            Party::Reader => list.reader = None,
            Party::Writer(number) => list.writers.retain(|(other, _)| *other != number),
        }
    }

    // Nobody is woken under this lock. (Halves are woken under that of their connection: a waker notes that it was
    // called, as that of every runtime does, and polls nothing.)

    fn wake_reader(&self) {
        let reader = self.list().reader.take();
        reader.into_iter().for_each(Waker::wake);
    }

    fn wake_all(&self) {
        let List { reader, writers } = take(&mut *self.list());
        reader.into_iter().chain(writers.into_iter().map(|(_, waker)| waker)).for_each(Waker::wake);
    }
}

impl Wake for OnRead {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_reader();
    }
}

impl Wake for OnWrite {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_all();
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("one", &self.one.is_some())
            .field("several", &self.several.is_some())
            .finish()
    }
}
