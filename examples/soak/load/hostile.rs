//! The hostile peers: a number of them at once, of any kind.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::peer::Seen;
use super::{attacks, floods};
use crate::kind::{Kind, PROMISES, Promise};
use crate::random::Random;

/// Floods at once: each takes as much of a processor as it gets.
const FLOODS: usize = 4;

/// Beyond what it is given: then a peer says that it is still there.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most that lies between one peer and the next.
const PAUSE: Duration = Duration::from_secs(1);

/// What the peers of a kind have met with.
pub(crate) struct Met {
    pub(crate) kind: Kind,
    pub(crate) started: u64,
    pub(crate) seen: Vec<(String, u64)>,
}

impl Met {
    fn add(&mut self, seen: String) {
        self.started += 1;
        match self.seen.iter_mut().find(|(other, _)| *other == seen) {
            Some((_, count)) => *count += 1,
            None => self.seen.push((seen, 1)),
        }
    }
}

/// The kinds that come: all, or the one of this name.
pub(super) fn kinds(only: Option<&str>) -> Result<Arc<[Kind]>, String> {
    let is_wanted = |promise: &&Promise| only.is_none_or(|name| name == promise.name);
    let kinds = PROMISES.iter().filter(is_wanted).map(|promise| promise.kind);
    let kinds = kinds.collect::<Arc<[_]>>();
    if kinds.is_empty() { Err(format!("no kind is called {only:?}")) } else { Ok(kinds) }
}

/// So many at once until then; returns when the last is gone.
pub(super) async fn crowd(
    port: u16,
    count: usize,
    kinds: Arc<[Kind]>,
    until: Instant,
    mut random: Random,
) -> Vec<Met> {
    let mut tasks = JoinSet::new();
    let floods = Arc::new(Semaphore::new(FLOODS));
    for first in 0..count {
        let (kinds, floods) = (kinds.clone(), floods.clone());
        let mut random = random.another();
        tasks.spawn(async move {
            one_after_another(port, first, &kinds, until, &mut random, &floods).await
        });
    }
    let kinds = PROMISES.iter().map(|promise| promise.kind);
    let mut met: Vec<_> = kinds.map(|kind| Met { kind, started: 0, seen: Vec::new() }).collect();
    while let Some(found) = tasks.join_next().await {
        match found {
            Ok(found) => found.into_iter().for_each(|(kind, seen)| met[kind as usize].add(seen)),
            Err(panic) => eprintln!("a hostile peer: {panic}"),
        }
    }
    met
}

async fn one_after_another(
    port: u16,
    first: usize,
    kinds: &[Kind],
    until: Instant,
    random: &mut Random,
    floods: &Semaphore,
) -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    for turn in first.. {
        sleep(random.time(PAUSE)).await;
        if Instant::now() >= until {
            break;
        }
        // Each kind once, then as it comes.
        let turn = if turn == first { turn } else { random.below(kinds.len()) };
        let promise = kinds[turn % kinds.len()].promise();
        let flood = match is_flood(promise.kind) {
            true => match floods.try_acquire() {
                Ok(permit) => Some(permit),
                Err(_) => continue,
            },
            false => None,
        };
        let attack = attack(promise.kind, port, random);
        let seen = match timeout(promise.within + PATIENCE, attack).await {
            Ok(Ok(seen)) => seen.to_string(),
            // Told while it was writing.
            Ok(Err(error)) if is_reset(&error) => Seen::Reset.to_string(),
            Ok(Err(error)) => error.to_string().replace(['\t', '='], " "),
            Err(_) => Seen::StillThere.to_string(),
        };
        drop(flood);
        found.push((promise.kind, seen));
    }
    found
}

fn is_flood(kind: Kind) -> bool {
    matches!(kind, Kind::PingFlood | Kind::DeafPingFlood | Kind::TinyFragments)
}

fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

async fn attack(kind: Kind, port: u16, random: &mut Random) -> io::Result<Seen> {
    use Kind::*;
    match kind {
        Silent | SlowHead | HugeHead | LongLine | Garbage | NoUpgrade | CrossOrigin => {
            attacks::ask(kind, port, random).await
        }
        WrongFrames | Unmasked | Oversized | BadUtf8 => attacks::violate(kind, port, random).await,
        #[cfg(feature = "deflate")]
        Bomb | Corrupt => attacks::violate(kind, port, random).await,
        PingFlood => floods::ping(port).await,
        TinyFragments | EmptyFragments => floods::fragment(kind, port).await,
        DeafPingFlood | DeafEcho | Drip => floods::ignore(kind, port).await,
        Unfinished | SlowFrame | NeverPongs => attacks::keep_silent(kind, port).await,
        NeverCloses | ClosesAndStays | ClosesAndTalks | HalfCloseInside | HalfCloseAfter
        | Reset => attacks::end(kind, port).await,
    }
}
