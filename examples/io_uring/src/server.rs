//! The loop: waits for completions and for deadlines, and has the connections do the rest.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use websocket_proto::Config;

use crate::Capabilities;
use crate::alarms::Alarms;
use crate::peer::{Output, Peer};
use crate::ring::{Completion, Input, Ring, Token};

/// How long to accept nothing when there is no file descriptor left.
const PAUSE: Duration = Duration::from_millis(100);

/// An echo server over one `io_uring`.
pub struct Server {
    ring: Ring,
    listener: TcpListener,
    /// There was no file descriptor for the next connection: when to try again.
    accept_at: Option<Duration>,
    config: Arc<Config>,
    places: Vec<Option<Box<Place>>>,
    vacant: Vec<usize>,
    alarms: Alarms,
    origin: Instant,
}

/// A connection, and what the kernel is doing for it.
struct Place {
    socket: TcpStream,
    peer: Peer,
    receiving: Receiving,
    sending: bool,
    /// The peer is done with. Its place is kept until the kernel is, too.
    over: bool,
}

/// Whether an operation is in flight that receives.
#[derive(Clone, Copy)]
enum Receiving {
    No,
    Yes(Token),
    /// About to end.
    Cancelled,
}

impl Server {
    /// A server that uses these means.
    ///
    /// # Errors
    /// Those of setting up `io_uring`.
    pub fn new(listener: TcpListener, config: Config, means: Capabilities) -> io::Result<Self> {
        let mut ring = Ring::new(means)?;
        ring.accept(listener.as_fd())?;
        Ok(Self {
            ring,
            listener,
            accept_at: None,
            config: Arc::new(config),
            places: Vec::new(),
            vacant: Vec::new(),
            alarms: Alarms::new(),
            origin: Instant::now(),
        })
    }

    /// Submits what there is, waits for something to do, `at_most` so long, and does it: one system call.
    ///
    /// # Errors
    /// The ring's. What goes wrong with a connection ends that connection.
    pub fn turn(&mut self, at_most: Option<Duration>) -> io::Result<()> {
        let alarm = self.alarms.next().into_iter().chain(self.accept_at).min();
        let alarm = alarm.map(|at| at.saturating_sub(self.origin.elapsed()));
        self.ring.wait(alarm.into_iter().chain(at_most).min())?;

        let now = self.origin.elapsed();
        if self.accept_at.take_if(|at| *at <= now).is_some() {
            self.ring.accept(self.listener.as_fd())?;
        }
        while let Some(completion) = self.ring.next_completion() {
            match completion {
                Completion::Accepted { result, more } => self.accepted(result, more, now)?,
                Completion::Received { key, result, more } => {
                    self.received(key, result, more);
                    self.drive(key, now)?;
                }
                Completion::Sent { key, result } => {
                    let Some(Some(place)) = self.places.get_mut(key) else { continue };
                    match result {
                        Ok(rest) if rest.is_empty() || place.over => {
                            place.sending = false;
                            place.peer.sent(now, true);
                        }
                        // A part: on with the rest.
                        Ok(rest) => {
                            place.peer.sent(now, false);
                            self.ring.send(key, place.socket.as_fd(), rest)?;
                        }
                        Err(_) => {
                            place.sending = false;
                            place.peer.fail();
                        }
                    }
                    self.drive(key, now)?;
                }
            }
        }
        for key in self.alarms.ring(now) {
            self.drive(key, now)?;
        }
        Ok(())
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.places.len() - self.vacant.len()
    }

    fn accepted(
        &mut self,
        result: io::Result<OwnedFd>,
        more: bool,
        now: Duration,
    ) -> io::Result<()> {
        match result {
            Ok(socket) => self.admit(TcpStream::from(socket), now)?,
            // Perhaps one will end meanwhile.
            Err(error) if is_out_of_files(&error) => self.accept_at = Some(now + PAUSE),
            // Of the connection that was to be accepted.
            Err(_) => {}
        }
        if !more && self.accept_at.is_none() {
            self.ring.accept(self.listener.as_fd())?;
        }
        Ok(())
    }

    fn admit(&mut self, socket: TcpStream, now: Duration) -> io::Result<()> {
        if socket.set_nodelay(true).is_err() {
            return Ok(());
        }
        let key = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        let peer = Peer::new(self.config.clone());
        let place = Place { socket, peer, receiving: Receiving::No, sending: false, over: false };
        self.places[key] = Some(Box::new(place));
        self.drive(key, now)
    }

    fn received(&mut self, key: usize, result: io::Result<Input>, more: bool) {
        // There until its last completion.
        let Some(Some(place)) = self.places.get_mut(key) else { return };
        if !more {
            place.receiving = Receiving::No;
        }
        match result {
            Ok(Input::Provided(mut buffer)) => {
                if !place.over {
                    place.peer.receive(self.ring.bytes(&mut buffer));
                }
                self.ring.give_back(buffer);
            }
            Ok(Input::Own(mut bytes)) => {
                if !place.over {
                    place.peer.receive(&mut bytes);
                }
            }
            Ok(Input::End) => place.peer.receive_eof(),
            // Nothing has happened to the connection: it is tried again when there is room.
            Err(error) if is_of_the_operation(&error) => {}
            Err(_) => place.peer.fail(),
        }
    }

    /// Has a connection do what it can.
    fn drive(&mut self, key: usize, now: Duration) -> io::Result<()> {
        let Some(Some(place)) = self.places.get_mut(key) else { return Ok(()) };
        if place.over {
            self.remove_if_idle(key);
            return Ok(());
        }
        let deadline = loop {
            place.peer.go_on();
            // Behind everything that may have moved the deadline, and before what it may ask for.
            let deadline = place.peer.tick(now);
            match place.peer.output(now) {
                Output::Nothing => break deadline,
                Output::Send(runs) => {
                    place.sending = true;
                    self.ring.send(key, place.socket.as_fd(), runs)?;
                }
                // §7.1.1: we end first, and read on.
                Output::Shutdown => {
                    if place.socket.shutdown(Shutdown::Write).is_err() {
                        place.peer.fail();
                    }
                }
            }
        };
        if place.peer.is_closed() {
            place.over = true;
            // Whatever is in flight completes by that.
            let _ = place.socket.shutdown(Shutdown::Both);
            self.alarms.clear(key);
            self.remove_if_idle(key);
            return Ok(());
        }
        match (place.peer.wants_input(), place.receiving) {
            (true, Receiving::No) => {
                place.receiving = Receiving::Yes(self.ring.receive(key, place.socket.as_fd())?);
            }
            (false, Receiving::Yes(token)) => {
                self.ring.cancel(token)?;
                place.receiving = Receiving::Cancelled;
            }
            _ => {}
        }
        self.alarms.set(key, deadline);
        Ok(())
    }

    /// Frees the place of a connection that is over, unless the kernel still works for it: its completions come with
    /// the same key.
    fn remove_if_idle(&mut self, key: usize) {
        let Some(place) = self.places.get_mut(key) else { return };
        let is_idle = |place: &&mut Box<Place>| {
            place.over && !place.sending && matches!(place.receiving, Receiving::No)
        };
        if place.as_mut().filter(is_idle).is_some() {
            *place = None;
            self.vacant.push(key);
        }
    }
}

fn is_out_of_files(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS))
}

/// Cancelled, or no provided buffer was left.
fn is_of_the_operation(error: &io::Error) -> bool {
    error.kind() == ErrorKind::Interrupted
        || matches!(error.raw_os_error(), Some(libc::ECANCELED | libc::ENOBUFS | libc::EAGAIN))
}
