//! §4 §7  What a connection is at the moment: each step of its life is driven by the same calls.

use std::time::Duration;

use websocket_proto::bytes::{Buf, Bytes};
use websocket_proto::handshake::{Client, Rejection, Request, Server};
use websocket_proto::{Connection, State, Transmit};

use crate::wsp_result::{self, *};
use crate::wsp_state::{self, *};

/// ```text
/// Server ──► Request ── accept ──► Open
///    │          └─── reject ─────► Rejected
///    │                             ▲
///    └─ no request: its answer ────┘ (inside of Server)
/// Client ──► Open
/// ```
pub(crate) enum Stage {
    Server(Server),
    Request(Pending),
    Rejected(Rejection),
    Client(Client),
    Open(Connection),
    Abandoned(Abandoned),
}

/// A request that the application has not answered yet.
pub(crate) struct Pending {
    pub(crate) request: Request,
    pub(crate) peer_ended: bool,
}

/// Given up before there was a connection, or after a panic.
pub(crate) struct Abandoned {
    is_dropped: bool,
    why: wsp_result,
}

impl Stage {
    pub(crate) fn abandoned(why: wsp_result) -> Self {
        Self::Abandoned(Abandoned { is_dropped: false, why })
    }

    pub(crate) fn transmit(&mut self) -> Transmit<'_> {
        match self {
            Self::Server(server) => server.transmit(),
            Self::Rejected(rejection) => rejection.transmit(),
            Self::Client(client) => client.transmit(),
            Self::Open(connection) => connection.transmit(),
            Self::Abandoned(Abandoned { is_dropped: false, .. }) => Transmit::Abort,
            Self::Request(_) | Self::Abandoned(_) => Transmit::Idle,
        }
    }

    pub(crate) fn take_output(&mut self) -> Option<Bytes> {
        if let Self::Open(connection) = self {
            return connection.take_output();
        }
        match self.transmit() {
            Transmit::Write(mut output) => Some(output.copy_to_bytes(output.remaining())),
            _ => None,
        }
    }

    pub(crate) fn transport_shut_down(&mut self) {
        match self {
            Self::Server(server) => server.transport_shut_down(),
            Self::Rejected(rejection) => rejection.transport_shut_down(),
            Self::Client(client) => client.transport_shut_down(),
            Self::Open(connection) => connection.transport_shut_down(),
            Self::Abandoned(abandoned) => abandoned.is_dropped = true,
            Self::Request(_) => {}
        }
    }

    pub(crate) fn receive_eof(&mut self) {
        match self {
            Self::Server(server) => server.receive_eof(),
            Self::Request(pending) => pending.peer_ended = true,
            Self::Rejected(rejection) => rejection.receive_eof(),
            Self::Client(client) => client.receive_eof(),
            Self::Open(connection) => connection.receive_eof(),
            Self::Abandoned(abandoned) => abandoned.is_dropped = true,
        }
    }

    pub(crate) fn abort(&mut self) {
        match self {
            Self::Open(connection) => connection.abort(),
            Self::Client(client) => client.abort(),
            Self::Server(server) if server.state() == State::Closed => {}
            Self::Rejected(rejection) if rejection.state() == State::Closed => {}
            Self::Server(_) | Self::Request(_) | Self::Rejected(_) => {
                *self = Self::abandoned(self.handshake_error().unwrap_or(WSP_HANDSHAKE_ABORTED));
            }
            Self::Abandoned(_) => {}
        }
    }

    pub(crate) fn tick(&mut self, now: Duration) -> Option<Duration> {
        match self {
            Self::Server(server) => server.tick(now),
            Self::Rejected(rejection) => rejection.tick(now),
            Self::Client(client) => client.tick(now),
            Self::Open(connection) => connection.tick(now),
            Self::Request(_) | Self::Abandoned(_) => None,
        }
    }

    pub(crate) fn state(&self) -> wsp_state {
        let (state, is_opening) = match self {
            Self::Server(server) => (server.state(), true),
            Self::Client(client) => (client.state(), true),
            Self::Request(_) => (State::Open, true),
            Self::Rejected(rejection) => (rejection.state(), true),
            Self::Open(connection) => (connection.state(), false),
            Self::Abandoned(Abandoned { is_dropped: false, .. }) => (State::Closing, false),
            Self::Abandoned(_) => (State::Closed, false),
        };
        match (state, is_opening) {
            (State::Open, true) => WSP_STATE_CONNECTING,
            (State::Open, false) => WSP_STATE_OPEN,
            (State::Closing, _) => WSP_STATE_CLOSING,
            (State::Closed, _) => WSP_STATE_CLOSED,
        }
    }

    /// Why there is no connection, as far as the library has refused it.
    pub(crate) fn handshake_error(&self) -> Option<wsp_result> {
        match self {
            Self::Server(server) => server.error().map(Into::into),
            Self::Rejected(rejection) => rejection.reason().map(Into::into),
            Self::Client(client) => client.error().map(Into::into),
            Self::Abandoned(abandoned) => Some(abandoned.why),
            Self::Request(_) | Self::Open(_) => None,
        }
    }

    /// The connection, to send by.
    pub(crate) fn open(&mut self) -> Result<&mut Connection, wsp_result> {
        match self {
            Self::Open(connection) => Ok(connection),
            other if other.state() == WSP_STATE_CONNECTING => Err(WSP_STATE),
            _ => Err(WSP_SEND_CLOSED),
        }
    }

    /// The connection, to look at.
    pub(crate) fn as_open(&self) -> Option<&Connection> {
        match self {
            Self::Open(connection) => Some(connection),
            _ => None,
        }
    }
}
