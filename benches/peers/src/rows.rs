//! The rows: what is done, and what is aimed at.

use websocket_proto::Role;

use crate::wire::Content;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// `frames` per message.
    Receive { role: Role, content: Content, size: usize, frames: usize },
    /// Everything is written after each `per_flush` messages.
    Send { role: Role, size: usize, per_flush: usize },
    /// As a server, binary.
    Echo { size: usize },
    /// As a server.
    Handshake,
    /// To servers' clients, one after the other.
    Broadcast { size: usize, receivers: usize },
}

/// At most so many times the figure of something else.
#[derive(Clone, Debug, PartialEq)]
pub enum Aim {
    BestPeer(f64),
    /// A limit, by its name.
    Limit(&'static str, f64),
    /// Our own figure in another row.
    OwnRow(String, f64),
}

#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub task: Task,
    /// The limit that the summary shows, if one makes sense.
    pub limit: Option<&'static str>,
    pub aims: Vec<Aim>,
}

const KIB: usize = 1024;

pub fn label(size: usize) -> String {
    match size {
        size if size >= KIB * KIB => format!("{}M", size / KIB / KIB),
        size if size >= KIB => format!("{}K", size / KIB),
        size => size.to_string(),
    }
}

/// As many messages as make up 64 KiB, at most 64, go out together.
fn group(size: usize) -> usize {
    (64 * KIB / size).clamp(1, 64)
}

pub fn all() -> Vec<Row> {
    let mut rows = Vec::new();
    let sizes = [16, 125, KIB, 16 * KIB, 64 * KIB, KIB * KIB];
    for (content, name) in [
        (Content::Binary, "binary"),
        (Content::Ascii, "ascii"),
        (Content::Multilingual, "multilingual"),
    ] {
        for size in sizes {
            let aims = match (content, size) {
                (Content::Binary, 16) => vec![Aim::BestPeer(0.40)],
                (Content::Binary, 125) => vec![Aim::BestPeer(0.50)],
                (Content::Binary, KIB) => vec![Aim::BestPeer(0.70)],
                (Content::Binary, _) => vec![Aim::BestPeer(0.95), Aim::Limit("copy+XOR", 1.3)],
                (Content::Ascii, size) => {
                    vec![Aim::OwnRow(format!("receive server binary {}", label(size)), 1.15)]
                }
                (Content::Multilingual, ..KIB) => vec![],
                (Content::Multilingual, _) => vec![Aim::BestPeer(0.90)],
            };
            let limit = match (content, size) {
                (Content::Binary, ..KIB) | (Content::Ascii, ..KIB) => "bare loop",
                (Content::Binary | Content::Ascii, _) => "copy+XOR",
                (Content::Multilingual, _) => "simdutf8",
            };
            rows.push(Row {
                name: format!("receive server {name} {}", label(size)),
                task: Task::Receive { role: Role::Server, content, size, frames: 1 },
                limit: Some(limit),
                aims,
            });
        }
    }
    for size in [16, 125, KIB, 64 * KIB] {
        rows.push(Row {
            name: format!("receive client binary {}", label(size)),
            task: Task::Receive { role: Role::Client, content: Content::Binary, size, frames: 1 },
            limit: Some(if size < KIB { "bare loop" } else { "memcpy" }),
            aims: if size < KIB { vec![Aim::BestPeer(0.40)] } else { vec![] },
        });
    }
    for (content, name) in [
        (Content::Binary, "binary"),
        (Content::Ascii, "ascii"),
        (Content::Multilingual, "multilingual"),
    ] {
        let size = 64 * KIB;
        rows.push(Row {
            name: format!("receive server {name} 64K in 16 fragments"),
            task: Task::Receive { role: Role::Server, content, size, frames: 16 },
            limit: Some("copy+XOR"),
            aims: vec![Aim::BestPeer(0.85)],
        });
    }
    for (role, name) in [(Role::Server, "server"), (Role::Client, "client")] {
        for size in [16, 125, KIB, 64 * KIB, KIB * KIB] {
            let aims = match (role, size) {
                (_, ..KIB) | (Role::Server, 65_536) => vec![Aim::BestPeer(1.05)],
                (Role::Client, 65_536..) => {
                    vec![Aim::BestPeer(0.95), Aim::Limit("memcpy", 1.05)]
                }
                _ => vec![],
            };
            rows.push(Row {
                name: format!("send {name} {}", label(size)),
                task: Task::Send { role, size, per_flush: group(size) },
                limit: (role == Role::Client || size < 4096).then_some("memcpy"),
                aims,
            });
        }
        for size in [16, 125] {
            rows.push(Row {
                name: format!("send {name} {} and flush", label(size)),
                task: Task::Send { role, size, per_flush: 1 },
                limit: Some("memcpy"),
                aims: vec![],
            });
        }
    }
    for (size, aim) in [(16, 0.45), (125, 0.55), (KIB, 0.70)] {
        rows.push(Row {
            name: format!("echo {}", label(size)),
            task: Task::Echo { size },
            limit: Some("bare loop"),
            aims: vec![Aim::BestPeer(aim)],
        });
    }
    rows.push(Row {
        name: "handshake".into(),
        task: Task::Handshake,
        limit: Some("bare loop"),
        aims: vec![Aim::BestPeer(0.70)],
    });
    rows.push(Row {
        name: "broadcast 256 to 1000".into(),
        task: Task::Broadcast { size: 256, receivers: 1000 },
        limit: Some("bare loop"),
        aims: vec![],
    });
    rows
}
