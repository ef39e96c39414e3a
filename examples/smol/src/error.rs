//! How a connection that has ended is told: with the errors of the crate's own adapters.

use std::io;

use websocket_proto::adapter::Error;
use websocket_proto::handshake::HandshakeError;
use websocket_proto::{CloseInformation, CloseStatus};

/// The end of a connection, to who reads: nothing if the peer's Close came, else why not.
pub(crate) fn outcome(
    information: Option<CloseInformation<'_>>,
    failure: Option<io::Error>,
) -> Result<(), Error> {
    let Some(information) = information else {
        return Err(failure.map_or(Error::ConnectionLost, Error::Io));
    };
    if let Some(violation) = information.error {
        Err(Error::Protocol(violation))
    } else if information.received != CloseStatus::Abnormal {
        Ok(())
    } else if let Some(deadline) = information.deadline {
        Err(Error::Timeout(deadline))
    } else {
        Err(failure.map_or(Error::ConnectionLost, Error::Io))
    }
}

/// The end of a handshake that did not come to a connection.
pub(crate) fn failed(error: Option<HandshakeError>, failure: Option<io::Error>) -> Error {
    match (error, failure) {
        (None | Some(HandshakeError::ConnectionEnded), Some(failure)) => Error::Io(failure),
        (error, _) => Error::Handshake(error.unwrap_or(HandshakeError::ConnectionEnded)),
    }
}
