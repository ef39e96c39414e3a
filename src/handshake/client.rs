//! §4.1  The opening handshake of a client.

use alloc::sync::Arc;
use core::fmt;
use core::mem::{replace, take};
use core::time::Duration;

use bytes::{Buf, BytesMut};

use super::ClientRequest;
use super::HandshakeError;
use super::awaited::Awaited;
use super::head::Head;
use super::head_collector::{HeadCollector, HeadKind};
use super::key::{Accept, accept, key};
use super::negotiation::Agreed;
use super::refusal::{Refusal, RefusalCollector, ResponseHead};
use crate::outgoing::MaskKeys;
use crate::timer::{Clock, Deadline};
use crate::{Config, Connection, Output, State, Transmit};

/// The opening handshake of a client, from the request to what is [`Established`] (§4.1).
///
/// ```text
///          transmit, receive
/// Client ─────────────────────► Established { connection, response }
///    └─ Err: transmit says Abort; refusal() has the response, if it was one
/// ```
///
/// Make it when the transport is ready, with TLS for `wss` completed: the request is the first thing to
/// transmit. Nothing else is, until the connection is there. The bytes behind the head of the response stay in
/// the caller's cursor: they are for the `Connection`.
///
/// ```
/// use bytes::Buf;
/// use websocket_proto::handshake::{Client, ClientRequest, Uri};
/// use websocket_proto::{Config, Transmit};
///
/// let request = ClientRequest::new(Uri::parse("ws://example.com/chat")?).subprotocols(["chat"])?;
/// # let seed = [7; 32];
/// // `seed`: 32 random bytes; with the feature `std`, `Client::from_os` gets them by itself.
/// let mut client = Client::new(&request, Config::client(), seed);
///
/// let Transmit::Write(mut output) = client.transmit() else { panic!("the request is queued") };
/// assert!(output.chunk().starts_with(b"GET /chat HTTP/1.1\r\nHost: example.com\r\n"));
/// output.advance(output.remaining()); // written to the transport
///
/// let mut received = *b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnope!";
/// let error = client.receive(&mut received.as_mut_slice()).expect_err("refused");
/// assert_eq!(error.status(), Some(404));
/// assert_eq!(client.refusal().expect("refused").body(), b"nope!");
/// assert!(matches!(client.transmit(), Transmit::Abort));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// §4.1 asks that only one connection to an address be in this state at a time. The crate opens no transports; who
/// does can wait here:
///
/// ```
/// # use websocket_proto::handshake::{Client, ClientRequest, Uri};
/// # use websocket_proto::{Config, State};
/// /// Whether another connection to the same address may be begun.
/// fn may_connect(connecting: Option<&Client>) -> bool {
///     connecting.is_none_or(|client| client.state() != State::Open)
/// }
/// # let request = ClientRequest::new(Uri::parse("ws://example.com/")?);
/// let mut client = Client::new(&request, Config::client(), [7; 32]);
/// assert!(!may_connect(Some(&client)));
/// client.transport_failed();
/// assert!(may_connect(Some(&client)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    config: Arc<Config>,
    output: BytesMut,
    progress: Progress,
    deadline: Deadline,
    clock: Clock,
    refusal: Option<Refusal>,
    error: Option<HandshakeError>,
}

enum Progress {
    /// §4.1: CONNECTING, the final response has not begun.
    Head {
        collector: HeadCollector,
        interim_responses: u8,
        accept: Accept,
        awaited: Awaited,
    },
    /// The response is no 101.
    Refused(RefusalCollector),
    Aborting,
    /// The connection was handed over, or the transport is gone.
    Over,
}

/// What a successful handshake leaves (§4.1: "The WebSocket Connection is Established").
#[derive(Debug)]
pub struct Established {
    /// The connection; the rest of the input is for it. Open, unless the server declined the compression that is
    /// `required`: then its Close with 1010 is queued.
    pub connection: Connection,
    /// The head of the 101.
    pub response: ResponseHead,
}

