//! Tables as plain text.

use crate::contenders::{Contender, Side};
use crate::idle::{AIM, Held};
use crate::measure::Figure;
use crate::rows::Row;

pub fn calls(contenders: &[&Contender]) {
    for contender in contenders {
        println!("{:<27}{}", contender.name, contender.calls);
    }
    println!();
}

/// One line of a row's table.
pub struct Entry<'a> {
    pub contender: &'a Contender,
    pub figure: Result<Figure, String>,
}

fn of_side<'e>(
    entries: &'e [Entry<'_>],
    side: Side,
) -> impl Iterator<Item = (&'static str, &'e Figure)> {
    entries
        .iter()
        .filter(move |entry| entry.contender.side == side)
        .filter_map(|entry| Some((entry.contender.name, entry.figure.as_ref().ok()?)))
}

/// The fastest, beside raw TCP if that is there.
fn best_peer<'e>(entries: &'e [Entry<'_>]) -> Option<(&'static str, &'e Figure)> {
    let raw = of_side(entries, Side::Limit).next();
    let rate = |figure: &Figure| raw.map_or(figure.rate(), |(_, raw)| figure.rate_to(raw));
    of_side(entries, Side::Peer).max_by(|a, b| rate(a.1).total_cmp(&rate(b.1)))
}

fn ratio(
    figure: Option<&Figure>,
    to: fn(&Figure, &Figure) -> f64,
    other: Option<&Figure>,
) -> String {
    figure.zip(other).map_or("--".into(), |(figure, other)| format!("{:.2}", to(figure, other)))
}

