//! Who takes part: echo servers, each a process of its own.

use std::io;
use std::net::TcpListener;

use crate::servers::{
    event_loop, fastwebsockets, raw_tcp, sockudo, tokio_adapter, tokio_tcp, tokio_tungstenite,
    tokio_websockets, tungstenite, wtx, yawc,
};

/// What a figure is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Peer,
    /// No WebSocket: what the sockets alone cost.
    Limit,
}

pub struct Contender {
    pub name: &'static str,
    pub side: Side,
    /// The calls that it is measured with.
    pub calls: &'static str,
    /// Echoes whatever comes to this listener, until the process ends.
    pub serve: fn(TcpListener) -> io::Result<()>,
}

impl Contender {
    /// Raw TCP gets no handshake, and returns the frames as they are.
    pub fn is_web_socket(&self) -> bool {
        self.side != Side::Limit
    }

    /// Runs on tokio, a task for each connection.
    pub fn is_on_tokio(&self) -> bool {
        self.calls.starts_with("tokio;")
    }

    /// The second form of one that writes the same with fewer calls, and holds no less for it.
    pub fn is_batched(&self) -> bool {
        self.name.ends_with(", batched") || self.name.ends_with(" lent")
    }
}

const fn peer(
    name: &'static str,
    calls: &'static str,
    serve: fn(TcpListener) -> io::Result<()>,
) -> Contender {
    Contender { name, side: Side::Peer, calls, serve }
}

pub const ALL: [Contender; 17] = [
    Contender {
        name: "raw TCP",
        side: Side::Limit,
        calls: "level-triggered epoll; one read of up to 256 KiB, one write of the same",
        serve: raw_tcp::serve,
    },
    Contender {
        name: "websocket-proto",
        side: Side::Ours,
        calls: "examples/event_loop: mio; one read of up to 256 KiB, receive until None, send_binary \
                (from 16 KiB lend_binary and a write; send_shared of an owned payload), \
                transmit, one write",
        serve: event_loop::serve,
    },
    Contender {
        name: "websocket-proto, tokio",
        side: Side::Ours,
        calls: "tokio; next, feed",
        serve: tokio_adapter::serve,
    },
    Contender {
        name: "websocket-proto, tokio lent",
        side: Side::Ours,
        calls: "tokio; next_batch, next_event, feed_binary",
        serve: tokio_adapter::serve_lent,
    },
    Contender {
        name: "tokio TcpStream",
        side: Side::Limit,
        calls: "tokio; readable, try_read of up to 256 KiB, try_write",
        serve: tokio_tcp::serve,
    },
    peer(
        "tungstenite",
        "level-triggered epoll; read until WouldBlock, write and flush each message",
        tungstenite::serve,
    ),
    peer(
        "tungstenite, batched",
        "the same; write each message, flush at WouldBlock",
        tungstenite::serve_batched,
    ),
    peer("tokio-tungstenite", "tokio; next, send", tokio_tungstenite::serve),
    peer(
        "tokio-tungstenite, batched",
        "tokio; next, feed; flush when next is not ready",
        tokio_tungstenite::serve_batched,
    ),
    peer(
        "fastwebsockets",
        "tokio; FragmentCollector::read_frame, write_frame",
        fastwebsockets::serve,
    ),
    peer("tokio-websockets", "tokio; next, send", tokio_websockets::serve),
    peer(
        "tokio-websockets, batched",
        "tokio; next until it is not ready (256 messages at most), feed each, flush",
        tokio_websockets::serve_batched,
    ),
    peer("sockudo-ws", "tokio; WebSocketStream: next, send", sockudo::serve),
    peer(
        "sockudo-ws, batched",
        "tokio; WebSocketStream: next, feed; flush when next is not ready",
        sockudo::serve_batched,
    ),
    peer("wtx", "tokio; split_mut; read_frame (Adaptive), write_frame", wtx::serve),
    peer("yawc", "tokio; next_frame, send", yawc::serve),
    peer(
        "yawc, batched",
        "tokio; next_frame, feed; flush when next_frame is not ready",
        yawc::serve_batched,
    ),
];
