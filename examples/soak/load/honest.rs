//! The honest peers: clients that send what is numbered, and want each of it back, in order and in time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use websocket_proto::adapter::tokio::{
    ClientOptions, ClientStream, Error, Message, WebSocket, connect_with,
};
use websocket_proto::{CloseCode, Config, SendError, Utf8Bytes};

use super::delays::Delays;
use crate::random::Random;
use crate::tidings::Figures;

/// Bytes that are on their way at once, unless it is one message: who sends much before it reads would wait for a
/// server that waits for it.
const WINDOW: usize = 256 << 10;

/// The most that lies between one message and the next.
const PAUSE: Duration = Duration::from_millis(150);

/// Longer than a keepalive takes.
const REST: Duration = Duration::from_secs(6);

/// What they found together.
#[derive(Debug, Default)]
pub(super) struct Findings(Mutex<Sums>);

#[derive(Debug, Default)]
struct Sums {
    connections: u64,
    sent: u64,
    echoed: u64,
    /// Sent, but no echo or another one.
    lost: u64,
    /// Sent while the server closed.
    crossed: u64,
    /// Connections that ended otherwise than by a clean close.
    failed: u64,
    echoes: Delays,
    handshakes: Delays,
}

impl Findings {
    /// In figures; times in microseconds.
    pub(super) fn so_far(&self) -> Figures {
        self.with(|sums| {
            [
                ("connections", sums.connections),
                ("sent", sums.sent),
                ("echoed", sums.echoed),
                ("lost", sums.lost),
                ("crossed", sums.crossed),
                ("failed", sums.failed),
                ("echo median", sums.echoes.within(500)),
                ("echo 99 %", sums.echoes.within(990)),
                ("echo 99.9 %", sums.echoes.within(999)),
                ("echo slowest", sums.echoes.most()),
                ("handshake median", sums.handshakes.within(500)),
                ("handshake slowest", sums.handshakes.most()),
            ]
            .map(|(name, figure)| (name.into(), figure))
            .into()
        })
    }

