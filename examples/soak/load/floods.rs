//! Much of what is allowed, and peers that do not read.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::task::yield_now;
use tokio::time::sleep;

use super::peer::{BINARY, CLOSE, FIN, PING, PONG, Peer, Seen, TEXT, code, frame};
use crate::kind::Kind;

/// How long a flood that is legal goes on.
const FLOOD: Duration = Duration::from_secs(2);

/// Bytes that the server can send to a deaf peer; the system makes more of it.
const WINDOW: u32 = 4096;

/// Bytes of a legal flood that are on their way: its Pongs have to get through it.
const ON_THE_WAY: u32 = 32 << 10;

/// Pings as fast as they are taken, and reads.
pub(super) async fn ping(port: u16) -> io::Result<Seen> {
    let peer = Peer::connect(Kind::PingFlood, port, Some(ON_THE_WAY)).await?;
    let peer = peer.upgraded("/", "").await?;
    let pings = frame(PING, b"are you there?").repeat(500);
    let until = Instant::now() + FLOOD;
    let mut frames = peer.frames();
    let mut left = VecDeque::new();
    let mut answers = Vec::new();
    let mut pongs = 0_u64;
    while Instant::now() < until || !left.is_empty() || !answers.is_empty() {
        if left.is_empty() {
            left.extend(answers.drain(..));
            if Instant::now() < until {
                left.extend(&pings);
            }
        }
        // Others want their turn, too.
        yield_now().await;
        let ready = peer.stream.ready(Interest::READABLE | Interest::WRITABLE).await?;
        // First: else more comes than is read.
        if ready.is_readable() && !frames.take()? {
            return Ok(Seen::End);
        }
        while let Some((first, payload)) = frames.at_hand() {
            match first {
                PONG => pongs += 1,
                // Its own are to be answered, too.
                PING => answers.extend(frame(PONG, &payload)),
                _ => {}
            }
        }
        if ready.is_writable() {
            match peer.stream.try_write(left.as_slices().0) {
                Ok(count) => drop(left.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
    peer.send(&frame(CLOSE, &1000_u16.to_be_bytes())).await?;
    let mut seen = Seen::End;
    while let Some((first, body)) = frames.next().await? {
        pongs += u64::from(first == PONG);
        if first == CLOSE {
            seen = Seen::Close(code(&body));
        }
    }
    // Not each is answered, but some are.
    if pongs == 0 { Err(io::Error::other("no pong")) } else { Ok(seen) }
}

/// Many fragments of one message.
pub(super) async fn fragment(kind: Kind, port: u16) -> io::Result<Seen> {
    let peer = Peer::open(kind, port, "/", "").await?;
    let (payload, count): (&[u8], _) = match kind {
        Kind::TinyFragments => (b"x", 150_000),
        _ => (b"", 2_000),
    };
    peer.send(&frame(TEXT & !FIN, payload)).await?;
    peer.send(&frame(0, payload).repeat(count)).await?;
    Ok(peer.closed().await)
}

/// Sends until the server has had enough, and reads nothing, or a drop now and then.
pub(super) async fn ignore(kind: Kind, port: u16) -> io::Result<Seen> {
    let peer = Peer::connect(kind, port, Some(WINDOW)).await?.upgraded("/", "").await?;
    let bytes = match kind {
        Kind::DeafPingFlood => frame(PING, &[b'p'; 125]).repeat(100),
        _ => frame(BINARY, &[b'e'; 100_000]),
    };
    let sending = async {
        while peer.send(&bytes).await.is_ok() {}
        Seen::Reset
    };
    let reading = async {
        loop {
            sleep(Duration::from_millis(100)).await;
            if kind == Kind::Drip && peer.read(&mut [0; 64]).await.is_err() {
                return Seen::Reset;
            }
        }
    };
    tokio::select! { seen = sending => Ok(seen), seen = reading => Ok(seen) }
}
