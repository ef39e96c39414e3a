//! Questions: they change nothing.

use std::mem::MaybeUninit;

use websocket_proto::{CloseInformation, CloseStatus, Connection, ExpiredDeadline, Initiator};

use crate::boundary::{with, write};
use crate::wsp_deadline::*;
use crate::wsp_initiator::*;
use crate::wsp_result::{self, *};
use crate::{wsp_connection, wsp_slice};

/// Where a connection is in its life.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_state {
    /// The opening handshake is in progress.
    WSP_STATE_CONNECTING = 0,
    /// Messages can be sent.
    WSP_STATE_OPEN = 1,
    /// The end is being brought about: go on as before.
    WSP_STATE_CLOSING = 2,
    /// The transport has ended, or is of no more use: drop it, and free the connection.
    WSP_STATE_CLOSED = 3,
}

/// Who began to end a connection.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_initiator {
    /// We did: wsp_close, wsp_abort, a deadline, or a failure because of the peer's violation.
    WSP_INITIATOR_LOCAL = 1,
    /// The peer did: its Close came first.
    WSP_INITIATOR_PEER = 2,
    /// The transport ended by itself.
    WSP_INITIATOR_TRANSPORT = 3,
}

/// A deadline that passed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_deadline {
    /// None did.
    WSP_DEADLINE_NONE = 0,
    /// WSP_OPTION_CLOSE_TIMEOUT
    WSP_DEADLINE_CLOSE = 1,
    /// WSP_OPTION_WRITE_STALL_TIMEOUT
    WSP_DEADLINE_WRITE_STALL = 2,
    /// WSP_OPTION_IDLE_TIMEOUT
    WSP_DEADLINE_IDLE = 3,
    /// WSP_OPTION_PONG_TIMEOUT
    WSP_DEADLINE_PONG = 4,
}

/// How and why a connection ends or has ended.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct wsp_close_information {
    /// Whether the closing handshake was completed. Of use once the state is WSP_STATE_CLOSED.
    pub clean: bool,
    /// The status code of the peer's Close; 1005 if that had none, 1006 if there was no Close.
    pub received: u16,
    /// The same of ours; 0 if none was queued.
    pub sent: u16,
    /// The peer's reason: text that it chose, at most 123 bytes.
    pub reason: wsp_slice,
    /// Who began.
    pub initiator: wsp_initiator,
    /// The violation because of which the connection was failed (WSP_PROTOCOL_...); else WSP_OK.
    pub error: wsp_result,
    /// The first deadline that passed: why the connection ends.
    pub deadline: wsp_deadline,
}

/// What went through a connection since the opening handshake.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct wsp_counters {
    /// Bytes received, headers included.
    pub received_bytes: u64,
    /// Frames received, as far as their header.
    pub received_frames: u64,
    /// Bytes that the transport has taken.
    pub sent_bytes: u64,
    /// Frames queued.
    pub sent_frames: u64,
}

/// Says where the connection is in its life; WSP_STATE_CLOSED if it is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_state(connection: Option<&wsp_connection>) -> wsp_state {
    with(connection, |connection| connection.stage.state())
}

/// Says whether the driver should stop reading because the output does not drain: from a WSP_SEND_FULL, or
/// with the output at its limit, until half of it was transmitted. False if `connection` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_is_full(connection: Option<&wsp_connection>) -> bool {
    with(connection, |connection| connection.stage.as_open().is_some_and(Connection::is_full))
}

/// Says how many bytes are queued by an open connection and not transmitted; 0 if `connection` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_unsent(connection: Option<&wsp_connection>) -> usize {
    with(connection, |connection| connection.stage.as_open().map_or(0, Connection::unsent))
}

/// Says which subprotocol was agreed on.
///
/// Returns a slice that is valid until the connection is freed; `data` is NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_subprotocol(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| {
        connection.stage.as_open().and_then(Connection::subprotocol).into()
    })
}

/// Says whether compression was agreed on. False if `connection` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_is_compressed(connection: Option<&wsp_connection>) -> bool {
    with(connection, |connection| {
        #[cfg(feature = "deflate")]
        let agreed = connection.stage.as_open().is_some_and(|open| open.compression().is_some());
        #[cfg(not(feature = "deflate"))]
        let agreed = {
            let _never = connection;
            false
        };
        agreed
    })
}

/// Says why the opening handshake failed: also what wsp_receive could not tell, a deadline or the peer's end.
///
/// Returns WSP_OK if it did not, or the application rejected the request; WSP_PANIC after a bug of the library.
///
/// WSP_NULL           `connection` is NULL
/// WSP_HANDSHAKE_...  why
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_handshake_error(
    connection: Option<&wsp_connection>,
) -> wsp_result {
    with(connection, |connection| connection.stage.handshake_error().unwrap_or(WSP_OK))
}

/// Says how and why the connection ends or has ended.
///
/// `information`  is filled in; its reason is valid until the next call with this connection that can change it
///
/// WSP_NULL   `connection` or `information` is NULL
/// WSP_STATE  it is open, or never was
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_close_information(
    connection: Option<&wsp_connection>,
    information: Option<&mut MaybeUninit<wsp_close_information>>,
) -> wsp_result {
    with(connection, |connection| {
        let Some(place) = information else { return WSP_NULL };
        match connection.stage.as_open().and_then(Connection::close_information) {
            Some(information) => write(Some(place), information.into()),
            None => WSP_STATE,
        }
    })
}

/// Says how much went through the connection.
///
/// `counters`  is filled in
///
/// WSP_NULL   `connection` or `counters` is NULL
/// WSP_STATE  it never was open
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_counters(
    connection: Option<&wsp_connection>,
    counters: Option<&mut MaybeUninit<wsp_counters>>,
) -> wsp_result {
    with(connection, |connection| {
        let Some(place) = counters else { return WSP_NULL };
        let Some(open) = connection.stage.as_open() else { return WSP_STATE };
        let (received, sent) = (open.received(), open.sent());
        let counters = wsp_counters {
            received_bytes: received.bytes,
            received_frames: received.frames,
            sent_bytes: sent.bytes,
            sent_frames: sent.frames,
        };
        write(Some(place), counters)
    })
}

impl From<CloseInformation<'_>> for wsp_close_information {
    fn from(information: CloseInformation<'_>) -> Self {
        Self {
            clean: information.clean,
            received: information.received.as_u16(),
            sent: information.sent.map_or(0, CloseStatus::as_u16),
            reason: Some(information.reason).into(),
            initiator: match information.initiator {
                Initiator::Peer => WSP_INITIATOR_PEER,
                Initiator::Transport => WSP_INITIATOR_TRANSPORT,
                _ => WSP_INITIATOR_LOCAL,
            },
            error: information.error.map_or(WSP_OK, Into::into),
            deadline: match information.deadline {
                Some(ExpiredDeadline::Close) => WSP_DEADLINE_CLOSE,
                Some(ExpiredDeadline::WriteStall) => WSP_DEADLINE_WRITE_STALL,
                Some(ExpiredDeadline::Idle) => WSP_DEADLINE_IDLE,
                Some(ExpiredDeadline::Pong) => WSP_DEADLINE_PONG,
                _ => WSP_DEADLINE_NONE,
            },
        }
    }
}
