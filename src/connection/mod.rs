//! §5 §7  Both directions of one WebSocket.

mod opening;
mod sending;

use core::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::closing::{CloseInformation, State};
#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::frame::Role;
use crate::incoming::{Event, Incoming};
use crate::outgoing::{Outgoing, Transmit};
use crate::timer::earlier;
use crate::{Counters, ProtocolError};

/// An open WebSocket, without the socket.
///
/// ```text
///              bytes                                     events
///  transport ─────────▶ receive(&mut input) ──────────────────────▶ application
///            ◀───────── transmit() ◀──────────── send_*, ping, close
///              bytes                    ▲
///                                       │ Pong, Close
///                       tick(now) ──────┘ time
/// ```
///
/// Every method may be called at every moment. Nothing blocks, and nothing is remembered by the
/// driver: `receive` takes all that it is given, `transmit` shows what is left to write, `tick` says
/// when it wants to be called again.
///
/// An event borrows the input at most, so that it can be answered while it is held:
///
/// ```
/// use websocket_proto::{Config, Connection, Event, ProtocolError};
///
/// fn echo(connection: &mut Connection, mut input: &mut [u8]) -> Result<(), ProtocolError> {
///     while let Some(event) = connection.receive(&mut input)? {
///         match event {
///             Event::Text(text) => connection.send_text(&text).unwrap_or_default(),
///             Event::Binary(data) => connection.send_binary(&data).unwrap_or_default(),
///             _ => {} // the Pong and the answer to a Close are queued already
///         }
///     }
///     Ok(())
/// }
///
/// let mut connection = Connection::server(Config::server());
/// let mut bytes = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// echo(&mut connection, &mut bytes)?;
/// assert_eq!(&*connection.take_output().expect("the answer"), b"\x81\x05Hello");
/// # Ok::<(), ProtocolError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    incoming: Incoming,
    outgoing: Outgoing,
}

