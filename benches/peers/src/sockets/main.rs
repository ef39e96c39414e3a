//! This crate and its peers as echo servers, over sockets of this machine. See README.md.

// The files of the example, which is what takes part for this crate.
#[path = "../../../../examples/event_loop/alarms.rs"]
mod alarms;
mod calls;
mod check;
mod client;
mod contenders;
mod epoll;
#[path = "../frames.rs"]
mod frames;
mod idle;
mod load;
mod measure;
#[path = "../order.rs"]
mod order;
#[path = "../../../../examples/event_loop/peer.rs"]
mod peer;
mod process;
mod report;
mod rows;
#[path = "../../../../examples/event_loop/server.rs"]
mod server;
mod servers;
mod system;

use std::error::Error;
use std::time::Duration;

use contenders::{Contender, Side};
use measure::Plan;
use process::Process;
use report::{Entry, Summary};

const USAGE: &str = "\
sockets [options]
  --row NAME      only rows whose name contains NAME (may be repeated)
  --only NAME     only peers whose name contains NAME (may be repeated)
  --rounds N      interleaved rounds per row (default 9)
  --quick         5 rounds of 40 ms instead of 9 of 150 ms; 1,000 idle connections
  --memory        only the memory of idle connections
  --connections N so many of them (default 5,000)
  --no-memory     everything else
  --list          the rows
  --calls         what each contender is called with";

struct Options {
    rows: Vec<String>,
    only: Vec<String>,
    plan: Plan,
    throughput: bool,
    memory: bool,
    connections: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = Options {
        rows: Vec::new(),
        only: Vec::new(),
        plan: Plan {
            rounds: 9,
            warming: Duration::from_millis(30),
            slice: Duration::from_millis(150),
        },
        throughput: true,
        memory: true,
        connections: 5_000,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| leave(2, USAGE));
        match argument.as_str() {
            // How the program starts its own servers.
            "serve" => {
                let name = value();
                let contender = contenders::ALL.iter().find(|contender| contender.name == name);
                let contender = contender.unwrap_or_else(|| leave(2, USAGE));
                let calls = value().parse()?;
                let core = arguments.next().map(|core| core.parse()).transpose()?;
                return Ok(process::serve(contender, calls, core)?);
            }
            "--row" => options.rows.push(value()),
            "--only" => options.only.push(value()),
            "--rounds" => {
                options.plan.rounds = value().parse().unwrap_or_else(|_| leave(2, USAGE));
            }
            "--quick" => {
                let (warming, slice) = (Duration::from_millis(10), Duration::from_millis(40));
                options.plan = Plan { rounds: 5, warming, slice };
                options.connections = 1_000;
            }
            "--memory" => options.throughput = false,
            "--connections" => {
                options.connections = value().parse().unwrap_or_else(|_| leave(2, USAGE));
            }
            "--no-memory" => options.memory = false,
            "--list" => {
                rows::ALL.iter().for_each(|row| println!("{}", row.name));
                return Ok(());
            }
            "--calls" => {
                report::calls(&contenders::ALL.iter().collect::<Vec<_>>());
                return Ok(());
            }
            "--help" => leave(0, USAGE),
            _ => leave(2, USAGE),
        }
    }
    options.plan.rounds = options.plan.rounds.max(1);
    run(&options)
}

fn leave(code: i32, message: &str) -> ! {
    eprintln!("{message}");
    std::process::exit(code)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let contenders: Vec<&Contender> = contenders::ALL
        .iter()
        .filter(|contender| {
            contender.side != Side::Peer
                || options.only.is_empty()
                || options.only.iter().any(|name| contender.name.contains(name))
        })
        .collect();
    report::calls(&contenders);

    let (files, cores) = (system::raise_open_files(), system::cores());
    let core = match cores[..] {
        [first, .., last] => {
            println!("servers on core {last}, the load generator on core {first}\n");
            system::pin(first)?;
            Some(last)
        }
        _ => {
            println!("one core for all: the figures are those of both sides together\n");
            None
        }
    };
    let mut summaries = Vec::new();
    if options.throughput {
        let servers: Vec<(&Contender, Process)> = contenders
            .iter()
            .map(|contender| Ok((*contender, Process::start(contender, core)?)))
            .collect::<Result<_, std::io::Error>>()?;
        for row in rows::ALL {
            if !options.rows.is_empty() && !options.rows.iter().any(|name| row.name.contains(name))
            {
                continue;
            }
            let figures = measure::row(&row, &servers, options.plan);
            let entries: Vec<Entry<'_>> = contenders
                .iter()
                .zip(figures)
                .map(|(contender, figure)| Entry { contender, figure })
                .collect();
            report::table(&row, &entries);
            report::on_tokio(&row, &entries);
            summaries.push(Summary::new(row, &entries));
        }
    }
    let mut held = Vec::new();
    if options.memory {
        let connections = options.connections.min((files as usize).saturating_sub(64));
        for contender in contenders.into_iter().filter(|contender| !contender.is_batched()) {
            let each = idle::held(contender, core, connections);
            held.push((contender, each.map_err(|error| error.to_string())));
        }
        report::idle(connections, &held);
    }
    report::summary(&summaries);
    report::idle_verdict(&held);
    Ok(())
}
