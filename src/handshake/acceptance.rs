//! §4.2.2  What a server checks before it accepts, and the 101 that it sends.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::{BufMut, BytesMut};

use super::HandshakeError;
use super::authority::Authority;
use super::extension::Extension;
use super::headers::{ExtraHeaders, InvalidHeader};
use super::key::Accept;
use super::negotiation::{Agreed, SubprotocolChoice};
use super::origin::OriginPolicy;
use crate::Config;

/// What a valid request asks for.
pub(crate) struct Asked<'a, S, E> {
    pub(crate) host: Option<&'a [u8]>,
    pub(crate) origin: Option<&'a [u8]>,
    /// The names offered.
    pub(crate) subprotocols: S,
    #[cfg_attr(not(feature = "deflate"), expect(dead_code, reason = "none is known"))]
    pub(crate) extensions: E,
}

/// The terms on which requests are accepted. Made once, used for any number of requests.
///
/// ```
/// use websocket_proto::handshake::{Acceptance, OriginPolicy};
///
/// let acceptance = Acceptance::new()
///     .origin(OriginPolicy::list(["https://example.com"])?)
///     .subprotocols(["chat.v2", "chat"])
///     .header("X-Served-By", "7")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    origin: OriginPolicy,
    allowed_hosts: Option<Vec<String>>,
    subprotocol: SubprotocolChoice,
    headers: ExtraHeaders,
    #[cfg(feature = "deflate")]
    without_compression: bool,
}

impl Acceptance {
    /// [`OriginPolicy::SameHost`], any host, no subprotocol.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which origins are let in (§10.2); the others get 403.
    #[must_use]
    pub fn origin(mut self, policy: OriginPolicy) -> Self {
        self.origin = policy;
        self
    }

    /// Which values of `Host` are let in (ASCII case-insensitive); the others get 403. An entry without a
    /// port, such as `localhost` or `[::1]`, stands for every port.
    ///
    /// For services that are reached by known names only, above all on loopback: against a foreign name
    /// that was made to lead here (DNS rebinding), the origin policy alone cannot help.
    #[must_use]
    pub fn allowed_hosts<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// Declines permessage-deflate (RFC 7692 §5), whatever
    /// [`Config::compression`](crate::Config::compression) says.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn without_compression(mut self) -> Self {
        self.without_compression = true;
        self
    }

    /// The subprotocol to speak (§1.9); a request that does not offer it is refused with 500. A name that is
    /// no token (§4.1) is never offered.
    #[must_use]
    pub fn subprotocol(mut self, name: &str) -> Self {
        self.subprotocol = SubprotocolChoice::Required(name.into());
        self
    }

    /// The subprotocols to choose from (§1.9): the first that the client offers and that is among them;
    /// none if there is no such.
    #[must_use]
    pub fn subprotocols<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let names = names.into_iter().map(|name| Arc::from(name.as_ref()));
        self.subprotocol = SubprotocolChoice::FirstOffered(names.collect());
        self
    }

    /// Adds a header line to the 101, or to the 200 that answers an extended CONNECT.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a name that is no token or belongs to the crate, or a value with control
    /// characters in it.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        self.headers.push(name, value.as_ref())?;
        Ok(self)
    }

    /// Whether the request is let in, and what is agreed on if so: the one place that decides, whatever kind
    /// of request asks.
    pub(crate) fn negotiate<'a>(
        &self,
        asked: Asked<'a, impl Iterator<Item = &'a str>, impl Iterator<Item = Extension<'a>>>,
        #[cfg_attr(not(feature = "deflate"), expect(unused_variables, reason = "no extension"))]
        config: &Config,
    ) -> Result<Agreed, HandshakeError> {
        if !self.is_allowed_host(asked.host) {
            return Err(HandshakeError::HostRefused);
        }
        if !self.origin.allows(asked.origin, asked.host) {
            return Err(HandshakeError::OriginRefused);
        }
        Ok(Agreed {
            subprotocol: self.subprotocol.choose(asked.subprotocols)?,
            // RFC 7692 §5.1: the first offer that can be met; with none, the connection opens without.
            #[cfg(feature = "deflate")]
            compression: match &config.compression {
                Some(compression) if !self.without_compression => {
                    compression.answer_to(asked.extensions)
                }
                _ => None,
            },
        })
    }

    /// The headers that the application adds to the response.
    #[cfg(feature = "http")]
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter()
    }

    fn is_allowed_host(&self, host: Option<&[u8]>) -> bool {
        let Some(allowed) = &self.allowed_hosts else {
            return true;
        };
        let host = host.unwrap_or_default();
        let name = Authority::parse(host).map_or([].as_slice(), |authority| authority.host);
        allowed
            .iter()
            .map(String::as_bytes)
            .any(|entry| entry.eq_ignore_ascii_case(host) || entry.eq_ignore_ascii_case(name))
    }

    /// The 101, before it the 100 if one is expected (RFC 9110 §7.8).
    pub(crate) fn render(
        &self,
        accept: &Accept,
        agreed: &Agreed,
        after_continue: bool,
    ) -> BytesMut {
        let headers = self.headers.lines();
        let subprotocol = agreed.subprotocol.as_deref();
        let sizes = [192, subprotocol.map_or(0, str::len), headers.len()];
        let mut output = BytesMut::with_capacity(sizes.iter().sum());
        if after_continue {
            output.put_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        output.put_slice(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: ",
        );
        output.put_slice(accept);
        output.put_slice(b"\r\n");
        // §4.2.2: no header rather than an empty one.
        if let Some(subprotocol) = subprotocol {
            output.put_slice(b"Sec-WebSocket-Protocol: ");
            output.put_slice(subprotocol.as_bytes());
            output.put_slice(b"\r\n");
        }
        #[cfg(feature = "deflate")]
        if let Some(agreement) = &agreed.compression {
            let line = alloc::format!("Sec-WebSocket-Extensions: {agreement}\r\n");
            output.put_slice(line.as_bytes());
        }
        output.put_slice(headers);
        output.put_slice(b"\r\n");
        output
    }
}
