//! A WebSocket on hyper, over HTTP/1.1 and HTTP/2 alike: what an application needs is [`upgrade`].

mod server;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use websocket_proto::Config;
use websocket_proto::adapter::tokio;
use websocket_proto::handshake::Acceptance;
use websocket_proto::handshake::http::RequestHead;

pub use server::{Site, serve, serve_connection};

/// A WebSocket over what hyper hands over.
pub type WebSocket = tokio::WebSocket<TokioIo<Upgraded>>;

/// The body of every response here.
pub type Body = Full<Bytes>;

/// Whether the request asks for a WebSocket: an upgrade of HTTP/1.1 or an extended CONNECT of HTTP/2.
pub fn is_websocket<B>(request: &Request<B>) -> bool {
    RequestHead::new(request).protocol(protocol(request)).is_websocket()
}

/// Answers a request for a WebSocket. `serve` gets the WebSocket when hyper has sent the response, in a task of its own;
/// if the request is not accepted, the response says why.
pub fn upgrade<B, F>(
    request: &mut Request<B>,
    acceptance: &Acceptance,
    config: &Arc<Config>,
    serve: impl FnOnce(WebSocket) -> F + Send + 'static,
) -> Response<Body>
where
    F: Future<Output = ()> + Send,
{
    let head = RequestHead::new(request).protocol(protocol(request));
    let (response, connection) = match head.accept(acceptance, config.clone()) {
        Ok(accepted) => accepted,
        Err(rejection) => return rejection.response().map(Body::from),
    };
    let upgraded = hyper::upgrade::on(request);
    let config = config.clone();
    ::tokio::spawn(async move {
        // An error: the client went away before it had the response.
        if let Ok(upgraded) = upgraded.await {
            let transport = TokioIo::new(upgraded);
            serve(WebSocket::from_connection(transport, connection, &config)).await;
        }
    });
    response.map(|()| Body::default())
}

/// `:protocol` of an extended CONNECT.
fn protocol<B>(request: &Request<B>) -> Option<&str> {
    request.extensions().get::<Protocol>().map(Protocol::as_str)
}
