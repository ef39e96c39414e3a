//! Results. Each function says which it returns; after all but WSP_OK and those of wsp_receive nothing has
//! changed.

use std::ffi::{CStr, c_char};

/// What came of a call. 0 is success. Others may be added.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum wsp_result {
    /// It is done.
    WSP_OK = 0,

    /// A pointer is NULL that may not be.
    WSP_NULL = 1,
    /// A value that cannot be: out of its range, a text that is not UTF-8, a length that nothing has.
    WSP_ARGUMENT = 2,
    /// Not at this time of the connection's life, such as wsp_accept without a request.
    WSP_STATE = 3,
    /// Not in this build: compression without the feature `deflate`.
    WSP_UNSUPPORTED = 4,
    /// The operating system gave no random bytes; nothing falls back to weaker ones.
    WSP_NO_RANDOM_BYTES = 5,
    /// A bug of the library. A connection that it happened to is given up: wsp_transmit says
    /// WSP_TRANSMIT_ABORT.
    WSP_PANIC = 6,

    /// The URI does not begin with ws:// or wss://
    WSP_URI_SCHEME = 20,
    /// The URI has a user name or password.
    WSP_URI_CREDENTIALS = 21,
    /// The host of the URI is missing or invalid.
    WSP_URI_HOST = 22,
    /// The port of the URI is no number from 1 to 65535.
    WSP_URI_PORT = 23,
    /// The path or query of the URI has a character that it cannot have.
    WSP_URI_RESOURCE_NAME = 24,
    /// The URI has a fragment (#).
    WSP_URI_FRAGMENT = 25,
    /// The name of a header is no token.
    WSP_HEADER_NAME = 26,
    /// The value of a header has a control character in it.
    WSP_HEADER_VALUE = 27,
    /// The library itself sets headers of this name.
    WSP_HEADER_RESERVED = 28,
    /// The subprotocol is no token.
    WSP_SUBPROTOCOL_NAME = 29,
    /// The subprotocol is offered already.
    WSP_SUBPROTOCOL_DUPLICATE = 30,
    /// No origin as browsers write it: scheme://host[:port] or null.
    WSP_ORIGIN_INVALID = 31,
    /// No final status of HTTP, 200 to 599.
    WSP_STATUS_INVALID = 32,

    /// The connection is closing or closed, so that nothing can be sent.
    WSP_SEND_CLOSED = 100,
    /// The output is full: transmit first, then send again. wsp_connection_is_full says when there is room.
    WSP_SEND_FULL = 101,
    /// A message in fragments is not finished.
    WSP_SEND_MESSAGE_OPEN = 102,
    /// The open message is of the other kind.
    WSP_SEND_KIND_MISMATCH = 103,
    /// A Ping or Pong of more than 125 bytes.
    WSP_SEND_CONTROL_TOO_LONG = 104,
    /// A close reason of more than 123 bytes.
    WSP_SEND_REASON_TOO_LONG = 105,
    /// A status code that this end may not send.
    WSP_SEND_CLOSE_CODE = 106,
    /// Text that is not UTF-8.
    WSP_SEND_INVALID_UTF8 = 107,
    /// A client cannot send what was prepared: it masks each message anew.
    WSP_SEND_UNMASKED = 108,

    /// The peer broke the protocol; what follows says how. The peer is told: a Close is queued.
    WSP_PROTOCOL_ERROR = 200,
    /// A reserved bit is set that no extension defines.
    WSP_PROTOCOL_RESERVED_BITS = 201,
    /// A reserved opcode.
    WSP_PROTOCOL_RESERVED_OPCODE = 202,
    /// A control frame without FIN.
    WSP_PROTOCOL_FRAGMENTED_CONTROL = 203,
    /// An unmasked frame from a client.
    WSP_PROTOCOL_UNMASKED_FRAME = 204,
    /// A masked frame from a server.
    WSP_PROTOCOL_MASKED_FRAME = 205,
    /// A control frame of more than 125 bytes.
    WSP_PROTOCOL_CONTROL_TOO_LONG = 206,
    /// A continuation frame with no message open.
    WSP_PROTOCOL_UNEXPECTED_CONTINUATION = 207,
    /// A new message inside an unfinished one.
    WSP_PROTOCOL_UNFINISHED_MESSAGE = 208,
    /// A payload length that is not in its shortest form.
    WSP_PROTOCOL_LENGTH_NOT_MINIMAL = 209,
    /// A payload length with its most significant bit set.
    WSP_PROTOCOL_LENGTH_OVERFLOW = 210,
    /// A frame over WSP_OPTION_MAX_FRAME_SIZE.
    WSP_PROTOCOL_FRAME_TOO_LARGE = 211,
    /// A message over WSP_OPTION_MAX_MESSAGE_SIZE.
    WSP_PROTOCOL_MESSAGE_TOO_LARGE = 212,
    /// A message of more frames than WSP_OPTION_MAX_FRAGMENTS.
    WSP_PROTOCOL_TOO_MANY_FRAGMENTS = 213,
    /// A message of more empty frames than WSP_OPTION_MAX_EMPTY_FRAGMENTS.
    WSP_PROTOCOL_TOO_MANY_EMPTY_FRAGMENTS = 214,
    /// A compressed message of too many final blocks.
    WSP_PROTOCOL_TOO_MANY_FINAL_BLOCKS = 215,
    /// Text that is not UTF-8.
    WSP_PROTOCOL_INVALID_UTF8 = 216,
    /// A compressed message that is corrupt or cut off.
    WSP_PROTOCOL_INVALID_COMPRESSION = 217,
    /// A Close with a body of one byte.
    WSP_PROTOCOL_CLOSE_PAYLOAD_TOO_SHORT = 218,
    /// A Close with a status code that may not be sent.
    WSP_PROTOCOL_INVALID_CLOSE_CODE = 219,
    /// A Close whose reason is not UTF-8.
    WSP_PROTOCOL_INVALID_CLOSE_REASON = 220,
    /// No memory for the message.
    WSP_PROTOCOL_OUT_OF_MEMORY = 221,

    /// The opening handshake has failed; what follows says how. A server's answer is queued.
    WSP_HANDSHAKE_ERROR = 300,
    /// A head that is none of HTTP/1.1.
    WSP_HANDSHAKE_MALFORMED = 301,
    /// A header that may be there once is there twice.
    WSP_HANDSHAKE_DUPLICATE_HEADER = 302,
    /// A head over WSP_OPTION_MAX_HEAD_SIZE.
    WSP_HANDSHAKE_HEAD_TOO_LARGE = 303,
    /// A request line over WSP_OPTION_MAX_REQUEST_LINE.
    WSP_HANDSHAKE_REQUEST_LINE_TOO_LONG = 304,
    /// More header lines than WSP_OPTION_MAX_HEADERS.
    WSP_HANDSHAKE_TOO_MANY_HEADERS = 305,
    /// It took longer than WSP_OPTION_HANDSHAKE_TIMEOUT.
    WSP_HANDSHAKE_TIMEOUT = 306,
    /// The peer ended the transport before the handshake was complete.
    WSP_HANDSHAKE_CONNECTION_ENDED = 307,
    /// A malformed Sec-WebSocket-Extensions.
    WSP_HANDSHAKE_EXTENSIONS = 308,
    /// Connection does not hold Upgrade.
    WSP_HANDSHAKE_CONNECTION = 309,
    /// To a server: the method is not GET.
    WSP_HANDSHAKE_METHOD = 310,
    /// HTTP/1.0 cannot be upgraded.
    WSP_HANDSHAKE_HTTP_VERSION = 311,
    /// To a server: an invalid request target.
    WSP_HANDSHAKE_TARGET = 312,
    /// To a server: Host is missing or invalid.
    WSP_HANDSHAKE_HOST = 313,
    /// To a server: an upgrade with a body.
    WSP_HANDSHAKE_BODY = 314,
    /// To a server: Sec-WebSocket-Key is missing or invalid.
    WSP_HANDSHAKE_KEY = 315,
    /// To a server: Sec-WebSocket-Version is missing or malformed.
    WSP_HANDSHAKE_VERSION = 316,
    /// To a server: a version other than 13.
    WSP_HANDSHAKE_UNSUPPORTED_VERSION = 317,
    /// To a server: a malformed Sec-WebSocket-Protocol.
    WSP_HANDSHAKE_SUBPROTOCOLS = 318,
    /// By a server: the request asks for no WebSocket, so that it cannot be accepted. 426 is queued.
    WSP_HANDSHAKE_NOT_UPGRADE = 319,
    /// By a server: the origin is not let in. 403 is queued.
    WSP_HANDSHAKE_ORIGIN_REFUSED = 320,
    /// By a server: the host is not let in. 403 is queued.
    WSP_HANDSHAKE_HOST_REFUSED = 321,
    /// By a server: the client did not offer the subprotocol that is required. 500 is queued.
    WSP_HANDSHAKE_SUBPROTOCOL_NOT_OFFERED = 322,
    /// To a client: an answer other than 101, see wsp_response_status.
    WSP_HANDSHAKE_REFUSED = 323,
    /// To a client: the 101 came before the request was transmitted.
    WSP_HANDSHAKE_EARLY_RESPONSE = 324,
    /// To a client: Upgrade of the 101 is not websocket.
    WSP_HANDSHAKE_UPGRADE = 325,
    /// To a client: Sec-WebSocket-Accept does not fit the key.
    WSP_HANDSHAKE_ACCEPT = 326,
    /// To a client: a subprotocol that was not offered.
    WSP_HANDSHAKE_UNEXPECTED_SUBPROTOCOL = 327,
    /// To a client: an extension that was not offered.
    WSP_HANDSHAKE_UNEXPECTED_EXTENSION = 328,
    /// To a client: the answer to permessage-deflate fits no offer.
    WSP_HANDSHAKE_EXTENSION_PARAMETERS = 329,
    /// To a client: more responses of 1xx than WSP_OPTION_MAX_INTERIM_RESPONSES.
    WSP_HANDSHAKE_TOO_MANY_INTERIM_RESPONSES = 330,
    /// The application gave up: wsp_abort.
    WSP_HANDSHAKE_ABORTED = 331,
}

