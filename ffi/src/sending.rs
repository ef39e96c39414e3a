//! Sending: messages and control frames are queued; wsp_transmit has them go out. Nothing is queued on error.

use std::ffi::{c_char, c_void};

use websocket_proto::{CloseCode, Connection, MessageKind, SendError};

use crate::boundary::{bytes, text, with_connection};
use crate::wsp_connection;
use crate::wsp_message_kind::*;
use crate::wsp_result::{self, *};

/// Queues a text message. The text is copied.
///
/// `text`  `length` bytes, UTF-8
///
/// WSP_NULL               `connection` is NULL, or `text` with a length
/// WSP_ARGUMENT           a length that nothing has
/// WSP_STATE              the opening handshake is not over
/// WSP_SEND_INVALID_UTF8  it is not UTF-8
/// WSP_SEND_FULL          more than WSP_OPTION_MAX_WRITE_BUFFER would be queued, and something is
/// WSP_SEND_CLOSED        a Close was queued or received, or the connection has ended
/// WSP_SEND_MESSAGE_OPEN  a message in fragments is not finished
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_send_text(
    connection: Option<&mut wsp_connection>,
    text: *const c_void,
    length: usize,
) -> wsp_result {
    // SAFETY: the caller's promise for bytes.
    let text = unsafe { bytes(text, length) };
    send(connection, |connection| {
        let text = std::str::from_utf8(text?).map_err(|_| WSP_SEND_INVALID_UTF8)?;
        Ok(connection.send_text(text)?)
    })
}

/// Queues a binary message. The data is copied.
///
/// `data`  `length` bytes
///
/// Returns what wsp_send_text does, but WSP_SEND_INVALID_UTF8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_send_binary(
    connection: Option<&mut wsp_connection>,
    data: *const c_void,
    length: usize,
) -> wsp_result {
    // SAFETY: the caller's promise for bytes.
    let data = unsafe { bytes(data, length) };
    send(connection, |connection| Ok(connection.send_binary(data?)?))
}

/// Queues one fragment of a message, for messages whose length is not known when they begin. The first one
/// fixes the kind.
///
/// `kind`  a wsp_message_kind
/// `data`  `length` bytes; a fragment of text may end inside a character
/// `last`  whether the message ends with this
///
/// WSP_NULL                `connection` is NULL, or `data` with a length
/// WSP_ARGUMENT            no such kind, or a length that nothing has
/// WSP_STATE               the opening handshake is not over
/// WSP_SEND_KIND_MISMATCH  the open message is of the other kind
/// WSP_SEND_INVALID_UTF8   text that cannot become, or at the end is not, UTF-8; the message stays open
/// WSP_SEND_FULL           as with wsp_send_text
/// WSP_SEND_CLOSED         as with wsp_send_text
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_send_fragment(
    connection: Option<&mut wsp_connection>,
    kind: u32,
    data: *const c_void,
    length: usize,
    last: bool,
) -> wsp_result {
    // SAFETY: the caller's promise for bytes.
    let data = unsafe { bytes(data, length) };
    send(connection, |connection| Ok(connection.fragment(message_kind(kind)?, data?, last)?))
}

/// Queues a Ping. It overtakes queued messages at the next frame boundary.
///
/// `data`  `length` bytes, at most 125
///
/// WSP_NULL                   `connection` is NULL, or `data` with a length
/// WSP_ARGUMENT               a length that nothing has
/// WSP_STATE                  the opening handshake is not over
/// WSP_SEND_CONTROL_TOO_LONG  more than 125 bytes
/// WSP_SEND_FULL              8 KiB of control frames wait already
/// WSP_SEND_CLOSED            a Close was queued or received, or the connection has ended
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_ping(
    connection: Option<&mut wsp_connection>,
    data: *const c_void,
    length: usize,
) -> wsp_result {
    // SAFETY: the caller's promise for bytes.
    let data = unsafe { bytes(data, length) };
    send(connection, |connection| Ok(connection.ping(data?)?))
}

