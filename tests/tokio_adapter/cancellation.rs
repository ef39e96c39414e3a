//! Every future is dropped at any point where it waits: nothing is lost, doubled or out of order, and nobody waits
//! for ever. Here with a WebSocket in one hand at both ends.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use websocket_proto::adapter::tokio::{Error, Message, WebSocket};
use websocket_proto::{CloseCode, Config, Event, SendError};

use crate::abandon::*;
use crate::support::*;
use crate::tasks::Tasks;
use crate::unsteady::Unsteady;

/// Futures that are dropped.
const DROPS: usize = 100_000;

/// What an end waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Receive,
    Send,
    /// Nothing but the peer's Close is left to come.
    Listen,
    Close,
    Nothing,
}

/// One end, as the test knows it.
struct End {
    play: Play,
    name: char,
    doing: Rc<Cell<Doing>>,
    mine: Rc<Tally>,
    theirs: Rc<Tally>,
    their_name: char,
    /// How many ends have sent all they are going to.
    done: Rc<Cell<usize>>,
}

#[test]
fn nothing_is_lost_by_dropping_futures() {
    Play::until_dropped("in one hand", DROPS, play);
}

fn play(play: &Play) {
    let runtime = runtime();
    let _inside = runtime.enter();
    let (near, far) = play.with_random(Unsteady::pair);
    let mut client = client_over(near, &play.config(Config::client()));
    let mut server = server_over(far, &play.config(Config::server()));
    for websocket in [&mut client, &mut server] {
        if play.chance(50) {
            websocket.set_read_buffer_size(1 + play.below(100));
        }
    }
    let (one, other, done) = (Rc::<Tally>::default(), Rc::<Tally>::default(), Rc::default());
    let doing = [Rc::new(Cell::new(Doing::Nothing)), Rc::new(Cell::new(Doing::Nothing))];
    let end =
        |name, their_name, doing: &Rc<Cell<Doing>>, mine: &Rc<Tally>, theirs: &Rc<Tally>| End {
            play: play.clone(),
            name,
            doing: doing.clone(),
            mine: mine.clone(),
            theirs: theirs.clone(),
            their_name,
            done: Rc::clone(&done),
        };
    let client_closes = play.chance(50);
    let mut tasks = Tasks::default();
    tasks.spawn(end('c', 's', &doing[0], &one, &other).act(client, client_closes));
    tasks.spawn(end('s', 'c', &doing[1], &other, &one).act(server, !client_closes));
    while !tasks.run().is_empty() {
        // Nobody is woken any more. That may be only where both send, or all has come that was sent.
        let doing = [doing[0].get(), doing[1].get()];
        let may_wait = match doing {
            [Doing::Send, Doing::Send] => true,
            [Doing::Receive, Doing::Receive]
            | [Doing::Receive, Doing::Listen]
            | [Doing::Listen, Doing::Receive] => one.is_even() && other.is_even(),
            _ => false,
        };
        assert!(may_wait, "these wait for ever: {doing:?}");
        play.give_up();
    }
    assert!(one.is_even() && other.is_even());
}

impl End {
    async fn act(self, mut websocket: WebSocket<Unsteady>, closes: bool) {
        for _ in 0..50 {
            self.step(&mut websocket).await;
        }
        self.done.set(self.done.get() + 1);
        while self.done.get() < 2 || !self.theirs.is_even() {
            self.doing.set(Doing::Receive);
            match self.play.try_to(websocket.next()).await {
                None => {}
                Some(Some(message)) => self.take(&message.expect("a message")),
                // The other one was done while this one waited.
                Some(None) => break,
            }
        }
        self.doing.set(Doing::Listen);
        if closes {
            self.doing.set(Doing::Close);
            self.close(&mut websocket).await;
        }
        while let Some(message) = self.next(&mut websocket).await {
            self.take(&message);
        }
        self.doing.set(Doing::Nothing);
        let closed = websocket.close_information().expect("closed");
        assert!(closed.clean, "{closed:?}");
    }

