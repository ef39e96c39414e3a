//! §4  A connection whose opening handshake is over.

use alloc::sync::Arc;

use bytes::BytesMut;

use super::Connection;
use crate::Config;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreement, Terms};
use crate::frame::Role;
use crate::handshake::Agreed;
use crate::incoming::Incoming;
use crate::outgoing::{MaskKeys, Outgoing};
#[cfg(feature = "deflate")]
use crate::{Counters, State};

impl Connection {
    /// The server's end of a WebSocket whose opening handshake was done elsewhere, without extensions.
    #[must_use]
    pub fn server(config: impl Into<Arc<Config>>) -> Self {
        Self::open_server(config.into(), BytesMut::new(), Agreed::default())
    }

    /// The client's end of a WebSocket whose opening handshake was done elsewhere, without extensions.
    ///
    /// `seed` is what the masking keys come from (§5.3): 32 bytes from a source that nobody can guess,
    /// fresh for each connection.
    #[must_use]
    pub fn client(config: impl Into<Arc<Config>>, seed: [u8; 32]) -> Self {
        Self::open_client(config.into(), MaskKeys::new(seed), Agreed::default())
    }

    /// As [`client`](Self::client), with a seed from the operating system.
    ///
    /// # Errors
    /// [`SeedError`](crate::SeedError) if that has no random bytes; nothing falls back to weaker ones.
    #[cfg(feature = "std")]
    pub fn client_from_os(config: impl Into<Arc<Config>>) -> Result<Self, crate::SeedError> {
        Ok(Self::client(config, crate::seed::seed()?))
    }

    /// What the opening handshake hands over. `head`: bytes to transmit before any frame (the 101).
    pub(crate) fn open_server(config: Arc<Config>, head: BytesMut, agreed: Agreed) -> Self {
        let connection = Self {
            incoming: Incoming::new(config.clone(), Role::Server),
            outgoing: Outgoing::new(config, None, head, agreed.subprotocol),
        };
        #[cfg(feature = "deflate")]
        let connection = connection.compressing(agreed.compression);
        connection
    }

    /// What the opening handshake hands over.
    pub(crate) fn open_client(config: Arc<Config>, keys: MaskKeys, agreed: Agreed) -> Self {
        let connection = Self {
            incoming: Incoming::new(config.clone(), Role::Client),
            outgoing: Outgoing::new(config, Some(keys), BytesMut::new(), agreed.subprotocol),
        };
        #[cfg(feature = "deflate")]
        let connection = connection.compressing(agreed.compression);
        connection
    }

    #[cfg(feature = "deflate")]
    fn compressing(mut self, agreement: Option<Agreement>) -> Self {
        let config = self.incoming.config().clone();
        if let (Some(agreement), Some(compression)) = (agreement, &config.compression) {
            let terms = Terms::new(agreement, self.role(), &compression.offers);
            self.incoming.set_compression(terms.receiving, &compression.pool);
            self.outgoing.set_compression(terms, compression);
        }
        self
    }

    /// The same, of an opening handshake that has agreed on permessage-deflate (RFC 7692), with the
    /// settings of [`Config::compression`]. A client keeps to what it has offered there of its own window
    /// and context, too.
    ///
    /// Nothing changes without those settings, or if anything was sent or received before.
    ///
    /// ```
    /// use websocket_proto::deflate::{Agreement, Compression};
    /// use websocket_proto::{Config, Connection};
    ///
    /// let mut config = Config::server();
    /// config.compression = Some(Compression::default());
    /// let connection = Connection::server(config).with_compression(Agreement::default());
    /// assert_eq!(connection.compression(), Some(Agreement::default()));
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_compression(self, agreement: Agreement) -> Self {
        let is_new = self.state() == State::Open
            && self.received() == Counters::default()
            && self.sent() == Counters::default()
            && self.compression().is_none();
        if is_new { self.compressing(Some(agreement)) } else { self }
    }
}
