//! What an application may choose: limits, deadlines and the way of delivery.

use core::time::Duration;

/// The settings of a connection, from its opening handshake to its end.
///
/// Start from a preset and change what differs. One `Arc<Config>` serves any number of connections:
/// everything that takes a configuration takes `impl Into<Arc<Config>>`.
///
/// ```
/// use std::sync::Arc;
/// use websocket_proto::{Config, Connection};
///
/// let mut config = Config::server();
/// config.limits.max_message_size = 64 * 1024;
/// let config = Arc::new(config);
/// let one = Connection::server(config.clone());
/// let another = Connection::server(config);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// How much of anything a peer can make us hold or do.
    pub limits: Limits,
    /// When to give up.
    pub timeouts: Timeouts,
    /// How data reaches the application. Default: whole messages.
    pub delivery: Delivery,
    /// Answer each Ping with a Pong (§5.5.2). Default: `true`; when `false`, the application calls
    /// `pong` itself.
    pub automatic_pong: bool,
    /// What shows that a pinged peer is alive. Default: the matching Pong only.
    pub liveness: Liveness,
    /// Payloads of at least this many bytes are referenced by `send_shared` instead of copied.
    /// Default: 4096.
    pub reference_threshold: usize,
    /// Compression by permessage-deflate (RFC 7692): offered by a client, accepted by a server. Default:
    /// none. See [`deflate`](crate::deflate).
    #[cfg(feature = "deflate")]
    pub compression: Option<crate::deflate::Compression>,
}

impl Config {
    /// The preset for servers: pings every 30 s and gives the Pong 20 s.
    #[must_use]
    pub const fn server() -> Self {
        let mut config = Self::client();
        config.timeouts.ping_interval = Some(Duration::from_secs(30));
        config
    }

    /// The preset for clients: sends no pings of its own accord (§7.1.7, §7.3).
    #[must_use]
    pub const fn client() -> Self {
        Self {
            limits: Limits::DEFAULT,
            timeouts: Timeouts::DEFAULT,
            delivery: Delivery::Messages,
            automatic_pong: true,
            liveness: Liveness::MatchingPong,
            reference_threshold: 4096,
            #[cfg(feature = "deflate")]
            compression: None,
        }
    }
}

impl Default for Config {
    /// The preset for clients.
    fn default() -> Self {
        Self::client()
    }
}

/// Upper bounds, all inclusive: a value equal to the limit is allowed, one more is not.
///
/// "No limit" is the greatest value of the type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Payload bytes of one frame; more fails the connection with 1009. Default: 16 MiB.
    pub max_frame_size: u64,
    /// Payload bytes of one message, over all its fragments; more fails with 1009. Of a compressed
    /// message, both what is received and what it is inflated to. Default: 16 MiB.
    pub max_message_size: u64,
    /// Frames of one message; more fails with 1008. Default: 131,072.
    pub max_fragments: u32,
    /// Empty frames of one fragmented message; more fails with 1008. Default: 1,024.
    pub max_empty_fragments: u32,
    /// Pongs that wait to be sent; the oldest is dropped for one more (§5.5.3). Default: 32.
    pub max_pending_pongs: usize,
    /// Bytes queued and not yet transmitted; sending more is [`SendError::Full`](crate::SendError::Full),
    /// except that one message of any size fits an empty queue. A payload that is referenced counts a few
    /// bytes more; one that is to be compressed counts before it is, as an eighth and 32 bytes more. Control
    /// frames have 8 KiB beside it.
    /// Default: 1 MiB.
    pub max_write_buffer: usize,
    /// Capacity in bytes up to which a buffer is kept between messages: up to 16 KiB always, a larger one from the
    /// second message on that needs it, until nothing has for [`Timeouts::release_after`]. Default: 4 MiB.
    pub retain: usize,
    /// Bytes of a request or response head, its final empty line included; more is 431. Default: 16 KiB.
    pub max_head_size: usize,
    /// Bytes of a request line, its line end included; more is 414. Default: 8 KiB.
    pub max_request_line: usize,
    /// Header lines of a head; more is 431. Default: 100.
    pub max_headers: usize,
    /// Extension elements a head may list; more is 400. Default: 32.
    pub max_extensions: usize,
    /// Parameters that one extension element may have; more is 400. Default: 16.
    pub max_extension_parameters: usize,
    /// Subprotocols that a head may list; more is 400. Default: 64.
    pub max_subprotocols: usize,
    /// Interim (1xx) responses that a client skips; more fails the handshake. Default: 8.
    pub max_interim_responses: u8,
    /// Bytes of the body that a client keeps of a response that refuses the upgrade. Default: 4 KiB.
    pub max_refusal_body: usize,
}

impl Limits {
    const DEFAULT: Self = Self {
        max_frame_size: 16 << 20,
        max_message_size: 16 << 20,
        max_fragments: 131_072,
        max_empty_fragments: 1_024,
        max_pending_pongs: 32,
        max_write_buffer: 1 << 20,
        retain: 4 << 20,
        max_head_size: 16 << 10,
        max_request_line: 8 << 10,
        max_headers: 100,
        max_extensions: 32,
        max_extension_parameters: 16,
        max_subprotocols: 64,
        max_interim_responses: 8,
        max_refusal_body: 4 << 10,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Deadlines, all kept by `tick`; `None` switches one off. Time runs from the first `tick` behind what is said to start
/// it: no other method sees the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From the first `tick` of a handshake to its end, whatever arrives meanwhile. Default: 10 s.
    pub handshake: Option<Duration>,
    /// From the moment Close is queued to the end of the transport. Default: 10 s.
    pub close: Option<Duration>,
    /// With bytes to transmit and none taken by the transport. Default: 30 s.
    pub write_stall: Option<Duration>,
    /// Without a byte from the peer; the connection is then closed with 1001. Default: off.
    pub idle: Option<Duration>,
    /// From the opening, and from each Pong, to the next keepalive Ping. Default: off; 30 s in [`Config::server`].
    pub ping_interval: Option<Duration>,
    /// From a keepalive Ping, once the transport has taken it, to its Pong; the connection is then failed with 1011. Default: 20 s.
    pub pong: Option<Duration>,
    /// From the last use of a buffer to its release, for those that are kept (see [`Limits::retain`]). Default: 1 s.
    pub release_after: Duration,
}

impl Timeouts {
    const DEFAULT: Self = Self {
        handshake: Some(Duration::from_secs(10)),
        close: Some(Duration::from_secs(10)),
        write_stall: Some(Duration::from_secs(30)),
        idle: None,
        ping_interval: None,
        pong: Some(Duration::from_secs(20)),
        release_after: Duration::from_secs(1),
    };
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How received data reaches the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Delivery {
    /// As whole messages: [`Event::Text`](crate::Event::Text) and [`Event::Binary`](crate::Event::Binary).
    #[default]
    Messages,
    /// As it arrives, never assembled: [`Event::Chunk`](crate::Event::Chunk). How much of a message is
    /// delivered before a violation in it depends on how it arrives. A compressed message comes in owned
    /// chunks of at most 16 KiB, any number of them for one
    /// read; what the last byte of a read is inflated to may come in one of its own.
    Chunks,
}

/// What shows that a peer that was sent a keepalive Ping is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Liveness {
    /// Only a Pong with the same 8 bytes.
    #[default]
    MatchingPong,
    /// Any byte received after the Ping was queued.
    AnyBytes,
}
