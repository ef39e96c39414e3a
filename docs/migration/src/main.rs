//! Writes the snippets into `docs/MIGRATION.md`: `cargo run`.

use std::{fs, io};

fn main() -> io::Result<()> {
    let path = migration::guide::path();
    let guide = fs::read_to_string(&path)?;
    fs::write(&path, migration::guide::filled(&guide)?)
}
