//! Clients of short polling, long polling and Server-Sent Events, by hyper.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, ORIGIN};
use hyper::http::request::Builder;
use hyper::{Request, Response, body::Incoming};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep_until};

use super::{Present, Surroundings};
use crate::messages;
use crate::settings::Settings;
use crate::transport::Transport;

/// One connection that is kept alive. What moves its bytes ends with it.
struct Requests {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    origin: String,
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
        let host = surroundings.lab.address(transport).to_string();
        let origin = surroundings.lab.access.origin().to_owned();
        Ok(Self { sender, host, origin, _mover: mover })
    }

    async fn get(&mut self, path: &str) -> io::Result<Response<Incoming>> {
        self.send(Request::get(path), Full::default()).await
    }

    async fn post(&mut self, body: String) -> io::Result<()> {
        let request = Request::post("/message").header(CONTENT_TYPE, "text/plain");
        let answer = self.send(request, Full::from(body)).await?;
        answer.into_body().collect().await.map_err(io::Error::other)?;
        Ok(())
    }

    /// With the two headers that say where from and where to. (A browser sends about 400 bytes more.)
    async fn send(
        &mut self,
        request: Builder,
        body: Full<Bytes>,
    ) -> io::Result<Response<Incoming>> {
        let request = request.header(HOST, &self.host).header(ORIGIN, &self.origin).body(body);
        self.sender.ready().await.map_err(io::Error::other)?;
        let request = request.map_err(io::Error::other)?;
        let response = self.sender.send_request(request).await.map_err(io::Error::other)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(io::Error::other(response.status().to_string()))
        }
    }
}

/// Polls; a short poll each interval, as long as that is set.
pub(super) async fn poll(
    surroundings: &Surroundings,
    transport: Transport,
    part: f64,
) -> io::Result<()> {
    let lab = &surroundings.lab;
    let account = lab.account(transport);
    let mut settings = lab.settings.subscribe();
    let mut requests = Requests::connect(surroundings, transport).await?;
    let _present = Present::new(&account.headless);
    let mut path = "/updates".to_owned();
    let mut seen = None;
    let mut wait = part;
    loop {
        let answer =
            requests.get(&path).await?.into_body().collect().await.map_err(io::Error::other)?;
        let answer = answer.to_bytes();
        let text = std::str::from_utf8(&answer).map_err(io::Error::other)?;
        seen = account.deliver(text, lab.clock.milliseconds(), seen);
        path = format!(
            "/updates?since={}",
            next(text).ok_or_else(|| io::Error::other("no 'next' in the answer"))?
        );
        if transport == Transport::Short {
            until_next(&mut settings, wait).await?;
        }
        wait = 1.0;
    }
}

/// Waits for a part of the interval, whatever that is set to meanwhile.
async fn until_next(settings: &mut watch::Receiver<Settings>, part: f64) -> io::Result<()> {
    let asked = Instant::now();
    loop {
        let interval = Duration::from_millis(settings.borrow_and_update().interval);
        tokio::select! {
            () = sleep_until(asked + interval.mul_f64(part)) => return Ok(()),
            changed = settings.changed() => changed.map_err(io::Error::other)?,
        }
    }
}

/// Where to go on.
fn next(answer: &str) -> Option<i64> {
    answer.strip_prefix("{\"next\":")?.split_once(',')?.0.parse().ok()
}

pub(super) async fn events(surroundings: &Surroundings) -> io::Result<()> {
    let account = surroundings.lab.account(Transport::Sse);
    let mut requests = Requests::connect(surroundings, Transport::Sse).await?;
    let mut body = requests.get("/updates").await?.into_body();
    let _present = Present::new(&account.headless);
    let (mut text, mut seen) = (String::new(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(io::Error::other)?;
        text += std::str::from_utf8(frame.data_ref().map_or(&[], |data| data))
            .map_err(io::Error::other)?;
        // An empty line ends an event.
        if let Some(end) = text.rfind("\n\n") {
            seen = account.deliver(&text[..end], surroundings.lab.clock.milliseconds(), seen);
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
    for _ in 0..count {
        ticks.tick().await;
        requests.post(messages::message(surroundings.lab.clock.milliseconds(), size)).await?;
    }
    Ok(())
}
