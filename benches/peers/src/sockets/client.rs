//! §4.1: opens a connection by hand.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use crate::frames::{ACCEPT, KEY};

/// How long a server may take for anything that a client waits for.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a connection, with a WebSocket on it if so wanted. It blocks.
pub fn connect(address: SocketAddr, web_socket: bool) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    end_at_once(&socket)?;
    if web_socket {
        shake_hands(&mut socket, address)?;
    }
    Ok(socket)
}

fn shake_hands(socket: &mut TcpStream, address: SocketAddr) -> io::Result<()> {
    let request = format!(
        "GET /echo HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
    );
    socket.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    let mut buffer = [0; 1024];
    while !response.ends_with(b"\r\n\r\n") {
        match socket.read(&mut buffer)? {
            0 => return Err(io::Error::other("ends in the handshake")),
            count => response.extend_from_slice(&buffer[..count]),
        }
    }
    let response = String::from_utf8_lossy(&response);
    if response.starts_with("HTTP/1.1 101 ") && response.contains(ACCEPT) {
        Ok(())
    } else {
        Err(io::Error::other(format!("answers {response:?}")))
    }
}

/// Closing is a reset, which leaves no connection waiting for its last packets to die out.
fn end_at_once(socket: &TcpStream) -> io::Result<()> {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: the option is valid and its size is given.
    crate::epoll::checked(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const linger).cast(),
            size_of_val(&linger) as libc::socklen_t,
        )
    })?;
    Ok(())
}
