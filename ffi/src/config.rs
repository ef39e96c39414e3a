//! Configuration. Start from a preset, change what differs, use it for any number of connections.

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::Duration;

use websocket_proto::{Config, Delivery, Liveness};

use crate::boundary::{guarded, with, with_mut, write};
use crate::compression::Compression;
use crate::wsp_result::{self, *};

/// No deadline at all.
pub const WSP_NEVER: u64 = u64::MAX;

/// The settings of connections.
pub struct wsp_config {
    settings: Config,
    compression: Compression,
    /// What connections share: both of the above.
    shared: Arc<Config>,
}

/// What can be set. Limits are inclusive; a number that is too large for one means no limit. Times are
/// milliseconds; WSP_NEVER switches a deadline off.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_option {
    /// Payload bytes of one frame; more fails the connection with 1009. Default: 16 MiB.
    WSP_OPTION_MAX_FRAME_SIZE = 1,
    /// Payload bytes of one message, also when inflated; more fails with 1009. Default: 16 MiB.
    WSP_OPTION_MAX_MESSAGE_SIZE = 2,
    /// Frames of one message; more fails with 1008. Default: 131,072.
    WSP_OPTION_MAX_FRAGMENTS = 3,
    /// Empty frames of one message in fragments; more fails with 1008. Default: 1,024.
    WSP_OPTION_MAX_EMPTY_FRAGMENTS = 4,
    /// Pongs that wait to be sent; the oldest makes way. Default: 32.
    WSP_OPTION_MAX_PENDING_PONGS = 5,
    /// Bytes queued and not transmitted; sending more is WSP_SEND_FULL. One message of any size fits an empty
    /// queue. Default: 1 MiB.
    WSP_OPTION_MAX_WRITE_BUFFER = 6,
    /// Bytes up to which a buffer is kept from message to message. Default: 4 MiB.
    WSP_OPTION_RETAIN = 7,
    /// Bytes of an HTTP head; more is 431. Default: 16 KiB.
    WSP_OPTION_MAX_HEAD_SIZE = 8,
    /// Bytes of its first line; more is 414. Default: 8 KiB.
    WSP_OPTION_MAX_REQUEST_LINE = 9,
    /// Lines of a head; more is 431. Default: 100.
    WSP_OPTION_MAX_HEADERS = 10,
    /// Extensions that a head may list; more is 400. Default: 32.
    WSP_OPTION_MAX_EXTENSIONS = 11,
    /// Parameters of one extension; more is 400. Default: 16.
    WSP_OPTION_MAX_EXTENSION_PARAMETERS = 12,
    /// Subprotocols that a head may list; more is 400. Default: 64.
    WSP_OPTION_MAX_SUBPROTOCOLS = 13,
    /// Responses of 1xx that a client skips, at most 255. Default: 8.
    WSP_OPTION_MAX_INTERIM_RESPONSES = 14,
    /// Bytes that a client keeps of the body of a refusal. Default: 4 KiB.
    WSP_OPTION_MAX_REFUSAL_BODY = 15,

    /// From the first wsp_tick of a handshake to its end. Default: 10 s.
    WSP_OPTION_HANDSHAKE_TIMEOUT = 30,
    /// From the moment a Close is queued to the end of the transport. Default: 10 s.
    WSP_OPTION_CLOSE_TIMEOUT = 31,
    /// With bytes to transmit and none taken by the transport. Default: 30 s.
    WSP_OPTION_WRITE_STALL_TIMEOUT = 32,
    /// Without a byte from the peer; the connection is closed with 1001. Default: never.
    WSP_OPTION_IDLE_TIMEOUT = 33,
    /// From the opening, and from each Pong, to the next keepalive Ping. Default: servers 30 s, clients never.
    WSP_OPTION_PING_INTERVAL = 34,
    /// From a keepalive Ping to its Pong; the connection is failed with 1011. Default: 20 s.
    WSP_OPTION_PONG_TIMEOUT = 35,
    /// From the last use of a buffer to its release; not WSP_NEVER. Default: 1 s.
    WSP_OPTION_RELEASE_AFTER = 36,

    /// 0: whole messages. 1: WSP_EVENT_CHUNK, data as it arrives, never assembled. Default: 0.
    WSP_OPTION_CHUNKS = 50,
    /// 1: each Ping is answered. 0: the application calls wsp_pong. Default: 1.
    WSP_OPTION_AUTOMATIC_PONG = 51,
    /// 0: only its Pong shows that a pinged peer is alive. 1: any byte does. Default: 0.
    WSP_OPTION_ALIVE_BY_ANY_BYTES = 52,

    /// 1: permessage-deflate is offered by a client and accepted by a server. Default: 0.
    WSP_OPTION_COMPRESSION = 70,
    /// How hard to try: 0 (store), 1 (fast) to 9 (small). Default: 6.
    WSP_OPTION_COMPRESSION_LEVEL = 71,
    /// Memory of a compressor, 1 (130 KiB beside the window) to 9. Default: 8.
    WSP_OPTION_COMPRESSION_MEMORY_LEVEL = 72,
    /// Messages of more bytes than this are compressed. Default: 64.
    WSP_OPTION_COMPRESSION_ABOVE = 73,
    /// To a client, 1: if the server declines, the connection is closed with 1010. Default: 0.
    WSP_OPTION_COMPRESSION_REQUIRED = 74,
    /// 1: each message from the server is to be compressed on its own. Default: 0.
    WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER = 75,
    /// 1: each message from the client is to be compressed on its own. Default: 0.
    WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER = 76,
    /// The window that the server compresses with, at most: 8 (256 bytes; our own is 9 then) to 15 (32 KiB). Default: 15.
    WSP_OPTION_SERVER_MAX_WINDOW_BITS = 77,
    /// The window that the client compresses with, at most: 8 to 15. Default: 15.
    WSP_OPTION_CLIENT_MAX_WINDOW_BITS = 78,
    /// Compressors, and decompressors, that the connections of one configuration keep for each other. Default: 8.
    WSP_OPTION_COMPRESSION_POOL = 79,
}

