//! tungstenite: sockets that never block, in the loop that raw TCP has.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use tungstenite::{Error, Message, WebSocket};

use crate::epoll::{Epoll, Events, Interest};

const LISTENER: usize = usize::MAX;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    run(&listener, false)
}

pub fn serve_batched(listener: TcpListener) -> io::Result<()> {
    run(&listener, true)
}

/// A socket of which a read that brought less than there was room for has taken everything. It says
/// so without asking the kernel, which reports what comes later.
struct Socket {
    stream: TcpStream,
    drained: bool,
}

impl Read for Socket {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.drained {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.stream.read(buffer)?;
        self.drained = count < buffer.len();
        Ok(count)
    }
}

impl Write for Socket {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Peer {
    socket: WebSocket<Socket>,
    /// There is something to write that the socket did not take; meanwhile nothing is read.
    blocked: bool,
}

fn run(listener: &TcpListener, batched: bool) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new()?;
    epoll.add(listener, LISTENER)?;
    let mut events = Events::new();
    let mut peers: Vec<Option<Peer>> = Vec::new();
    loop {
        epoll.wait(&mut events, -1)?;
        for ready in events.iter() {
            if ready.key == LISTENER {
                let Ok((stream, _)) = listener.accept() else { continue };
                let Some(socket) = accept(stream) else { continue };
                let key = peers.iter().position(Option::is_none).unwrap_or_else(|| {
                    peers.push(None);
                    peers.len() - 1
                });
                epoll.add(&socket.get_ref().stream, key)?;
                peers[key] = Some(Peer { socket, blocked: false });
            } else if let Some(peer) = &mut peers[ready.key]
                && peer.turn(ready.key, &epoll, batched).is_err()
            {
                peers[ready.key] = None;
            }
        }
    }
}

/// The handshake, which is not measured, may block.
fn accept(stream: TcpStream) -> Option<WebSocket<Socket>> {
    stream.set_nonblocking(false).ok()?;
    stream.set_nodelay(true).ok()?;
    let mut socket = tungstenite::accept(Socket { stream, drained: false }).ok()?;
    socket.get_mut().stream.set_nonblocking(true).ok()?;
    Some(socket)
}

impl Peer {
    fn turn(&mut self, key: usize, epoll: &Epoll, batched: bool) -> Result<(), Error> {
        self.socket.get_mut().drained = false;
        let blocked = (self.blocked && is_blocked(self.socket.flush())?) || self.echo(batched)?;
        if blocked != self.blocked {
            self.blocked = blocked;
            let interest = if blocked { Interest::Write } else { Interest::Read };
            epoll.watch(&self.socket.get_ref().stream, key, interest)?;
        }
        Ok(())
    }

    /// Answers all that there is; says whether writing blocks.
    #[inline]
    fn echo(&mut self, batched: bool) -> Result<bool, Error> {
        loop {
            let message = match self.socket.read() {
                Ok(message @ (Message::Binary(_) | Message::Text(_))) => message,
                Ok(_) => continue,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let sent = if batched { self.socket.write(message) } else { self.socket.send(message) };
            // What blocks is in its buffer.
            if is_blocked(sent)? {
                return Ok(true);
            }
        }
        if batched { is_blocked(self.socket.flush()) } else { Ok(false) }
    }
}

fn is_blocked(outcome: Result<(), Error>) -> Result<bool, Error> {
    match outcome {
        Ok(()) => Ok(false),
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}
