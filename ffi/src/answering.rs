//! What a server answers to a request.

use std::ffi::c_void;
use std::mem::replace;

use websocket_proto::bytes::Bytes;
use websocket_proto::handshake::{Acceptance, Response};

use crate::boundary::{array, bytes, text, with_connection};
use crate::stage::{Pending, Stage};
use crate::wsp_result::{self, *};
use crate::{wsp_acceptance, wsp_connection, wsp_header};

/// Accepts the request: a response of 101 is queued and the connection is open. The rest of the input that
/// brought the request is for wsp_receive, as before.
///
/// `acceptance`  the terms; NULL: those of wsp_acceptance_new
///
/// WSP_NULL           `connection` is NULL
/// WSP_STATE          no request waits for an answer
/// WSP_HANDSHAKE_...  the terms do not let it in, or it is no upgrade: it is rejected, and the answer is queued
#[unsafe(no_mangle)]
pub extern "C" fn wsp_accept(
    connection: Option<&mut wsp_connection>,
    acceptance: Option<&wsp_acceptance>,
) -> wsp_result {
    with_connection(connection, |connection| {
        connection.answer(|Pending { request, .. }| {
            let outcome = match acceptance {
                Some(acceptance) => request.accept(acceptance.terms()),
                None => request.accept(&Acceptance::new()),
            };
            match outcome {
                Ok(connection) => (Stage::Open(connection), WSP_OK),
                Err(rejection) => {
                    let why = rejection.reason().map_or(WSP_HANDSHAKE_ERROR, Into::into);
                    (Stage::Rejected(rejection), why)
                }
            }
        })
    })
}

/// Answers with a response instead of accepting: a page, a redirect, a refusal. It is queued; afterwards the
/// transport is ended. Content-Length and Connection: close are added.
///
/// `status`   200 to 599; 101 is sent by wsp_accept only
/// `headers`  `header_count` lines, NULL if there are none
/// `body`     `length` bytes, NULL if there are none. Not sent where HTTP has none (204, 304, HEAD)
///
/// WSP_NULL             `connection` is NULL, or a pointer where there is something
/// WSP_ARGUMENT         a name or value is not UTF-8
/// WSP_STATE            no request waits for an answer
/// WSP_STATUS_INVALID   no such status
/// WSP_HEADER_NAME      a name is no token
/// WSP_HEADER_VALUE     a value has a control character in it
/// WSP_HEADER_RESERVED  the library sets headers of this name itself
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_reject(
    connection: Option<&mut wsp_connection>,
    status: u16,
    headers: *const wsp_header,
    header_count: usize,
    body: *const c_void,
    length: usize,
) -> wsp_result {
    // SAFETY: the caller's promise for arrays and bytes.
    let (headers, body) = unsafe { (array(headers, header_count), bytes(body, length)) };
    with_connection(connection, |connection| {
        let response = (|| {
            let mut response = Response::new(status).map_err(|_| WSP_STATUS_INVALID)?;
            for header in headers? {
                // SAFETY: the caller's promise for texts.
                let (name, value) = unsafe { (text(header.name)?, text(header.value)?) };
                response = response.header(name, value)?;
            }
            Ok(response.body(Bytes::copy_from_slice(body?)))
        })();
        match response {
            Ok(response) => connection
                .answer(|pending| (Stage::Rejected(pending.request.reject(&response)), WSP_OK)),
            Err(result) => result,
        }
    })
}

impl wsp_connection {
    fn answer(&mut self, answer: impl FnOnce(Pending) -> (Stage, wsp_result)) -> wsp_result {
        let pending = match replace(&mut self.stage, Stage::abandoned(WSP_PANIC)) {
            Stage::Request(pending) => pending,
            other => {
                self.stage = other;
                return WSP_STATE;
            }
        };
        let peer_ended = pending.peer_ended;
        let (stage, result) = answer(pending);
        self.stage = stage;
        if peer_ended {
            self.stage.receive_eof();
        }
        result
    }
}