use wsp_option::*;

/// Makes the configuration of a server: a Ping every 30 s, everything else as it stands at wsp_option.
///
/// Returns it; to be given back by wsp_config_free.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_config_server() -> Option<Box<wsp_config>> {
    guarded(|| Some(Box::new(wsp_config::new(Config::server()))))
}

/// Makes the configuration of a client: the same, without Pings of its own accord.
///
/// Returns it; to be given back by wsp_config_free.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_config_client() -> Option<Box<wsp_config>> {
    guarded(|| Some(Box::new(wsp_config::new(Config::client()))))
}

/// Changes one setting, for the connections made from here on.
///
/// `option`  a wsp_option
///
/// WSP_NULL         `config` is NULL
/// WSP_ARGUMENT     no such option, or a value that it does not have
/// WSP_UNSUPPORTED  compression in a build without it
#[unsafe(no_mangle)]
pub extern "C" fn wsp_config_set(
    config: Option<&mut wsp_config>,
    option: u32,
    value: u64,
) -> wsp_result {
    with_mut(config, |config| config.set(option, value).into())
}

/// Reads one setting.
///
/// `option`  a wsp_option
///
/// WSP_NULL         `config` or `value` is NULL
/// WSP_ARGUMENT     no such option
/// WSP_UNSUPPORTED  compression in a build without it
#[unsafe(no_mangle)]
pub extern "C" fn wsp_config_read(
    config: Option<&wsp_config>,
    option: u32,
    value: Option<&mut MaybeUninit<u64>>,
) -> wsp_result {
    with(config, |config| match config.read(option) {
        Ok(found) => write(value, found),
        Err(result) => result,
    })
}

/// Gives a configuration back. The connections that were made with it keep what they need of it.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_config_free(config: Option<Box<wsp_config>>) {
    guarded(|| drop(config));
}

impl wsp_config {
    fn new(settings: Config) -> Self {
        let shared = Arc::new(settings.clone());
        Self { settings, compression: Compression::new(), shared }
    }

    /// What a connection needs.
    pub(crate) fn shared(&self) -> Arc<Config> {
        self.shared.clone()
    }

    #[cfg(feature = "deflate")]
    pub(crate) fn compression(&self) -> &Compression {
        &self.compression
    }

    fn set(&mut self, option: u32, value: u64) -> Result<(), wsp_result> {
        let option = wsp_option::from_number(option)?;
        match place(&mut self.settings, option) {
            Some(place) => place.set(value)?,
            None => self.compression.set(option, value)?,
        }
        let mut all = self.settings.clone();
        self.compression.apply(&mut all);
        self.shared = Arc::new(all);
        Ok(())
    }

