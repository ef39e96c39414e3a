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

#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Messages per second, median.
    pub rate: f64,
    /// Least and greatest of the rounds.
    pub range: (f64, f64),
    /// The server's CPU time per message in nanoseconds, median.
    pub cpu: f64,
}

/// One server in one row.
struct Subject<'a> {
    process: &'a Process,
    load: Load,
    /// Messages per second, and nanoseconds of CPU per message, of each round.
    samples: Vec<(f64, f64)>,
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
            Ok(Subject { process, load, samples: Vec::with_capacity(plan.rounds) })
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
    subjects.into_iter().map(|subject| subject.map(|subject| figure(&subject.samples))).collect()
}

impl Subject<'_> {
    fn measure(&mut self, plan: Plan) -> io::Result<()> {
        self.load.start()?;
        self.load.run(plan.warming, |_, _| {})?;
        let (start, cpu, done) = (Instant::now(), self.process.cpu_time()?, self.load.done);
        self.load.run(plan.slice, |_, _| {})?;
        let (time, used) = (start.elapsed(), self.process.cpu_time()? - cpu);
        let messages = (self.load.done - done) as f64;
        self.samples.push((messages / time.as_secs_f64(), used as f64 / messages));
        self.load.stop(|_, _| {})
    }
}

fn figure(samples: &[(f64, f64)]) -> Figure {
    let sorted = |of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = samples.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (rates, cpus) = (sorted(|sample| sample.0), sorted(|sample| sample.1));
    let last = samples.len() - 1;
    Figure { rate: rates[last / 2], range: (rates[0], rates[last]), cpu: cpus[last / 2] }
}