impl Connection {
    /// Takes bytes off the front of `input` and yields the next event; `None`: the input is used up.
    ///
    /// `input` is a cursor over what the transport delivered, and always ends empty: nothing has to be
    /// kept for the next call. A frame that stands in the input whole is unmasked in place and lent
    /// out of it; what spans reads or fragments is assembled and handed over owned. The Pong to a Ping
    /// and the answer to a Close are queued on return; write them by [`transmit`](Self::transmit).
    ///
    /// After the peer's Close, an error, or the end of the transport, input is discarded.
    ///
    /// # Errors
    /// The peer's violation of the protocol, once. Its Close frame is queued (see
    /// [`ProtocolError::close_code`]): behind what is queued already, or, if the transport has been shown
    /// bytes that it did not take, at the next frame boundary, and the rest is dropped. The input is emptied, and what comes later is discarded
    /// (§7.1.7). Events before the violation have been delivered.
    #[inline(always)]
    pub fn receive<'i>(
        &mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'i>>, ProtocolError> {
        self.incoming.receive_for(&mut self.outgoing, input)
    }

    /// The peer will send no more: the end of the stream (§7.1.4). Where the transport broke, nothing can be sent either:
    /// [`transport_shut_down`](Self::transport_shut_down), too.
    ///
    /// A message that is not complete is dropped. So is what was queued, unless the peer's Close was
    /// received. May be called again.
    pub fn receive_eof(&mut self) {
        self.incoming.stop();
        self.outgoing.receive_eof();
    }

    /// Says what the driver has to do for the direction towards the peer.
    ///
    /// May change after any other call. The same bytes are shown until they are taken off by
    /// [`Buf::advance`](bytes::Buf::advance). Asking changes
    /// nothing; but once bytes were looked at and none of them taken, they count as stuck: the answer to a Close or a
    /// violation then drops all that is queued behind the frame that has begun, see [`receive`](Self::receive).
    /// How much is queued, [`unsent`](Self::unsent) tells without a look.
    ///
    /// ```
    /// use bytes::Buf;
    /// use std::io::{self, Write};
    /// use websocket_proto::{Connection, Transmit};
    ///
    /// fn flush(connection: &mut Connection, transport: &mut impl Write) -> io::Result<()> {
    ///     while let Transmit::Write(mut output) = connection.transmit() {
    ///         let count = transport.write(output.chunk())?;
    ///         output.advance(count);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[inline]
    pub fn transmit(&mut self) -> Transmit<'_> {
        self.outgoing.transmit()
    }

    /// Takes the next run of bytes to transmit, owned, for transports that need to keep them
    /// (completion-based I/O); `None`: nothing is queued. They count as transmitted.
    ///
    /// Call it until `None`; each run is contiguous, and large payloads are not copied. What was taken is
    /// the driver's to write: no Pong overtakes it, and it is off the write-stall deadline.
    pub fn take_output(&mut self) -> Option<Bytes> {
        self.outgoing.take_output()
    }

    /// The transport was shut down for writing, or dropped: what [`Transmit::Shutdown`] and
    /// [`Transmit::Abort`] ask for. What is queued is dropped.
    pub fn transport_shut_down(&mut self) {
        self.outgoing.transport_shut_down();
        self.stop_if_ended();
    }

    /// Gives up: drops what is queued and has the driver drop the transport, without a Close (§7.1.1).
    pub fn abort(&mut self) {
        self.incoming.stop();
        self.outgoing.abort();
    }

    /// Whether the driver should stop reading because the output does not drain: from a refused send,
    /// or with the output at its limit, until half of it has been transmitted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.outgoing.is_full()
    }

    /// Bytes that are queued and not transmitted.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.outgoing.unsent()
    }

    /// Lets time pass: fires what is due, arms what was asked for since, and returns the next
    /// deadline.
    ///
    /// `now` is monotonic, since any origin; the deadline is on the same clock, and one that is not
    /// later than `now` means now. An earlier `now` counts as the latest seen. Any other call may
    /// change the deadline, so call this once before each wait. (The next one may be about something as
    /// small as a buffer to be freed.) Whoever was busy meanwhile reads what has arrived first: a Pong
    /// that still waits in the transport has not come. Without it nothing times out, no keepalive goes out, and idle
    /// buffers are kept.
    pub fn tick(&mut self, now: Duration) -> Option<Duration> {
        let now = self.outgoing.now(now);
        let outgoing = self.outgoing.tick(now);
        self.stop_if_ended();
        earlier(outgoing, self.incoming.tick(now))
    }

    /// Where the connection is in its life (§7.1).
    #[must_use]
    pub const fn state(&self) -> State {
        self.outgoing.state()
    }

    /// Which end of the connection this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.outgoing.role()
    }

    /// How and why the connection ends or has ended; `None` while it is open.
    #[must_use]
    pub fn close_information(&self) -> Option<CloseInformation<'_>> {
        self.outgoing.close_information()
    }

    /// The subprotocol that the opening handshake agreed on (§1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.outgoing.subprotocol()
    }

    /// What the opening handshake agreed on of compression (RFC 7692 §7.1); `None`: no message is
    /// compressed.
    ///
    /// A client that cannot go on without, or with what was agreed, says so with 1010 (RFC 7692 §5.1):
    /// `connection.close(CloseCode::MANDATORY_EXTENSION, "")`.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn compression(&self) -> Option<Agreement> {
        self.outgoing.compression()
    }

    /// Bytes and frames received.
    #[must_use]
    pub const fn received(&self) -> Counters {
        self.incoming.received()
    }

    /// Bytes taken by the transport, and frames queued.
    #[must_use]
    pub const fn sent(&self) -> Counters {
        self.outgoing.sent()
    }

    fn stop_if_ended(&mut self) {
        if self.outgoing.ignores_peer() {
            self.incoming.stop();
        }
    }

    /// Gives each direction to a task of its own. What the receiving one finds to be answered goes to
    /// the sending one by hand. The other way, once [`Outgoing::ignores_peer`] because of a deadline or
    /// `abort`, the receiving one is to [`stop`](Incoming::stop).
    ///
    /// ```
    /// use websocket_proto::{Config, Connection, ProtocolError};
    ///
    /// let (mut incoming, mut outgoing) = Connection::server(Config::server()).split();
    /// let mut bytes = *b"\x89\x80\0\0\0\0";
    /// let mut input = &mut bytes[..];
    /// while let Some(_event) = incoming.receive(&mut input)? {}
    /// if let Some(reply) = incoming.take_reply() {
    ///     outgoing.apply(reply);      // in the other task
    /// }
    /// assert_eq!(&*outgoing.take_output().expect("the Pong"), b"\x8a\0");
    /// # Ok::<(), ProtocolError>(())
    /// ```
    #[must_use]
    pub fn split(self) -> (Incoming, Outgoing) {
        (self.incoming, self.outgoing)
    }

    /// Takes the connection apart, to hand the transport to something else.
    #[must_use]
    pub fn into_parts(mut self) -> Parts {
        let unread = BytesMut::from(self.incoming.held());
        let inside_message = self.incoming.is_inside_message();
        let mut unsent = BytesMut::new();
        while let Some(run) = self.take_output() {
            unsent.extend_from_slice(&run);
        }
        Parts { unread, inside_message, unsent }
    }
}

/// What a connection held when it was taken apart.
#[derive(Clone)]
#[non_exhaustive]
pub struct Parts {
    /// The bytes of an incomplete frame header that were received, at most 14.
    pub unread: BytesMut,
    /// Whether a frame's payload or a fragmented message was incomplete, so that what comes next makes
    /// no sense to anyone else.
    pub inside_message: bool,
    /// Bytes that were queued and not transmitted.
    pub unsent: BytesMut,
}

impl core::fmt::Debug for Parts {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Parts")
            .field("unread", &self.unread.len())
            .field("inside_message", &self.inside_message)
            .field("unsent", &self.unsent.len())
            .finish()
    }
}

const _: () = {
    const fn shared_between_threads<T: Send + Sync + 'static>() {}
    shared_between_threads::<Connection>();
    shared_between_threads::<Incoming>();
    shared_between_threads::<Outgoing>();
    // Idle connections are paid for by the million.
    assert!(size_of::<Connection>() <= 384);
};
