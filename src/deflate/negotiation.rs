//! RFC 7692 §5 §7.1  Who offers, answers and agrees to what.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Compression;
use super::parameters::{Agreement, ClientWindow, NAME, Offer, WindowBits};
use crate::handshake::{Extension, HandshakeError, extensions};

/// The opening handshake does this by itself. These are for an HTTP stack of one's own; what they agree on
/// goes to [`Connection::with_compression`](crate::Connection::with_compression).
///
/// ```
/// use websocket_proto::deflate::Compression;
/// use websocket_proto::{Config, Connection};
///
/// let compression = Compression::default();
/// // The client's request, the server's response, and what the client reads in it.
/// let request = compression.offer().expect("something to offer");
/// assert_eq!(request, "permessage-deflate; client_max_window_bits");
/// let agreement = compression.answer([request.as_bytes()]).expect("acceptable");
/// let response = agreement.to_string();
/// assert_eq!(response, "permessage-deflate");
/// assert_eq!(compression.agree([response.as_bytes()])?, Some(agreement));
///
/// let mut config = Config::server();
/// config.compression = Some(compression);
/// let connection = Connection::server(config).with_compression(agreement);
/// # Ok::<(), websocket_proto::handshake::HandshakeError>(())
/// ```
impl Compression {
    /// To a client: the value of `Sec-WebSocket-Extensions` in its request (§5.1); `None`: there is nothing
    /// to offer.
    #[must_use]
    pub fn offer(&self) -> Option<String> {
        let offers: Vec<String> = self.offers.iter().map(ToString::to_string).collect();
        (!offers.is_empty()).then(|| offers.join(", "))
    }

    /// To a server: the answer to the first offer that can be met (§5.1). `lines`: the values of the
    /// request's `Sec-WebSocket-Extensions` lines, in their order.
    ///
    /// As text, the answer is the value of the response's line. With `None`, the connection opens without
    /// compression, and the response has no such line.
    #[must_use]
    pub fn answer<'a>(&self, lines: impl IntoIterator<Item = &'a [u8]>) -> Option<Agreement> {
        self.answer_to(extensions(lines.into_iter()).map_while(Result::ok))
    }

    pub(crate) fn answer_to<'a>(
        &self,
        extensions: impl Iterator<Item = Extension<'a>>,
    ) -> Option<Agreement> {
        extensions
            .filter(|extension| extension.name() == NAME)
            .find_map(|extension| self.preferences.answer(&Offer::parse(&extension)?))
    }

    /// To a client: what the server has agreed to. `lines`: the values of the response's
    /// `Sec-WebSocket-Extensions` lines. `Ok(None)`: it has declined.
    ///
    /// # Errors
    /// What the opening handshake has to fail for (RFC 6455 §4.1, RFC 7692 §5.1):
    /// [`HandshakeError::Extensions`] for what is no such list,
    /// [`HandshakeError::UnexpectedExtension`] for another extension, or this one twice or not offered,
    /// [`HandshakeError::ExtensionParameters`] for parameters that are invalid or fit no offer.
    pub fn agree<'a>(
        &self,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Option<Agreement>, HandshakeError> {
        let mut agreed = None;
        for extension in extensions(lines.into_iter()) {
            let extension = extension.map_err(|_| HandshakeError::Extensions)?;
            if extension.name() != NAME || self.offers.is_empty() || agreed.is_some() {
                return Err(HandshakeError::UnexpectedExtension);
            }
            let answer = Agreement::parse(&extension).ok_or(HandshakeError::ExtensionParameters)?;
            if !self.offers.iter().any(|offer| offer.allows(&answer)) {
                return Err(HandshakeError::ExtensionParameters);
            }
            agreed = Some(answer);
        }
        Ok(agreed)
    }
}

/// What a server wants of its connections, as far as the offers allow (RFC 7692 §7.1). The default is
/// to answer what is offered and to want nothing more.
///
/// The first offer that can be met is taken, also if it allows less of this than a later one. Who insists
/// looks at the answer: see [`Compression::answer`], and
/// [`Acceptance::without_compression`](crate::handshake::Acceptance::without_compression) to decline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Preferences {
    /// Begin each of our messages with an empty window, asked for or not (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// Have the client begin each message with an empty window (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The greatest window that we compress with (§7.1.2.1); 8 counts as 9, the least that our
    /// compressor has. An offer of `server_max_window_bits=8` is declined.
    pub server_max_window_bits: WindowBits,
    /// The greatest window that a client may compress with, if it offers to be limited (§7.1.2.2).
    pub client_max_window_bits: WindowBits,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: WindowBits::MAX,
            client_max_window_bits: WindowBits::MAX,
        }
    }
}

impl Preferences {
    /// The answer to an offer; `None`: it cannot be met.
    fn answer(&self, offer: &Offer) -> Option<Agreement> {
        let own = self.server_max_window_bits.max(WindowBits::LEAST_OWN);
        let server_max_window_bits = match offer.server_max_window_bits {
            Some(offered) if offered < WindowBits::LEAST_OWN => return None,
            Some(offered) => Some(offered.min(own)),
            None => (own < WindowBits::MAX).then_some(own),
        };
        // §7.1.2.2: never in the answer unless it was in the offer.
        let client_window = match offer.client_max_window_bits {
            ClientWindow::Fixed => WindowBits::MAX,
            ClientWindow::Limitable => self.client_max_window_bits,
            ClientWindow::AtMost(bits) => bits.min(self.client_max_window_bits),
        };
        Some(Agreement {
            server_no_context_takeover: offer.server_no_context_takeover
                || self.server_no_context_takeover,
            client_no_context_takeover: offer.client_no_context_takeover
                || self.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits: (client_window < WindowBits::MAX).then_some(client_window),
        })
    }
}
