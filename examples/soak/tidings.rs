//! What the process with the load tells that with the server: lines of fields between tabs.

use std::collections::BTreeMap;

use crate::load::Met;

/// Numbers by name.
pub(crate) type Figures = BTreeMap<String, u64>;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tidings {
    /// Of the honest peers, while they are busy.
    Progress(Figures),
    /// The same, when the last is gone.
    Honest(Figures),
    /// Of the hostile peers of a kind, when the last is gone: how many, and what they saw last.
    Hostile { name: String, started: u64, seen: Figures },
}

pub(crate) fn say_progress(figures: &Figures) {
    println!("progress{}", fields(figures));
}

pub(crate) fn say_honest(figures: &Figures) {
    println!("honest{}", fields(figures));
}

pub(crate) fn say_hostile(met: &Met) {
    let seen = met.seen.iter().cloned().collect();
    println!("hostile\t{}\t{}{}", met.kind.promise().name, met.started, fields(&seen));
}

fn fields(figures: &Figures) -> String {
    figures.iter().map(|(name, figure)| format!("\t{name}={figure}")).collect()
}

impl Tidings {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        Some(match fields.next()? {
            "progress" => Self::Progress(figures(fields)?),
            "honest" => Self::Honest(figures(fields)?),
            "hostile" => Self::Hostile {
                name: fields.next()?.into(),
                started: fields.next()?.parse().ok()?,
                seen: figures(fields)?,
            },
            _ => return None,
        })
    }
}

fn figures<'a>(mut fields: impl Iterator<Item = &'a str>) -> Option<Figures> {
    fields.try_fold(Figures::new(), |mut figures, field| {
        let (name, figure) = field.split_once('=')?;
        figures.insert(name.into(), figure.parse().ok()?);
        Some(figures)
    })
}
