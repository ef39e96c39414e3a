//! One message for many: encoded once, whoever it goes to.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::adapter::tokio::WebSocket;
use websocket_proto::{Config, Connection, Prepared};

use crate::support::run;

const RECEIVERS: usize = 1_000;

/// Where each run of bytes that was written lay in memory, and how long it was.
type Runs = Arc<Mutex<Vec<(usize, usize)>>>;

/// Takes everything, and notes where it lay.
struct Witness(Runs);

#[test]
fn one_payload_serves_a_thousand() {
    run(async {
        let runs = Runs::default();
        let config = Arc::new(Config::server());
        let mut receivers: Vec<_> = (0..RECEIVERS)
            .map(|_| {
                let connection = Connection::server(config.clone());
                WebSocket::from_connection(Witness(runs.clone()), connection, &config)
            })
            .collect();
        let news = Prepared::text("news ".repeat(200));
        for receiver in &mut receivers {
            receiver.send_with(|outgoing| outgoing.send_prepared(&news)).await.expect("sent");
        }
        let runs = runs.lock().expect("no panic");
        let mut payloads: Vec<usize> = runs
            .iter()
            .filter(|(_, length)| *length == 1_000)
            .map(|(address, _)| *address)
            .collect();
        assert_eq!(payloads.len(), RECEIVERS, "each got it in one piece");
        payloads.dedup();
        assert_eq!(payloads.len(), 1, "all got the same bytes: it was encoded once");
        println!("{RECEIVERS} receivers, {} encoded payload", payloads.len());
    });
}

impl AsyncRead for Witness {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Witness {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().expect("no panic").push((data.as_ptr().addr(), data.len()));
        Poll::Ready(Ok(data.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        runs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let seen = runs.iter().map(|run| (run.as_ptr().addr(), run.len()));
        self.0.lock().expect("no panic").extend(seen);
        Poll::Ready(Ok(runs.iter().map(|run| run.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
