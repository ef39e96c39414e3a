//! Short polling, long polling and Server-Sent Events: requests and responses, by hyper.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::timeout;

use super::body::Answer;
use crate::lab::Lab;
use crate::socket::Socket;
use crate::transport::Transport;
use crate::updates::Update;
use crate::upward;

/// How long a long poll waits at most: less than what proxies wait for a response.
const LONGEST_POLL: Duration = Duration::from_secs(20);

pub(super) async fn serve(lab: Arc<Lab>, transport: Transport, socket: Socket) {
    let answer = service_fn(|request| {
        let lab = lab.clone();
        async move { Ok::<_, Infallible>(answer(&lab, transport, request).await) }
    });
    // An error is a connection that ended, or a request that was none: hyper has answered that.
    let _ = http1::Builder::new().serve_connection(socket, answer).await;
}

async fn answer(lab: &Lab, transport: Transport, request: Request<Incoming>) -> Response<Answer> {
    let account = lab.account(transport);
    account.requests.fetch_add(1, Relaxed);
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/updates") => {
            let since = request.uri().query().and_then(|query| query.strip_prefix("since="));
            let since: i64 = since.and_then(|since| since.parse().ok()).unwrap_or(-1);
            match transport {
                Transport::Sse => {
                    let last = request
                        .headers()
                        .get("last-event-id")
                        .and_then(|id| id.to_str().ok()?.parse().ok());
                    let listener = lab.updates.listen();
                    let listener = match last {
                        Some(last) => listener.from(last),
                        None => listener,
                    };
                    respond(StatusCode::OK, "text/event-stream", Answer::events(listener))
                }
                Transport::Long => {
                    if since >= 0 {
                        let mut listener = lab.updates.listen().from(since);
                        let _ = timeout(LONGEST_POLL, listener.changed()).await;
                    }
                    poll(lab, since)
                }
                _ => poll(lab, since),
            }
        }
        (&Method::POST, "/message") => {
            let body = Limited::new(request.into_body(), upward::LONGEST).collect().await;
            match body.ok().and_then(|body| upward::time(&body.to_bytes())) {
                Some(time) => {
                    account.upward(|upward| upward.add(lab.clock.milliseconds() - time));
                    respond(StatusCode::NO_CONTENT, "", Answer::whole(""))
                }
                None => respond(
                    StatusCode::BAD_REQUEST,
                    "text/plain",
                    Answer::whole(upward::WHAT_IT_IS),
                ),
            }
        }
        _ => respond(
            StatusCode::NOT_FOUND,
            "text/plain",
            Answer::whole("there is /updates and /message\n"),
        ),
    }
}

/// What is new, now.
fn poll(lab: &Lab, since: i64) -> Response<Answer> {
    let news = if since < 0 { Vec::new() } else { lab.updates.since(since) };
    let next = news.last().map_or_else(|| lab.updates.latest(), |last| last.sequence);
    let texts: Vec<&str> = news.iter().map(|update: &Arc<Update>| update.text.as_str()).collect();
    let body = format!("{{\"next\":{next},\"updates\":[{}]}}", texts.join(","));
    respond(StatusCode::OK, "application/json", Answer::whole(body))
}

fn respond(status: StatusCode, kind: &'static str, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // The page comes from another port, which is another origin.
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !kind.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}
