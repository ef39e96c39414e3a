//! The WebSocket over real sockets on loopback, with ports from the system. What takes time is bounded by short
//! deadlines of the connections themselves.

mod ends;
mod messages;
mod support;

/// `main.rs`, with the output that its first lines promise.
#[test]
fn the_program_ends_by_itself() {
    let program = include_str!("../../src/main.rs");
    let promised = program.lines().map_while(|line| line.strip_prefix("//!"));
    let promised: Vec<_> = promised
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .skip_while(|line| *line != "```text")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_smol-example")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().collect::<Vec<_>>(), promised);
}
