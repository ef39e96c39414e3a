//! §4.1 step 2  Asking a proxy for a tunnel, before anything else goes through the transport.

use alloc::sync::Arc;
use core::fmt;
use core::mem::take;

use bytes::{BufMut, Bytes, BytesMut};

use super::head::{HeadCollector, HeadKind};
use super::{HandshakeError, InvalidUri, ResponseHead, Uri};
use crate::Config;

/// The request that asks a proxy for a tunnel to a host and port (§4.1).
///
/// # Errors
/// [`InvalidUri`] for a host or port that cannot be connected to.
///
/// ```
/// use websocket_proto::handshake::connect_proxy_request;
///
/// let request = connect_proxy_request("example.com", 80)?;
/// assert_eq!(&request[..], b"CONNECT example.com:80 HTTP/1.1\r\nHost: example.com\r\n\r\n");
/// # Ok::<(), websocket_proto::handshake::InvalidUri>(())
/// ```
pub fn connect_proxy_request(host: &str, port: u16) -> Result<Bytes, InvalidUri> {
    // `http` is the scheme of the request to the proxy, whatever goes through the tunnel.
    let uri = Uri::new(false, host, Some(port), "/")?;
    let host = uri.host_header();
    let mut output = BytesMut::with_capacity(48 + 2 * host.len());
    output.put_slice(b"CONNECT ");
    output.put_slice(host.as_bytes());
    if port == 80 {
        output.put_slice(b":80");
    }
    output.put_slice(b" HTTP/1.1\r\nHost: ");
    output.put_slice(host.as_bytes());
    output.put_slice(b"\r\n\r\n");
    Ok(output.freeze())
}

/// Reads a proxy's answer to [`connect_proxy_request`].
///
/// ```
/// use websocket_proto::Config;
/// use websocket_proto::handshake::ProxyConnect;
///
/// let mut received = *b"HTTP/1.1 200 Connection established\r\n\r\n";
/// let mut proxy = ProxyConnect::new(Config::client());
/// assert!(proxy.receive(&mut received.as_mut_slice())?.is_some());
/// // From here on the transport leads to the host: TLS for `wss`, then the `Client`.
/// # Ok::<(), websocket_proto::handshake::HandshakeError>(())
/// ```
pub struct ProxyConnect {
    config: Arc<Config>,
    collector: HeadCollector,
    interim_responses: u8,
    is_over: bool,
}

impl ProxyConnect {
    /// A reader of one answer.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        Self {
            config: config.into(),
            collector: HeadCollector::new(HeadKind::Response),
            interim_responses: 0,
            is_over: false,
        }
    }

    /// Takes bytes of the answer off the input; `None` if there have to be more. Once the answer is there
    /// nothing more is taken.
    ///
    /// # Errors
    /// [`HandshakeError::Refused`] for a status other than 2xx, or what is wrong with the head; the input is
    /// emptied, and the transport is of no more use.
    pub fn receive(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<ResponseHead>, HandshakeError> {
        while !self.is_over {
            match self.step(input) {
                Ok(Some(response)) if response.status() / 100 == 1 => {}
                Ok(response) => return Ok(response),
                Err(error) => {
                    self.is_over = true;
                    take(input);
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    fn step(&mut self, input: &mut &mut [u8]) -> Result<Option<ResponseHead>, HandshakeError> {
        let limits = &self.config.limits;
        let Some(head) = self.collector.receive(limits, input)? else {
            return Ok(None);
        };
        let line = head.parse_response(|line, _| Ok(line))?;
        match line.status {
            100 | 102..=199 => {
                if self.interim_responses >= limits.max_interim_responses {
                    return Err(HandshakeError::TooManyInterimResponses);
                }
                self.interim_responses += 1;
                self.collector = HeadCollector::new(HeadKind::Response);
            }
            200..=299 => self.is_over = true,
            status => return Err(HandshakeError::Refused { status }),
        }
        Ok(Some(ResponseHead::new(head, line.status)))
    }
}

impl fmt::Debug for ProxyConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConnect").field("is_over", &self.is_over).finish_non_exhaustive()
    }
}