use wsp_result::*;

/// Says in English what a result means, for logs.
///
/// `result`  a wsp_result
///
/// Returns a text that is never freed; for a number that is none, "unknown result".
#[unsafe(no_mangle)]
pub extern "C" fn wsp_result_text(result: u32) -> *const c_char {
    let known = TEXTS.iter().find(|(other, _)| *other as u32 == result);
    known.map_or(c"unknown result", |(_, text)| text).as_ptr()
}

/// Says which version of the library this is.
///
/// Returns a text such as "0.1.0" that is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => c"",
        };
    VERSION.as_ptr()
}

/// Says whether this build can compress messages (permessage-deflate, RFC 7692).
#[unsafe(no_mangle)]
pub extern "C" fn wsp_has_compression() -> bool {
    cfg!(feature = "deflate")
}

pub(crate) const TEXTS: &[(wsp_result, &CStr)] = &[
    (WSP_OK, c"done"),
    (WSP_NULL, c"a pointer is NULL"),
    (WSP_ARGUMENT, c"a value that cannot be"),
    (WSP_STATE, c"not at this time of the connection's life"),
    (WSP_UNSUPPORTED, c"not in this build"),
    (WSP_NO_RANDOM_BYTES, c"no random bytes from the operating system"),
    (WSP_PANIC, c"a bug of the library"),
    (WSP_URI_SCHEME, c"the URI does not begin with ws:// or wss://"),
    (WSP_URI_CREDENTIALS, c"credentials in the URI"),
    (WSP_URI_HOST, c"missing or invalid host"),
    (WSP_URI_PORT, c"invalid port"),
    (WSP_URI_RESOURCE_NAME, c"invalid path or query"),
    (WSP_URI_FRAGMENT, c"a fragment in the URI"),
    (WSP_HEADER_NAME, c"the name of the header is no token"),
    (WSP_HEADER_VALUE, c"the value of the header has a control character in it"),
    (WSP_HEADER_RESERVED, c"the library itself sets the header of this name"),
    (WSP_SUBPROTOCOL_NAME, c"the subprotocol is no token"),
    (WSP_SUBPROTOCOL_DUPLICATE, c"the subprotocol is offered already"),
    (WSP_ORIGIN_INVALID, c"not an origin: scheme://host[:port] or null"),
    (WSP_STATUS_INVALID, c"not a final HTTP status (200 to 599)"),
    (WSP_SEND_CLOSED, c"the connection is closing or closed"),
    (WSP_SEND_FULL, c"the output is full: transmit first"),
    (WSP_SEND_MESSAGE_OPEN, c"a fragmented message is open"),
    (WSP_SEND_KIND_MISMATCH, c"the open message is of the other kind"),
    (WSP_SEND_CONTROL_TOO_LONG, c"control payload of more than 125 bytes"),
    (WSP_SEND_REASON_TOO_LONG, c"close reason of more than 123 bytes"),
    (WSP_SEND_CLOSE_CODE, c"status code that this role may not send"),
    (WSP_SEND_INVALID_UTF8, c"text is not valid UTF-8"),
    (WSP_SEND_UNMASKED, c"a client cannot send a prepared (unmasked) message"),
    (WSP_PROTOCOL_ERROR, c"the peer broke the protocol"),
    (WSP_PROTOCOL_RESERVED_BITS, c"a reserved bit is set that no extension defines"),
    (WSP_PROTOCOL_RESERVED_OPCODE, c"reserved opcode"),
    (WSP_PROTOCOL_FRAGMENTED_CONTROL, c"control frame without FIN"),
    (WSP_PROTOCOL_UNMASKED_FRAME, c"unmasked frame from a client"),
    (WSP_PROTOCOL_MASKED_FRAME, c"masked frame from a server"),
    (WSP_PROTOCOL_CONTROL_TOO_LONG, c"control frame of more than 125 bytes"),
    (WSP_PROTOCOL_UNEXPECTED_CONTINUATION, c"continuation frame with no message open"),
    (WSP_PROTOCOL_UNFINISHED_MESSAGE, c"new message inside an unfinished one"),
    (WSP_PROTOCOL_LENGTH_NOT_MINIMAL, c"payload length not in its shortest form"),
    (WSP_PROTOCOL_LENGTH_OVERFLOW, c"payload length with its most significant bit set"),
    (WSP_PROTOCOL_FRAME_TOO_LARGE, c"frame over the size limit"),
    (WSP_PROTOCOL_MESSAGE_TOO_LARGE, c"message over the size limit"),
    (WSP_PROTOCOL_TOO_MANY_FRAGMENTS, c"message of too many fragments"),
    (WSP_PROTOCOL_TOO_MANY_EMPTY_FRAGMENTS, c"message of too many empty fragments"),
    (WSP_PROTOCOL_TOO_MANY_FINAL_BLOCKS, c"compressed message of too many final blocks"),
    (WSP_PROTOCOL_INVALID_UTF8, c"text is not valid UTF-8"),
    (WSP_PROTOCOL_INVALID_COMPRESSION, c"compressed message is corrupt or cut off"),
    (WSP_PROTOCOL_CLOSE_PAYLOAD_TOO_SHORT, c"close frame with a body of one byte"),
    (WSP_PROTOCOL_INVALID_CLOSE_CODE, c"close frame with a status code that may not be sent"),
    (WSP_PROTOCOL_INVALID_CLOSE_REASON, c"close reason is not valid UTF-8"),
    (WSP_PROTOCOL_OUT_OF_MEMORY, c"no memory for the message"),
    (WSP_HANDSHAKE_ERROR, c"the opening handshake has failed"),
    (WSP_HANDSHAKE_MALFORMED, c"malformed HTTP head"),
    (WSP_HANDSHAKE_DUPLICATE_HEADER, c"a header that may be there once is there twice"),
    (WSP_HANDSHAKE_HEAD_TOO_LARGE, c"head over the size limit"),
    (WSP_HANDSHAKE_REQUEST_LINE_TOO_LONG, c"request line over the size limit"),
    (WSP_HANDSHAKE_TOO_MANY_HEADERS, c"too many header lines"),
    (WSP_HANDSHAKE_TIMEOUT, c"the handshake took too long"),
    (WSP_HANDSHAKE_CONNECTION_ENDED, c"the connection ended before the handshake was complete"),
    (WSP_HANDSHAKE_EXTENSIONS, c"malformed Sec-WebSocket-Extensions"),
    (WSP_HANDSHAKE_CONNECTION, c"Connection does not hold Upgrade"),
    (WSP_HANDSHAKE_METHOD, c"the method is not that of an opening handshake"),
    (WSP_HANDSHAKE_HTTP_VERSION, c"the version of HTTP does not fit the handshake"),
    (WSP_HANDSHAKE_TARGET, c"invalid request target"),
    (WSP_HANDSHAKE_HOST, c"missing or invalid Host"),
    (WSP_HANDSHAKE_BODY, c"an upgrade request with a body"),
    (WSP_HANDSHAKE_KEY, c"missing or invalid Sec-WebSocket-Key"),
    (WSP_HANDSHAKE_VERSION, c"missing or malformed Sec-WebSocket-Version"),
    (WSP_HANDSHAKE_UNSUPPORTED_VERSION, c"unsupported Sec-WebSocket-Version"),
    (WSP_HANDSHAKE_SUBPROTOCOLS, c"malformed Sec-WebSocket-Protocol"),
    (WSP_HANDSHAKE_NOT_UPGRADE, c"the request asks for no WebSocket"),
    (WSP_HANDSHAKE_ORIGIN_REFUSED, c"origin refused"),
    (WSP_HANDSHAKE_HOST_REFUSED, c"host refused"),
    (WSP_HANDSHAKE_SUBPROTOCOL_NOT_OFFERED, c"the client did not offer the subprotocol"),
    (WSP_HANDSHAKE_REFUSED, c"the server answered with another status than 101"),
    (WSP_HANDSHAKE_EARLY_RESPONSE, c"the server answered before the request was transmitted"),
    (WSP_HANDSHAKE_UPGRADE, c"Upgrade of the response is not websocket"),
    (WSP_HANDSHAKE_ACCEPT, c"Sec-WebSocket-Accept does not fit the key"),
    (WSP_HANDSHAKE_UNEXPECTED_SUBPROTOCOL, c"the server chose a subprotocol that was not offered"),
    (WSP_HANDSHAKE_UNEXPECTED_EXTENSION, c"the server chose an extension that was not offered"),
    (WSP_HANDSHAKE_EXTENSION_PARAMETERS, c"the server's answer to an extension fits no offer"),
    (WSP_HANDSHAKE_TOO_MANY_INTERIM_RESPONSES, c"too many interim responses"),
    (WSP_HANDSHAKE_ABORTED, c"the application gave up"),
];
