//! §5.4 §7.1  `docs/states.svg` shows what the code does: each edge is found by trying it.
//!
//! ```text
//! main.rs       what is drawn is what is committed
//! sequence.rs   which frame may follow which: all that `rules::Sequence` says
//! life.rs       how a connection ends: every cause in every state, through the public interface
//! layout.rs     where each state and each edge has its place
//! svg.rs        the text of the picture
//! ```
//!
//! Where the code has changed what it does, `UPDATE_DIAGRAM=1 cargo test --test state_diagram` draws it anew. A state or an edge
//! that there was none of before needs a place in `layout.rs` first.
#![cfg(feature = "alloc")]

mod layout;
mod life;
mod sequence;
mod svg;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const RENEW: &str = "UPDATE_DIAGRAM=1 cargo test --test state_diagram";

/// What was found: for each pair of states, what leads from one to the other.
type Edges = BTreeMap<(String, String), Label>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Label {
    causes: Vec<String>,
    /// Why, where it is an error.
    reason: Option<String>,
}

#[test]
fn the_diagram_is_what_the_code_does() {
    let drawn = layout::draw(&sequence::explore(), &life::explore());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/states.svg");
    if std::env::var_os("UPDATE_DIAGRAM").is_some() {
        fs::write(&path, &drawn).expect("docs/states.svg can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if let Some((at, (new, old))) = first_difference(&drawn, &committed) {
        panic!(
            "docs/states.svg does not show what the code does; line {at} is\n  {old}\nand should be\n  {new}\nTo renew it: {RENEW}"
        );
    }
}

/// In HTML an empty line would end the picture, where the documentation includes it.
#[test]
fn the_diagram_has_no_empty_line() {
    let drawn = layout::draw(&sequence::explore(), &life::explore());
    assert!(drawn.lines().all(|line| !line.trim().is_empty()));
}

fn first_difference<'a>(new: &'a str, old: &'a str) -> Option<(usize, (&'a str, &'a str))> {
    let (mut new, mut old) = (new.lines(), old.lines());
    (1..)
        .map_while(|at| match (new.next(), old.next()) {
            (None, None) => None,
            (new, old) => Some((at, (new.unwrap_or("(nothing)"), old.unwrap_or("(nothing)")))),
        })
        .find(|(_, (new, old))| new != old)
}