    fn read(&self, option: u32) -> Result<u64, wsp_result> {
        let option = wsp_option::from_number(option)?;
        match place(&mut self.settings.clone(), option) {
            Some(place) => Ok(place.read()),
            None => self.compression.read(option),
        }
    }
}

impl wsp_option {
    /// C may give any number.
    fn from_number(number: u32) -> Result<Self, wsp_result> {
        ALL.iter().copied().find(|option| *option as u32 == number).ok_or(WSP_ARGUMENT)
    }
}

/// Where a setting has its place.
enum Place<'a> {
    Bytes(&'a mut u64),
    Count(&'a mut u32),
    Size(&'a mut usize),
    Small(&'a mut u8),
    Deadline(&'a mut Option<Duration>),
    Time(&'a mut Duration),
    Flag(&'a mut bool),
    Delivery(&'a mut Delivery),
    Liveness(&'a mut Liveness),
}

/// `None`: it belongs to compression.
fn place(config: &mut Config, option: wsp_option) -> Option<Place<'_>> {
    let (limits, timeouts) = (&mut config.limits, &mut config.timeouts);
    Some(match option {
        WSP_OPTION_MAX_FRAME_SIZE => Place::Bytes(&mut limits.max_frame_size),
        WSP_OPTION_MAX_MESSAGE_SIZE => Place::Bytes(&mut limits.max_message_size),
        WSP_OPTION_MAX_FRAGMENTS => Place::Count(&mut limits.max_fragments),
        WSP_OPTION_MAX_EMPTY_FRAGMENTS => Place::Count(&mut limits.max_empty_fragments),
        WSP_OPTION_MAX_PENDING_PONGS => Place::Size(&mut limits.max_pending_pongs),
        WSP_OPTION_MAX_WRITE_BUFFER => Place::Size(&mut limits.max_write_buffer),
        WSP_OPTION_RETAIN => Place::Size(&mut limits.retain),
        WSP_OPTION_MAX_HEAD_SIZE => Place::Size(&mut limits.max_head_size),
        WSP_OPTION_MAX_REQUEST_LINE => Place::Size(&mut limits.max_request_line),
        WSP_OPTION_MAX_HEADERS => Place::Size(&mut limits.max_headers),
        WSP_OPTION_MAX_EXTENSIONS => Place::Size(&mut limits.max_extensions),
        WSP_OPTION_MAX_EXTENSION_PARAMETERS => Place::Size(&mut limits.max_extension_parameters),
        WSP_OPTION_MAX_SUBPROTOCOLS => Place::Size(&mut limits.max_subprotocols),
        WSP_OPTION_MAX_INTERIM_RESPONSES => Place::Small(&mut limits.max_interim_responses),
        WSP_OPTION_MAX_REFUSAL_BODY => Place::Size(&mut limits.max_refusal_body),
        WSP_OPTION_HANDSHAKE_TIMEOUT => Place::Deadline(&mut timeouts.handshake),
        WSP_OPTION_CLOSE_TIMEOUT => Place::Deadline(&mut timeouts.close),
        WSP_OPTION_WRITE_STALL_TIMEOUT => Place::Deadline(&mut timeouts.write_stall),
        WSP_OPTION_IDLE_TIMEOUT => Place::Deadline(&mut timeouts.idle),
        WSP_OPTION_PING_INTERVAL => Place::Deadline(&mut timeouts.ping_interval),
        WSP_OPTION_PONG_TIMEOUT => Place::Deadline(&mut timeouts.pong),
        WSP_OPTION_RELEASE_AFTER => Place::Time(&mut timeouts.release_after),
        WSP_OPTION_CHUNKS => Place::Delivery(&mut config.delivery),
        WSP_OPTION_AUTOMATIC_PONG => Place::Flag(&mut config.automatic_pong),
        WSP_OPTION_ALIVE_BY_ANY_BYTES => Place::Liveness(&mut config.liveness),
        WSP_OPTION_COMPRESSION
        | WSP_OPTION_COMPRESSION_LEVEL
        | WSP_OPTION_COMPRESSION_MEMORY_LEVEL
        | WSP_OPTION_COMPRESSION_ABOVE
        | WSP_OPTION_COMPRESSION_REQUIRED
        | WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER
        | WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER
        | WSP_OPTION_SERVER_MAX_WINDOW_BITS
        | WSP_OPTION_CLIENT_MAX_WINDOW_BITS
        | WSP_OPTION_COMPRESSION_POOL => return None,
    })
}

impl Place<'_> {
    fn set(self, value: u64) -> Result<(), wsp_result> {
        match self {
            Self::Bytes(place) => *place = value,
            Self::Count(place) => *place = u32::try_from(value).unwrap_or(u32::MAX),
            Self::Size(place) => *place = usize::try_from(value).unwrap_or(usize::MAX),
            Self::Small(place) => *place = u8::try_from(value).unwrap_or(u8::MAX),
            Self::Deadline(place) => {
                *place = (value != WSP_NEVER).then(|| Duration::from_millis(value));
            }
            Self::Time(_) if value == WSP_NEVER => return Err(WSP_ARGUMENT),
            Self::Time(place) => *place = Duration::from_millis(value),
            Self::Flag(place) => *place = flag(value)?,
            Self::Delivery(place) => {
                *place = if flag(value)? { Delivery::Chunks } else { Delivery::Messages };
            }
            Self::Liveness(place) => {
                *place = if flag(value)? { Liveness::AnyBytes } else { Liveness::MatchingPong };
            }
        }
        Ok(())
    }

    fn read(self) -> u64 {
        match self {
            Self::Bytes(place) => *place,
            Self::Count(place) => u64::from(*place),
            Self::Size(place) => size(*place),
            Self::Small(place) => u64::from(*place),
            Self::Deadline(place) => place.map_or(WSP_NEVER, milliseconds),
            Self::Time(place) => milliseconds(*place),
            Self::Flag(place) => u64::from(*place),
            Self::Delivery(place) => u64::from(*place == Delivery::Chunks),
            Self::Liveness(place) => u64::from(*place == Liveness::AnyBytes),
        }
    }
}

pub(crate) fn flag(value: u64) -> Result<bool, wsp_result> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(WSP_ARGUMENT),
    }
}

pub(crate) fn size(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// Rounded up: who waits for so long is not woken too early.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX - 1)
}

const ALL: [wsp_option; 35] = [
    WSP_OPTION_MAX_FRAME_SIZE,
    WSP_OPTION_MAX_MESSAGE_SIZE,
    WSP_OPTION_MAX_FRAGMENTS,
    WSP_OPTION_MAX_EMPTY_FRAGMENTS,
    WSP_OPTION_MAX_PENDING_PONGS,
    WSP_OPTION_MAX_WRITE_BUFFER,
    WSP_OPTION_RETAIN,
    WSP_OPTION_MAX_HEAD_SIZE,
    WSP_OPTION_MAX_REQUEST_LINE,
    WSP_OPTION_MAX_HEADERS,
    WSP_OPTION_MAX_EXTENSIONS,
    WSP_OPTION_MAX_EXTENSION_PARAMETERS,
    WSP_OPTION_MAX_SUBPROTOCOLS,
    WSP_OPTION_MAX_INTERIM_RESPONSES,
    WSP_OPTION_MAX_REFUSAL_BODY,
    WSP_OPTION_HANDSHAKE_TIMEOUT,
    WSP_OPTION_CLOSE_TIMEOUT,
    WSP_OPTION_WRITE_STALL_TIMEOUT,
    WSP_OPTION_IDLE_TIMEOUT,
    WSP_OPTION_PING_INTERVAL,
    WSP_OPTION_PONG_TIMEOUT,
    WSP_OPTION_RELEASE_AFTER,
    WSP_OPTION_CHUNKS,
    WSP_OPTION_AUTOMATIC_PONG,
    WSP_OPTION_ALIVE_BY_ANY_BYTES,
    WSP_OPTION_COMPRESSION,
    WSP_OPTION_COMPRESSION_LEVEL,
    WSP_OPTION_COMPRESSION_MEMORY_LEVEL,
    WSP_OPTION_COMPRESSION_ABOVE,
    WSP_OPTION_COMPRESSION_REQUIRED,
    WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER,
    WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER,
    WSP_OPTION_SERVER_MAX_WINDOW_BITS,
    WSP_OPTION_CLIENT_MAX_WINDOW_BITS,
    WSP_OPTION_COMPRESSION_POOL,
];
