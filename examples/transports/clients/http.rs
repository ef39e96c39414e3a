//! Clients of short polling, long polling and Server-Sent Events, by hyper.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Response, body::Incoming};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};

use super::{Present, Surroundings};
use crate::transport::Transport;
use crate::upward;

/// One connection that is kept alive. What moves its bytes ends with it.
struct Requests {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    _mover: JoinSet<()>,
}

impl Requests {
    async fn connect(surroundings: &Surroundings, transport: Transport) -> io::Result<Self> {
        let socket = surroundings.connect(transport).await?;
        let (sender, connection) = handshake(socket).await.map_err(io::Error::other)?;
        let mut mover = JoinSet::new();
        mover.spawn(async {
            let _ = connection.await;
        });
        Ok(Self { sender, host: surroundings.lab.address(transport).to_string(), _mover: mover })
    }

    async fn get(&mut self, path: &str) -> io::Result<Response<Incoming>> {
        let request = Request::get(path).header(HOST, &self.host).body(Full::default());
        self.send(request.map_err(io::Error::other)?).await
    }

    async fn post(&mut self, body: String) -> io::Result<()> {
        let request =
            Request::post("/message").header(HOST, &self.host).header(CONTENT_TYPE, "text/plain");
        let request = request.body(Full::from(body)).map_err(io::Error::other)?;
        let answer = self.send(request).await?;
        answer.into_body().collect().await.map_err(io::Error::other)?;
        Ok(())
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> io::Result<Response<Incoming>> {
        self.sender.ready().await.map_err(io::Error::other)?;
        let response = self.sender.send_request(request).await.map_err(io::Error::other)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(io::Error::other(response.status().to_string()))
        }
    }
}

pub(super) async fn poll(
    surroundings: &Surroundings,
    transport: Transport,
    part: f64,
) -> io::Result<()> {
    let lab = &surroundings.lab;
    let account = lab.account(transport);
    let mut requests = Requests::connect(surroundings, transport).await?;
    let _present = Present::new(&account.headless);
    let mut next = poll_once(surroundings, &mut requests, transport, "/updates").await?;
    let mut wait = part;
    loop {
        if transport == Transport::Short {
            let interval = lab.settings.borrow().interval;
            sleep(Duration::from_millis(interval).mul_f64(wait)).await;
            wait = 1.0;
        }
        next = poll_once(surroundings, &mut requests, transport, &format!("/updates?since={next}"))
            .await?;
    }
}

/// Takes what is new, and returns where to go on.
async fn poll_once(
    surroundings: &Surroundings,
    requests: &mut Requests,
    transport: Transport,
    path: &str,
) -> io::Result<i64> {
    let body =
        requests.get(path).await?.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let text = std::str::from_utf8(&body).map_err(io::Error::other)?;
    for time in upward::times(text) {
        surroundings.lab.account(transport).deliver(surroundings.lab.clock.milliseconds() - time);
    }
    let next = text.strip_prefix("{\"next\":").and_then(|rest| rest.split_once(','));
    next.and_then(|(next, _)| next.parse().ok())
        .ok_or_else(|| io::Error::other("no 'next' in the answer"))
}

pub(super) async fn events(surroundings: &Surroundings) -> io::Result<()> {
    let account = surroundings.lab.account(Transport::Sse);
    let mut requests = Requests::connect(surroundings, Transport::Sse).await?;
    let mut body = requests.get("/updates").await?.into_body();
    let _present = Present::new(&account.headless);
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(io::Error::other)?;
        text += std::str::from_utf8(frame.data_ref().map_or(&[], |data| data))
            .map_err(io::Error::other)?;
        // An empty line ends an event.
        while let Some(end) = text.find("\n\n") {
            for time in upward::times(&text[..end]) {
                account.deliver(surroundings.lab.clock.milliseconds() - time);
            }
            text.drain(..end + 2);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// Sends `count` messages of `size` in regular intervals, each in a request.
pub(crate) async fn post(
    surroundings: &Surroundings,
    count: u32,
    every: Duration,
    size: usize,
) -> io::Result<()> {
    let mut requests = Requests::connect(surroundings, Transport::Short).await?;
    let mut ticks = interval(every);
    ticks.reset_at(Instant::now());
    for _ in 0..count {
        ticks.tick().await;
        requests.post(upward::message(surroundings.lab.clock.milliseconds(), size)).await?;
    }
    Ok(())
}
