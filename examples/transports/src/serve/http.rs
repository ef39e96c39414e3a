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
use crate::messages;
use crate::socket::Socket;
use crate::transport::Transport;
use crate::updates::Update;

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
    lab.account(transport).requests.fetch_add(1, Relaxed);
    let Some(origin) = lab.access.allowed(&request) else {
        return respond(StatusCode::FORBIDDEN, "text/plain", Answer::whole("not from there\n"));
    };
    let mut response = match (request.method(), request.uri().path()) {
        (&Method::GET, "/updates") if transport == Transport::Sse => events(lab, &request),
        (&Method::GET, "/updates") => poll(lab, transport, &request).await,
        (&Method::POST, "/message") => take(lab, transport, request).await,
        _ => respond(
            StatusCode::NOT_FOUND,
            "text/plain",
            Answer::whole("there is /updates and /message\n"),
        ),
    };
    if !origin.is_empty() {
        // The page comes from another port, which is another origin.
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

/// The stream of events, from now or from where the client has lost it.
fn events(lab: &Lab, request: &Request<Incoming>) -> Response<Answer> {
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let listener = lab.updates.listen();
    let listener = match last {
        Some(last) => listener.from(last),
        None => listener,
    };
    respond(StatusCode::OK, "text/event-stream", Answer::events(listener))
}

/// What is new; a long poll waits until there is something.
async fn poll(lab: &Lab, transport: Transport, request: &Request<Incoming>) -> Response<Answer> {
    let since = request.uri().query().and_then(|query| query.strip_prefix("since="));
    let since: Option<i64> = since.and_then(|since| since.parse().ok()).filter(|since| *since >= 0);
    if let (Some(since), Transport::Long) = (since, transport) {
        let mut listener = lab.updates.listen().from(since);
        let _ = timeout(LONGEST_POLL, listener.changed()).await;
    }
    // In this order: what is made meanwhile is for the next poll.
    let latest = lab.updates.latest();
    let news = since.map_or(Vec::new(), |since| lab.updates.since(since));
    let next = news.last().map_or(latest, |last| last.sequence);
    let texts: Vec<&str> = news.iter().map(|update: &Arc<Update>| update.text.as_str()).collect();
    let body = format!("{{\"next\":{next},\"updates\":[{}]}}", texts.join(","));
    respond(StatusCode::OK, "application/json", Answer::whole(body))
}

/// A message of a client.
async fn take(lab: &Lab, transport: Transport, request: Request<Incoming>) -> Response<Answer> {
    let body = Limited::new(request.into_body(), messages::LONGEST).collect().await;
    match body.ok().and_then(|body| messages::time(&body.to_bytes())) {
        Some(time) => {
            lab.account(transport).upward(|upward| upward.add(lab.clock.milliseconds() - time));
            respond(StatusCode::NO_CONTENT, "", Answer::whole(""))
        }
        None => respond(StatusCode::BAD_REQUEST, "text/plain", Answer::whole(messages::WHAT_IT_IS)),
    }
}

fn respond(status: StatusCode, kind: &'static str, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !kind.is_empty() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}
