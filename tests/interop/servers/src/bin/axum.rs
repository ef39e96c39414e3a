//! The echo server on axum, by way of `examples/axum`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt;
use websocket_on_axum::Handshake;

#[path = "../echo.rs"]
mod echo;

use echo::{CloseRequest, Terms};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (listener, terms) = echo::listen().await?;
    let router = Router::new()
        .route("/", any(async |state, handshake| open(state, handshake, None)))
        .route("/close", any(close))
        .with_state(Arc::new(terms));
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}

async fn close(
    state: State<Arc<Terms>>,
    RawQuery(query): RawQuery,
    handshake: Handshake,
) -> Response {
    open(state, handshake, Some(CloseRequest::parse(&query.unwrap_or_default())))
}

fn open(
    State(terms): State<Arc<Terms>>,
    handshake: Handshake,
    close: Option<CloseRequest>,
) -> Response {
    handshake.accept(&terms.acceptance, &terms.config, |websocket| echo::serve(websocket, close))
}
