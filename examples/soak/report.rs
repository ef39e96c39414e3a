//! What is printed, and what is wrong with it.

use std::collections::HashMap;
use std::time::Duration;

use crate::ending::Ending;
use crate::kind::PROMISES;
use crate::options::Options;
use crate::records::Records;
use crate::tidings::{Figures, Tidings};

/// What the process with the load has told so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    honest: Figures,
    hostile: HashMap<String, (u64, Figures)>,
    /// Whether all of it has been told.
    is_final: bool,
}

impl Told {
    pub(crate) fn note(&mut self, line: &str) {
        match Tidings::parse(line) {
            Some(Tidings::Progress(figures)) => self.honest = figures,
            Some(Tidings::Honest(figures)) => {
                self.honest = figures;
                self.is_final = true;
            }
            Some(Tidings::Hostile { name, started, seen }) => {
                self.hostile.insert(name, (started, seen));
            }
            None => println!("{line}"),
        }
    }

    fn figure(&self, name: &str) -> u64 {
        self.honest.get(name).copied().unwrap_or(0)
    }

    /// How the honest ones are, in a line.
    pub(crate) fn progress(&self) -> String {
        format!(
            "sent {}, lost {}, echo median {}, slowest {}",
            self.figure("sent"),
            self.figure("lost"),
            milliseconds(self.figure("echo median")),
            milliseconds(self.figure("echo slowest")),
        )
    }

    pub(crate) fn report_honest(&self, options: &Options, broken: &mut Vec<String>) {
        let figure = |name: &str| self.figure(name);
        println!("honest peers:");
        println!(
            "  {} connections; messages sent {}, echoed {}, crossed by the server's Close {}, lost {}",
            figure("connections"),
            figure("sent"),
            figure("echoed"),
            figure("crossed"),
            figure("lost"),
        );
        for (what, quantiles) in [
            ("echo", &["median", "99 %", "99.9 %", "slowest"][..]),
            ("handshake", &["median", "slowest"]),
        ] {
            let quantiles: Vec<_> = quantiles
                .iter()
                .map(|name| (name, figure(&format!("{what} {name}"))))
                .map(|(name, time)| format!("{name} {}", milliseconds(time)))
                .collect();
            println!("  {what}: {}; bound {:?}", quantiles.join(", "), options.bound);
            let slowest = Duration::from_micros(figure(&format!("{what} slowest")));
            if slowest > options.bound {
                broken.push(format!("an {what} took {slowest:?}").replace("an h", "a h"));
            }
        }
        if !self.is_final || (figure("sent") == 0 && options.honest > 0) {
            broken.push("the load did not come to its end".into());
        }
        if figure("lost") > 0 {
            broken.push(format!("{} messages were lost", figure("lost")));
        }
        let accounted = figure("echoed") + figure("crossed") + figure("lost");
        if figure("sent") != accounted {
            broken.push(format!("of {} messages, {accounted} came to an end", figure("sent")));
        }
        if figure("failed") > 0 {
            broken.push(format!("{} honest connections were not closed cleanly", figure("failed")));
        }
    }

    pub(crate) fn report_hostile(
        &self,
        records: &Records,
        options: &Options,
        broken: &mut Vec<String>,
    ) {
        println!(
            "hostile peers:            started  gone as they should  slowest  by (and {:?})   \
            how; what they saw",
            options.slack
        );
        for (kind, tally) in records.hostile() {
            let promise = kind.promise();
            if options.only.as_deref().is_some_and(|only| only != promise.name) {
                continue;
            }
            let (started, seen) = self.hostile.get(promise.name).cloned().unwrap_or_default();
            let gone: u64 = tally.endings.iter().map(|(_, count)| count).sum();
            let is_right = |ending: &Ending| promise.endings.contains(ending);
            let right = tally.endings.iter().filter(|(ending, _)| is_right(ending));
            let right: u64 = right.map(|(_, count)| count).sum();
            let how = counted(tally.endings.iter().map(|(ending, count)| (ending, *count)));
            let saw = counted(seen.iter().map(|(seen, count)| (seen, *count)));
            println!(
                "  {:<23} {started:>7} {right:>20} {:>7.1}s {:>4}s            {how}; {saw}",
                promise.name,
                tally.slowest.as_secs_f64(),
                promise.within.as_secs(),
            );
            if started != gone || right != gone {
                broken.push(format!(
                    "{}: {started} came, {gone} are gone, {right} as they should",
                    promise.name
                ));
            }
            for (seen, count) in &seen {
                if !promise.endings.iter().any(|ending| ending.may_be_seen_as(seen)) {
                    broken.push(format!("{}: {count} saw '{seen}'", promise.name));
                }
            }
            if started == 0 && options.hostile >= PROMISES.len() {
                broken.push(format!("{}: none came", promise.name));
            }
            if tally.slowest > promise.within + options.slack {
                broken.push(format!("{}: one was there for {:?}", promise.name, tally.slowest));
            }
        }
        let honest = records.honest();
        println!(
            "  (honest ones, for comparison: {})",
            counted(honest.endings.iter().map(|(ending, count)| (ending, *count)))
        );
    }
}

fn counted<'a, T: ToString + 'a>(counts: impl Iterator<Item = (&'a T, u64)>) -> String {
    let mut counts: Vec<_> = counts.map(|(what, count)| (count, what.to_string())).collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let counts = counts.iter().map(|(count, what)| format!("{what} × {count}"));
    counts.collect::<Vec<_>>().join(", ")
}

fn milliseconds(microseconds: u64) -> String {
    format!("{:.1} ms", microseconds as f64 / 1000.0)
}
