//! What the peer says in its HTTP head: a request, from WSP_EVENT_REQUEST until it was answered; a response,
//! from WSP_EVENT_OPEN until the next wsp_receive, or a refusal, from the error until the connection is freed.
//!
//! The slices are valid for as long. At any other time, and of a NULL connection, `data` is NULL.

use std::ffi::c_char;

use websocket_proto::handshake::{Refusal, Request, ResponseHead};

use crate::boundary::{text, with, write};
use crate::connection::Lent;
use crate::stage::Stage;
use crate::wsp_result::{self, *};
use crate::{wsp_connection, wsp_slice};
use std::mem::MaybeUninit;

/// Says whether the request is an upgrade to WebSocket, by all the rules of RFC 6455 4.2.1. If not, it is
/// some other request, to be answered by wsp_reject. False without a request.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_is_upgrade(connection: Option<&wsp_connection>) -> bool {
    with(connection, |connection| request(connection).is_some_and(Request::is_upgrade))
}

/// The method, such as GET; case matters.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_method(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| request(connection).map(Request::method).into())
}

/// The request target as it was sent.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_target(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| request(connection).map(Request::target).into())
}

/// The path of the target, with nothing decoded; it starts with a slash.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_path(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| request(connection).map(Request::path).into())
}

/// What stands behind the question mark of the target; `data` is NULL if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_query(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| request(connection).and_then(Request::query).into())
}

/// The value of Host; `data` is NULL only in HTTP/1.0.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_host(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| request(connection).and_then(Request::host).into())
}

/// The value of Origin as it was sent; `data` is NULL if there is none, so that it comes from no browser.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_origin(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| request(connection).and_then(Request::origin).into())
}

/// The subprotocol at this place of the client's offer, from 0, the one it likes best first; `data` is NULL
/// behind the last.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_request_subprotocol_at(
    connection: Option<&wsp_connection>,
    index: usize,
) -> wsp_slice {
    with(connection, |connection| {
        request(connection).and_then(|request| request.subprotocols().nth(index)).into()
    })
}

/// The status of the server's response, such as 101 or 404; 0 without one.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_response_status(connection: Option<&wsp_connection>) -> u16 {
    with(connection, |connection| match head(connection) {
        Some(Head::Response(response)) => response.status(),
        Some(Head::Refusal(refusal)) => refusal.status(),
        _ => 0,
    })
}

/// The body of a response other than 101, as far as it arrived, up to WSP_OPTION_MAX_REFUSAL_BODY bytes.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_response_body(connection: Option<&wsp_connection>) -> wsp_slice {
    with(connection, |connection| match head(connection) {
        Some(Head::Refusal(refusal)) => wsp_slice::new(refusal.body()),
        _ => wsp_slice::NONE,
    })
}

/// The value of the first header of this name, in whichever head there is, without the whitespace around it;
/// `data` is NULL if there is none.
///
/// `name`  ASCII, in any case; a name of NULL finds nothing
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_header_value(
    connection: Option<&wsp_connection>,
    name: *const c_char,
) -> wsp_slice {
    // SAFETY: the caller's promise for texts.
    let name = unsafe { text(name) };
    with(connection, |connection| {
        let (Some(head), Ok(name)) = (head(connection), name) else { return wsp_slice::NONE };
        match head {
            Head::Request(request) => request.header(name),
            Head::Response(response) => response.header(name),
            Head::Refusal(refusal) => refusal.header(name),
        }
        .into()
    })
}

/// The header at this place of whichever head there is, from 0.
///
/// `name`, `value`  are filled in; behind the last header with NULL
///
/// WSP_NULL  `connection`, `name` or `value` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_header_at(
    connection: Option<&wsp_connection>,
    index: usize,
    name: Option<&mut MaybeUninit<wsp_slice>>,
    value: Option<&mut MaybeUninit<wsp_slice>>,
) -> wsp_result {
    with(connection, |connection| {
        let (Some(name), Some(value)) = (name, value) else { return WSP_NULL };
        let header = head(connection).and_then(|head| match head {
            Head::Request(request) => request.headers().nth(index),
            Head::Response(response) => response.headers().nth(index),
            Head::Refusal(refusal) => refusal.headers().nth(index),
        });
        write(Some(name), header.map(|(name, _)| name).into());
        write(Some(value), header.map(|(_, value)| value).into())
    })
}

enum Head<'a> {
    Request(&'a Request),
    Response(&'a ResponseHead),
    Refusal(&'a Refusal),
}

fn head(connection: &wsp_connection) -> Option<Head<'_>> {
    match (&connection.lent, &connection.stage) {
        (Lent::Response(response), _) => Some(Head::Response(response)),
        (_, Stage::Request(pending)) => Some(Head::Request(&pending.request)),
        (_, Stage::Client(client)) => client.refusal().map(Head::Refusal),
        _ => None,
    }
}

fn request(connection: &wsp_connection) -> Option<&Request> {
    match &connection.stage {
        Stage::Request(pending) => Some(&pending.request),
        _ => None,
    }
}