impl Client {
    /// Queues the request. `seed`: 32 bytes that nobody can predict and that are used once; the key of the
    /// handshake and the masking keys of the connection come from it (§4.1, §10.3).
    #[must_use]
    pub fn new(request: &ClientRequest, config: impl Into<Arc<Config>>, seed: [u8; 32]) -> Self {
        let mut mask_keys = MaskKeys::new(seed);
        let key = key(&mask_keys.nonce());
        let config = config.into();
        Self {
            output: request.render(&key, &config),
            progress: Progress::Head {
                collector: HeadCollector::new(HeadKind::Response),
                interim_responses: 0,
                accept: accept(&key),
                awaited: Awaited::new(request, mask_keys),
            },
            config,
            deadline: Deadline::ASKED,
            clock: Clock::default(),
            refusal: None,
            error: None,
        }
    }

    /// Queues the request, with a seed from the operating system.
    ///
    /// # Errors
    /// [`SeedError`](crate::SeedError) if that has no random bytes; nothing falls back to weaker ones.
    ///
    /// ```
    /// use websocket_proto::Config;
    /// use websocket_proto::handshake::{Client, ClientRequest, Uri};
    ///
    /// let request = ClientRequest::new(Uri::parse("ws://example.com/")?);
    /// let client = Client::from_os(&request, Config::client())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn from_os(
        request: &ClientRequest,
        config: impl Into<Arc<Config>>,
    ) -> Result<Self, crate::SeedError> {
        Ok(Self::new(request, config, crate::seed::seed()?))
    }

    /// Takes bytes of the response off the input; `None` if there have to be more.
    ///
    /// Interim responses (1xx) are skipped. Once the connection is established nothing more is taken: what is
    /// left of the input is for the connection.
    ///
    /// # Errors
    /// [`HandshakeError`], once: the input is emptied, nothing more is transmitted, and
    /// [`transmit`](Self::transmit) says `Abort`. A response other than 101 is
    /// [`HandshakeError::Refused`], returned when its body is complete or long enough.
    pub fn receive(
        &mut self,
        input: &mut &mut [u8],
    ) -> Result<Option<Established>, HandshakeError> {
        loop {
            match &mut self.progress {
                Progress::Head { collector, .. } => {
                    let head = match collector.receive(&self.config.limits, input) {
                        Ok(None) => return Ok(None),
                        Ok(Some(head)) => head,
                        Err(error) => return Err(self.fail(error, input)),
                    };
                    match self.take_head(head) {
                        Ok(None) => {}
                        Ok(established) => return Ok(established),
                        Err(error) => return Err(self.fail(error, input)),
                    }
                }
                Progress::Refused(collector) => {
                    if !collector.receive(input) {
                        return Ok(None);
                    }
                    let status = collector.status();
                    return Err(self.fail(HandshakeError::Refused { status }, input));
                }
                Progress::Over if self.error.is_none() => return Ok(None),
                Progress::Aborting | Progress::Over => {
                    take(input);
                    return Ok(None);
                }
            }
        }
    }

    /// Says that the peer has ended its direction: no handshake can succeed any more.
    pub fn receive_eof(&mut self) {
        self.end(HandshakeError::ConnectionEnded);
    }

    /// Says that the transport could not be opened (§4.1).
    pub fn transport_failed(&mut self) {
        self.end(HandshakeError::TransportFailed);
    }

    /// Gives up: nothing more is transmitted, and [`transmit`](Self::transmit) says `Abort`.
    pub fn abort(&mut self) {
        if self.state() == State::Open {
            self.fail(HandshakeError::Aborted, &mut [].as_mut_slice());
        }
    }

    /// What to do next for the direction towards the peer.
    pub fn transmit(&mut self) -> Transmit<'_> {
        match self.progress {
            Progress::Head { .. } | Progress::Refused(_) if self.output.has_remaining() => {
                Transmit::Write(Output::plain(&mut self.output))
            }
            Progress::Aborting => Transmit::Abort,
            Progress::Head { .. } | Progress::Refused(_) | Progress::Over => Transmit::Idle,
        }
    }

    /// Says that `Abort` was carried out.
    pub fn transport_shut_down(&mut self) {
        if let Progress::Aborting = self.progress {
            self.progress = Progress::Over;
        }
    }

    /// Does what is due at `now` and returns the next deadline; call it before each wait.
    ///
    /// When [`Timeouts::handshake`](crate::Timeouts::handshake) has passed since the first call, the
    /// handshake has failed, however busily the server sends.
    pub fn tick(&mut self, now: Duration) -> Option<Duration> {
        let now = self.clock.advance(now);
        if self.state() != State::Open {
            return None;
        }
        self.deadline.arm(now, self.config.timeouts.handshake);
        if self.deadline.is_due(now) {
            self.fail(HandshakeError::Timeout, &mut [].as_mut_slice());
            return None;
        }
        self.deadline.time()
    }

    /// `Open` while the handshake is in progress (§4.1: CONNECTING), `Closing` until the transport is dropped after
    /// a failure, `Closed` when it is, or when the connection was handed over.
    #[must_use]
    pub fn state(&self) -> State {
        match self.progress {
            Progress::Head { .. } | Progress::Refused(_) => State::Open,
            Progress::Aborting => State::Closing,
            Progress::Over => State::Closed,
        }
    }

    /// Why the handshake failed, if it did; also what [`receive`](Self::receive) could not tell: a deadline, the
    /// end of the peer.
    #[must_use]
    pub fn error(&self) -> Option<HandshakeError> {
        self.error
    }

    /// The response, if it was one other than 101.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Acts on a complete head: an interim response, the 101 or a refusal.
    fn take_head(&mut self, head: Head) -> Result<Option<Established>, HandshakeError> {
        let Progress::Head { collector, interim_responses, accept, awaited } = &mut self.progress
        else {
            return Ok(None);
        };
        let is_early = self.output.has_remaining();
        let (line, agreed) = head.parse_response(|line, headers| match line.status {
            101 if is_early => Err(HandshakeError::EarlyResponse),
            101 if line.minor == 0 => Err(HandshakeError::HttpVersion),
            101 => Ok((line, awaited.check_upgrade(accept, headers, &self.config)?)),
            _ => Ok((line, Agreed::default())),
        })?;
        match line.status {
            101 => {
                let Progress::Head { awaited, .. } = replace(&mut self.progress, Progress::Over)
                else {
                    return Ok(None);
                };
                let connection = awaited.open(self.config.clone(), agreed);
                Ok(Some(Established { connection, response: ResponseHead::new(head, line.status) }))
            }
            // RFC 9110 §15.2: a client has to be able to read interim responses before the final one.
            100..=199 => {
                if *interim_responses >= self.config.limits.max_interim_responses {
                    return Err(HandshakeError::TooManyInterimResponses);
                }
                *interim_responses = interim_responses.saturating_add(1);
                *collector = HeadCollector::new(HeadKind::Response);
                Ok(None)
            }
            _ => {
                let max_body = self.config.limits.max_refusal_body;
                let collector = RefusalCollector::new(head, line, max_body);
                self.progress = Progress::Refused(collector);
                Ok(None)
            }
        }
    }

    /// The transport is gone, and with it what was in progress.
    fn end(&mut self, error: HandshakeError) {
        if self.state() == State::Open {
            self.fail(error, &mut [].as_mut_slice());
        }
        self.progress = Progress::Over;
    }

    /// Nothing more is sent or read. A refusal that has begun tells more than how it ended.
    fn fail(&mut self, error: HandshakeError, input: &mut &mut [u8]) -> HandshakeError {
        take(input);
        self.output = BytesMut::new();
        let error = match replace(&mut self.progress, Progress::Aborting) {
            Progress::Refused(collector) => {
                let status = collector.status();
                self.refusal = Some(collector.into_refusal());
                HandshakeError::Refused { status }
            }
            _ => error,
        };
        self.error = Some(error);
        error
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the request: there may be credentials in it.
        f.debug_struct("Client")
            .field("state", &self.state())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
