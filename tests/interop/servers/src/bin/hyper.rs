//! The echo server on hyper, by way of `examples/hyper`.

use std::sync::Arc;

use websocket_on_hyper::{serve_connection, upgrade};

#[path = "../echo.rs"]
mod echo;

use echo::CloseRequest;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (listener, terms) = echo::listen().await?;
    let terms = Arc::new(terms);
    loop {
        let (stream, _) = listener.accept().await?;
        let terms = terms.clone();
        tokio::spawn(serve_connection(stream, move |mut request| {
            let query = request.uri().query().unwrap_or_default();
            let close = (request.uri().path() == "/close").then(|| CloseRequest::parse(query));
            upgrade(&mut request, &terms.acceptance, &terms.config, |websocket| {
                echo::serve(websocket, close)
            })
        }));
    }
}
