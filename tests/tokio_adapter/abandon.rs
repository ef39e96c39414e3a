//! Futures that are dropped before they are done, and what is known of the messages nevertheless.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use websocket_proto::Config;
use websocket_proto::adapter::tokio::Message;

use crate::random::Random;

/// One play: its chances, the futures that were dropped, and how to have those go on that wait.
#[derive(Clone)]
pub(crate) struct Play(Rc<Inner>);

struct Inner {
    seed: u64,
    name: &'static str,
    random: RefCell<Random>,
    drops: Cell<usize>,
    /// How often all who wait were made to give up.
    given_up: Cell<usize>,
    waiting: RefCell<Vec<Waker>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("CANCELLATION_SEED={} plays it alone ({})", self.seed, self.name);
        }
    }
}

impl Play {
    pub(crate) fn new(name: &'static str, seed: u64) -> Self {
        Self(Rc::new(Inner {
            seed,
            name,
            random: RefCell::new(Random::new(seed)),
            drops: Cell::new(0),
            given_up: Cell::new(0),
            waiting: RefCell::default(),
        }))
    }

    /// Plays with so many seeds.
    pub(crate) fn often(name: &'static str, count: u64, play: impl Fn(&Self)) {
        Self::alone_or(name, &play, || (0..count).for_each(|seed| play(&Self::new(name, seed))));
    }

    /// Plays with one seed after the other until so many futures have been dropped.
    pub(crate) fn until_dropped(name: &'static str, most: usize, play: impl Fn(&Self)) {
        Self::alone_or(name, &play, || {
            let (mut drops, mut seed) = (0, 0);
            while drops < most {
                let one = Self::new(name, seed);
                play(&one);
                drops += one.0.drops.get();
                seed += 1;
            }
            println!("{name}: {drops} futures dropped in {seed} plays, nothing lost");
            assert!(drops >= most);
        });
    }

    /// Plays with the seed that the environment names, if it does.
    fn alone_or(name: &'static str, play: &impl Fn(&Self), otherwise: impl FnOnce()) {
        match std::env::var("CANCELLATION_SEED") {
            Ok(seed) => play(&Self::new(name, seed.parse().expect("a number"))),
            Err(_) => otherwise(),
        }
    }

    pub(crate) fn below(&self, end: usize) -> usize {
        self.0.random.borrow_mut().below(end)
    }

    pub(crate) fn chance(&self, percent: usize) -> bool {
        self.0.random.borrow_mut().chance(percent)
    }

    pub(crate) fn with_random<T>(&self, act: impl FnOnce(&mut Random) -> T) -> T {
        act(&mut self.0.random.borrow_mut())
    }

    /// Polls the future until it is done or has waited a random number of times; `None`: it is dropped.
    pub(crate) async fn try_to<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let mut left = 1 + self.below(4);
        let given_up = self.0.given_up.get();
        poll_fn(|cx| {
            if left == 0 || given_up != self.0.given_up.get() {
                return Poll::Ready(None);
            }
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            left -= 1;
            if left == 0 {
                return Poll::Ready(None);
            }
            self.0.waiting.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await
        .or_else(|| {
            self.0.drops.set(self.0.drops.get() + 1);
            None
        })
    }

    /// Has all who wait give up, as if time had passed.
    pub(crate) fn give_up(&self) {
        self.0.given_up.set(self.0.given_up.get() + 1);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }

    /// A configuration in which everything is narrow.
    pub(crate) fn config(&self, mut config: Config) -> Config {
        config.limits.max_write_buffer = 100 + self.below(1500);
        config.reference_threshold = 50 + self.below(500);
        config
    }

    /// How long the message of this number is.
    fn padding(&self, number: usize) -> usize {
        let mut random = Random::new(self.0.seed ^ (number as u64) << 20);
        match random.below(10) {
            0..=5 => random.below(20),
            6..=8 => random.below(200),
            _ => random.below(1000),
        }
    }

    /// The message of this number, the same whenever it is asked for.
    pub(crate) fn message(&self, from: char, number: usize) -> Message {
        let text = format!("{from}{number} {}", "x".repeat(self.padding(number)));
        if number % 2 == 0 { Message::from(text) } else { Message::from(text.into_bytes()) }
    }
}

/// What one sender has sent for sure, and how much of it has come.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) sent: Cell<usize>,
    pub(crate) received: Cell<usize>,
}

impl Tally {
    pub(crate) fn is_even(&self) -> bool {
        self.sent.get() == self.received.get()
    }

    /// The next one was sent.
    pub(crate) fn send(&self) {
        self.sent.set(self.sent.get() + 1);
    }

    /// Takes the next one, which must be the one that is due.
    pub(crate) fn receive(&self, play: &Play, from: char, message: &Message) {
        let number = self.received.get();
        assert_eq!(*message, play.message(from, number), "number {number} of {from} is due");
        self.received.set(number + 1);
    }
}
