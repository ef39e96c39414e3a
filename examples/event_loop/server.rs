//! The loop: waits for sockets and for deadlines, and has the connections do the rest.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use polling::{Event, Events, Poller};
use websocket_proto::Config;

use crate::peer::Peer;

/// The key of the listener; those of the connections are their places in `peers`.
const LISTENER: usize = usize::MAX - 1;

/// Bytes that one read may bring.
const READ: usize = 64 << 10;

/// `memcpy` between buffers that begin at the same offset in their pages is slow on some machines.
const SKEW: usize = 64;

pub(crate) struct Server {
    listener: TcpListener,
    /// Whether the poller watches the listener; not while there is no file descriptor to spare.
    accepting: bool,
    config: Arc<Config>,
    poller: Poller,
    events: Option<Events>,
    peers: Vec<Option<Box<Peer>>>,
    vacant: Vec<usize>,
    /// The alarm of each connection that has one, the next one first.
    alarms: BTreeSet<(Duration, usize)>,
    buffer: Box<[u8]>,
    origin: Instant,
}

impl Server {
    pub(crate) fn new(listener: TcpListener, config: Config) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let server = Self {
            listener,
            accepting: true,
            config: Arc::new(config),
            poller: Poller::new()?,
            events: Some(Events::new()),
            peers: Vec::new(),
            vacant: Vec::new(),
            alarms: BTreeSet::new(),
            buffer: vec![0; SKEW + READ].into(),
            origin: Instant::now(),
        };
        watch(&server.poller, &server.listener, LISTENER)?;
        Ok(server)
    }

    /// Waits for something to do, `at_most` so long, and does it.
    ///
    /// # Errors
    /// The poller's. What goes wrong with a connection ends that connection.
    pub(crate) fn turn(&mut self, at_most: Option<Duration>) -> io::Result<()> {
        let now = self.origin.elapsed();
        let alarm = self.alarms.first().map(|(at, _)| at.saturating_sub(now));
        let longest = match (alarm, at_most) {
            (Some(alarm), Some(at_most)) => Some(alarm.min(at_most)),
            (alarm, at_most) => alarm.or(at_most),
        };
        let mut events = self.events.take().unwrap_or_default();
        events.clear();
        self.poller.wait(&mut events, longest)?;

        let now = self.origin.elapsed();
        for event in events.iter() {
            match event.key {
                LISTENER => self.accept(now),
                // A place that was vacated and filled again in this very turn: the read finds nothing.
                key => self.drive(key, event.readable, now),
            }
        }
        self.events = Some(events);

        while let Some((_, key)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.set_alarm(key, Duration::MAX);
            self.drive(key, false, now);
        }
        Ok(())
    }

    fn accept(&mut self, now: Duration) {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => self.admit(socket, now),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => {
                    // No file descriptor is left: on with this when a connection has ended.
                    self.accepting = false;
                    return;
                }
            }
        }
        self.watch_listener();
    }

    fn admit(&mut self, socket: TcpStream, now: Duration) {
        let Ok(peer) = Peer::new(socket, self.config.clone()) else { return };
        let key = self.vacant.pop().unwrap_or_else(|| {
            self.peers.push(None);
            self.peers.len() - 1
        });
        if watch(&self.poller, &peer.socket, key).is_err() {
            self.vacant.push(key);
            return;
        }
        if let Some(place) = self.peers.get_mut(key) {
            *place = Some(Box::new(peer));
        }
        // The request is often there already.
        self.drive(key, true, now);
    }

    /// Has a connection do what it can, and sets what it waits for next.
    fn drive(&mut self, key: usize, readable: bool, now: Duration) {
        // An event of a connection that has ended in this turn finds nobody.
        let Some(peer) = self.peers.get_mut(key).and_then(Option::as_deref_mut) else { return };
        let buffer = self.buffer.get_mut(SKEW..).unwrap_or_default();
        let Ok(deadline) = peer.drive(readable, now, buffer) else { return self.remove(key) };
        if peer.is_closed() {
            return self.remove(key);
        }
        let interest = Event::new(key, peer.wants_input(), peer.wants_output());
        if self.poller.modify(&peer.socket, interest).is_err() {
            return self.remove(key);
        }
        // An alarm that rings too early costs one `tick`. To move it at every message costs more.
        if deadline < peer.alarm {
            self.set_alarm(key, deadline);
        }
    }

    fn set_alarm(&mut self, key: usize, at: Duration) {
        let Some(peer) = self.peers.get_mut(key).and_then(Option::as_deref_mut) else { return };
        self.alarms.remove(&(peer.alarm, key));
        peer.alarm = at;
        if at < Duration::MAX {
            self.alarms.insert((at, key));
        }
    }

    fn remove(&mut self, key: usize) {
        self.set_alarm(key, Duration::MAX);
        let Some(peer) = self.peers.get_mut(key).and_then(Option::take) else { return };
        // Fails only if the socket is not watched, which is what is wanted.
        self.poller.delete(&peer.socket).unwrap_or_default();
        self.vacant.push(key);
        if !self.accepting {
            self.accepting = true;
            self.watch_listener();
        }
    }

    /// The poller reports each interest once: it has to be said again.
    fn watch_listener(&mut self) {
        let interest = Event::readable(LISTENER);
        self.accepting = self.poller.modify(&self.listener, interest).is_ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for peer in self.peers.iter().flatten() {
            self.poller.delete(&peer.socket).unwrap_or_default();
        }
        self.poller.delete(&self.listener).unwrap_or_default();
    }
}

#[expect(unsafe_code, reason = "the poller keeps the number of the socket, not the socket")]
fn watch(poller: &Poller, socket: impl polling::AsRawSource, key: usize) -> io::Result<()> {
    // SAFETY: `remove` and `drop` delete the socket from the poller before they drop it.
    unsafe { poller.add(socket, Event::readable(key)) }
}

/// Whether the next connection in the queue may well be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted)
}
