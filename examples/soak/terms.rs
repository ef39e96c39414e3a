//! The deadlines and limits of the server: short, so that a minute sees many rounds.

use std::fmt;
use std::time::Duration;

use websocket_proto::Config;

pub(crate) const HANDSHAKE: Duration = Duration::from_secs(2);
pub(crate) const CLOSE: Duration = Duration::from_secs(2);
pub(crate) const WRITE_STALL: Duration = Duration::from_secs(3);
pub(crate) const PING: Duration = Duration::from_secs(3);
pub(crate) const PONG: Duration = Duration::from_secs(2);
/// Bytes of a frame, and of a message.
pub(crate) const MESSAGE: usize = 1 << 20;
/// Bytes that the system takes for a peer that does not read (it doubles this): with less, such a one is noticed sooner.
pub(crate) const SEND_BUFFER: u32 = 128 << 10;

pub(crate) fn config() -> Config {
    let mut config = Config::server();
    config.timeouts.handshake = Some(HANDSHAKE);
    config.timeouts.close = Some(CLOSE);
    config.timeouts.write_stall = Some(WRITE_STALL);
    config.timeouts.ping_interval = Some(PING);
    config.timeouts.pong = Some(PONG);
    config.limits.max_frame_size = MESSAGE as u64;
    config.limits.max_message_size = MESSAGE as u64;
    #[cfg(feature = "deflate")]
    {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    config
}

/// The deadlines, in a line.
pub(crate) struct Deadlines;

impl fmt::Display for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "handshake {HANDSHAKE:?}, close {CLOSE:?}, write stall {WRITE_STALL:?}, \
            ping every {PING:?}, pong {PONG:?}; messages of at most {MESSAGE} bytes"
        )
    }
}