pub fn table(row: &Row, entries: &[Entry<'_>]) {
    println!("## {}", row.name);
    println!(
        "{:<27}{:>11}{:>24}{:>8}{:>8}{:>8}{:>10}{:>8}{:>8}",
        "contender",
        "messages/s",
        "(min - max)",
        "MB/s",
        "to raw",
        "to best",
        "CPU ns",
        "to raw",
        "calls"
    );
    let raw = of_side(entries, Side::Limit).next().map(|raw| raw.1);
    let peer = best_peer(entries).map(|peer| peer.1);
    let mut lines: Vec<&Entry<'_>> = entries.iter().collect();
    let rate = |entry: &Entry<'_>| entry.figure.as_ref().map_or(0.0, Figure::rate);
    lines.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
    for Entry { contender, figure } in lines {
        match figure {
            Ok(figure) => println!(
                "{:<27}{:>11.0}{:>24}{:>8.0}{:>8}{:>8}{:>10.0}{:>8}{:>8.3}",
                contender.name,
                figure.rate(),
                format!("({:.0} - {:.0})", figure.range().0, figure.range().1),
                figure.rate() * row.size as f64 / 1e6,
                ratio(Some(figure), Figure::rate_to, raw),
                ratio(Some(figure), Figure::rate_to, peer),
                figure.cpu(),
                ratio(Some(figure), Figure::cpu_to, raw),
                figure.calls(),
            ),
            Err(reason) => println!("{:<27}{:>11}  {reason}", contender.name, "--"),
        }
    }
    println!();
}

/// One line of the summary.
pub struct Summary {
    row: Row,
    ours: Option<Figure>,
    raw: Option<Figure>,
    best: Option<(&'static str, Figure)>,
}

impl Summary {
    pub fn new(row: Row, entries: &[Entry<'_>]) -> Self {
        let first = |side| of_side(entries, side).next().map(|(_, figure)| figure.clone());
        Self {
            row,
            ours: first(Side::Ours),
            raw: first(Side::Limit),
            best: best_peer(entries).map(|(name, figure)| (name, figure.clone())),
        }
    }
}

pub fn summary(summaries: &[Summary]) {
    println!("## Summary (messages per second; CPU time of the server per message)");
    println!(
        "{:<26}{:>9}{:>9}{:>7}{:>6}{:>9} {:<26}{:>6}{:>6}  aim",
        "row", "ours", "raw TCP", "ratio", "CPU", "best", "peer", "ratio", "CPU"
    );
    for Summary { row, ours, raw, best } in summaries {
        let (ours, raw) = (ours.as_ref(), raw.as_ref());
        let peer = best.as_ref().map(|best| &best.1);
        let rate = |figure: Option<&Figure>| {
            figure.map_or("--".into(), |figure| format!("{:.0}", figure.rate()))
        };
        let to_raw = ours.zip(raw).map(|(ours, raw)| ours.rate_to(raw));
        let aim = row.aim.map_or(String::new(), |at_least| match to_raw {
            Some(ratio) if ratio >= at_least => format!(">= {at_least:.2} raw TCP: met"),
            Some(ratio) => format!(">= {at_least:.2} raw TCP: MISSED ({ratio:.3})"),
            None => format!(">= {at_least:.2} raw TCP: not measured"),
        });
        println!(
            "{:<26}{:>9}{:>9}{:>7}{:>6}{:>9} {:<26}{:>6}{:>6}  {aim}",
            row.name,
            rate(ours),
            rate(raw),
            ratio(ours, Figure::rate_to, raw),
            ratio(ours, Figure::cpu_to, raw),
            rate(peer),
            best.as_ref().map_or("", |best| best.0),
            ratio(ours, Figure::rate_to, peer),
            ratio(ours, Figure::cpu_to, peer),
        );
    }
}

/// The tokio adapter beside the best peer on tokio: by the median of the rounds' ratios.
pub fn on_tokio(row: &Row, entries: &[Entry<'_>]) {
    let on_tokio = |side| {
        entries
            .iter()
            .filter(move |entry| entry.contender.is_on_tokio() && entry.contender.side == side)
            .filter_map(|entry| Some((entry.contender.name, entry.figure.as_ref().ok()?)))
    };
    let best = on_tokio(Side::Peer).max_by(|a, b| a.1.rate().total_cmp(&b.1.rate()));
    let Some((name, best)) = best else { return };
    for (ours, figure) in on_tokio(Side::Ours) {
        let (rate, calls) = (figure.rate_to(best), figure.calls());
        let aim = match row.in_flight {
            64 => format!(
                "  >= 1.50 and <= 0.04 calls: {}",
                if rate >= 1.5 && calls <= 0.04 { "met" } else { "MISSED" }
            ),
            _ => String::new(),
        };
        println!(
            "{ours}: {rate:.2} of {name}, CPU {:.2}, {calls:.3} calls per message{aim}",
            figure.cpu_to(best)
        );
    }
    println!();
}

pub fn idle(connections: usize, held: &[(&Contender, Result<Held, String>)]) {
    println!("## Memory of {connections} idle connections, in bytes per connection");
    println!(
        "{:<27}{:>21}{:>29}{:>22}",
        "contender", "after the handshake", "64 KiB each, 2 s idle", "malloc_trim(0)"
    );
    for (contender, held) in held {
        match held {
            Ok(held) => {
                println!(
                    "{:<27}{:>21}{:>29}{:>22}",
                    contender.name, held.opened, held.used, held.trimmed
                );
            }
            Err(reason) => println!("{:<27}{:>21}  {reason}", contender.name, "--"),
        }
    }
    println!();
}

/// What the connections hold beyond a bare `TcpStream` in a task of tokio, beside the best peer there.
fn idle_on_tokio(held: &[(&Contender, Result<Held, String>)]) {
    let on_tokio = |side| {
        held.iter()
            .filter(move |(contender, _)| contender.is_on_tokio() && contender.side == side)
            .filter_map(|(contender, held)| Some((contender.name, held.as_ref().ok()?)))
    };
    let bare = on_tokio(Side::Limit).next();
    let ours = on_tokio(Side::Ours).next();
    let Some(((_, bare), (_, ours))) = bare.zip(ours) else { return };
    let states: [(&str, fn(&Held) -> u64); 2] =
        [("after the handshake", |held| held.opened), ("after 64 KiB", |held| held.used)];
    for (state, bytes) in states {
        let beyond = |held: &Held| bytes(held).saturating_sub(bytes(bare));
        let best = on_tokio(Side::Peer).min_by_key(|(_, held)| beyond(held));
        let Some((name, best)) = best else { continue };
        let ratio = beyond(ours) as f64 / beyond(best).max(1) as f64;
        let verdict = if ratio <= 0.5 { "met" } else { "MISSED" };
        println!(
            "idle connection on tokio {state}, beyond a bare TcpStream: {} bytes, best peer {} ({name}): \
             {ratio:.2} <= 0.50: {verdict}",
            beyond(ours),
            beyond(best),
        );
    }
}

pub fn idle_verdict(held: &[(&Contender, Result<Held, String>)]) {
    let ours = held.iter().find(|(contender, _)| contender.side == Side::Ours);
    let Some((_, ours)) = ours else { return };
    let verdict = match ours {
        Ok(held) if held.used <= AIM => "met".into(),
        Ok(held) => {
            format!("MISSED ({}, and {} after malloc_trim(0))", held.used, held.trimmed)
        }
        Err(_) => "not measured".into(),
    };
    println!("idle connection after 64 KiB: <= {AIM} bytes: {verdict}");
    idle_on_tokio(held);
}
