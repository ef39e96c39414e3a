//! Makes inputs for the targets of the vectors in `tests/vectors`: `cargo run --example seeds FOLDER`.
//!
//! Each target has its folder, each input the id of its vector; `fuzz/seed` keeps those that cover something.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(dead_code, unused_imports, clippy::all, reason = "the tests play the vectors, too")]
#[path = "../../tests/vectors_runner/mod.rs"]
mod vectors_runner;

use vectors_runner::vector::{Action, PieceBytes, Side, Vector};

/// Bytes of the longest input.
const MOST: usize = 700;
/// What `Sec-WebSocket-Accept` is without a key; the target has a key, and puts in what fits it.
const ACCEPT: &str = "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=";

fn main() {
    let folder = PathBuf::from(env::args().nth(1).expect("a folder to write to"));
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut seeds = Seeds { folder, written: HashSet::new() };
    let files = fs::read_dir(vectors).expect("the vectors can be listed");
    let mut files: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    for path in files {
        let content = fs::read_to_string(&path).expect("the file can be read");
        let vectors = vectors_runner::parse(&path.to_string_lossy(), &content);
        for vector in vectors.expect("the file is by the format") {
            for side in &vector.sides {
                seeds.add(&vector, *side);
            }
        }
    }
    println!("{} seeds in {}", seeds.written.len(), seeds.folder.display());
}

struct Seeds {
    folder: PathBuf,
    written: HashSet<(&'static str, Vec<u8>)>,
}

impl Seeds {
    fn add(&mut self, vector: &Vector, side: Side) {
        let id = vector.title.split([',', ' ']).next().unwrap_or_default();
        for step in &vector.steps {
            if let Action::Uri(uri) | Action::Connect(uri) = &step.action {
                self.write("uri", id, uri.clone().into_bytes());
            }
        }
        let Ok(inputs) = vectors_runner::inputs(vector, side) else { return };
        let input = inputs.concat();
        if input.is_empty() {
            return;
        }
        if vector.steps.iter().any(|step| matches!(step.action, Action::Head(_))) {
            self.add_handshake(vector, side, id, &input);
        } else {
            self.add_frames(vector, side, id, &input);
        }
    }

    fn add_handshake(&mut self, vector: &Vector, side: Side, id: &str, input: &[u8]) {
        let wants = |word: &str| vector.app.iter().any(|(key, _)| key.starts_with(word));
        let subprotocols = wants("subprotocol");
        // Uncut, and in two.
        for cuts in [&[0][..], &[1, 40]] {
            match side {
                Side::Server => {
                    let origin = if wants("origin") { 2 } else { 0 };
                    let choices = origin | if subprotocols { 0x10 } else { 0 };
                    self.write("handshake_server", id, [&[choices], cuts, input].concat());
                }
                Side::Client => {
                    let text = String::from_utf8_lossy(input).replace(ACCEPT, "{accept}");
                    let choices = if subprotocols { 2 } else { 0 };
                    let input = text.as_bytes();
                    self.write("handshake_client", id, [&[choices], cuts, input].concat());
                }
            }
        }
        let head = String::from_utf8_lossy(input);
        let is_extensions = |line: &&str| line.starts_with("Sec-WebSocket-Extensions: ");
        let values = head.lines().filter(is_extensions).map(|line| &line[26..]);
        let lines = values.collect::<Vec<_>>().join("\n").into_bytes();
        if !lines.is_empty() {
            let start: &[u8] = if side == Side::Server { &[4, 0, 0] } else { &[1, 0, 0, 24, 0xFF] };
            self.write("deflate_negotiate", id, [start, &lines].concat());
        }
    }

    fn add_frames(&mut self, vector: &Vector, side: Side, id: &str, input: &[u8]) {
        let role = u8::from(side == Side::Client);
        let set = |key: &str| vector.config.iter().any(|(other, _)| other == key);
        if vector.needs_compression() {
            self.add_compressed(vector, role, id);
        } else {
            for cuts in [&[0][..], &[3, 1, 2, 5]] {
                self.write("frame_decode", id, [&[role], cuts, input].concat());
                let limits = if set("max_fragments") || set("max_empty_fragments") { 8 } else { 0 };
                let chunks = if set("delivery") { 16 } else { 0 };
                let choices = role | 32 | limits | chunks;
                self.write("differential", id, [&[choices], cuts, input].concat());
            }
        }
        let small = u8::from(set("max_message_size") || set("max_frame_size"));
        let fragments = if set("max_fragments") || set("max_empty_fragments") { 2 } else { 0 };
        let compression = if vector.needs_compression() { 0x80 } else { 0 };
        let delivery = u8::from(set("delivery"));
        let start = [role, small | fragments, compression | delivery];
        // Whole, and byte by byte.
        let cuts = [&[0][..], &[64], &[1; 64], &[1]].concat();
        self.write("rechunk", id, [&start, &cuts[..], input].concat());
    }

    /// Each frame is a message of its own, with what it takes to make it one.
    fn add_compressed(&mut self, vector: &Vector, role: u8, id: &str) {
        let mut script = vec![role, 0, 0, 0];
        for step in &vector.steps {
            let Action::Receive(pieces) = &step.action else { continue };
            for piece in pieces {
                let PieceBytes::Frame { first, payload, .. } = &piece.bytes else { continue };
                let Ok(payload) = payload.bytes(&[]) else { continue };
                let is_text = first & 15 == 1;
                let is_plain = first & 0x40 == 0;
                script.push(u8::from(is_text) | u8::from(is_plain) << 1);
                for part in payload.chunks(255) {
                    script.extend([1, part.len() as u8]);
                    script.extend(part);
                }
                // That is all of the message, in one fragment.
                script.extend([0xFF, 0]);
            }
        }
        if script.len() > 4 {
            self.write("inflate", id, script);
        }
    }

    fn write(&mut self, target: &'static str, id: &str, input: Vec<u8>) {
        if input.len() > MOST || !self.written.insert((target, input.clone())) {
            return;
        }
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder).expect("the folder can be made");
        let name = format!("{}-{}", id.to_lowercase(), self.written.len());
        fs::write(folder.join(name), input).expect("the file can be written");
    }
}
