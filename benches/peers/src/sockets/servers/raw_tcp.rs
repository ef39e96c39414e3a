//! The limit: what came in goes out, one read and one write at a time.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use super::READ;
use crate::epoll::{Epoll, Events, Interest};

const LISTENER: usize = usize::MAX;

struct Peer {
    socket: TcpStream,
    /// What the socket did not take; meanwhile nothing is read.
    rest: Vec<u8>,
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new()?;
    epoll.add(&listener, LISTENER)?;
    let mut events = Events::new();
    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut buffer: Box<[u8]> = vec![0; READ].into();
    loop {
        epoll.wait(&mut events, -1)?;
        for ready in events.iter() {
            if ready.key == LISTENER {
                let Ok((socket, _)) = listener.accept() else { continue };
                socket.set_nonblocking(true)?;
                socket.set_nodelay(true)?;
                let key = peers.iter().position(Option::is_none).unwrap_or_else(|| {
                    peers.push(None);
                    peers.len() - 1
                });
                epoll.add(&socket, key)?;
                peers[key] = Some(Peer { socket, rest: Vec::new() });
            } else if let Some(peer) = &mut peers[ready.key]
                && peer.turn(ready.key, &epoll, &mut buffer).is_err()
            {
                peers[ready.key] = None;
            }
        }
    }
}

impl Peer {
    #[inline]
    fn turn(&mut self, key: usize, epoll: &Epoll, buffer: &mut [u8]) -> io::Result<()> {
        if !self.rest.is_empty() {
            return self.write_rest(key, epoll);
        }
        let count = match self.socket.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        let written = match self.socket.write(&buffer[..count]) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        if written < count {
            self.rest.extend_from_slice(&buffer[written..count]);
            epoll.watch(&self.socket, key, Interest::Write)?;
        }
        Ok(())
    }

    #[cold]
    fn write_rest(&mut self, key: usize, epoll: &Epoll) -> io::Result<()> {
        match self.socket.write(&self.rest) {
            Ok(written) => drop(self.rest.drain(..written)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if self.rest.is_empty() {
            self.rest = Vec::new();
            epoll.watch(&self.socket, key, Interest::Read)?;
        }
        Ok(())
    }
}
