//! A WebSocket on axum, over HTTP/1.1 and HTTP/2 alike: what an application needs is the extractor [`Handshake`].

mod server;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use hyper::ext::Protocol;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use websocket_proto::Config;
use websocket_proto::adapter::tokio;
use websocket_proto::handshake::Acceptance;
use websocket_proto::handshake::http::RequestHead;

pub use server::{Site, site};

/// A WebSocket over what axum hands over.
pub type WebSocket = tokio::WebSocket<TokioIo<Upgraded>>;

/// A request that may ask for a WebSocket. Route it with `any`: over HTTP/1.1 its method is GET, over HTTP/2 CONNECT.
pub struct Handshake {
    parts: Parts,
    upgrade: Option<OnUpgrade>,
}

impl<S: Sync> FromRequestParts<S> for Handshake {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let upgrade = parts.extensions.remove::<OnUpgrade>();
        Ok(Self { parts: parts.clone(), upgrade })
    }
}

impl Handshake {
    /// Accepts the request. `serve` gets the WebSocket when axum has sent the response, in a task of its own; if the
    /// request asks for no WebSocket or may not have one, the response says so.
    pub fn accept<F>(
        self,
        acceptance: &Acceptance,
        config: &Arc<Config>,
        serve: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        // `:protocol` of an extended CONNECT.
        let protocol = self.parts.extensions.get::<Protocol>().map(Protocol::as_str);
        let head = RequestHead::from_parts(&self.parts).protocol(protocol);
        let (response, connection) = match head.accept(acceptance, config.clone()) {
            Ok(accepted) => accepted,
            Err(rejection) => return rejection.response().map(Body::from),
        };
        let Some(upgrade) = self.upgrade else {
            // A connection that was not made to hand its bytes over.
            return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let config = config.clone();
        ::tokio::spawn(async move {
            // An error: the client went away before it had the response.
            if let Ok(upgraded) = upgrade.await {
                let transport = TokioIo::new(upgraded);
                serve(WebSocket::from_connection(transport, connection, &config)).await;
            }
        });
        response.map(|()| Body::empty())
    }
}
