//! Clients without a browser.

pub(crate) mod crowd;
mod http;
mod websocket;

pub(crate) use http::post;
pub(crate) use websocket::send;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::net::TcpStream;

use crate::lab::Lab;
use crate::socket::Socket;
use crate::transport::Transport;

/// What a client knows of the world.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) lab: Arc<Lab>,
    /// The folder for everything that goes over the wire.
    pub(crate) capture: Option<PathBuf>,
}

impl Surroundings {
    /// A connection to the server of `transport`.
    async fn connect(&self, transport: Transport) -> io::Result<Socket> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let stream = TcpStream::connect(self.lab.address(transport)).await?;
        stream.set_nodelay(true)?;
        match &self.capture {
            None => Ok(Socket::of_client(stream)),
            Some(folder) => {
                let name = format!("{}-{}", transport.name(), NUMBER.fetch_add(1, Relaxed));
                Socket::captured(stream, folder, &name)
            }
        }
    }
}

/// Counts a client for as long as it is there.
struct Present<'a>(&'a AtomicU64);

impl<'a> Present<'a> {
    fn new(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Relaxed);
        Self(counter)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Listens to updates by `transport` until it is dropped or fails. `part` of an interval, from 0 to 1, goes by before the
/// first short poll, so that clients do not poll at the same moment.
pub(crate) async fn listen(
    surroundings: Surroundings,
    transport: Transport,
    part: f64,
) -> io::Result<()> {
    match transport {
        Transport::WebSocket => websocket::listen(&surroundings).await,
        Transport::Sse => http::events(&surroundings).await,
        Transport::Short | Transport::Long => http::poll(&surroundings, transport, part).await,
    }
}
