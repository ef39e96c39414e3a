//! What can be set while everything runs.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::transport::Transport;
use crate::updates::{AT_ONCE, KEPT};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Updates per second; 0, which nobody can ask for: none.
    pub(crate) rate: f64,
    /// Characters of `data` in each update.
    pub(crate) size: usize,
    /// Milliseconds between two short polls of a client.
    pub(crate) interval: u64,
    /// Clients of each transport that have no browser.
    pub(crate) clients: [usize; 4],
}

const RATE: RangeInclusive<f64> = 0.1..=1000.0;
const SIZE: RangeInclusive<usize> = 0..=64 * 1024;
const INTERVAL: RangeInclusive<u64> = 50..=60_000;
const CLIENTS: RangeInclusive<usize> = 0..=1000;

impl Default for Settings {
    fn default() -> Self {
        Self { rate: 10.0, size: 100, interval: 1000, clients: [0; 4] }
    }
}

impl Settings {
    /// Those that `query` (`name=value&...`) makes of these; the sentence for the reader if it cannot be.
    pub(crate) fn changed(mut self, query: &str) -> Result<Self, String> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "rate" => self.rate = within(name, value, &RATE)?,
                "size" => self.size = within(name, value, &SIZE)?,
                "interval" => self.interval = within(name, value, &INTERVAL)?,
                _ => {
                    let transport =
                        Transport::ALL.iter().find(|transport| transport.name() == name);
                    let transport =
                        transport.ok_or_else(|| format!("there is no setting '{name}'"))?;
                    self.clients[*transport as usize] = within(name, value, &CLIENTS)?;
                }
            }
        }
        // A poll asks for all that was made since the one before: it must be there, and go at once; even where the poll is late.
        let between = self.rate * self.interval as f64 / 1000.0;
        if between > KEPT as f64 / 2.0 || between * (self.size + 64) as f64 > AT_ONCE as f64 / 2.0 {
            return Err(format!(
                "{between} updates of {} characters between two short polls are more than go at once: polls would fall behind",
                self.size
            ));
        }
        Ok(self)
    }

    pub(crate) fn json(&self) -> String {
        let clients: Vec<String> = Transport::ALL
            .iter()
            .map(|transport| {
                format!("\"{}\":{}", transport.name(), self.clients[*transport as usize])
            })
            .collect();
        format!(
            "{{\"rate\":{},\"size\":{},\"interval\":{},\"clients\":{{{}}}}}",
            self.rate,
            self.size,
            self.interval,
            clients.join(",")
        )
    }
}

fn within<T: FromStr + PartialOrd + Display>(
    name: &str,
    value: &str,
    range: &RangeInclusive<T>,
) -> Result<T, String> {
    match value.parse() {
        Ok(value) if range.contains(&value) => Ok(value),
        _ => Err(format!(
            "{name} is a number from {} to {}, not '{value}'",
            range.start(),
            range.end()
        )),
    }
}

#[test]
fn settings_have_limits() {
    let settings =
        Settings::default().changed("rate=0.1&size=65536&interval=60000&sse=1000").unwrap();
    assert_eq!((settings.rate, settings.size, settings.clients), (0.1, 65536, [0, 0, 1000, 0]));
    for query in [
        "rate=0",
        "rate=NaN",
        "rate=1001",
        "size=-1",
        "size=65537",
        "interval=49",
        "short=1001",
        "none=1",
    ] {
        assert!(Settings::default().changed(query).is_err(), "{query}");
    }
    for query in ["rate=1000&interval=2000", "rate=100&size=65536", "rate=50&interval=60000"] {
        assert!(Settings::default().changed(query).is_err(), "{query}");
    }
    // Up to 1,500 updates and 512 KiB between two polls, each counted with 64 bytes more.
    for (query, more) in [
        ("rate=1000&size=0&interval=1500", "interval=1501"),
        ("rate=8&size=65472&interval=1000", "size=65473"),
    ] {
        let settings = Settings::default().changed(query).expect(query);
        assert!(settings.changed(more).is_err(), "{more}");
    }
    assert_eq!(Settings::default().changed(""), Ok(Settings::default()));
}
