//! What a client asks for. Made once, used for any number of attempts.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use websocket_proto::handshake::{ClientRequest, Uri};

use crate::boundary::{guarded, text, with, with_mut, write};
use crate::wsp_result::{self, *};
use crate::wsp_slice;

/// A URI, and what is to be said with it.
pub struct wsp_client_request(ClientRequest);

/// Makes a request.
///
/// `uri`      such as "ws://example.com/chat?room=1" or "wss://..."; with an international host in its ASCII form
/// `request`  is filled in; to be given back by wsp_client_request_free
///
/// WSP_NULL      `uri` or `request` is NULL
/// WSP_ARGUMENT  `uri` is not UTF-8
/// WSP_URI_...   what is wrong with it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_client_request_new(
    uri: *const c_char,
    request: Option<&mut MaybeUninit<Option<Box<wsp_client_request>>>>,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let uri = unsafe { text(uri) };
    guarded(|| match uri.map(Uri::parse) {
        Ok(Ok(uri)) => match request {
            Some(_) => write(request, Some(Box::new(wsp_client_request(ClientRequest::new(uri))))),
            None => WSP_NULL,
        },
        Ok(Err(invalid)) => invalid.into(),
        Err(result) => result,
    })
}

/// Offers a subprotocol as well; the first one is liked best.
///
/// WSP_NULL                   `request` or `name` is NULL
/// WSP_ARGUMENT               it is not UTF-8
/// WSP_SUBPROTOCOL_NAME       it is no token
/// WSP_SUBPROTOCOL_DUPLICATE  it is offered already
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_client_request_add_subprotocol(
    request: Option<&mut wsp_client_request>,
    name: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let name = unsafe { text(name) };
    with_mut(request, |request| match name {
        Ok(name) => request.change(|request| request.subprotocols([name])),
        Err(result) => result,
    })
}

/// Sends Origin: the origin of the page on whose behalf this is.
///
/// WSP_NULL          `request` or `origin` is NULL
/// WSP_ARGUMENT      it is not UTF-8
/// WSP_HEADER_VALUE  it has a control character in it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_client_request_set_origin(
    request: Option<&mut wsp_client_request>,
    origin: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let origin = unsafe { text(origin) };
    with_mut(request, |request| match origin {
        Ok(origin) => request.change(|request| request.origin(origin)),
        Err(result) => result,
    })
}

/// Adds a line to the head of the request, such as Authorization or Cookie.
///
/// WSP_NULL             `request`, `name` or `value` is NULL
/// WSP_ARGUMENT         `name` or `value` is not UTF-8
/// WSP_HEADER_NAME      the name is no token
/// WSP_HEADER_VALUE     the value has a control character in it
/// WSP_HEADER_RESERVED  the library sets headers of this name itself
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_client_request_add_header(
    request: Option<&mut wsp_client_request>,
    name: *const c_char,
    value: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let (name, value) = unsafe { (text(name), text(value)) };
    with_mut(request, |request| match (name, value) {
        (Ok(name), Ok(value)) => request.change(|request| request.header(name, value)),
        (Err(result), _) | (_, Err(result)) => result,
    })
}

/// Says whether TLS comes first: wss.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_client_request_is_secure(request: Option<&wsp_client_request>) -> bool {
    with(request, |request| request.0.uri().secure())
}

/// Says which host to connect to, and to ask TLS for; an IPv6 address is without its brackets.
///
/// Returns a slice that is valid until the request is freed.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_client_request_host(request: Option<&wsp_client_request>) -> wsp_slice {
    with(request, |request| Some(request.0.uri().host()).into())
}

/// Says which port to connect to: that of the URI, else 80 or 443.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_client_request_port(request: Option<&wsp_client_request>) -> u16 {
    with(request, |request| request.0.uri().port())
}

/// Gives the request back. The connections that were made with it do not need it any more.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_client_request_free(request: Option<Box<wsp_client_request>>) {
    guarded(|| drop(request));
}

impl wsp_client_request {
    pub(crate) fn request(&self) -> &ClientRequest {
        &self.0
    }

    /// An error changes nothing.
    fn change<E: Into<wsp_result>>(
        &mut self,
        change: impl FnOnce(ClientRequest) -> Result<ClientRequest, E>,
    ) -> wsp_result {
        match change(self.0.clone()) {
            Ok(request) => {
                self.0 = request;
                WSP_OK
            }
            Err(error) => error.into(),
        }
    }
}
