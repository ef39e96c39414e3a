//! The transport lab: the same updates by short polling, long polling, Server-Sent Events and WebSocket.
//!
//! ```text
//! cargo run --release --example transports                 a page that shows them at once
//! cargo run --release --example transports -- --report     the same without a browser: a table, and a chart
//! ```
//!
//! It is a package of its own, in the folder `transports` beside this file, since it has an HTTP library as well: this
//! builds that and runs it.

use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--release", "--locked", "--manifest-path"])
        .arg(crate_folder.join("examples/transports/Cargo.toml"))
        .arg("--target-dir")
        .arg(crate_folder.join("target/examples"))
        .arg("--")
        .args(std::env::args_os().skip(1))
        .status();
    match status {
        Ok(status) => {
            ExitCode::from(status.code().and_then(|code| code.try_into().ok()).unwrap_or(1))
        }
        Err(error) => {
            eprintln!("cargo cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}
