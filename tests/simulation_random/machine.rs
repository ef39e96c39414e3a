//! What an end has between its transport and its application: a handshake, a connection or its halves.

use std::time::Duration;

use websocket_proto::handshake::{Client, Rejection, Server};
use websocket_proto::{
    CloseInformation, Connection, Incoming, Outgoing, ProtocolError, State, Transmit,
};

use super::support::Seen;

pub(crate) enum Machine {
    Client(Client),
    Server(Server),
    Rejection(Rejection),
    Whole(Connection),
    Halves { incoming: Incoming, outgoing: Outgoing },
}

/// What sends, whether it is the connection or its half: has the same methods.
macro_rules! sending {
    ($machine:expr, $sender:ident => $what:expr) => {
        match &mut $machine {
            Machine::Whole($sender) => Some($what),
            Machine::Halves { outgoing: $sender, .. } => Some($what),
            Machine::Client(_) | Machine::Server(_) | Machine::Rejection(_) => None,
        }
    };
}
pub(crate) use sending;

impl Machine {
    pub(crate) fn open(connection: Connection, split: bool) -> Self {
        if split {
            let (incoming, outgoing) = connection.split();
            Self::Halves { incoming, outgoing }
        } else {
            Self::Whole(connection)
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Whole(_) | Self::Halves { .. })
    }

    /// Has a connection receive all of the input.
    pub(crate) fn receive(&mut self, input: &mut &mut [u8], seen: &mut Vec<Seen>) {
        loop {
            let result = match self {
                Self::Whole(connection) => connection.receive(input),
                Self::Halves { incoming, .. } => incoming.receive(input),
                _ => return,
            };
            match result {
                Ok(Some(event)) => seen.push(event.into()),
                Ok(None) => break,
                Err(violation) => seen.push(Seen::Violation(violation)),
            }
        }
        assert!(input.is_empty(), "all input is taken, always");
    }

    /// Passes on what one half has for the other.
    pub(crate) fn pass_on(&mut self) {
        if let Self::Halves { incoming, outgoing } = self {
            if let Some(reply) = incoming.take_reply() {
                outgoing.apply(reply);
            }
            if outgoing.ignores_peer() {
                incoming.stop();
            }
        }
    }

    pub(crate) fn receive_eof(&mut self) {
        match self {
            Self::Client(client) => client.receive_eof(),
            Self::Server(server) => server.receive_eof(),
            Self::Rejection(rejection) => rejection.receive_eof(),
            Self::Whole(connection) => connection.receive_eof(),
            Self::Halves { incoming, .. } => incoming.receive_eof(),
        }
    }

    pub(crate) fn transmit(&mut self) -> Transmit<'_> {
        match self {
            Self::Client(client) => client.transmit(),
            Self::Server(server) => server.transmit(),
            Self::Rejection(rejection) => rejection.transmit(),
            Self::Whole(connection) => connection.transmit(),
            Self::Halves { outgoing, .. } => outgoing.transmit(),
        }
    }

    pub(crate) fn transport_shut_down(&mut self) {
        match self {
            Self::Client(client) => client.transport_shut_down(),
            Self::Server(server) => server.transport_shut_down(),
            Self::Rejection(rejection) => rejection.transport_shut_down(),
            Self::Whole(connection) => connection.transport_shut_down(),
            Self::Halves { outgoing, .. } => outgoing.transport_shut_down(),
        }
    }

    pub(crate) fn tick(&mut self, now: Duration) -> Option<Duration> {
        match self {
            Self::Client(client) => client.tick(now),
            Self::Server(server) => server.tick(now),
            Self::Rejection(rejection) => rejection.tick(now),
            Self::Whole(connection) => connection.tick(now),
            Self::Halves { incoming, outgoing } => {
                let deadlines = [outgoing.tick(now), incoming.tick(now)];
                deadlines.into_iter().flatten().min()
            }
        }
    }

    pub(crate) fn state(&self) -> State {
        match self {
            Self::Client(client) => client.state(),
            Self::Server(server) => server.state(),
            Self::Rejection(rejection) => rejection.state(),
            Self::Whole(connection) => connection.state(),
            Self::Halves { outgoing, .. } => outgoing.state(),
        }
    }

    pub(crate) fn information(&self) -> Option<CloseInformation<'_>> {
        match self {
            Self::Whole(connection) => connection.close_information(),
            Self::Halves { outgoing, .. } => outgoing.close_information(),
            _ => None,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Whole(connection) => connection.is_full(),
            Self::Halves { outgoing, .. } => outgoing.is_full(),
            _ => false,
        }
    }

    /// Bytes that are queued, of a connection.
    pub(crate) fn unsent(&self) -> usize {
        match self {
            Self::Whole(connection) => connection.unsent(),
            Self::Halves { outgoing, .. } => outgoing.unsent(),
            _ => 0,
        }
    }

    pub(crate) fn abort(&mut self) {
        match self {
            Self::Client(client) => client.abort(),
            Self::Whole(connection) => connection.abort(),
            Self::Halves { incoming, outgoing } => {
                outgoing.abort();
                incoming.stop();
            }
            // Its driver drops the transport.
            Self::Server(_) | Self::Rejection(_) => {
                self.receive_eof();
                self.transport_shut_down();
            }
        }
    }
}

/// Whether a peer that keeps to the rules can be refused for this: by the limits alone.
pub(crate) fn is_of_limits(violation: ProtocolError) -> bool {
    matches!(
        violation,
        ProtocolError::FrameTooLarge
            | ProtocolError::MessageTooLarge
            | ProtocolError::TooManyFragments
            | ProtocolError::TooManyEmptyFragments
    )
}