    async fn step(&self, websocket: &mut WebSocket<Unsteady>) {
        match self.play.below(12) {
            0..=2 => self.receive(websocket).await,
            3 => self.receive_batch(websocket).await,
            4..=6 => {
                let message = self.message();
                self.sent(self.send(websocket.feed(message)).await);
            }
            7 => {
                let (before, message) = (websocket.sent().frames, self.message());
                let sent = self.send(websocket.send(message)).await;
                if sent || websocket.sent().frames > before {
                    self.mine.send();
                }
            }
            8 => {
                let message = self.message();
                let queued = AtomicBool::new(false);
                let feed = websocket.feed_with(|outgoing| {
                    let result = match &message {
                        Message::Text(text) => outgoing.send_text(text),
                        Message::Binary(data) => outgoing.send_binary(data),
                    };
                    queued.store(result.is_ok(), Ordering::Relaxed);
                    result
                });
                let fed = self.send(feed).await;
                assert_eq!(fed, queued.into_inner());
                self.sent(fed);
            }
            9 => {
                let message = self.message();
                let before = websocket.sent().frames;
                let sent = match &message {
                    Message::Text(text) => self.send(websocket.send_text(text)).await,
                    Message::Binary(data) => self.send(websocket.send_binary(data)).await,
                };
                self.sent(sent || websocket.sent().frames > before);
            }
            10 => {
                if self.send(websocket.flush()).await {
                    assert!(websocket.transport().has_passed_on());
                }
            }
            _ => {
                self.send(websocket.ping(b"?")).await;
            }
        }
    }

    fn message(&self) -> Message {
        self.play.message(self.name, self.mine.sent.get())
    }

    fn sent(&self, sent: bool) {
        if sent {
            self.mine.send();
        }
    }

    /// Whether it was done.
    async fn send(&self, future: impl Future<Output = Result<(), Error>>) -> bool {
        self.doing.set(Doing::Send);
        match self.play.try_to(future).await {
            Some(result) => {
                result.expect("open");
                true
            }
            None => false,
        }
    }

    async fn receive(&self, websocket: &mut WebSocket<Unsteady>) {
        self.doing.set(Doing::Receive);
        if let Some(message) = self.play.try_to(websocket.next()).await {
            self.take(&message.expect("open").expect("a message"));
        }
    }

    async fn receive_batch(&self, websocket: &mut WebSocket<Unsteady>) {
        self.doing.set(Doing::Receive);
        let Some(batch) = self.play.try_to(websocket.next_batch()).await else { return };
        let mut batch = batch.expect("open").expect("a batch");
        for _ in 0..self.play.below(10) {
            match batch.next_event() {
                Some(Event::Text(text)) => self.take(&Message::Text(text.into_utf8_bytes())),
                Some(Event::Binary(data)) => self.take(&Message::Binary(data.into_bytes())),
                Some(_) => {}
                None => break,
            }
            if self.play.chance(30) {
                let message = self.message();
                self.sent(self.send(batch.feed(message)).await);
            } else if self.play.chance(10) {
                self.send(batch.flush()).await;
            }
        }
    }

    async fn close(&self, websocket: &mut WebSocket<Unsteady>) {
        if self.play.chance(50) {
            loop {
                let close = websocket.close(CloseCode::NORMAL, "done");
                if let Some(closed) = self.play.try_to(close).await {
                    assert!(closed.expect("closed").clean);
                    return;
                }
            }
        }
        loop {
            let close = websocket.feed_close(CloseCode::NORMAL, "done");
            match self.play.try_to(close).await {
                Some(Ok(()) | Err(Error::Send(SendError::Closed))) => return,
                Some(Err(error)) => panic!("{error:?}"),
                None => {}
            }
        }
    }

    /// Until there is one.
    async fn next(&self, websocket: &mut WebSocket<Unsteady>) -> Option<Message> {
        loop {
            if let Some(message) = self.play.try_to(websocket.next()).await {
                return message.map(|message| message.expect("a clean end"));
            }
        }
    }

    fn take(&self, message: &Message) {
        self.theirs.receive(&self.play, self.their_name, message);
    }
}
