//! A TCP connection to a host, by a deadline.

use alloc::vec::Vec;
use core::net::SocketAddr;
use std::io::{self, ErrorKind};

use ::tokio::net::{TcpStream, lookup_host};
use ::tokio::time::{Instant, timeout_at};

use crate::adapter::Error;
use crate::adapter::route::{LATE, share};

/// Connects to the first address of the host that can be connected to. Each one gets its share of the time that
/// is left, so that one that is silent leaves some for the others.
pub(super) async fn connect(
    host: &str,
    port: u16,
    deadline: Option<Instant>,
) -> Result<TcpStream, Error> {
    let addresses: Vec<SocketAddr> =
        by(deadline, lookup_host((host, port))).await?.map_err(Error::Connect)?.collect();
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for (index, address) in addresses.iter().enumerate() {
        let now = Instant::now();
        let share = deadline.map(|deadline| now + share(deadline - now, addresses.len() - index));
        match by(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without it the connection is only slower: the adapter gathers by itself.
                let _: io::Result<()> = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => failure = error,
            Err(_) => failure = ErrorKind::TimedOut.into(),
        }
    }
    // What failed last may have done so because of the deadline.
    match deadline {
        Some(deadline) if deadline <= Instant::now() => Err(LATE),
        _ => Err(Error::Connect(failure)),
    }
}

/// Waits, but not beyond the deadline.
pub(super) async fn by<F: IntoFuture>(
    deadline: Option<Instant>,
    future: F,
) -> Result<F::Output, Error> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.map_err(|_| LATE),
        None => Ok(future.await),
    }
}
