//! `docs/MIGRATION.md`: where it shows a snippet, a comment names the file.
//!
//! ````text
//! <!-- connect/websocket_proto.rs -->
//! ```rust
//! the file, as it is
//! ```
//! ````

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::TASKS;

/// The crates, in the order of the guide.
pub const CRATES: [&str; 4] =
    ["websocket_proto", "tokio_tungstenite", "fastwebsockets", "tokio_websockets"];

/// Where the guide is.
#[must_use]
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../MIGRATION.md")
}

/// The names of all snippets, in the order of the guide.
#[must_use]
pub fn snippets() -> Vec<String> {
    TASKS.iter().flat_map(|task| CRATES.map(|name| format!("{task}/{name}.rs"))).collect()
}

/// The names of the snippets that the guide shows, in its order.
#[must_use]
pub fn shown(guide: &str) -> Vec<&str> {
    guide.lines().filter_map(named).collect()
}

/// The guide with each snippet as its file is.
///
/// # Errors
/// A file that is named is not there.
pub fn filled(guide: &str) -> io::Result<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut filled = String::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        filled.push_str(line);
        filled.push('\n');
        if let Some(name) = named(line) {
            let snippet = fs::read_to_string(source.join(name))?;
            filled.push_str("```rust\n");
            filled.push_str(&snippet);
            filled.push_str("```\n");
            // What stood there.
            let mut rest = lines.clone();
            if rest.next() == Some("```rust") {
                rest.by_ref().take_while(|line| *line != "```").for_each(drop);
                lines = rest;
            }
        }
    }
    Ok(filled)
}

fn named(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- ")?.strip_suffix(".rs -->").map(|_| &line[5..line.len() - 4])
}
