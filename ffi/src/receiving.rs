//! Receiving: bytes in, events out.

use std::mem::MaybeUninit;
use std::ptr;

use websocket_proto::bytes::BytesMut;
use websocket_proto::{CloseCode, Event, MessageKind, Payload};

use crate::boundary::{bytes_mut, with_connection, write};
use crate::connection::Lent;
use crate::stage::{Pending, Stage};
use crate::wsp_event_type::*;
use crate::wsp_message_kind::*;
use crate::wsp_result::{self, *};
use crate::{wsp_connection, wsp_input};

/// What has happened.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_event_type {
    /// Nothing more: the input is used up (or a request waits for its answer).
    WSP_EVENT_NONE = 0,
    /// To a server: a request has come. Look at it (wsp_request_...), then call wsp_accept or wsp_reject; until
    /// then nothing more is received, and no deadline runs.
    WSP_EVENT_REQUEST = 1,
    /// To a client: the server has accepted, the connection is open.
    WSP_EVENT_OPEN = 2,
    /// A text message, whole; it is UTF-8.
    WSP_EVENT_TEXT = 3,
    /// A binary message, whole.
    WSP_EVENT_BINARY = 4,
    /// A part of a message, with WSP_OPTION_CHUNKS. A chunk of text may begin and end inside a character.
    WSP_EVENT_CHUNK = 5,
    /// A Ping. Its Pong is queued, unless WSP_OPTION_AUTOMATIC_PONG is off.
    WSP_EVENT_PING = 6,
    /// A Pong, asked for or not.
    WSP_EVENT_PONG = 7,
    /// The peer's Close, the last event; `data` is its reason, UTF-8. Ours is queued.
    WSP_EVENT_CLOSE = 8,
}

/// The two kinds of messages.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum wsp_message_kind {
    /// UTF-8
    WSP_KIND_TEXT = 1,
    /// Anything
    WSP_KIND_BINARY = 2,
}

/// One thing that the peer said.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct wsp_event {
    /// What it is.
    pub r#type: wsp_event_type,
    /// Of a text or binary message or a chunk of one.
    pub kind: wsp_message_kind,
    /// Whether the message begins with this: in a chunk it may not.
    pub first: bool,
    /// Whether the message ends with this.
    pub last: bool,
    /// Of a Close: its status code, 1005 if it has none. Else 0.
    pub code: u16,
    /// The payload, not ended by a 0. NULL if events of this type have none.
    pub data: *const u8,
    /// Bytes of the payload.
    pub length: usize,
}

/// Takes bytes off the front of the input and says what they mean. Call it until it says WSP_EVENT_NONE or
/// returns an error; the input is empty then, except when a request waits for its answer: give the rest of
/// it to wsp_receive after that.
///
/// `input`  what the transport delivered. Its bytes are changed in place
/// `event`  is filled in. Its payload stands in the input or belongs to the connection: it is valid until the
///          next wsp_receive of this connection, or its end, and as long as the caller leaves the input alone.
///          Meanwhile it may be sent, also by this connection
///
/// What has to be answered, is: a Pong, a Close or an error of HTTP is queued on return, for wsp_transmit.
/// After the peer's Close, an error or the end of the transport, input is discarded.
///
/// WSP_NULL           `connection`, `input`, its data or `event` is NULL
/// WSP_ARGUMENT       a length that nothing has
/// WSP_PROTOCOL_...   the peer broke the protocol; said once. The events before it were delivered
/// WSP_HANDSHAKE_...  the opening handshake has failed; said once
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_receive(
    connection: Option<&mut wsp_connection>,
    input: Option<&mut wsp_input>,
    event: Option<&mut MaybeUninit<wsp_event>>,
) -> wsp_result {
    with_connection(connection, |connection| {
        let (Some(input), Some(event)) = (input, event) else { return WSP_NULL };
        // SAFETY: the caller's promise for bytes; lent payloads in front of them are not among them.
        let given = match unsafe { bytes_mut(input.data, input.length) } {
            Ok(given) => given,
            Err(result) => return result,
        };
        let mut rest = given;
        let received = connection.receive(&mut rest);
        let taken = input.length - rest.len();
        input.data = input.data.wrapping_add(taken);
        input.length -= taken;
        match received {
            Ok(found) => write(Some(event), found),
            Err(result) => result,
        }
    })
}

