//! The page, and what it asks for.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::frame::Role;

use crate::inspect;
use crate::lab::{Lab, accept, runtime};
use crate::socket::Socket;
use crate::transport::Transport;

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// With every answer: nothing is kept, nothing from elsewhere runs or shows it, and the page's clock is a fine one.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*; \
         img-src data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
];

/// The modules of the page, by their paths.
macro_rules! scripts {
    ($($name:literal)*) => {
        &[$((concat!("/", $name, ".js"), include_str!(concat!("../../page/", $name, ".js")))),*]
    };
}

const SCRIPTS: &[(&str, &str)] = scripts![
    "bars"
    "cards"
    "clock"
    "controls"
    "examples"
    "figures"
    "frame"
    "latency_chart"
    "main"
    "pasted"
    "quantities"
    "receivers"
    "samples"
    "session"
    "table"
    "transports"
    "upward"
    "wire"
];

/// Type and text of what the page is made of.
fn file(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        "/" => Some((HTML, include_str!("../../page/page.html"))),
        "/style.css" => Some((STYLE, include_str!("../../page/style.css"))),
        _ => SCRIPTS.iter().find(|(name, _)| *name == path).map(|(_, text)| (SCRIPT, *text)),
    }
}

/// Serves the page from this thread, for good.
pub(crate) fn run(lab: Arc<Lab>, listener: std::net::TcpListener) -> std::io::Result<()> {
    runtime()?.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        loop {
            tokio::spawn(connection(lab.clone(), accept(&listener).await));
        }
    })
}

async fn connection(lab: Arc<Lab>, stream: TcpStream) {
    let answer = service_fn(|request| {
        let lab = lab.clone();
        async move { Ok::<_, Infallible>(answer(&lab, request).await) }
    });
    let _ = http1::Builder::new().serve_connection(Socket::of_client(stream), answer).await;
}

async fn answer(lab: &Lab, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if lab.access.allowed(&request).is_none() {
        return respond(StatusCode::FORBIDDEN, TEXT, "not from there\n");
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    match (request.method(), path.as_str()) {
        (&Method::GET, "/session") => respond(StatusCode::OK, JSON, session(lab)),
        (&Method::GET, "/clock") => {
            respond(StatusCode::OK, JSON, format!("{{\"time\":{:.3}}}", lab.clock.milliseconds()))
        }
        (&Method::GET, "/figures") => respond(StatusCode::OK, JSON, figures(lab)),
        (&Method::GET, "/frames") => respond(StatusCode::OK, JSON, lab.watch.json()),
        (&Method::POST, "/settings") => match lab.set(&query) {
            Ok(settings) => respond(StatusCode::OK, JSON, settings.json()),
            Err(sentence) => respond(StatusCode::BAD_REQUEST, TEXT, sentence),
        },
        (&Method::POST, "/inspect") => inspected(&query, request).await,
        (&Method::GET, path) => match file(path) {
            Some((kind, text)) => respond(StatusCode::OK, kind, text),
            None => respond(StatusCode::NOT_FOUND, TEXT, "not found\n"),
        },
        _ => respond(StatusCode::NOT_FOUND, TEXT, "not found\n"),
    }
}

async fn inspected(query: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let sender = match query {
        "from=client" => Role::Client,
        "from=server" => Role::Server,
        _ => return respond(StatusCode::BAD_REQUEST, TEXT, "from=client or from=server?"),
    };
    let body = Limited::new(request.into_body(), inspect::LONGEST_TEXT).collect().await;
    let text = body.map(Collected::to_bytes).map_err(|_| inspect::TOO_LONG.to_owned());
    match text.and_then(|text| inspect::hexadecimal(&text)) {
        Ok(bytes) => respond(StatusCode::OK, JSON, inspect::json(&bytes, sender)),
        Err(sentence) => respond(StatusCode::BAD_REQUEST, TEXT, sentence),
    }
}

fn session(lab: &Lab) -> String {
    let ports = Transport::ALL
        .map(|transport| format!("\"{}\":{}", transport.name(), lab.address(transport).port()));
    let settings = lab.settings.borrow().json();
    format!(
        "{{\"number\":{},\"ports\":{{{}}},\"settings\":{settings}}}",
        lab.number,
        ports.join(",")
    )
}

fn figures(lab: &Lab) -> String {
    let transports = Transport::ALL.map(|transport| lab.account(transport).json());
    format!(
        "{{\"number\":{},\"time\":{:.3},\"published\":{},\"transports\":[{}]}}",
        lab.number,
        lab.clock.milliseconds(),
        lab.updates.latest(),
        transports.join(",")
    )
}

fn respond(
    status: StatusCode,
    kind: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
