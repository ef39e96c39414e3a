//! On what terms a server accepts requests. Made once, used for any number of them.

use std::ffi::c_char;

use websocket_proto::handshake::{Acceptance, Origin, OriginPolicy};

use crate::boundary::{guarded, text, with_mut};
use crate::wsp_result::{self, *};

/// Who is let in, which subprotocol is chosen, what is added to the response.
#[derive(Default)]
pub struct wsp_acceptance {
    terms: Acceptance,
    origins: Vec<Origin>,
    hosts: Vec<String>,
    subprotocols: Vec<String>,
}

/// Makes the terms that hold unless they are changed: no Origin, or one of the host that the request names;
/// any host; no subprotocol; nothing added.
///
/// Returns them; to be given back by wsp_acceptance_free.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_acceptance_new() -> Option<Box<wsp_acceptance>> {
    guarded(|| Some(Box::default()))
}

/// Lets in pages of every origin: for services that are meant for every page, or look at
/// wsp_request_origin themselves. A server with cookies must not do this.
///
/// WSP_NULL  `acceptance` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_acceptance_any_origin(acceptance: Option<&mut wsp_acceptance>) -> wsp_result {
    with_mut(acceptance, |acceptance| {
        acceptance.change(|terms| terms.origin(OriginPolicy::Any));
        WSP_OK
    })
}

/// Lets in pages of this origin, and of the others so added, and nobody else. The rest gets 403, also who
/// sends no Origin.
///
/// `origin`  such as "https://example.com" or "https://example.com:8443"
///
/// WSP_NULL            `acceptance` or `origin` is NULL
/// WSP_ORIGIN_INVALID  it is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_acceptance_add_origin(
    acceptance: Option<&mut wsp_acceptance>,
    origin: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let origin = unsafe { text(origin) };
    with_mut(acceptance, |acceptance| {
        let origin = match origin.map(str::parse) {
            Ok(Ok(origin)) => origin,
            Ok(Err(_)) => return WSP_ORIGIN_INVALID,
            Err(result) => return result,
        };
        acceptance.origins.push(origin);
        let all = OriginPolicy::List(acceptance.origins.clone());
        acceptance.change(|terms| terms.origin(all));
        WSP_OK
    })
}

/// Lets in requests for this host, and for the others so added, and no others: they get 403. For services
/// that are reached by known names only, above all on loopback (DNS rebinding).
///
/// `host`  as in Host; without a port, such as "localhost" or "[::1]", it stands for every port
///
/// WSP_NULL      `acceptance` or `host` is NULL
/// WSP_ARGUMENT  it is not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_acceptance_add_host(
    acceptance: Option<&mut wsp_acceptance>,
    host: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let host = unsafe { text(host) };
    with_mut(acceptance, |acceptance| match host {
        Ok(host) => {
            acceptance.hosts.push(host.to_owned());
            let all = acceptance.hosts.clone();
            acceptance.change(|terms| terms.allowed_hosts(all));
            WSP_OK
        }
        Err(result) => result,
    })
}

/// Adds a subprotocol to choose from. Chosen is the first that the client offers and that is among them;
/// none if there is no such.
///
/// WSP_NULL      `acceptance` or `name` is NULL
/// WSP_ARGUMENT  it is not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_acceptance_add_subprotocol(
    acceptance: Option<&mut wsp_acceptance>,
    name: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let name = unsafe { text(name) };
    with_mut(acceptance, |acceptance| match name {
        Ok(name) => {
            acceptance.subprotocols.push(name.to_owned());
            let all = acceptance.subprotocols.clone();
            acceptance.change(|terms| terms.subprotocols(all));
            WSP_OK
        }
        Err(result) => result,
    })
}

/// Requires this subprotocol, instead of all that were added: a request that does not offer it gets 500.
/// For who has chosen from wsp_request_subprotocol_at.
///
/// WSP_NULL      `acceptance` or `name` is NULL
/// WSP_ARGUMENT  it is not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_acceptance_require_subprotocol(
    acceptance: Option<&mut wsp_acceptance>,
    name: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let name = unsafe { text(name) };
    with_mut(acceptance, |acceptance| match name {
        Ok(name) => {
            acceptance.subprotocols.clear();
            acceptance.change(|terms| terms.subprotocol(name));
            WSP_OK
        }
        Err(result) => result,
    })
}

/// Adds a line to the head of the response, such as Set-Cookie.
///
/// WSP_NULL             `acceptance`, `name` or `value` is NULL
/// WSP_ARGUMENT         `name` or `value` is not UTF-8
/// WSP_HEADER_NAME      the name is no token
/// WSP_HEADER_VALUE     the value has a control character in it
/// WSP_HEADER_RESERVED  the library sets headers of this name itself
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_acceptance_add_header(
    acceptance: Option<&mut wsp_acceptance>,
    name: *const c_char,
    value: *const c_char,
) -> wsp_result {
    // SAFETY: the caller's promise for texts.
    let (name, value) = unsafe { (text(name), text(value)) };
    with_mut(acceptance, |acceptance| {
        let (name, value) = match (name, value) {
            (Ok(name), Ok(value)) => (name, value),
            (Err(result), _) | (_, Err(result)) => return result,
        };
        match acceptance.terms.clone().header(name, value) {
            Ok(terms) => {
                acceptance.terms = terms;
                WSP_OK
            }
            Err(invalid) => invalid.into(),
        }
    })
}

/// Declines compression, whatever WSP_OPTION_COMPRESSION says. Without compression in this build there is
/// nothing to decline.
///
/// WSP_NULL  `acceptance` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn wsp_acceptance_without_compression(
    acceptance: Option<&mut wsp_acceptance>,
) -> wsp_result {
    with_mut(acceptance, |acceptance| {
        #[cfg(feature = "deflate")]
        acceptance.change(Acceptance::without_compression);
        #[cfg(not(feature = "deflate"))]
        let _nothing_to_decline = acceptance;
        WSP_OK
    })
}

/// Gives the terms back.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_acceptance_free(acceptance: Option<Box<wsp_acceptance>>) {
    guarded(|| drop(acceptance));
}

impl wsp_acceptance {
    pub(crate) fn terms(&self) -> &Acceptance {
        &self.terms
    }

    fn change(&mut self, change: impl FnOnce(Acceptance) -> Acceptance) {
        self.terms = change(std::mem::take(&mut self.terms));
    }
}
