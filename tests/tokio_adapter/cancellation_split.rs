//! As `cancellation`, with both ends split: a reader and several writers at each, in tasks of their own.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use websocket_proto::adapter::tokio::{Error, Message, Reader, Writer};
use websocket_proto::{CloseCode, Config, Event, Outgoing, SendError};

use crate::abandon::*;
use crate::support::*;
use crate::tasks::Tasks;
use crate::unsteady::Unsteady;

/// Futures that are dropped.
const DROPS: usize = 100_000;

/// The writers of both ends, each with a tally of its own.
struct Senders {
    tallies: Vec<(char, Tally)>,
    /// How many of them have still something to send.
    busy: Cell<usize>,
    /// Who waits until all has come.
    waiting: RefCell<Vec<Waker>>,
}

#[test]
fn nothing_is_lost_by_dropping_futures_of_halves() {
    Play::until_dropped("split", DROPS, play);
}

fn play(play: &Play) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (near, far) = play.with_random(Unsteady::pair);
    let client = client_over(near, &play.config(Config::client()));
    let server = server_over(far, &play.config(Config::server()));
    let numbers = [1 + play.below(3), 1 + play.below(3)];
    let names = ('a'..).take(numbers[0]).chain(('p'..).take(numbers[1]));
    let senders = Rc::new(Senders {
        tallies: names.map(|name| (name, Tally::default())).collect(),
        busy: Cell::new(numbers[0] + numbers[1]),
        waiting: RefCell::default(),
    });
    let closer = play.below(numbers[0] + numbers[1]);
    let mut tasks = Tasks::default();
    for (first, count, websocket) in [(0, numbers[0], client), (numbers[0], numbers[1], server)] {
        let (reader, writer) = websocket.split();
        tasks.spawn(read(play.clone(), senders.clone(), reader));
        for index in first..first + count {
            let writer = writer.clone();
            tasks.spawn(write(play.clone(), senders.clone(), index, writer, index == closer));
        }
    }
    // The readers listen: nobody waits for ever, not even until he gives up.
    tasks.finish();
    assert!(senders.all_has_come());
}

async fn read(play: Play, senders: Rc<Senders>, mut reader: Reader<Unsteady>) {
    loop {
        if play.chance(70) {
            match play.try_to(reader.next()).await {
                None => {}
                Some(Some(message)) => senders.take(&play, &message.expect("open")),
                Some(None) => return,
            }
            continue;
        }
        let Some(batch) = play.try_to(reader.next_batch()).await else { continue };
        let Some(mut batch) = batch.expect("a clean end") else { return };
        for _ in 0..play.below(10) {
            match batch.next_event() {
                Some(Event::Text(text)) => {
                    senders.take(&play, &Message::Text(text.into_utf8_bytes()));
                }
                Some(Event::Binary(data)) => {
                    senders.take(&play, &Message::Binary(data.into_bytes()));
                }
                Some(_) => {}
                None => break,
            }
        }
    }
}

async fn write(
    play: Play,
    senders: Rc<Senders>,
    index: usize,
    mut writer: Writer<Unsteady>,
    closes: bool,
) {
    let (name, tally) = &senders.tallies[index];
    for _ in 0..30 {
        let message = play.message(*name, tally.sent.get());
        let queued = AtomicBool::new(false);
        let queue = |outgoing: &mut Outgoing| {
            let result = match &message {
                Message::Text(text) => outgoing.send_text(text),
                Message::Binary(data) => outgoing.send_binary(data),
            };
            queued.store(result.is_ok(), Ordering::Relaxed);
            result
        };
        match play.below(8) {
            0..=2 => {
                if done(play.try_to(writer.feed(message)).await) {
                    tally.send();
                }
            }
            3 => {
                let fed = done(play.try_to(writer.feed_with(queue)).await);
                assert_eq!(fed, queued.into_inner());
                if fed {
                    tally.send();
                }
            }
            4..=5 => {
                done(play.try_to(writer.send_with(queue)).await);
                if queued.into_inner() {
                    tally.send();
                }
            }
            6 => {
                done(play.try_to(writer.flush()).await);
            }
            _ => {
                done(play.try_to(writer.ping(b"?")).await);
            }
        }
    }
    senders.busy.set(senders.busy.get() - 1);
    senders.wake();
    if !closes {
        return;
    }
    poll_fn(|cx| {
        if senders.busy.get() == 0 && senders.all_has_come() {
            return Poll::Ready(());
        }
        senders.waiting.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    })
    .await;
    loop {
        match play.try_to(writer.close(CloseCode::NORMAL, "done")).await {
            Some(Ok(()) | Err(Error::Send(SendError::Closed))) => return,
            Some(Err(error)) => panic!("{error:?}"),
            None => {}
        }
    }
}

fn done(result: Option<Result<(), Error>>) -> bool {
    result.inspect(|result| assert!(result.is_ok(), "{result:?}")).is_some()
}

impl Senders {
    fn take(&self, play: &Play, message: &Message) {
        let first = char::from(message.as_bytes()[0]);
        let sender = self.tallies.iter().find(|(name, _)| *name == first);
        let (name, tally) = sender.expect("a sender");
        tally.receive(play, *name, message);
        self.wake();
    }

    fn all_has_come(&self) -> bool {
        self.tallies.iter().all(|(_, tally)| tally.is_even())
    }

    fn wake(&self) {
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}
