//! The receiving half of a split WebSocket, which also keeps its deadlines.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::{io, thread};

use super::line::{Line, Received};
use super::receiving::{Queue, Receiving, Side};
use super::shared::{Progress, Shared};
use super::{Batch, Closed, Error, Message, Transport, TryClone, WebSocket, Writer};
use crate::timer::earlier;
use crate::{Event, Incoming, State, Transmit};

/// Receives from a WebSocket that was [`split`](WebSocket::split).
///
/// It answers Pings and the Close, and keeps the deadlines, while it is waiting for the peer. It does not wait
/// for a [`Writer`] that waits for the transport: two ends that send each other more than the transport
/// holds do not block each other. (The deadline that [`Writer::close`] sets may be kept late by a quarter
/// of its length.)
pub struct Reader<R, W> {
    receiving: Receiving,
    answering: Answering<R, W>,
}

struct Answering<R, W> {
    line: Line<R>,
    shared: Arc<Shared<W>>,
    /// The longest wait: a deadline that a writer has set must be noticed.
    longest: Option<Duration>,
    /// The transport took no more: when to try again, and how long that is after the try before.
    again: Option<Again>,
}

#[derive(Clone, Copy)]
struct Again {
    at: Duration,
    pause: Duration,
}

impl<S: Transport + TryClone> WebSocket<S> {
    /// Divides the WebSocket into a half that receives and one that sends, for threads of their own.
    ///
    /// ```no_run
    /// # use websocket_proto::adapter::blocking::{Error, WebSocket};
    /// # fn talk(websocket: WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    /// let (mut reader, writer) = websocket.split()?;
    /// std::thread::spawn(move || writer.send_text("as soon as something happens"));
    /// while let Some(message) = reader.read()? {
    ///     println!("{message:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] if the transport cannot be cloned; it is dropped.
    pub fn split(self) -> Result<(Reader<S, S>, Writer<S>), Error> {
        self.split_with(|transport| {
            let other = transport.try_clone()?;
            Ok((transport, other))
        })
    }
}

impl<S: Transport> WebSocket<S> {
    /// As [`split`](Self::split), for transports that are divided in their own way. Shutting down the half that
    /// reads should end the one that writes, too, where it may be blocked.
    ///
    /// # Errors
    /// [`Error::Io`] from `divide`.
    pub fn split_with<R: Transport, W: Transport>(
        self,
        divide: impl FnOnce(S) -> io::Result<(R, W)>,
    ) -> Result<(Reader<R, W>, Writer<W>), Error> {
        let Self { receiving, sending } = self;
        let (close, write_stall) = (sending.line.close(), sending.line.write_stall());
        let (reading, writing) = sending.line.divide(divide)?;
        let shared = Shared::new(sending.outgoing, writing, write_stall);
        let answering = Answering {
            line: reading,
            shared: shared.clone(),
            longest: earlier(close, write_stall).map(|shorter| shorter / 4),
            again: None,
        };
        Ok((Reader { receiving, answering }, Writer { shared }))
    }
}

impl<R: Transport, W: Transport> Reader<R, W> {
    /// Waits for the next message, see [`WebSocket::read`].
    ///
    /// # Errors
    /// As [`WebSocket::read`].
    pub fn read(&mut self) -> Result<Option<Message>, Error> {
        self.receiving.read(&mut self.answering)
    }

    /// Waits for the peer and lends what one read brings, see [`WebSocket::read_batch`].
    ///
    /// # Errors
    /// As [`WebSocket::read_batch`].
    pub fn read_batch(&mut self) -> Result<Option<Batch<'_>>, Error> {
        self.receiving.read_batch(&mut self.answering)
    }

    /// Calls `on_event` with each event until the connection ends, see [`WebSocket::run`].
    ///
    /// # Errors
    /// As [`WebSocket::run`].
    pub fn run<E: From<Error>>(
        &mut self,
        on_event: impl FnMut(Event<'_>, &mut Batch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.receiving.run(&mut self.answering, on_event)
    }

    /// Sets how many bytes one read takes, from the next one on. Default: 16 KiB.
    pub fn set_read_buffer_size(&mut self, bytes: usize) {
        self.receiving.buffer.set_size(bytes);
    }
}

impl<R, W> Reader<R, W> {
    /// Another handle for sending.
    #[must_use]
    pub fn writer(&self) -> Writer<W> {
        Writer { shared: self.answering.shared.clone() }
    }

