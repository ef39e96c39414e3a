//! Rounds in which all servers have their turn: messages per second, and the server's CPU time.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::check;
use crate::contenders::Contender;
use crate::load::{Batch, Load};
use crate::order::order;
use crate::process::Process;
use crate::rows::Row;

/// How long and how often.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// Before each measurement, so that buffers and caches are what they will be.
    pub warming: Duration,
    pub slice: Duration,
}

/// What the rounds of one server in one row came to.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// Messages per second, by round.
    rates: Vec<f64>,
    /// The server's CPU time per message in nanoseconds, by round.
    cpus: Vec<f64>,
    /// System calls that read or write a socket, per message, by round.
    calls: Vec<f64>,
}

impl Figure {
    /// Messages per second, median.
    pub fn rate(&self) -> f64 {
        median(self.rates.iter().copied())
    }

    /// Least and greatest messages per second.
    pub fn range(&self) -> (f64, f64) {
        let least = self.rates.iter().copied().fold(f64::MAX, f64::min);
        (least, self.rates.iter().copied().fold(0.0, f64::max))
    }

    /// CPU time per message in nanoseconds, median.
    pub fn cpu(&self) -> f64 {
        median(self.cpus.iter().copied())
    }

    /// System calls that read or write a socket, per message, median.
    pub fn calls(&self) -> f64 {
        median(self.calls.iter().copied())
    }

    /// Messages per second beside those of another: the median of the rounds' ratios, since what
    /// slows a round down slows down both.
    pub fn rate_to(&self, other: &Self) -> f64 {
        median(self.rates.iter().zip(&other.rates).map(|(ours, other)| ours / other))
    }

    /// CPU time beside that of another, in the same way.
    pub fn cpu_to(&self, other: &Self) -> f64 {
        median(self.cpus.iter().zip(&other.cpus).map(|(ours, other)| ours / other))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}

/// One server in one row.
struct Subject<'a> {
    process: &'a Process,
    load: Load,
    figure: Figure,
}

/// Figures of each server for one row, or why there are none.
pub fn row(
    row: &Row,
    servers: &[(&Contender, Process)],
    plan: Plan,
) -> Vec<Result<Figure, String>> {
    let batch = Rc::new(Batch::new(row));
    let mut subjects: Vec<Result<Subject<'_>, String>> = servers
        .iter()
        .map(|(contender, process)| {
            let web_socket = contender.is_web_socket();
            check::echoes(process.address, row, &batch, web_socket)?;
            let load = Load::open(process.address, row, &batch, web_socket);
            let load = load.map_err(|error| error.to_string())?;
            Ok(Subject { process, load, figure: Figure::default() })
        })
        .collect();
    for round in 0..plan.rounds {
        for index in order(round, subjects.len()) {
            let Ok(subject) = &mut subjects[index] else { continue };
            if let Err(error) = subject.measure(plan) {
                subjects[index] = Err(error.to_string());
            }
        }
    }
    subjects.into_iter().map(|subject| subject.map(|subject| subject.figure)).collect()
}

impl Subject<'_> {
    fn measure(&mut self, plan: Plan) -> io::Result<()> {
        self.load.start()?;
        self.load.run(plan.warming, |_, _| {})?;
        let calls = self.process.calls();
        let (start, cpu, done) = (Instant::now(), self.process.cpu_time()?, self.load.done);
        self.load.run(plan.slice, |_, _| {})?;
        let (time, used) = (start.elapsed(), self.process.cpu_time()? - cpu);
        let messages = (self.load.done - done) as f64;
        self.figure.calls.push((self.process.calls() - calls) as f64 / messages);
        self.figure.rates.push(messages / time.as_secs_f64());
        self.figure.cpus.push(used as f64 / messages);
        self.load.stop(|_, _| {})
    }
}
