//! Connections: one for each transport. A server's begins when the transport was accepted, a client's when
//! it is connected (for wss: when TLS is ready).

use std::mem::MaybeUninit;

use websocket_proto::bytes::BytesMut;
use websocket_proto::handshake::{Client, ResponseHead, Server};
use websocket_proto::{Connection, SeedError};

use crate::boundary::{guarded, write};
use crate::stage::Stage;
use crate::wsp_result::{self, *};
use crate::{wsp_client_request, wsp_config};

/// One WebSocket, without the socket, from the opening handshake to the end.
pub struct wsp_connection {
    pub(crate) stage: Stage,
    pub(crate) lent: Lent,
    /// What wsp_set_compress has replaced.
    #[cfg(feature = "deflate")]
    pub(crate) usual: Option<websocket_proto::deflate::Compress>,
}

/// What the caller may still be looking at: until the next wsp_receive.
pub(crate) enum Lent {
    Nothing,
    Payload(#[expect(dead_code, reason = "a pointer to it is with the caller")] BytesMut),
    Response(ResponseHead),
}

/// Makes the server's end of a transport, about to receive the request.
///
/// Returns it, to be given back by wsp_connection_free; NULL if `config` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_server_new(config: Option<&wsp_config>) -> Option<Box<wsp_connection>> {
    guarded(|| {
        let server = Server::new(config?.shared());
        Some(wsp_connection::begin(Stage::Server(server)))
    })
}

/// Makes the client's end of a transport. The request is queued.
///
/// `seed`        32 bytes that nobody can guess, used once: the masking keys come from them. NULL: from the
///               operating system
/// `connection`  is filled in; to be given back by wsp_connection_free
///
/// WSP_NULL             `config`, `request` or `connection` is NULL
/// WSP_NO_RANDOM_BYTES  `seed` is NULL, and the system has none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_client_new(
    config: Option<&wsp_config>,
    request: Option<&wsp_client_request>,
    seed: *const u8,
    connection: Option<&mut MaybeUninit<Option<Box<wsp_connection>>>>,
) -> wsp_result {
    guarded(|| {
        let (Some(config), Some(request), Some(place)) = (config, request, connection) else {
            return WSP_NULL;
        };
        let (request, config) = (request.request(), config.shared());
        // SAFETY: the caller's promise for the seed.
        let client = match unsafe { read_seed(seed) } {
            Some(seed) => Ok(Client::new(request, config, seed)),
            None => Client::from_os(request, config),
        };
        finish(client.map(Stage::Client), place)
    })
}

/// Makes the server's end of a WebSocket whose opening handshake was done elsewhere, without extensions.
///
/// Returns it, to be given back by wsp_connection_free; NULL if `config` is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_server_established(
    config: Option<&wsp_config>,
) -> Option<Box<wsp_connection>> {
    guarded(|| {
        let connection = Connection::server(config?.shared());
        Some(wsp_connection::begin(Stage::Open(connection)))
    })
}

/// Makes the client's end of a WebSocket whose opening handshake was done elsewhere, without extensions.
///
/// `seed`, `connection`  as with wsp_client_new
///
/// WSP_NULL             `config` or `connection` is NULL
/// WSP_NO_RANDOM_BYTES  `seed` is NULL, and the system has none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wsp_client_established(
    config: Option<&wsp_config>,
    seed: *const u8,
    connection: Option<&mut MaybeUninit<Option<Box<wsp_connection>>>>,
) -> wsp_result {
    guarded(|| {
        let (Some(config), Some(place)) = (config, connection) else { return WSP_NULL };
        // SAFETY: the caller's promise for the seed.
        let client = match unsafe { read_seed(seed) } {
            Some(seed) => Ok(Connection::client(config.shared(), seed)),
            None => Connection::client_from_os(config.shared()),
        };
        finish(client.map(Stage::Open), place)
    })
}

/// Gives a connection back, and with it what it has lent. The peer is told nothing: whoever wants a closing
/// handshake calls wsp_close and goes on until wsp_connection_state says WSP_STATE_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn wsp_connection_free(connection: Option<Box<wsp_connection>>) {
    guarded(|| drop(connection));
}

impl wsp_connection {
    fn begin(stage: Stage) -> Box<Self> {
        Box::new(Self {
            stage,
            lent: Lent::Nothing,
            #[cfg(feature = "deflate")]
            usual: None,
        })
    }
}

/// # Safety
/// If `seed` is not NULL, 32 bytes can be read there.
unsafe fn read_seed(seed: *const u8) -> Option<[u8; 32]> {
    // SAFETY: an array is as its bytes are, wherever they stand.
    (!seed.is_null()).then(|| unsafe { seed.cast::<[u8; 32]>().read() })
}

fn finish(
    stage: Result<Stage, SeedError>,
    place: &mut MaybeUninit<Option<Box<wsp_connection>>>,
) -> wsp_result {
    match stage {
        Ok(stage) => write(Some(place), Some(wsp_connection::begin(stage))),
        Err(_) => WSP_NO_RANDOM_BYTES,
    }
}

const _: () = {
    const fn moves_between_threads<T: Send>() {}
    moves_between_threads::<wsp_connection>();
};
