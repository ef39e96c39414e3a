//! §4.1  How a client gets to its server.

use alloc::sync::Arc;

#[cfg(feature = "rustls")]
use super::tls::{Roots, Trust};
use crate::Config;
use crate::handshake::Proxy;

/// How a client gets to its server; made once, used for any number of connections.
///
/// ```
/// use websocket_proto::Config;
/// use websocket_proto::adapter::ClientOptions;
/// use websocket_proto::handshake::Proxy;
///
/// let mut config = Config::client();
/// config.limits.max_message_size = 64 * 1024;
/// let options = ClientOptions::new()
///     .config(config)
///     .proxy(Proxy::new("proxy.example.com", 3128)?)
///     .max_redirects(3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    pub(super) config: Arc<Config>,
    pub(super) proxy: Option<Proxy>,
    pub(super) max_redirects: u8,
    #[cfg(feature = "rustls")]
    pub(super) trust: Trust,
}

impl ClientOptions {
    /// The settings of [`Config::client`], no proxy, no redirects, and for `wss` the roots of Mozilla.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the settings of the connection. Its [`Timeouts::handshake`](crate::Timeouts::handshake) is the time
    /// for all of it: finding the address, connecting, the proxy, TLS, the opening handshake, and the same again
    /// for each redirect.
    #[must_use]
    pub fn config(mut self, config: impl Into<Arc<Config>>) -> Self {
        self.config = config.into();
        self
    }

    /// Goes through an HTTP proxy, to any server. Default: none, whatever the environment says.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Follows up to so many redirects, one after the other, but none from `wss` to `ws`. What becomes of credentials
    /// is told by [`ClientRequest::redirect`](crate::handshake::ClientRequest::redirect). Default: 0, a redirect is
    /// [`Error::Refused`](super::Error::Refused).
    ///
    /// A server may send the client wherever the client can get to.
    #[must_use]
    pub fn max_redirects(mut self, count: u8) -> Self {
        self.max_redirects = count;
        self
    }

    /// Says whose certificates are trusted for `wss`. Default: [`Roots::Mozilla`].
    ///
    /// They are loaded with the first connection, and shared by all that these options and their clones are used for.
    /// The cryptography is the process's default provider if one has been installed, else that of `ring`.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn roots(mut self, roots: Roots) -> Self {
        self.trust = Trust::roots(roots);
        self
    }

    /// Has TLS settings of the application's own for `wss`: other roots, client certificates ... If it negotiates
    /// an application protocol (ALPN), that has to be `http/1.1`.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, config: impl Into<Arc<rustls::ClientConfig>>) -> Self {
        self.trust = Trust::Config(config.into());
        self
    }
}
