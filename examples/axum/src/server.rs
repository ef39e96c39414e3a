//! A page, a REST route and a WebSocket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::State;
use axum::response::{Html, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use websocket_proto::Config;
use websocket_proto::adapter::tokio::Error;
use websocket_proto::handshake::Acceptance;

use crate::{Handshake, WebSocket};

/// What all connections have in common.
#[derive(Debug)]
pub struct Site {
    acceptance: Acceptance,
    config: Arc<Config>,
    /// Messages echoed so far.
    echoed: AtomicUsize,
}

/// The routes. Only pages of its own may open the WebSocket: `SameHost`, the default of [`Acceptance`].
pub fn site() -> Router {
    let site = Site {
        acceptance: Acceptance::new(),
        config: Arc::new(Config::server()),
        echoed: AtomicUsize::new(0),
    };
    Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/api/echoed", get(echoed))
        .route("/echo", any(open))
        .with_state(Arc::new(site))
}

async fn echoed(State(site): State<Arc<Site>>) -> Json<usize> {
    Json(site.echoed.load(Ordering::Relaxed))
}

async fn open(State(site): State<Arc<Site>>, handshake: Handshake) -> Response {
    let at = site.clone();
    handshake.accept(&at.acceptance, &at.config, async move |websocket| {
        if let Err(error) = site.echo(websocket).await {
            println!("echo: {error}");
        }
    })
}

impl Site {
    /// Sends back what comes until the peer closes.
    async fn echo(&self, mut websocket: WebSocket) -> Result<(), Error> {
        while let Some(message) = websocket.next().await {
            self.echoed.fetch_add(1, Ordering::Relaxed);
            // What one read brought goes out in one write, when `next` has to wait.
            websocket.feed(message?).await?;
        }
        Ok(())
    }
}

const PAGE: &str = r#"<!doctype html>
<title>Echo</title>
<input id="text" placeholder="Say something" autofocus> <span id="echoed"></span>
<ul id="messages"></ul>
<script>
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/echo");
  socket.onmessage = async ({ data }) => {
    messages.appendChild(document.createElement("li")).textContent = data;
    echoed.textContent = (await (await fetch("/api/echoed")).json()) + " echoed";
  };
  text.onchange = () => { socket.send(text.value); text.value = ""; };
</script>
"#;
