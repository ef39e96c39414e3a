//! A TCP connection to a host, by a deadline.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use super::Error;
use crate::adapter::route::{LATE, share};

/// Connects to the first address of the host that can be connected to. Each one gets its share of the time that
/// is left, so that one that is silent leaves some for the others.
pub(super) fn connect(
    host: &str,
    port: u16,
    deadline: Option<Instant>,
) -> Result<TcpStream, Error> {
    let addresses = resolve(host, port, deadline)?;
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for (index, address) in addresses.iter().enumerate() {
        let result = match deadline {
            None => TcpStream::connect(address),
            Some(deadline) => {
                let share = share(left(deadline)?, addresses.len() - index);
                TcpStream::connect_timeout(address, share.max(Duration::from_millis(1)))
            }
        };
        match result {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    // What failed last may have done so because of the deadline.
    deadline.map_or(Ok(Duration::ZERO), left)?;
    Err(Error::Connect(failure))
}

/// The addresses of a host. Asking for them cannot be broken off, so that it is left to a thread.
fn resolve(host: &str, port: u16, deadline: Option<Instant>) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok([SocketAddr::new(address, port)].into());
    }
    let host = host.to_string();
    let ask = move || (&*host, port).to_socket_addrs().map(Iterator::collect);
    let Some(deadline) = deadline else {
        return ask().map_err(Error::Connect);
    };
    let (answer, answered) = sync_channel(1);
    let asking = thread::Builder::new().name("resolve".to_string());
    // Who asked may have left.
    asking.spawn(move || answer.send(ask()).ok()).map_err(Error::Connect)?;
    match answered.recv_timeout(left(deadline)?) {
        Ok(addresses) => addresses.map_err(Error::Connect),
        Err(RecvTimeoutError::Timeout) => Err(LATE),
        Err(RecvTimeoutError::Disconnected) => Err(Error::Connect(ErrorKind::Other.into())),
    }
}

/// The time that is left.
fn left(deadline: Instant) -> Result<Duration, Error> {
    match deadline.saturating_duration_since(Instant::now()) {
        Duration::ZERO => Err(LATE),
        left => Ok(left),
    }
}
