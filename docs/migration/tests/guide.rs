//! The guide shows the snippets that are compiled.

use std::fs;

use migration::guide;

#[test]
fn the_guide_shows_every_snippet_as_it_is() {
    let shown = fs::read_to_string(guide::path()).unwrap();
    assert_eq!(guide::shown(&shown), guide::snippets());
    let filled = guide::filled(&shown).unwrap();
    assert!(filled == shown, "drifted: `cargo run` in docs/migration mends it");
}

#[test]
fn a_snippet_that_has_drifted_is_mended() {
    let guide = "before\n<!-- echo/websocket_proto.rs -->\n```rust\nfn old() {}\n```\nafter\n";
    let filled = guide::filled(guide).unwrap();
    assert!(!filled.contains("old"));
    assert!(filled.starts_with("before\n<!-- echo/websocket_proto.rs -->\n```rust\nuse tokio"));
    assert!(filled.ends_with("}\n```\nafter\n"));
    assert_eq!(guide::filled(&filled).unwrap(), filled);
    assert_eq!(guide::shown(&filled), ["echo/websocket_proto.rs"]);
}
