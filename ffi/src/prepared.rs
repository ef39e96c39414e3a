//! Broadcasts: a message encoded (and compressed) once, sent to any number of a server's connections.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use websocket_proto::bytes::Bytes;
use websocket_proto::{MessageKind, Prepared, Utf8Bytes};

use crate::boundary::{bytes, guarded, write};
use crate::sending::{message_kind, send};
use crate::wsp_result::{self, *};
use crate::{wsp_config, wsp_connection};

/// A message that is ready to be sent. More than 512 bytes are referenced by each connection, not copied.
pub struct wsp_prepared(Prepared);

/// Prepares a message. The data is copied.
///
/// `config`    with WSP_OPTION_COMPRESSION, the message is compressed as well, once, for all receivers that
///             have agreed on no context takeover for the server. NULL: it is not
/// `kind`      a wsp_message_kind
/// `data`      `length` bytes
/// `prepared`  is filled in; to be given back by wsp_prepared_free
///
/// WSP_NULL               `prepared` is NULL, or `data` with a length
/// WSP_ARGUMENT           no such kind, or a length that nothing has
/// WSP_SEND_INVALID_UTF8  text that is not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_prepared_new(
    config: Option<&wsp_config>,
    kind: u32,
    data: *const c_void,
    length: usize,
    prepared: Option<&mut MaybeUninit<Option<Box<wsp_prepared>>>>,
) -> wsp_result {
    // SAFETY: the caller's promise for bytes.
    let data = unsafe { bytes(data, length) };
    guarded(|| {
        let Some(place) = prepared else { return WSP_NULL };
        match prepare(config, kind, data) {
            Ok(message) => write(Some(place), Some(Box::new(wsp_prepared(message)))),
            Err(result) => result,
        }
    })
}

/// Queues a prepared message.
///
/// WSP_NULL               `connection` or `prepared` is NULL
/// WSP_STATE              the opening handshake is not over
/// WSP_SEND_UNMASKED      a client cannot send it
/// WSP_SEND_FULL          as with wsp_send_text
/// WSP_SEND_CLOSED        as with wsp_send_text
/// WSP_SEND_MESSAGE_OPEN  as with wsp_send_text
#[unsafe(no_mangle)]
pub extern "C" fn wsp_send_prepared(
    connection: Option<&mut wsp_connection>,
    prepared: Option<&wsp_prepared>,
) -> wsp_result {
    send(connection, |connection| {
        let message = prepared.ok_or(WSP_NULL)?;
        Ok(connection.send_prepared(&message.0)?)
    })
}

/// Gives a prepared message back. The connections that have queued it keep what they need.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_prepared_free(prepared: Option<Box<wsp_prepared>>) {
    guarded(|| drop(prepared));
}

fn prepare(
    config: Option<&wsp_config>,
    kind: u32,
    data: Result<&[u8], wsp_result>,
) -> Result<Prepared, wsp_result> {
    let kind = message_kind(kind)?;
    let data = Bytes::copy_from_slice(data?);
    let message = match kind {
        MessageKind::Text => {
            Prepared::text(Utf8Bytes::try_from(data).map_err(|_| WSP_SEND_INVALID_UTF8)?)
        }
        MessageKind::Binary => Prepared::binary(data),
    };
    #[cfg(feature = "deflate")]
    if let Some(compression) = config.and_then(|config| config.compression().settings()) {
        return Ok(message.compressed(compression));
    }
    #[cfg(not(feature = "deflate"))]
    let _not_compressed = config;
    Ok(message)
}
