//! What a server holds for connections that do nothing: resident memory that is no file's.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use websocket_proto::Role;

use crate::client::connect;
use crate::contenders::Contender;
use crate::frames::frame;
use crate::process::Process;

/// Bytes that this crate may hold for a connection.
pub const AIM: u64 = 1024;

/// Payload bytes of the message that each connection echoes once.
const MESSAGE: usize = 64 * 1024;

/// How long nothing happens before the last look: timers of a second have passed by then.
const REST: Duration = Duration::from_secs(2);

/// Bytes per connection.
pub struct Held {
    /// After the handshakes.
    pub opened: u64,
    /// After a message each, and a rest.
    pub used: u64,
    /// The same, once the allocator was told to return to the kernel what is free.
    pub trimmed: u64,
}

/// Starts a server of its own for this, and opens as many connections to it.
pub fn held(contender: &Contender, core: Option<usize>, connections: usize) -> io::Result<Held> {
    let process = Process::start(contender, core)?;
    let web_socket = contender.is_web_socket();
    let mut message = Vec::new();
    frame(&mut message, Role::Server, true, 2, &[7; MESSAGE]);
    // Unmasked, it is four bytes shorter.
    let answer = if web_socket { message.len() - 4 } else { message.len() };
    let mut buffer = vec![0; answer];
    let mut exchange = |socket: &mut TcpStream| {
        socket.write_all(&message)?;
        socket.read_exact(&mut buffer)
    };

    // What the first connection of all has the server allocate is nobody's.
    exchange(&mut connect(process.address, web_socket)?)?;
    thread::sleep(REST / 10);
    let before = process.memory()?;
    let mut sockets = Vec::with_capacity(connections);
    for _ in 0..connections {
        sockets.push(connect(process.address, web_socket)?);
    }
    // The last answer may be read before the server has put things away.
    thread::sleep(REST / 10);
    let opened = process.memory()?;
    sockets.iter_mut().try_for_each(&mut exchange)?;
    thread::sleep(REST);
    let used = process.memory()?;
    process.trim();
    thread::sleep(REST / 10);
    let trimmed = process.memory()?;
    let each = |bytes: u64| bytes.saturating_sub(before).div_ceil(connections as u64);
    Ok(Held { opened: each(opened), used: each(used), trimmed: each(trimmed) })
}
