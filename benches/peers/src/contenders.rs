//! What a contender can be asked to do, and who they are.

pub mod bare;
mod fastwebsockets;
mod nexus_web;
mod ours;
mod shiguredo;
mod sockudo_protocol;
mod sockudo_stream;
mod tokio_websockets;
mod tungstenite;
mod websocket_sans_io;
mod wtx;
mod yawc;

use std::hint::black_box;

use bytes::Bytes;
use websocket_proto::Role;

use crate::stream::{READ, Stream, Wire};
use crate::wire::Kind;

pub type Outcome = Result<(), String>;

/// Does as many messages as it is told to.
pub type Work = Box<dyn FnMut(usize) -> Outcome>;

/// The work of a row, or why there is none.
pub type Prepared<T> = Result<T, &'static str>;

/// Why most cannot shake hands alone.
pub const BY_OTHERS: &str = "leaves the handshake to an HTTP crate";

pub struct Sending {
    pub role: Role,
    pub payload: Bytes,
    /// Messages after which everything has to be written.
    pub per_flush: usize,
}

impl Sending {
    /// Calls `flush` after each group of messages that `group` is to send.
    fn groups(&self, messages: usize, mut group: impl FnMut(usize) -> Outcome) -> Outcome {
        let mut left = messages;
        while left > 0 {
            let now = left.min(self.per_flush);
            group(now)?;
            left -= now;
        }
        Ok(())
    }
}

/// What a figure is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This crate. The first one is what the aims are about.
    Ours,
    Peer,
    /// Not a library: what the machine needs at least for a part of the work.
    Limit,
}

/// One who takes part. The calls that it is timed with are named in `calls`.
pub trait Contender {
    fn name(&self) -> &'static str;

    fn side(&self) -> Side {
        Side::Peer
    }

    /// The calls of each task: receive, send, echo, handshake, broadcast.
    fn calls(&self) -> &'static [(&'static str, &'static str)];

    /// Receives data messages as `role`.
    fn receive(&self, role: Role, stream: Stream) -> Prepared<Box<dyn Receiver>>;

    /// Sends the same binary message again and again.
    fn send(&self, sending: Sending) -> Prepared<Work>;

    /// Answers each message with the same, as a server.
    fn echo(&self, stream: Stream) -> Prepared<Work>;

    /// Answers requests, each on a new stream, and forgets the connection.
    fn handshake(&self, request: Wire) -> Prepared<Work>;

    /// Sends the same binary message to `receivers` clients, in turn, as often as is said.
    fn broadcast(&self, receivers: usize, payload: Bytes) -> Prepared<Work>;
}

/// The part that a contender writes for receiving: calls `see` with each message, `messages` times.
pub trait Receive {
    fn receive(&mut self, messages: usize, see: impl FnMut(Kind, &[u8])) -> Outcome;
}

/// The same as an object: once to be timed, once to be looked at.
pub trait Receiver {
    fn take(&mut self, messages: usize) -> Outcome;
    fn look(&mut self, messages: usize, see: &mut dyn FnMut(Kind, &[u8])) -> Outcome;
}

impl<T: Receive> Receiver for T {
    fn take(&mut self, messages: usize) -> Outcome {
        self.receive(messages, |kind, data| {
            black_box((kind, data));
        })
    }

    fn look(&mut self, messages: usize, see: &mut dyn FnMut(Kind, &[u8])) -> Outcome {
        self.receive(messages, see)
    }
}

fn text<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

/// This crate first, the limits last.
pub fn all() -> Vec<Box<dyn Contender>> {
    vec![
        Box::new(ours::Ours { name: "websocket-proto", read: READ }),
        Box::new(ours::Ours { name: "websocket-proto, 16K", read: READ / 4 }),
        Box::new(tungstenite::Tungstenite),
        Box::new(fastwebsockets::Fastwebsockets),
        Box::new(tokio_websockets::TokioWebsockets),
        Box::new(sockudo_protocol::SockudoProtocol),
        Box::new(sockudo_stream::SockudoStream),
        Box::new(wtx::Wtx),
        Box::new(yawc::Yawc),
        Box::new(websocket_sans_io::WebsocketSansIo),
        Box::new(nexus_web::NexusWeb),
        Box::new(shiguredo::Shiguredo),
        Box::new(bare::Loop),
    ]
}
