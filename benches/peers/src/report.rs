//! Tables as plain text.

use std::collections::BTreeMap;

use crate::contenders::{Contender, Side, bare};
use crate::measure::Figure;
use crate::rows::{Aim, Row};

/// One line of a row's table.
pub struct Entry {
    pub name: &'static str,
    pub side: Side,
    pub figure: Result<Figure, String>,
}

impl Entry {
    fn nanoseconds(&self) -> Option<f64> {
        self.figure.as_ref().ok().map(|figure| figure.nanoseconds)
    }
}

/// The first entry is this crate's.
fn best_peer(entries: &[Entry]) -> Option<(&'static str, f64)> {
    entries[1..]
        .iter()
        .filter(|entry| entry.side == Side::Peer)
        .filter_map(|entry| Some((entry.name, entry.nanoseconds()?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

pub fn calls(contenders: &[Box<dyn Contender>]) {
    for contender in contenders {
        println!("{}", contender.name());
        for (task, calls) in contender.calls() {
            println!("    {task:<10} {calls}");
        }
    }
    for (name, calls) in bare::CALLS {
        println!("{name}\n               {calls}");
    }
    println!();
}

fn nanoseconds(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") }
}

pub fn table(row: &Row, entries: &[Entry]) {
    println!("## {}", row.name);
    println!(
        "{:<22}{:>10}{:>20}{:>14}{:>13}{:>9}{:>9}",
        "contender", "ns", "(min - max)", "to best peer", "allocations", "reads", "writes"
    );
    let best = best_peer(entries).map(|best| best.1);
    let mut lines: Vec<&Entry> = entries.iter().collect();
    lines.sort_by(|a, b| {
        let key =
            |entry: &Entry| (entry.side == Side::Limit, entry.nanoseconds().unwrap_or(f64::MAX));
        key(a).partial_cmp(&key(b)).expect("numbers")
    });
    for entry in lines {
        let name =
            if entry.side == Side::Limit { format!("  {}", entry.name) } else { entry.name.into() };
        match &entry.figure {
            Ok(figure) => println!(
                "{name:<22}{:>10}{:>20}{:>14}{:>13}{:>9}{:>9}",
                nanoseconds(figure.nanoseconds),
                format!("({} - {})", nanoseconds(figure.range.0), nanoseconds(figure.range.1)),
                best.map_or("--".into(), |best| format!("{:.2}", figure.nanoseconds / best)),
                format!("{:.3}", figure.allocations),
                format!("{:.3}", figure.reads),
                format!("{:.3}", figure.writes),
            ),
            Err(reason) => println!("{name:<22}{:>10}  {reason}", "--"),
        }
    }
    println!();
}

/// One line of the summary.
pub struct Summary {
    pub row: Row,
    pub ours: f64,
    allocations: f64,
    best: Option<(&'static str, f64)>,
    limit: Option<f64>,
    /// What was reached of each aim; nothing if the other row was not measured.
    ratios: Vec<Option<f64>>,
}

impl Summary {
    /// `own`: our figures of the rows before.
    pub fn new(row: Row, entries: &[Entry], own: &BTreeMap<String, f64>) -> Self {
        let ours = entries[0].figure.as_ref().expect("this crate does everything");
        let best = best_peer(entries);
        let named = |name: &str| {
            let entry =
                entries.iter().find(|entry| entry.side == Side::Limit && entry.name == name);
            entry.and_then(Entry::nanoseconds)
        };
        let ratios = row
            .aims
            .iter()
            .map(|aim| {
                let other = match aim {
                    Aim::BestPeer(_) => best.map(|best| best.1),
                    Aim::Limit(name, _) => named(name),
                    Aim::OwnRow(name, _) => own.get(name).copied(),
                };
                other.map(|other| ours.nanoseconds / other)
            })
            .collect();
        let limit = row.limit.and_then(named);
        let (ours, allocations) = (ours.nanoseconds, ours.allocations);
        Self { row, ours, allocations, best, limit, ratios }
    }
}

pub fn summary(summaries: &[Summary]) {
    println!("## Summary");
    println!(
        "{:<46}{:>9}{:>9} {:<20}{:>6}{:>9} {:<10}{:>6}{:>8}  aims",
        "row", "ours", "best", "peer", "ratio", "limit", "", "ratio", "allocs"
    );
    for line in summaries {
        let ratio = |other: Option<f64>| {
            other.map_or("--".into(), |other| format!("{:.2}", line.ours / other))
        };
        let best = line.best.map(|best| best.1);
        let aims: Vec<String> = line
            .row
            .aims
            .iter()
            .zip(&line.ratios)
            .map(|(aim, ratio)| verdict(aim, *ratio))
            .collect();
        println!(
            "{:<46}{:>9}{:>9} {:<20}{:>6}{:>9} {:<10}{:>6}{:>8}  {}",
            line.row.name,
            nanoseconds(line.ours),
            best.map_or("--".into(), nanoseconds),
            line.best.map_or("", |best| best.0),
            ratio(best),
            line.limit.map_or("--".into(), nanoseconds),
            line.row.limit.unwrap_or_default(),
            ratio(line.limit),
            format!("{:.3}", line.allocations),
            aims.join("; "),
        );
    }
}

fn verdict(aim: &Aim, ratio: Option<f64>) -> String {
    let (what, at_most) = match aim {
        Aim::BestPeer(at_most) => ("peer".into(), *at_most),
        Aim::Limit(name, at_most) => ((*name).to_owned(), *at_most),
        Aim::OwnRow(_, at_most) => ("own binary".into(), *at_most),
    };
    match ratio {
        Some(ratio) if ratio <= at_most => format!("<= {at_most:.2} {what}: met"),
        Some(ratio) => format!("<= {at_most:.2} {what}: MISSED ({ratio:.2})"),
        None => format!("<= {at_most:.2} {what}: not measured"),
    }
}