    /// How and why the connection ends or has ended; `None` while it is open.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.answering.shared.closed()
    }
}

impl<R: Transport, W: Transport> Answering<R, W> {
    /// Lets time pass; returns the next deadline.
    fn tick(&mut self, incoming: &mut Incoming) -> Option<Duration> {
        let mut outgoing = self.shared.outgoing();
        let deadline = self.line.tick(&mut outgoing);
        // To ask while bytes are queued would say that the transport was shown them.
        if outgoing.unsent() == 0 && matches!(outgoing.transmit(), Transmit::Abort) {
            // Without the token: who holds it may be blocked until this.
            self.line.shut_down();
            outgoing.transport_shut_down();
        }
        if outgoing.ignores_peer() {
            incoming.stop();
        }
        earlier(deadline, incoming.tick(self.line.now()))
    }
}

impl<R: Transport, W: Transport> Answering<R, W> {
    /// Writes what is queued, if nobody else does and as far as the transport takes it.
    fn write_out(&mut self) {
        let now = self.line.now();
        let is_due = match self.again {
            Some(again) => again.at <= now,
            None => self.shared.has_output(),
        };
        if !is_due {
            return;
        }
        self.again = match self.shared.try_write_out(BRIEFLY) {
            Progress::Blocked => {
                let pause = self.again.map_or(FIRST_PAUSE, |again| again.pause * 2);
                let pause = pause.min(LONGEST_PAUSE);
                Some(Again { at: self.line.now() + pause, pause })
            }
            Progress::Done | Progress::Busy | Progress::Failed => None,
        };
    }

    /// Writes what may still go out when there is nothing to read any more, until the connection is closed.
    fn write_to_the_end(&mut self, incoming: &mut Incoming) {
        loop {
            let deadline = self.tick(incoming);
            if self.is_closed() {
                return;
            }
            let left = deadline.map(|deadline| deadline.saturating_sub(self.line.now()));
            let patience =
                left.map_or(LONGEST_PAUSE, |left| left.clamp(FIRST_PAUSE, LONGEST_PAUSE));
            match self.shared.try_write_out(patience) {
                // Whoever writes gives no sign when it is done.
                Progress::Busy => thread::sleep(FIRST_PAUSE),
                Progress::Blocked => {}
                // There is no more to come of the transport.
                Progress::Done | Progress::Failed => self.shared.outgoing().transport_shut_down(),
            }
        }
    }
}

impl<R: Transport, W: Transport> Side for Answering<R, W> {
    fn apply(&mut self, incoming: &mut Incoming) {
        if let Some(reply) = incoming.take_reply() {
            self.shared.outgoing().apply(reply);
        }
    }

    fn turn(&mut self, incoming: &mut Incoming) -> Option<Duration> {
        self.apply(incoming);
        let _deadline = self.tick(incoming);
        self.write_out();
        let deadline = self.tick(incoming);
        if self.is_closed() {
            // The peer may be waiting for our end.
            self.line.shut_down();
            self.shared.shut_down();
        }
        let longest = self.longest.map(|longest| self.line.now() + longest);
        earlier(earlier(deadline, longest), self.again.map(|again| again.at))
    }

    fn is_closed(&self) -> bool {
        self.shared.state() == State::Closed
    }

    fn read(&mut self, space: &mut [u8], deadline: Option<Duration>) -> Received {
        self.line.read(space, deadline)
    }

    fn end(&mut self, incoming: &mut Incoming) {
        incoming.receive_eof();
        self.apply(incoming);
        if !self.shared.is_writable() || !self.line.is_writable() {
            self.shared.outgoing().transport_shut_down();
        }
        self.write_to_the_end(incoming);
        // Without the token: who holds it may be blocked until this.
        self.line.shut_down();
    }

    fn feed(&mut self, queue: &mut Queue<'_>) -> Result<(), Error> {
        self.shared.feed(queue)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.shared.flush()
    }

    fn outcome(&mut self) -> Result<(), Error> {
        self.shared.outcome(self.line.take_failure())
    }
}

/// For how long a write of the reader's may wait.
const BRIEFLY: Duration = Duration::from_millis(1);

/// How long to let a transport alone that took no more, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl<R, W> fmt::Debug for Reader<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("incoming", &self.receiving.incoming)
            .field("shared", &self.answering.shared)
            .finish_non_exhaustive()
    }
}
