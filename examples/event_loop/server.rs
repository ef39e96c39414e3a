//! The loop: waits for sockets and for deadlines, and has the connections do the rest.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use websocket_proto::Config;

use crate::alarms::Alarms;
use crate::peer::Peer;

/// The key of the listener; those of the connections are their places in `peers`.
const LISTENER: usize = usize::MAX;

/// Bytes that one read may bring.
const READ: usize = 256 << 10;

/// `memcpy` between buffers that begin at the same offset in their pages is slow on some machines.
const SKEW: usize = 64;

pub(crate) struct Server {
    listener: TcpListener,
    /// There was no file descriptor for the next connection.
    out_of_files: bool,
    config: Arc<Config>,
    poll: Poll,
    events: Option<Events>,
    /// Whose turn it is: something happened on the socket, or a read left something in it.
    ready: VecDeque<usize>,
    peers: Vec<Option<Box<Peer>>>,
    vacant: Vec<usize>,
    alarms: Alarms,
    buffer: Box<[u8]>,
    origin: Instant,
}

impl Server {
    pub(crate) fn new(listener: std::net::TcpListener, config: Config) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, Token(LISTENER), Interest::READABLE)?;
        Ok(Self {
            listener,
            out_of_files: false,
            config: Arc::new(config),
            poll,
            events: Some(Events::with_capacity(1024)),
            ready: VecDeque::new(),
            peers: Vec::new(),
            vacant: Vec::new(),
            alarms: Alarms::new(),
            buffer: vec![0; SKEW + READ].into(),
            origin: Instant::now(),
        })
    }

    /// Waits for something to do, `at_most` so long, and does it.
    ///
    /// # Errors
    /// The poller's. What goes wrong with a connection ends that connection.
    pub(crate) fn turn(&mut self, at_most: Option<Duration>) -> io::Result<()> {
        let mut events = self.events.take().unwrap_or_else(|| Events::with_capacity(1024));
        let longest = self.longest_wait(at_most);
        let polled = self.poll.poll(&mut events, longest);
        for event in &events {
            let Token(key) = event.token();
            if let Some(peer) = self.peers.get_mut(key).and_then(Option::as_deref_mut) {
                peer.notice(event);
            }
            self.line_up(key);
        }
        self.events = Some(events);
        match polled {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }

        let now = self.origin.elapsed();
        for _ in 0..self.ready.len() {
            match self.ready.pop_front() {
                Some(LISTENER) => self.accept(now),
                Some(key) => {
                    if let Some(peer) = self.peers.get_mut(key).and_then(Option::as_deref_mut) {
                        peer.is_lined_up = false;
                    }
                    self.drive(key, now);
                }
                None => break,
            }
        }
        for key in self.alarms.ring(now) {
            self.drive(key, now);
        }
        Ok(())
    }

    fn longest_wait(&self, at_most: Option<Duration>) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let alarm = self.alarms.next().map(|at| at.saturating_sub(self.origin.elapsed()));
        alarm.into_iter().chain(at_most).min()
    }

    fn accept(&mut self, now: Duration) {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => self.admit(socket, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => {
                    // On with this when a connection has ended.
                    self.out_of_files = true;
                    return;
                }
            }
        }
    }

    fn admit(&mut self, mut socket: TcpStream, now: Duration) {
        let key = self.vacant.pop().unwrap_or_else(|| {
            self.peers.push(None);
            self.peers.len() - 1
        });
        // Both at once and for good: the poller reports changes, so that what lasts costs nothing.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let watched = self.poll.registry().register(&mut socket, Token(key), interest);
        match watched.and_then(|()| Peer::new(socket, self.config.clone())) {
            Ok(peer) => {
                if let Some(place) = self.peers.get_mut(key) {
                    *place = Some(Box::new(peer));
                }
                self.drive(key, now);
            }
            Err(_) => self.vacant.push(key),
        }
    }

    /// Has a connection do what it can.
    fn drive(&mut self, key: usize, now: Duration) {
        // An event of a connection that has ended in this turn finds nobody, or a newcomer that
        // has nothing to read.
        let Some(peer) = self.peers.get_mut(key).and_then(Option::as_deref_mut) else { return };
        let buffer = self.buffer.get_mut(SKEW..).unwrap_or_default();
        let Ok(deadline) = peer.drive(now, buffer) else { return self.remove(key) };
        if peer.is_closed() {
            return self.remove(key);
        }
        let more = peer.can_read();
        self.alarms.set(key, deadline);
        if more {
            self.line_up(key);
        }
    }

    /// Once: who sends most is not to have most turns.
    fn line_up(&mut self, key: usize) {
        let peer = self.peers.get_mut(key).and_then(Option::as_deref_mut);
        if !peer.is_some_and(|peer| std::mem::replace(&mut peer.is_lined_up, true)) {
            self.ready.push_back(key);
        }
    }

    /// Drops a connection. The poller forgets its socket when that is closed.
    fn remove(&mut self, key: usize) {
        self.alarms.clear(key);
        if self.peers.get_mut(key).and_then(Option::take).is_some() {
            self.vacant.push(key);
        }
        if self.out_of_files {
            self.out_of_files = false;
            self.ready.push_back(LISTENER);
        }
    }
}

/// Whether the next connection in the queue may well be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted)
}