/// Queues a Pong: unasked, or by hand with WSP_OPTION_AUTOMATIC_PONG off.
///
/// Returns what wsp_ping does; our own Close does not forbid it, only the peer's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_pong(
    connection: Option<&mut wsp_connection>,
    data: *const c_void,
    length: usize,
) -> wsp_result {
    // SAFETY: the caller's promise for bytes.
    let data = unsafe { bytes(data, length) };
    send(connection, |connection| Ok(connection.pong(data?)?))
}

/// Begins the closing handshake: queues a Close behind everything that is queued. Messages of the peer are
/// delivered until its own Close comes.
///
/// `code`    1000 (normal), 1001 (going away), ..., 3000 to 4999 (the application's own); 0: an empty Close
/// `reason`  a text of at most 123 bytes; NULL: none. Without a code there is none
///
/// WSP_NULL                  `connection` is NULL
/// WSP_ARGUMENT              `reason` is not UTF-8
/// WSP_STATE                 the opening handshake is not over: wsp_abort
/// WSP_SEND_CLOSE_CODE       a code that may not be sent (1004 to 1006, 1015, ...), or not by this end (1010)
/// WSP_SEND_REASON_TOO_LONG  more than 123 bytes
/// WSP_SEND_CLOSED           a Close was queued or received, or the connection has ended
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_close(
    connection: Option<&mut wsp_connection>,
    code: u16,
    reason: *const c_char,
) -> wsp_result {
    let reason = match reason.is_null() {
        true => Ok(""),
        // SAFETY: the caller's promise for texts.
        false => unsafe { text(reason) },
    };
    send(connection, |connection| match code {
        0 => Ok(connection.close_without_code()?),
        _ => {
            let code = CloseCode::new(code).ok_or(SendError::CloseCode)?;
            Ok(connection.close(code, reason?)?)
        }
    })
}

/// Says whether the messages that are begun from here on may be compressed, if compression was agreed on:
/// for a secret on a connection that an attacker sends on, too (RFC 7692 8). True at first.
///
/// WSP_NULL         `connection` is NULL
/// WSP_STATE        the opening handshake is not over
/// WSP_UNSUPPORTED  not in this build
/// WSP_SEND_CLOSED  there is no connection any more
#[unsafe(no_mangle)]
pub extern "C" fn wsp_set_compress(
    connection: Option<&mut wsp_connection>,
    compress: bool,
) -> wsp_result {
    with_connection(connection, |connection| {
        #[cfg(feature = "deflate")]
        {
            use websocket_proto::deflate::Compress;
            let open = match connection.stage.open() {
                Ok(open) => open,
                Err(result) => return result,
            };
            match (compress, connection.usual.take()) {
                (true, Some(usual)) => drop(open.set_compress(usual)),
                (true, None) => {}
                (false, usual) => {
                    let before = open.set_compress(Compress::Never);
                    connection.usual = usual.or(Some(before));
                }
            }
            WSP_OK
        }
        #[cfg(not(feature = "deflate"))]
        {
            let _nobody_asks = (connection, compress);
            WSP_UNSUPPORTED
        }
    })
}

/// Sends by a connection that is open.
pub(crate) fn send(
    connection: Option<&mut wsp_connection>,
    body: impl FnOnce(&mut Connection) -> Result<(), wsp_result>,
) -> wsp_result {
    with_connection(connection, |connection| connection.stage.open().and_then(body).into())
}

/// C may give any number.
pub(crate) fn message_kind(number: u32) -> Result<MessageKind, wsp_result> {
    match number {
        _ if number == WSP_KIND_TEXT as u32 => Ok(MessageKind::Text),
        _ if number == WSP_KIND_BINARY as u32 => Ok(MessageKind::Binary),
        _ => Err(WSP_ARGUMENT),
    }
}
