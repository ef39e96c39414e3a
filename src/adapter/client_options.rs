//! How a client gets to its server.

use alloc::sync::Arc;

use crate::Config;

/// How a client gets to its server; made once, used for any number of connections.
///
/// ```
/// use websocket_proto::Config;
/// use websocket_proto::adapter::ClientOptions;
///
/// let mut config = Config::client();
/// config.limits.max_message_size = 64 * 1024;
/// let options = ClientOptions::new().config(config);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    config: Arc<Config>,
}

impl ClientOptions {
    /// The settings of [`Config::client`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the settings of the connection. Its [`Timeouts::handshake`](crate::Timeouts::handshake) is the time
    /// for all of it: finding the address, connecting, and the opening handshake.
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    pub(super) fn shared_config(&self) -> Arc<Config> {
        self.config.clone()
    }
}
