//! §4.1  What the response to a client has to fit, and the connection that it opens.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::grammar::{is_name, tokens};
use super::header_lines::HeaderLines;
use super::key::Accept;
use super::negotiation::{Agreed, agreed_extensions, agreed_subprotocol};
use super::{ClientRequest, HandshakeError};
use crate::outgoing::MaskKeys;
use crate::{Config, Connection};
#[cfg(feature = "deflate")]
use crate::{deflate::NAME, frame::CloseCode};

/// What was offered, and what goes on into the connection.
pub(crate) struct Awaited {
    subprotocols: Vec<Arc<str>>,
    mask_keys: MaskKeys,
}

impl Awaited {
    pub(crate) fn new(request: &ClientRequest, mask_keys: MaskKeys) -> Self {
        Self { subprotocols: request.offered().to_vec(), mask_keys }
    }

    /// §4.1: what a client "MUST validate" of a 101.
    pub(crate) fn check_upgrade<'a>(
        &self,
        accept: &Accept,
        headers: impl HeaderLines<'a>,
        config: &Config,
    ) -> Result<Agreed, HandshakeError> {
        let mut upgrades = headers.values("Upgrade");
        match (upgrades.next(), upgrades.next()) {
            (Some(upgrade), None) if is_name(upgrade, "websocket") => {}
            _ => return Err(HandshakeError::Upgrade),
        }
        let mut upgrade = false;
        for option in headers.values("Connection").flat_map(tokens) {
            let option = option.map_err(|_| HandshakeError::Connection)?;
            upgrade |= is_name(option.as_bytes(), "Upgrade");
        }
        if !upgrade {
            return Err(HandshakeError::Connection);
        }
        if headers.single("Sec-WebSocket-Accept")? != Some(accept.as_slice()) {
            return Err(HandshakeError::Accept);
        }
        self.check_agreement(headers, config)
    }

    /// The server may choose only from what was offered, whatever kind of response it gave.
    pub(crate) fn check_agreement<'a>(
        &self,
        headers: impl HeaderLines<'a>,
        config: &Config,
    ) -> Result<Agreed, HandshakeError> {
        #[cfg(not(feature = "deflate"))]
        agreed_extensions(headers, config)?;
        Ok(Agreed {
            #[cfg(feature = "deflate")]
            compression: agreed_extensions(headers, config)?,
            subprotocol: agreed_subprotocol(headers, &self.subprotocols)?,
        })
    }

    /// The connection, on the terms agreed on.
    pub(crate) fn open(self, config: Arc<Config>, agreed: Agreed) -> Connection {
        #[cfg(feature = "deflate")]
        let is_declined = agreed.compression.is_none() && is_compression_required(&config);
        let connection = Connection::open_client(config, self.mask_keys, agreed);
        // RFC 7692 §5.1, RFC 6455 §7.4.1: 1010 tells a server that it declined what the client needs. An error in
        // place of the connection would tell the application only.
        #[cfg(feature = "deflate")]
        let connection = if is_declined { close_as_declined(connection) } else { connection };
        connection
    }
}

#[cfg(feature = "deflate")]
fn is_compression_required(config: &Config) -> bool {
    let compression = config.compression.as_ref();
    compression.is_some_and(|compression| compression.required && !compression.offers.is_empty())
}

#[cfg(feature = "deflate")]
fn close_as_declined(mut connection: Connection) -> Connection {
    // Open as it is, it can be closed.
    let _closed = connection.close(CloseCode::MANDATORY_EXTENSION, NAME);
    connection
}
