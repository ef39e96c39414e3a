//! Every requirement and every threat of `tests/requirements.txt` is shown by a vector or a test, or says why it is not.
//!
//! `--nocapture` prints how many there are of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One line of the list.
struct Requirement {
    /// Of no standard, but an attack that has to fail.
    is_threat: bool,
    /// `later: ..` or `not applicable: ..`
    excuse: Option<String>,
}

const LEVELS: [&str; 7] = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "POLICY", "THREAT"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads the list; a line that is not well-formed panics with its number.
fn requirements(list: &str) -> BTreeMap<String, Requirement> {
    let mut requirements = BTreeMap::new();
    for (at, line) in list.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| -> ! { panic!("requirements.txt:{}: {what}: {line}", at + 1) };
        let fields: Vec<_> = line.split(" | ").collect();
        let [id, level, summary, ref rest @ ..] = *fields else { wrong("three fields or four") };
        let excuse = match *rest {
            [] => None,
            [excuse] => {
                let reason = excuse.split_once(": ").map(|(word, reason)| (word, reason.trim()));
                match reason {
                    Some(("later" | "not applicable", reason)) if !reason.is_empty() => {}
                    _ => wrong("'later: part' or 'not applicable: reason'"),
                }
                Some(excuse.to_string())
            }
            _ => wrong("five fields"),
        };
        if ids(id) != [id] {
            wrong("not an id");
        }
        let is_threat = level == "THREAT";
        if !LEVELS.contains(&level) || is_threat != id.starts_with('T') {
            wrong("not a level");
        }
        if summary.trim().is_empty() {
            wrong("no summary");
        }
        if requirements.insert(id.to_string(), Requirement { is_threat, excuse }).is_some() {
            wrong("there twice");
        }
    }
    requirements
}

/// The ids in a text: `R`, the RFC, a section, a running number of two digits; or `T`, a kind of threat, such
/// a number.
fn ids(text: &str) -> Vec<&str> {
    const RFCS: [&str; 8] = ["6455", "7936", "9112", "9110", "3629", "7692", "8441", "9220"];
    const THREATS: [&str; 7] = ["HS", "FR", "CT", "DF", "MK", "H2", "GN"];
    let word = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let mut ids = Vec::new();
    for part in text.split(|c| !word(c)) {
        let mut fields = part.trim_end_matches(['.', '-']).splitn(3, '-');
        let (Some(rfc), Some(section), Some(number)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let known = rfc.strip_prefix('R').is_some_and(|rfc| RFCS.contains(&rfc));
        let section_digits = section.split('.').all(|n| !n.is_empty() && digits(n));
        let required = known && section_digits;
        let threat = rfc == "T" && THREATS.contains(&section);
        if (required || threat) && number.len() == 2 && digits(number) {
            ids.push(part.trim_end_matches(['.', '-']));
        }
    }
    ids
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// All files below a folder, except what is built or generated there.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a folder can be listed").path();
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// The ids that count as shown in a file, by what kind of file it is.
fn cited(path: &Path) -> Vec<String> {
    let inside = |folder: &str| path.starts_with(root().join(folder));
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let text = match extension {
        "txt" if inside("tests/vectors") => {
            // The headers of vectors only: a comment shows nothing.
            let content = read(path);
            content.lines().filter(|line| line.starts_with("# ")).collect::<Vec<_>>().join("\n")
        }
        "rs" if inside("tests") && path != root().join("tests/requirements.rs") => read(path),
        "rs" if inside("examples") => read(path),
        // The tests at the end of a file: what is said of the code shows nothing.
        "rs" => {
            let content = read(path);
            content.split_once("#[cfg(test)]\nmod tests").map_or("", |(_, tests)| tests).into()
        }
        _ => return Vec::new(),
    };
    ids(&text).into_iter().map(Into::into).collect()
}

#[test]
fn every_requirement_is_shown_or_says_why_not() {
    let requirements = requirements(&read(&root().join("tests/requirements.txt")));
    let mut found = Vec::new();
    for folder in ["tests", "src", "examples"] {
        files(&root().join(folder), &mut found);
    }
    let mut places: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for path in &found {
        for id in cited(path) {
            places.entry(id).or_default().insert(path.clone());
        }
    }

    let unknown: Vec<_> = places.iter().filter(|(id, _)| !requirements.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "ids that are not in requirements.txt: {unknown:#?}");

    let mut missing = Vec::new();
    for (name, is_threat) in [("requirements", false), ("threats", true)] {
        let (mut covered, mut later, mut not_applicable) = (0, 0, 0);
        let before = missing.len();
        for (id, requirement) in &requirements {
            match &requirement.excuse {
                _ if requirement.is_threat != is_threat => {}
                Some(excuse) if excuse.starts_with("later") => later += 1,
                Some(_) => not_applicable += 1,
                None if places.contains_key(id) => covered += 1,
                None => missing.push(id.as_str()),
            }
        }
        let names = &missing[before..];
        println!(
            "{name}: covered {covered}, not applicable {not_applicable}, later {later}, missing {}{}{}",
            names.len(),
            if names.is_empty() { "" } else { ": " },
            names.join(" ")
        );
    }
    assert!(missing.is_empty(), "neither shown nor excused in requirements.txt: {missing:#?}");
}

#[test]
fn ids_are_found_in_text_and_nothing_else_is() {
    assert_eq!(ids("# R6455-5.4-02, R3629-3-01  two"), ["R6455-5.4-02", "R3629-3-01"]);
    assert_eq!(ids("// (R6455-5.4-02): as R6455-7.1.7-01."), ["R6455-5.4-02", "R6455-7.1.7-01"]);
    assert_eq!(ids("T-DF-02: R7692-7-01"), ["T-DF-02", "R7692-7-01"]);
    assert_eq!(ids("(T-H2-01): T-HS-10."), ["T-H2-01", "T-HS-10"]);
    assert!(
        ids("R6455-5.4 R1234-5-01 R6455-x-01 R6455-5.4-1 T-FX-01 T-DF-1 R6455-3629-*").is_empty()
    );
}

#[test]
fn a_list_that_is_not_well_formed_is_refused() {
    for list in [
        "R6455-5.4-02 | MUST",
        "R6455-5.4-2 | MUST | summary",
        "R6455-5.4-02 | SHALL | summary",
        "R6455-5.4-02 | THREAT | summary",
        "T-FR-02 | MUST | summary",
        "R6455-5.4-02 | MUST |  ",
        "R6455-5.4-02 | MUST | summary | somehow",
        "R6455-5.4-02 | MUST | summary | later: ",
        "R6455-5.4-02 | MUST | a\nR6455-5.4-02 | MUST | b",
    ] {
        assert!(std::panic::catch_unwind(|| requirements(list)).is_err(), "{list}");
    }
}
