//! The snippets of `docs/MIGRATION.md`: each file of a task's folder is one of them, as a whole.
//!
//! `cargo test` runs them over loopback, against each other where they can, and checks that the guide shows them as
//! they are; `cargo run` writes them into the guide.

pub mod guide;

/// The tasks, in the order of the guide.
pub const TASKS: [&str; 10] = [
    "connect",
    "accept",
    "echo",
    "split",
    "handshake",
    "limits",
    "keepalive",
    "close",
    "errors",
    "broadcast",
];

pub mod connect {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod accept {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod echo {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod split {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod handshake {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod limits {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod keepalive {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod close {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod errors {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}

pub mod broadcast {
    pub mod fastwebsockets;
    pub mod tokio_tungstenite;
    pub mod tokio_websockets;
    pub mod websocket_proto;
}
