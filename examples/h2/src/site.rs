//! A page and its WebSocket on one connection of HTTP/2. Tells on standard output what came how.

use std::sync::Arc;

use h2::ext::Protocol;
use http::{Method, Response, StatusCode, header};
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_proto::adapter::tokio::Error;
use websocket_proto::handshake::Acceptance;
use websocket_proto::{CloseInformation, Config};

use crate::WebSocket;
use crate::server::{Asked, answer, handshake, read, send};

/// What all connections have in common.
#[derive(Debug)]
pub struct Site {
    acceptance: Acceptance,
    config: Arc<Config>,
}

impl Site {
    /// Only pages of its own may open the WebSocket: `SameHost`, the default of [`Acceptance`].
    pub fn new() -> Self {
        let acceptance = Acceptance::new().subprotocols(["chat", "superchat", "echo"]);
        Self { acceptance, config: Arc::new(Config::server()) }
    }

    /// Serves one connection.
    pub async fn serve<T>(self: Arc<Self>, transport: T) -> Result<(), h2::Error>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let mut connection = handshake(transport).await?;
        while let Some(asked) = connection.accept().await {
            let (asked, site) = (asked?, self.clone());
            // `accept` also moves the bytes of all streams: they are served in tasks of their own.
            tokio::spawn(async move {
                if let Err(error) = site.respond(asked).await {
                    println!("failed: {error}");
                }
            });
        }
        Ok(())
    }

    async fn respond(&self, (request, mut respond): Asked) -> Result<(), Error> {
        let protocol = request.extensions().get::<Protocol>().map_or("", Protocol::as_str);
        let (method, path, version) = (request.method(), request.uri().path(), request.version());
        println!("{version:?} :method={method} :protocol={protocol} :path={path}");
        let is_websocket = read(&request).is_websocket();
        match (is_websocket, method, path) {
            // A CONNECT for anything else is refused there: with 501 (RFC 9220 §3).
            (true, _, "/echo") | (false, &Method::CONNECT, _) => {
                let websocket = answer((request, respond), &self.acceptance, &self.config);
                if let Some(websocket) = websocket.map_err(std::io::Error::other)? {
                    echo(websocket).await?;
                }
            }
            (false, &Method::GET, "/") => {
                let mut page = Response::new(PAGE);
                let content_type = header::HeaderValue::from_static("text/html; charset=utf-8");
                page.headers_mut().insert(header::CONTENT_TYPE, content_type);
                send(&mut respond, page).map_err(std::io::Error::other)?;
            }
            _ => {
                let mut response = Response::new("not found\n");
                *response.status_mut() = StatusCode::NOT_FOUND;
                send(&mut respond, response).map_err(std::io::Error::other)?;
            }
        }
        Ok(())
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends back what comes until the peer closes.
async fn echo(mut websocket: WebSocket) -> Result<(), Error> {
    let result = async {
        while let Some(message) = websocket.next().await {
            // What one read brought goes out in one write, when `next` has to wait.
            websocket.feed(message?).await?;
        }
        Ok(())
    };
    let result = result.await;
    if let Some(CloseInformation { received, reason, clean, .. }) = websocket.close_information() {
        println!("closed code={} reason={reason:?} clean={clean}", received.as_u16());
    }
    result
}

const PAGE: &str = r#"<!doctype html>
<title>Echo</title>
<input id="text" placeholder="Say something" autofocus>
<ul id="messages"></ul>
<script>
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/echo");
  socket.onmessage = ({ data }) =>
    (messages.appendChild(document.createElement("li")).textContent = data);
  text.onchange = () => { socket.send(text.value); text.value = ""; };
</script>
"#;
