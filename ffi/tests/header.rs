//! `include/websocket_proto.h` is what the sources say. After a change to them:
//!
//! ```text
//! UPDATE_HEADER=1 cargo test --test header
//! ```
//!
//! Each module is a section, in the order in which a C programmer reads, headed by what the module says of
//! itself; the declarations are written by `cbindgen`.

use std::fs;
use std::path::Path;

use cbindgen::{Builder, Config, DocumentationStyle, Language, SortKey, Style};

/// The module, and the types in it that no declaration mentions: C gives them as numbers.
const SECTIONS: [(&str, &[&str]); 13] = [
    ("result", &["wsp_result"]),
    ("bytes", &["wsp_slice", "wsp_input", "wsp_header"]),
    ("config", &["wsp_option"]),
    ("acceptance", &[]),
    ("client_request", &[]),
    ("connection", &[]),
    ("heads", &[]),
    ("answering", &[]),
    ("receiving", &[]),
    ("sending", &[]),
    ("prepared", &[]),
    ("transmitting", &[]),
    ("state", &[]),
];

#[test]
fn the_header_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/websocket_proto.h");
    let header = header();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        fs::write(&path, &header).expect("the header is written");
    }
    let committed = fs::read_to_string(&path).expect("the header is there");
    let difference = committed.lines().zip(header.lines()).find(|(was, is)| was != is);
    assert_eq!(difference, None, "left: the header, right: the sources; see tests/header.rs");
    assert_eq!(committed.len(), header.len(), "see tests/header.rs");
}

#[test]
fn every_function_is_in_the_header() {
    let header = header();
    let mut count = 0;
    for entry in fs::read_dir(sources()).expect("the sources") {
        let source = fs::read_to_string(entry.expect("a source").path()).expect("a text");
        for rest in source.split("extern \"C\" fn ").skip(1) {
            let name = rest.split('(').next().expect("a name");
            assert!(header.contains(&format!("{name}(")), "{name} is missing");
            count += 1;
        }
        assert_eq!(
            source.matches("extern \"C\" fn ").count(),
            source.matches("#[unsafe(no_mangle)]\n").count()
        );
    }
    assert!(count > 60, "{count}");
}

fn header() -> String {
    let mut header =
        String::from("// Written by ffi/tests/header.rs: change the sources instead.\n\n");
    header += &said_by("lib");
    header += "\n#ifndef WEBSOCKET_PROTO_H\n#define WEBSOCKET_PROTO_H\n\n#include <stdbool.h>\n\
        #include <stddef.h>\n#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
    for (module, unmentioned) in SECTIONS {
        let rule = "-".repeat(110);
        let said = said_by(module);
        header += &format!("\n// {rule}\n{said}// {rule}\n\n{}", declarations(module, unmentioned));
    }
    header + "\n#ifdef __cplusplus\n}\n#endif\n\n#endif // WEBSOCKET_PROTO_H\n"
}

/// What a module says of itself.
fn said_by(module: &str) -> String {
    let source = fs::read_to_string(sources().join(module).with_extension("rs")).expect("a source");
    let said = source.lines().map_while(|line| line.strip_prefix("//!"));
    said.map(|line| format!("//{line}\n")).collect()
}

fn declarations(module: &str, unmentioned: &[&str]) -> String {
    let mut config = Config {
        language: Language::C,
        style: Style::Type,
        no_includes: true,
        usize_is_size_t: true,
        line_length: 110,
        tab_width: 4,
        documentation_style: DocumentationStyle::C99,
        sort_by: SortKey::None,
        ..Config::default()
    };
    config.function.sort_by = Some(SortKey::None);
    config.export.include = unmentioned.iter().map(ToString::to_string).collect();
    let mut text = Vec::new();
    Builder::new()
        .with_config(config)
        .with_src(sources().join(module).with_extension("rs"))
        .generate()
        .expect("bindings")
        .write(&mut text);
    let text = String::from_utf8(text).expect("ASCII");
    assert!(text.is_ascii(), "{module}");
    text.trim_start_matches('\n').to_owned()
}

fn sources() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
