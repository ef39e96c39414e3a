//! The endpoint under test, at whichever stage of its life it is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use websocket_proto::handshake::{self, Rejection};
use websocket_proto::{
    CloseInformation, CloseStatus, Config, Connection, Event, Incoming, Initiator, Outgoing,
    ProtocolError, SendError, State, Transmit,
};

use super::compression::Parameters;
use super::vector::Side;

/// Client seed of the plays: any value, the same every time.
pub(crate) const SEED: [u8; 32] = *b"a fixed seed: plays are the same";

/// What drives the endpoint.
pub(crate) enum Stage {
    /// A client that has not been told where to connect.
    Unconnected,
    Server(Box<handshake::Server>),
    Client(Box<handshake::Client>),
    Rejecting(Box<Rejection>),
    Open(Box<Connection>),
    Halves(Box<(Incoming, Outgoing)>),
}

/// Calls the same method on whatever can transmit.
macro_rules! each {
    ($stage:expr, $endpoint:ident => $call:expr, $otherwise:expr) => {
        match $stage {
            Stage::Unconnected => $otherwise,
            Stage::Server($endpoint) => $call,
            Stage::Client($endpoint) => $call,
            Stage::Rejecting($endpoint) => $call,
            Stage::Open($endpoint) => $call,
            Stage::Halves(halves) => {
                let $endpoint = &mut halves.1;
                $call
            }
        }
    };
}

/// Calls the same method on whatever an application can send with.
macro_rules! sender {
    ($stage:expr, $endpoint:ident => $call:expr, $otherwise:expr) => {
        match $stage {
            Stage::Open($endpoint) => $call,
            Stage::Halves(halves) => {
                let $endpoint = &mut halves.1;
                $call
            }
            _ => $otherwise,
        }
    };
}
pub(crate) use sender;

impl Stage {
    pub(crate) fn open(
        side: Side,
        config: Arc<Config>,
        agreed: Option<&Parameters>,
        halves: bool,
    ) -> Result<Self, String> {
        let connection = match side {
            Side::Server => Connection::server(config),
            Side::Client => Connection::client(config, SEED),
        };
        Ok(Self::opened(agreeing(connection, agreed)?, halves))
    }

    pub(crate) fn opened(connection: Connection, halves: bool) -> Self {
        if halves {
            Self::Halves(Box::new(connection.split()))
        } else {
            Self::Open(Box::new(connection))
        }
    }

    /// Takes bytes for an open connection.
    pub(crate) fn receive<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        match self {
            Self::Open(connection) => connection.receive(input),
            Self::Halves(halves) => {
                let (incoming, outgoing) = &mut **halves;
                let result = incoming.receive(input);
                if let Some(reply) = incoming.take_reply() {
                    outgoing.apply(reply);
                }
                result
            }
            _ => unreachable!("not open"),
        }
    }

    pub(crate) fn receive_eof(&mut self) {
        match self {
            Self::Halves(halves) => {
                let (incoming, outgoing) = &mut **halves;
                incoming.receive_eof();
                if let Some(reply) = incoming.take_reply() {
                    outgoing.apply(reply);
                }
            }
            Self::Unconnected => {}
            Self::Server(endpoint) => endpoint.receive_eof(),
            Self::Client(endpoint) => endpoint.receive_eof(),
            Self::Rejecting(endpoint) => endpoint.receive_eof(),
            Self::Open(endpoint) => endpoint.receive_eof(),
        }
    }

    pub(crate) fn transmit(&mut self) -> Transmit<'_> {
        each!(self, endpoint => endpoint.transmit(), Transmit::Idle)
    }

    /// The next run of bytes, owned, where the endpoint hands it out so.
    pub(crate) fn take_output(&mut self) -> Option<Bytes> {
        sender!(self, endpoint => endpoint.take_output(), None)
    }

    pub(crate) fn transport_shut_down(&mut self) {
        each!(self, endpoint => endpoint.transport_shut_down(), ());
    }

    pub(crate) fn tick(&mut self, now: Duration) -> Option<Duration> {
        if let Self::Halves(halves) = self {
            let (incoming, outgoing) = &mut **halves;
            let release = incoming.tick(now);
            let deadline = outgoing.tick(now);
            return match (release, deadline) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        each!(self, endpoint => endpoint.tick(now), None)
    }

    pub(crate) fn state(&mut self) -> State {
        each!(self, endpoint => endpoint.state(), State::Open)
    }

    pub(crate) fn is_full(&mut self) -> bool {
        sender!(self, endpoint => endpoint.is_full(), false)
    }

    /// How it ended, in the words of the vectors.
    pub(crate) fn closed(&mut self) -> Closed {
        let side = |information: Option<CloseInformation<'_>>| information.map(|i| Closed::of(&i));
        sender!(self, endpoint => side(endpoint.close_information()), None).unwrap_or_default()
    }
}

/// A connection that has agreed on compression, if it has.
#[cfg(feature = "deflate")]
pub(crate) fn agreeing(
    connection: Connection,
    agreed: Option<&Parameters>,
) -> Result<Connection, String> {
    Ok(match agreed {
        Some(agreed) => connection.with_compression(agreed.agreement()?),
        None => connection,
    })
}

#[cfg(not(feature = "deflate"))]
pub(crate) fn agreeing(
    connection: Connection,
    _: Option<&Parameters>,
) -> Result<Connection, String> {
    Ok(connection)
}

/// What was agreed on, as it stands in the header.
#[cfg(feature = "deflate")]
pub(crate) fn agreed(connection: &Connection) -> Option<String> {
    connection.compression().map(|agreement| agreement.to_string())
}

#[cfg(not(feature = "deflate"))]
pub(crate) fn agreed(_: &Connection) -> Option<String> {
    None
}

/// The close information.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Closed {
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Closed {
    fn of(information: &CloseInformation<'_>) -> Self {
        let code = |status: CloseStatus| status.as_u16().to_string();
        let name = |shown: Option<String>| shown.map_or("none".into(), |shown| snake_case(&shown));
        Self {
            fields: vec![
                ("code", code(information.received)),
                ("reason", information.reason.into()),
                ("sent", information.sent.map_or("none".into(), code)),
                ("clean", if information.clean { "yes" } else { "no" }.into()),
                (
                    "by",
                    match information.initiator {
                        Initiator::Local => "local",
                        Initiator::Peer => "peer",
                        Initiator::Transport => "transport",
                        _ => "somebody",
                    }
                    .into(),
                ),
                ("error", information.error.map_or("none".into(), |error| format!("{error:?}"))),
                ("deadline", name(information.deadline.map(|deadline| format!("{deadline:?}")))),
            ],
        }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// `WriteStall` as `write_stall`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// The name of an error: its variant.
pub(crate) fn error_name(error: &impl std::fmt::Debug) -> String {
    let shown = format!("{error:?}");
    shown.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().into()
}

/// The name that a refusal of the application's call has.
pub(crate) fn refusal(result: Result<(), SendError>) -> Option<String> {
    result.err().map(|error| error_name(&error))
}
