//! §5.4 §5.5  Which frame may follow which: `Sequence::follow` with every frame in every state.

use websocket_proto::frame::Opcode;
use websocket_proto::rules::Sequence;
use websocket_proto::{MessageKind, ProtocolError};

use crate::Edges;

const FRAMES: [(&str, Opcode); 6] = [
    ("text", Opcode::Text),
    ("binary", Opcode::Binary),
    ("continuation", Opcode::Continuation),
    ("Ping", Opcode::Ping),
    ("Pong", Opcode::Pong),
    ("Close", Opcode::Close),
];

/// Walks on from `Idle` until nothing new is found.
pub(crate) fn explore() -> Edges {
    let mut edges = Edges::new();
    let mut reached = vec![Sequence::default()];
    let mut next = 0;
    while let Some(&from) = reached.get(next) {
        next += 1;
        for (name, opcode) in FRAMES {
            let outcomes = [true, false].map(|fin| from.follow(opcode, fin));
            for state in outcomes.into_iter().flatten() {
                if !reached.contains(&state) {
                    reached.push(state);
                }
            }
            let [whole, part] = outcomes.map(outcome);
            let mut add = |(to, reason): (String, Option<String>), frame: String| {
                let label = edges.entry((place(from), to)).or_default();
                label.causes.push(frame);
                label.reason = reason;
            };
            if whole == part {
                add(whole, name.to_owned());
            } else {
                add(whole, format!("{name} FIN"));
                add(part, format!("{name} without FIN"));
            }
        }
    }
    edges
}

/// The name of the box that a frame leads to, and why if that is an error.
fn outcome(outcome: Result<Sequence, ProtocolError>) -> (String, Option<String>) {
    match outcome {
        Ok(state) => (place(state), None),
        Err(violation) => {
            (format!("Close {}", violation.close_code()), Some(violation.to_string()))
        }
    }
}

/// The name of a state's box.
fn place(state: Sequence) -> String {
    match state {
        Sequence::Idle => "Idle".to_owned(),
        Sequence::Message(MessageKind::Text) => "Message(Text)".to_owned(),
        Sequence::Message(MessageKind::Binary) => "Message(Binary)".to_owned(),
        Sequence::Closed => "Closed".to_owned(),
    }
}