/// Says that the peer will send no more: the end of the stream, or a broken transport. May be said again.
/// A message that is not complete is dropped; so is what was queued, unless the peer's Close was received or
/// an answer of HTTP is on its way.
///
/// WSP_NULL  `connection` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_receive_eof(connection: Option<&mut wsp_connection>) -> wsp_result {
    with_connection(connection, |connection| {
        connection.stage.receive_eof();
        WSP_OK
    })
}

impl wsp_connection {
    fn receive(&mut self, input: &mut &mut [u8]) -> Result<wsp_event, wsp_result> {
        if !matches!(self.lent, Lent::Nothing) {
            self.lent = Lent::Nothing;
        }
        match &mut self.stage {
            Stage::Open(connection) => {
                while let Some(event) = connection.receive(input)? {
                    if let Some(event) = describe(event, &mut self.lent) {
                        return Ok(event);
                    }
                }
                Ok(wsp_event::NONE)
            }
            Stage::Server(server) => {
                let Some(request) = server.receive(input)? else { return Ok(wsp_event::NONE) };
                self.stage = Stage::Request(Pending { request, peer_ended: false });
                Ok(wsp_event::of(WSP_EVENT_REQUEST))
            }
            Stage::Client(client) => {
                let Some(established) = client.receive(input)? else {
                    return Ok(wsp_event::NONE);
                };
                self.stage = Stage::Open(established.connection);
                self.lent = Lent::Response(established.response);
                Ok(wsp_event::of(WSP_EVENT_OPEN))
            }
            Stage::Request(_) => Ok(wsp_event::NONE),
            Stage::Rejected(_) | Stage::Abandoned(_) => {
                *input = &mut [];
                Ok(wsp_event::NONE)
            }
        }
    }
}

/// `None` for what a later version of the crate may have: this header does not know it.
#[inline]
fn describe(event: Event<'_>, lent: &mut Lent) -> Option<wsp_event> {
    Some(match event {
        Event::Text(text) => {
            let text = wsp_event::with(WSP_EVENT_TEXT, text.into_payload(), lent);
            wsp_event { kind: WSP_KIND_TEXT, ..text }
        }
        Event::Binary(data) => wsp_event::with(WSP_EVENT_BINARY, data, lent),
        Event::Ping(data) => wsp_event::with(WSP_EVENT_PING, data, lent),
        Event::Pong(data) => wsp_event::with(WSP_EVENT_PONG, data, lent),
        Event::Close(close) => {
            let reason = BytesMut::from(close.reason());
            let code = close.code().map_or(1005, CloseCode::as_u16);
            let close = wsp_event::with(WSP_EVENT_CLOSE, Payload::Owned(reason), lent);
            wsp_event { code, ..close }
        }
        Event::Chunk(chunk) => wsp_event {
            kind: chunk.kind.into(),
            first: chunk.first,
            last: chunk.last,
            ..wsp_event::with(WSP_EVENT_CHUNK, chunk.data, lent)
        },
        _ => return None,
    })
}

impl wsp_event {
    const NONE: Self = Self {
        r#type: WSP_EVENT_NONE,
        kind: WSP_KIND_BINARY,
        first: true,
        last: true,
        code: 0,
        data: ptr::null(),
        length: 0,
    };

    fn of(r#type: wsp_event_type) -> Self {
        Self { r#type, ..Self::NONE }
    }

    /// What the payload owns is kept: the event points to it.
    #[inline]
    fn with(r#type: wsp_event_type, payload: Payload<'_>, lent: &mut Lent) -> Self {
        let event = Self { data: payload.as_ptr(), length: payload.len(), ..Self::of(r#type) };
        if let Payload::Owned(owned) = payload {
            *lent = Lent::Payload(owned);
        }
        event
    }
}

impl From<MessageKind> for wsp_message_kind {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Text => WSP_KIND_TEXT,
            MessageKind::Binary => WSP_KIND_BINARY,
        }
    }
}
