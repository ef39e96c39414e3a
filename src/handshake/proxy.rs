//! §4.1 step 2  Asking a proxy for a tunnel, before anything else goes through the transport.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::mem::{replace, take};

use bytes::{Bytes, BytesMut};

use super::credentials::{self, InvalidCredentials};
use super::head::Head;
use super::head_collector::{HeadCollector, HeadKind};
use super::refusal::{Refusal, RefusalCollector};
use super::{HandshakeError, InvalidUri, ResponseHead, Uri};
use crate::Config;

/// An HTTP proxy, which opens a tunnel to any server (`CONNECT`, RFC 9110 §9.3.6).
///
/// ```
/// use websocket_proto::handshake::{Proxy, Uri};
///
/// let proxy = Proxy::new("proxy.example.com", 3128)?.basic_authorization("Aladdin", "open sesame")?;
/// let request = proxy.connect_request(&Uri::parse("wss://example.com/chat")?);
/// assert!(request.starts_with(b"CONNECT example.com:443 HTTP/1.1\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    authorization: Option<Vec<u8>>,
}

impl Proxy {
    /// The proxy at this host and port. The host may be an IPv6 address with or without brackets.
    ///
    /// # Errors
    /// [`InvalidUri`] for a host or port that cannot be connected to.
    pub fn new(host: &str, port: u16) -> Result<Self, InvalidUri> {
        let uri = Uri::new(false, host, Some(port), "/")?;
        Ok(Self { host: uri.host().to_string(), port, authorization: None })
    }

    /// Sends it a user name and a password (`Proxy-Authorization: Basic`, RFC 7617).
    ///
    /// # Errors
    /// [`InvalidCredentials::Colon`] in the user name, [`InvalidCredentials::ControlCharacter`] in either.
    pub fn basic_authorization(
        mut self,
        user: &str,
        password: &str,
    ) -> Result<Self, InvalidCredentials> {
        self.authorization = Some(credentials::basic(user, password)?);
        Ok(self)
    }

    /// The host to connect to; an IPv6 address without its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The request that asks for a tunnel to the server of a URI; [`ProxyConnect`] reads the answer.
    #[must_use]
    pub fn connect_request(&self, uri: &Uri) -> Bytes {
        render(uri, self.authorization.as_deref())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

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
    Ok(render(&Uri::new(false, host, Some(port), "/")?, None))
}

fn render(uri: &Uri, authorization: Option<&[u8]>) -> Bytes {
    let authority = match uri.port() {
        port @ (80 | 443) if !uri.host_header().ends_with(&alloc::format!(":{port}")) => {
            alloc::format!("{}:{port}", uri.host_header())
        }
        _ => uri.host_header().to_string(),
    };
    // The scheme of the request to the proxy is `http`, whatever goes through the tunnel.
    let host = match uri.port() {
        80 => authority.strip_suffix(":80").unwrap_or(&authority),
        _ => &authority,
    };
    let mut output = BytesMut::with_capacity([96, authority.len(), host.len()].iter().sum());
    let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| output.extend_from_slice(part));
    put(&[b"CONNECT ", authority.as_bytes(), b" HTTP/1.1\r\n"]);
    put(&[b"Host: ", host.as_bytes(), b"\r\n"]);
    if let Some(authorization) = authorization {
        put(&[b"Proxy-Authorization: ", authorization, b"\r\n"]);
    }
    put(&[b"\r\n"]);
    output.freeze()
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
    progress: Progress,
    refusal: Option<Refusal>,
    error: Option<HandshakeError>,
}

enum Progress {
    Head {
        collector: HeadCollector,
        interim_responses: u8,
    },
    /// The answer is no 2xx.
    Refused(RefusalCollector),
    Over,
}

impl ProxyConnect {
    /// A reader of one answer.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        let collector = HeadCollector::new(HeadKind::Response);
        Self {
            config: config.into(),
            progress: Progress::Head { collector, interim_responses: 0 },
            refusal: None,
            error: None,
        }
    }

    /// Takes bytes of the answer off the input; `None` if there have to be more. Once the answer is there
    /// nothing more is taken: the rest is for the host. After an error everything is discarded.
    ///
    /// # Errors
    /// What is wrong with the head, or [`HandshakeError::Refused`] for a status other than 2xx, once its body is
    /// complete or long enough; the input is emptied, and the transport is of no more use.
    pub fn receive(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<ResponseHead>, HandshakeError> {
        loop {
            let result = match &mut self.progress {
                Progress::Head { collector, .. } => {
                    match collector.receive(&self.config.limits, input) {
                        Ok(None) => return Ok(None),
                        Ok(Some(head)) => self.take_head(head),
                        Err(error) => Err(error),
                    }
                }
                Progress::Refused(collector) => {
                    if !collector.receive(input) {
                        return Ok(None);
                    }
                    Err(HandshakeError::Refused { status: collector.status() })
                }
                Progress::Over => {
                    if self.error.is_some() {
                        take(input);
                    }
                    return Ok(None);
                }
            };
            match result {
                Ok(None) => {}
                Ok(response) => return Ok(response),
                Err(error) => {
                    take(input);
                    return Err(self.fail(error));
                }
            }
        }
    }

    /// Says that the proxy has ended its direction; see [`error`](Self::error).
    pub fn receive_eof(&mut self) {
        if !matches!(self.progress, Progress::Over) {
            self.fail(HandshakeError::ConnectionEnded);
        }
    }

    /// Why there is no tunnel, if there will be none.
    #[must_use]
    pub fn error(&self) -> Option<HandshakeError> {
        self.error
    }

    /// The answer, if it was one other than 2xx: 407 asks for credentials.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    fn take_head(&mut self, head: Head) -> Result<Option<ResponseHead>, HandshakeError> {
        let Progress::Head { collector, interim_responses } = &mut self.progress else {
            return Ok(None);
        };
        let limits = &self.config.limits;
        let line = head.parse_response(|line, _| Ok(line))?;
        match line.status {
            100 | 102..=199 => {
                if *interim_responses >= limits.max_interim_responses {
                    return Err(HandshakeError::TooManyInterimResponses);
                }
                *interim_responses = interim_responses.saturating_add(1);
                *collector = HeadCollector::new(HeadKind::Response);
                Ok(None)
            }
            200..=299 => {
                self.progress = Progress::Over;
                Ok(Some(ResponseHead::new(head, line.status)))
            }
            _ => {
                let collector = RefusalCollector::new(head, line, limits.max_refusal_body);
                self.progress = Progress::Refused(collector);
                Ok(None)
            }
        }
    }

    /// A refusal that has begun tells more than how it ended.
    fn fail(&mut self, error: HandshakeError) -> HandshakeError {
        let error = match replace(&mut self.progress, Progress::Over) {
            Progress::Refused(collector) => {
                let status = collector.status();
                self.refusal = Some(collector.into_refusal());
                HandshakeError::Refused { status }
            }
            Progress::Head { .. } | Progress::Over => error,
        };
        self.error = Some(error);
        error
    }
}

impl fmt::Debug for ProxyConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConnect").field("error", &self.error).finish_non_exhaustive()
    }
}