    fn with<T>(&self, action: impl FnOnce(&mut Sums) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// So many at once until then; returns when the last has its echoes.
pub(super) async fn crowd(
    port: u16,
    count: usize,
    until: Instant,
    mut random: Random,
    findings: Arc<Findings>,
) {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (mut random, findings) = (random.another(), findings.clone());
        tasks.spawn(async move {
            sleep(random.time(Duration::from_secs(1))).await;
            while Instant::now() < until {
                if let Err(error) = converse(port, until, &mut random, &findings).await {
                    findings.with(|sums| sums.failed += 1);
                    eprintln!("an honest peer: {error}");
                    sleep(PAUSE).await;
                }
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(panic) = ended {
            findings.with(|sums| sums.failed += 1);
            eprintln!("an honest peer: {panic}");
        }
    }
}

/// One connection from beginning to end.
async fn converse(
    port: u16,
    until: Instant,
    random: &mut Random,
    findings: &Findings,
) -> Result<(), Error> {
    let path = ["", "owned", "leave"][random.below(3)];
    let options = ClientOptions::new().config(config(random));
    let begun = Instant::now();
    let uri = format!("ws://127.0.0.1:{port}/{path}");
    let (websocket, _) = connect_with(&*uri, &options).await?;
    findings.with(|sums| {
        sums.connections += 1;
        sums.handshakes.add(begun.elapsed());
    });
    let mut talk = Talk { websocket, awaited: VecDeque::new(), findings };
    let result = if path == "leave" {
        talk.until_closed(random).await
    } else {
        talk.until_content(until, random).await
    };
    // What is awaited now never comes.
    findings.with(|sums| sums.lost += talk.awaited.len() as u64);
    result
}

fn config(random: &mut Random) -> Config {
    let mut config = Config::client();
    if random.one_in(2) {
        #[cfg(feature = "deflate")]
        {
            config.compression = Some(websocket_proto::deflate::Compression::default());
        }
    }
    config.timeouts.close = Some(Duration::from_secs(5));
    config
}

struct Talk<'a> {
    websocket: WebSocket<ClientStream>,
    /// What was sent and has not come back.
    awaited: VecDeque<(Message, Instant)>,
    findings: &'a Findings,
}

impl Talk<'_> {
    /// With the server, which closes when it likes: a message at a time.
    async fn until_closed(&mut self, random: &mut Random) -> Result<(), Error> {
        loop {
            let message = message(random);
            match self.send(message, random).await {
                // Its Close has been read, and its end has not.
                Err(Error::Send(SendError::Closed)) => {}
                result => result?,
            }
            if !self.receive().await? {
                // The Close was on its way when the message was, or there is none.
                let crossed = self.awaited.drain(..).count() as u64;
                self.findings.with(|sums| sums.crossed += crossed);
                return Ok(());
            }
            if !self.listen(random.time(PAUSE)).await? {
                return Ok(());
            }
        }
    }

    /// As many messages as the client likes.
    async fn until_content(&mut self, until: Instant, random: &mut Random) -> Result<(), Error> {
        for _ in 0..5 + random.below(50) {
            if Instant::now() >= until {
                break;
            }
            let message = message(random);
            while !self.has_room(&message) {
                self.expect().await?;
            }
            self.send(message, random).await?;
            if random.one_in(20) {
                self.websocket.ping(b"are you there?").await?;
            }
            if random.one_in(2) && !self.listen(random.time(PAUSE)).await? {
                return Err(Error::ConnectionLost);
            }
        }
        while !self.awaited.is_empty() {
            self.expect().await?;
        }
        if random.one_in(20) && !self.listen(REST).await? {
            return Err(Error::ConnectionLost);
        }
        // The Close right behind some messages, which are answered before it is.
        for _ in 0..random.below(5) {
            let message = short_message(random);
            self.websocket.feed(message.clone()).await?;
            self.await_echo(message);
        }
        self.websocket.feed_close(CloseCode::NORMAL, "").await?;
        while self.receive().await? {}
        let is_clean = self.websocket.close_information().is_some_and(|end| end.clean);
        if is_clean { Ok(()) } else { Err(Error::ConnectionLost) }
    }

    fn has_room(&self, message: &Message) -> bool {
        let size = |message: &Message| message.as_bytes().len();
        let awaited: usize = self.awaited.iter().map(|(message, _)| size(message)).sum();
        self.awaited.is_empty() || awaited + size(message) <= WINDOW
    }

    /// Sends it whole, or in two fragments.
    async fn send(&mut self, message: Message, random: &mut Random) -> Result<(), Error> {
        let begun = Instant::now();
        if random.one_in(5) {
            let (one, other) = message.as_bytes().split_at(message.as_bytes().len() / 2);
            for (part, fin) in [(one, false), (other, true)] {
                let kind = message.kind();
                self.websocket.feed_with(|outgoing| outgoing.fragment(kind, part, fin)).await?;
            }
            self.websocket.flush().await?;
        } else {
            self.websocket.send(message.clone()).await?;
        }
        self.await_echo(message);
        if let Some((_, sent)) = self.awaited.back_mut() {
            *sent = begun;
        }
        Ok(())
    }

    fn await_echo(&mut self, message: Message) {
        self.findings.with(|sums| sums.sent += 1);
        self.awaited.push_back((message, Instant::now()));
    }

    /// Receives what has to come.
    async fn expect(&mut self) -> Result<(), Error> {
        if self.receive().await? { Ok(()) } else { Err(Error::ConnectionLost) }
    }

    /// Receives one message and holds it against what was sent. `false`: the connection has been closed.
    async fn receive(&mut self) -> Result<bool, Error> {
        let Some(message) = self.websocket.next().await.transpose()? else {
            return Ok(false);
        };
        let expected = self.awaited.pop_front();
        self.findings.with(|sums| match expected {
            Some((expected, sent)) if expected == message => {
                sums.echoed += 1;
                sums.echoes.add(sent.elapsed());
            }
            // Another one, or one too many.
            _ => sums.lost += 1,
        });
        Ok(true)
    }

    /// Takes its time, and what comes meanwhile. `false`: the connection has been closed.
    async fn listen(&mut self, time: Duration) -> Result<bool, Error> {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            match timeout(left, self.receive()).await {
                Ok(Ok(true)) => {}
                Ok(end) => return end,
                Err(_) => break,
            }
        }
        Ok(true)
    }
}

/// Most are short.
fn message(random: &mut Random) -> Message {
    let most = match random.below(100) {
        0..60 => 200,
        60..88 => 4 << 10,
        88..99 => 64 << 10,
        _ => 512 << 10,
    };
    message_of(random.below(most), random)
}

fn short_message(random: &mut Random) -> Message {
    message_of(random.below(500), random)
}

/// Text of some words again and again, or bytes that repeat nothing; each begins with a number of its own.
fn message_of(size: usize, random: &mut Random) -> Message {
    if random.one_in(2) {
        return Message::from(random.bytes(8 + size));
    }
    let number = random.number();
    let words = ["grüne ", "bytes ", "in, ", "événements ", "and ", "байты ", "out "];
    let mut text = format!("{number} ");
    while text.len() < size {
        text += words[random.below(words.len())];
    }
    Message::Text(Utf8Bytes::from(text))
}
