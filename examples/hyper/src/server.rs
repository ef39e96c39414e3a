//! A page, a REST route and a WebSocket.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::Config;
use websocket_proto::adapter::tokio::Error;
use websocket_proto::handshake::Acceptance;

use crate::{Body, WebSocket, is_websocket, upgrade};

/// What all connections have in common.
#[derive(Debug, Default)]
pub struct Site {
    acceptance: Acceptance,
    config: Arc<Config>,
    /// Messages echoed so far.
    echoed: AtomicUsize,
}

impl Site {
    /// Only pages of its own may open the WebSocket: `SameHost`, the default of [`Acceptance`].
    pub fn new() -> Self {
        Self { config: Arc::new(Config::server()), ..Self::default() }
    }

    fn answer<B>(self: &Arc<Self>, mut request: Request<B>) -> Response<Body> {
        match (is_websocket(&request), request.method(), request.uri().path()) {
            // A CONNECT for anything else is refused there: with 501 (RFC 9220 §3).
            (true, _, "/echo") | (false, &Method::CONNECT, _) => {
                let site = self.clone();
                upgrade(&mut request, &self.acceptance, &self.config, async move |websocket| {
                    if let Err(error) = site.echo(websocket).await {
                        println!("echo: {error}");
                    }
                })
            }
            (false, &Method::GET, "/") => typed("text/html; charset=utf-8", Body::from(PAGE)),
            (false, &Method::GET, "/api/echoed") => {
                let echoed = self.echoed.load(Ordering::Relaxed);
                typed("application/json", Body::from(format!("{{\"echoed\":{echoed}}}")))
            }
            _ => {
                let mut response = Response::new(Body::from("not found\n"));
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            }
        }
    }

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

/// Serves whoever connects.
pub async fn serve(listener: TcpListener) -> io::Result<()> {
    let site = Arc::new(Site::new());
    loop {
        let (stream, _) = listener.accept().await?;
        let site = site.clone();
        tokio::spawn(async move {
            serve_connection(stream, move |request| site.answer(request)).await;
        });
    }
}

/// Serves one connection, in whichever version of HTTP the client speaks.
pub async fn serve_connection<F>(stream: TcpStream, answer: F)
where
    F: Fn(Request<hyper::body::Incoming>) -> Response<Body>,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| ready(Ok::<_, Infallible>(answer(request))));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // RFC 8441 §3: tells clients of HTTP/2 that they may ask for a WebSocket.
    builder.http2().enable_connect_protocol();
    if let Err(error) = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await
    {
        println!("connection: {error}");
    }
}

fn typed(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

const PAGE: &str = r#"<!doctype html>
<title>Echo</title>
<input id="text" placeholder="Say something" autofocus> <span id="echoed"></span>
<ul id="messages"></ul>
<script>
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/echo");
  socket.onmessage = async ({ data }) => {
    messages.appendChild(document.createElement("li")).textContent = data;
    echoed.textContent = (await (await fetch("/api/echoed")).json()).echoed + " echoed";
  };
  text.onchange = () => { socket.send(text.value); text.value = ""; };
</script>
"#;
