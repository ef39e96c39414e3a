//! The page, and what it asks for.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use websocket_proto::frame::Role;

use crate::inspect;
use crate::lab::{Lab, runtime};
use crate::settings::Settings;
use crate::socket::Socket;
use crate::transport::Transport;

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// The modules of the page, by their paths.
macro_rules! scripts {
    ($($name:literal)*) => {
        &[$((concat!("/", $name, ".js"), include_str!(concat!("../page/", $name, ".js")))),*]
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
        "/" => Some((HTML, include_str!("../page/page.html"))),
        "/style.css" => Some((STYLE, include_str!("../page/style.css"))),
        _ => SCRIPTS.iter().find(|(name, _)| *name == path).map(|(_, text)| (SCRIPT, *text)),
    }
}

/// Serves the page, for good.
pub(crate) async fn serve(lab: &Arc<Lab>, listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(lab.clone(), stream));
    }
}

async fn connection(lab: Arc<Lab>, stream: TcpStream) {
    let answer = service_fn(|request| {
        let lab = lab.clone();
        async move { Ok::<_, Infallible>(answer(&lab, request).await) }
    });
    let _ = http1::Builder::new().serve_connection(Socket::of_client(stream), answer).await;
}

async fn answer(lab: &Lab, request: Request<Incoming>) -> Response<Full<Bytes>> {
    // A page of elsewhere, to whose name this machine was given, is not answered.
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !["127.0.0.1", "localhost"].contains(&host.rsplit_once(':').map_or(host, |(name, _)| name)) {
        return respond(StatusCode::MISDIRECTED_REQUEST, TEXT, "this is 127.0.0.1\n");
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
        (&Method::POST, "/inspect") => {
            let sender = match query.as_str() {
                "from=client" => Role::Client,
                "from=server" => Role::Server,
                _ => return respond(StatusCode::BAD_REQUEST, TEXT, "from=client or from=server?"),
            };
            let body = Limited::new(request.into_body(), inspect::LONGEST_TEXT).collect().await;
            let body = body.map(Collected::to_bytes);
            match body
                .map_err(|_| inspect::TOO_LONG.to_owned())
                .and_then(|text| inspect::hexadecimal(&text))
            {
                Ok(bytes) => respond(StatusCode::OK, JSON, inspect::json(&bytes, sender)),
                Err(sentence) => respond(StatusCode::BAD_REQUEST, TEXT, sentence),
            }
        }
        (&Method::GET, path) => match file(path) {
            Some((kind, text)) => respond(StatusCode::OK, kind, text),
            None => respond(StatusCode::NOT_FOUND, TEXT, "not found\n"),
        },
        _ => respond(StatusCode::NOT_FOUND, TEXT, "not found\n"),
    }
}

fn session(lab: &Lab) -> String {
    let ports = Transport::ALL
        .map(|transport| format!("\"{}\":{}", transport.name(), lab.address(transport).port()));
    let settings = lab.settings.borrow().json();
    format!(
        "{{\"ports\":{{{}}},\"settings\":{settings},\"limits\":{}}}",
        ports.join(","),
        Settings::limits()
    )
}

fn figures(lab: &Lab) -> String {
    let transports = Transport::ALL.map(|transport| lab.account(transport).json());
    format!(
        "{{\"time\":{:.3},\"published\":{},\"transports\":[{}]}}",
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
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Serves the page from this thread.
pub(crate) fn run(lab: &Arc<Lab>, port: u16) -> std::io::Result<()> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("the page is at http://{}", listener.local_addr()?);
        serve(lab, listener).await
    })
}
