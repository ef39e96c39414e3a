//! The command line.

use std::error::Error;
use std::time::Duration;

use crate::terms;

/// What it says.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How long new peers come.
    pub(crate) seconds: u64,
    /// Honest peers at once.
    pub(crate) honest: usize,
    /// Hostile peers at once.
    pub(crate) hostile: usize,
    pub(crate) seed: u64,
    /// The longest that an honest peer may wait for an echo or an opening handshake. As long as the server itself
    /// waits for a Pong before it takes a peer for dead, unless told otherwise.
    pub(crate) bound: Duration,
    /// What a hostile peer is given beyond its deadlines: the machine has other things to do, too.
    pub(crate) slack: Duration,
    /// The one kind of hostile peers that there is, by its name; else all are.
    pub(crate) only: Option<String>,
    /// To be the load, on the server at this port.
    pub(crate) load: Option<u16>,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            seconds: 60,
            honest: 100,
            hostile: 200,
            seed: 1,
            bound: terms::PONG,
            slack: Duration::from_millis(2000),
            only: None,
            load: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--seconds" => options.seconds = value.parse()?,
                "--honest" => options.honest = value.parse()?,
                "--hostile" => options.hostile = value.parse()?,
                "--seed" => options.seed = value.parse()?,
                "--bound-ms" => options.bound = Duration::from_millis(value.parse()?),
                "--slack-ms" => options.slack = Duration::from_millis(value.parse()?),
                "--only" => options.only = Some(value),
                "--load" => options.load = Some(value.parse()?),
                _ => return Err(format!("unknown option {name}").into()),
            }
        }
        Ok(options)
    }

    /// What the process with the load is told.
    pub(crate) fn arguments_for_load(&self, port: u16) -> Vec<String> {
        let only = self.only.iter().flat_map(|name| ["--only".into(), name.clone()]);
        [
            ("--load", u64::from(port)),
            ("--seconds", self.seconds),
            ("--honest", self.honest as u64),
            ("--hostile", self.hostile as u64),
            ("--seed", self.seed),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.into(), value.to_string()])
        .chain(only)
        .collect()
    }
}
