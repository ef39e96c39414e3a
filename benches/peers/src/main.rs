//! This crate and its peers side by side, in memory. See README.md.

mod check;
mod contenders;
mod frames;
mod measure;
mod order;
mod report;
mod rows;
mod stream;
mod wire;

use std::collections::BTreeMap;

use bytes::Bytes;
use contenders::{Contender, Sending, Side, Work, bare};
use measure::{Counting, Subject, interleaved};
use report::{Entry, Summary};
use rows::{Row, Task};
use stream::{READ, Stream};
use websocket_proto::Role;
use wire::{Batch, Content};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const USAGE: &str = "\
memory [options]
  --row NAME      only rows whose name contains NAME (may be repeated)
  --only NAME     only peers whose name contains NAME (may be repeated)
  --rounds N      interleaved rounds per row (default 11)
  --quick         5 rounds of 1 ms instead of 11 of 4 ms
  --list          the rows
  --calls         what each contender is called with";

struct Options {
    rows: Vec<String>,
    only: Vec<String>,
    rounds: usize,
    nanoseconds: u64,
}

fn main() {
    let mut options =
        Options { rows: Vec::new(), only: Vec::new(), rounds: 11, nanoseconds: 4_000_000 };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| leave(2, USAGE));
        match argument.as_str() {
            "--row" => options.rows.push(value()),
            "--only" => options.only.push(value()),
            "--rounds" => {
                options.rounds = value().parse().unwrap_or_else(|_| leave(2, USAGE));
            }
            "--quick" => (options.rounds, options.nanoseconds) = (5, 1_000_000),
            "--list" => {
                rows::all().iter().for_each(|row| println!("{}", row.name));
                return;
            }
            "--calls" => {
                report::calls(&contenders::all());
                return;
            }
            "--help" => leave(0, USAGE),
            _ => leave(2, USAGE),
        }
    }
    options.rounds = options.rounds.max(1);
    run(&options);
}

fn leave(code: i32, message: &str) -> ! {
    eprintln!("{message}");
    std::process::exit(code)
}

fn run(options: &Options) {
    let contenders: Vec<_> = contenders::all()
        .into_iter()
        .filter(|contender| {
            contender.side() != Side::Peer
                || options.only.is_empty()
                || options.only.iter().any(|name| contender.name().contains(name))
        })
        .collect();
    report::calls(&contenders);
    let mut summaries = Vec::new();
    let mut own = BTreeMap::new();
    for row in rows::all() {
        if !options.rows.is_empty() && !options.rows.iter().any(|name| row.name.contains(name)) {
            continue;
        }
        let entries = measured(&row, &contenders, options);
        report::table(&row, &entries);
        let summary = Summary::new(row, &entries, &own);
        own.insert(summary.row.name.clone(), summary.ours);
        summaries.push(summary);
    }
    if summaries.is_empty() {
        leave(2, "no such row: --list names them");
    }
    report::summary(&summaries);
}

/// The name of a contender or limit, and its work or why it does none.
struct Candidate {
    name: &'static str,
    side: Side,
    work: Result<Work, String>,
}

/// How often each contender is set up.
const INSTANCES: usize = 3;

fn measured(row: &Row, contenders: &[Box<dyn Contender>], options: &Options) -> Vec<Entry> {
    let mut spacers = Vec::new();
    let mut subjects: Vec<Subject<'_>> = Vec::new();
    let mut entries: Vec<(&str, Side, Result<usize, String>)> = Vec::new();
    for instance in 0..INSTANCES {
        let (candidates, batch) = candidates(row.task, contenders);
        let mut next = 0;
        for Candidate { name, side, work } in candidates {
            // Moves what comes next to another place in its page.
            spacers.push(vec![0_u8; 72 + 1000 * instance]);
            let index = work.map(|mut work| {
                if instance == 0 {
                    subjects.push(Subject { instances: Vec::new(), batch });
                }
                let run = move |messages: usize| work(messages).expect("was checked");
                subjects[next].instances.push(Box::new(run));
                next += 1;
                next - 1
            });
            if instance == 0 {
                entries.push((name, side, index));
            }
        }
    }
    let figures = interleaved(&mut subjects, options.rounds, options.nanoseconds);
    entries
        .into_iter()
        .map(|(name, side, index)| Entry { name, side, figure: index.map(|index| figures[index]) })
        .collect()
}

/// Everyone's work, checked, and how many messages belong together.
fn candidates(task: Task, contenders: &[Box<dyn Contender>]) -> (Vec<Candidate>, usize) {
    let each = |work: &dyn Fn(&dyn Contender) -> Result<Work, String>| {
        contenders
            .iter()
            .map(|contender| Candidate {
                name: contender.name(),
                side: contender.side(),
                work: work(&**contender),
            })
            .collect::<Vec<_>>()
    };
    let limit = |name, work| Candidate { name, side: Side::Limit, work: Ok(work) };
    match task {
        Task::Receive { role, content, size, frames } => {
            let batch = Batch::new(role, content, size, frames);
            let is_text = content != Content::Binary;
            let mut all = each(&|contender| {
                if is_text && contender.side() != Side::Limit {
                    check::refuses_invalid_text(contender, role, size)?;
                }
                let mut receiver = contender.receive(role, Stream::endless(batch.wire.clone()))?;
                check::received(&mut *receiver, &batch)?;
                Ok(Box::new(move |messages| receiver.take(messages)))
            });
            let length = batch.frame_length();
            let bare = |masked, read| bare::receiving(batch.wire.clone(), length, masked, read);
            if role == Role::Server {
                all.push(limit("copy+XOR", bare(true, READ)));
                all.push(limit("copy+XOR, 16K", bare(true, READ / 4)));
            }
            all.push(limit("memcpy", bare(false, READ)));
            all.push(limit("memcpy, 16K", bare(false, READ / 4)));
            let messages = batch.payloads.len();
            if is_text {
                all.push(limit("simdutf8", bare::validating(batch.payloads)));
            }
            (all, messages)
        }
        Task::Send { role, size, per_flush } => {
            let payload = Bytes::from(Content::Binary.payload(size, 1));
            let sending = || Sending { role, payload: payload.clone(), per_flush };
            let mut all = each(&|contender| {
                let mut work = contender.send(sending())?;
                check::sent(&mut work, role, &payload, 2 * per_flush)?;
                Ok(work)
            });
            if role == Role::Client {
                all.push(limit("copy+XOR", bare::sending(sending(), true)));
            }
            all.push(limit("memcpy", bare::sending(sending(), false)));
            (all, per_flush)
        }
        Task::Echo { size } => {
            let batch = Batch::new(Role::Server, Content::Binary, size, 1);
            let all = each(&|contender| {
                let mut work = contender.echo(Stream::endless(batch.wire.clone()))?;
                check::echoed(&mut work, &batch)?;
                // From here on each call answers one batch.
                work(batch.payloads.len() - 3)?;
                let messages = batch.payloads.len();
                Ok(Box::new(move |count| (0..count / messages).try_for_each(|_| work(messages))))
            });
            (all, batch.payloads.len())
        }
        Task::Handshake => {
            let all = each(&|contender| {
                let mut work = contender.handshake(wire::browser_request())?;
                check::accepted(&mut work)?;
                Ok(work)
            });
            (all, 64)
        }
        Task::Broadcast { size, receivers } => {
            let payload = Bytes::from(Content::Binary.payload(size, 1));
            let all = each(&|contender| {
                let mut work = contender.broadcast(receivers, payload.clone())?;
                check::sent(&mut work, Role::Server, &payload, 2 * receivers)?;
                Ok(work)
            });
            (all, receivers)
        }
    }
}
