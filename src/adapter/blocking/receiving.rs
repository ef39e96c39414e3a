//! Waiting for the peer: the same for a connection in one hand and for one half of it.

use core::time::Duration;

use super::line::Received;
use super::{Batch, Error, Message};
use crate::adapter::read_buffer::ReadBuffer;
use crate::{Event, Incoming, Outgoing, SendError};

/// What is received, and where it is read to.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) incoming: Incoming,
    pub(super) buffer: ReadBuffer,
}

/// The rest of the connection: where answers go, and how it ends.
pub(super) trait Side {
    /// Has what was received take effect on what is sent: Pongs, the answer to a Close and the like are queued.
    fn apply(&mut self, incoming: &mut Incoming);

    /// Applies, writes, and lets time pass; returns the next deadline.
    fn turn(&mut self, incoming: &mut Incoming) -> Option<Duration>;

    /// Whether the transport has ended.
    fn is_closed(&self) -> bool;

    /// Reads once, until `deadline` at the latest.
    fn read(&mut self, space: &mut [u8], deadline: Option<Duration>) -> Received;

    /// The peer will send no more; the incoming half knows.
    fn end(&mut self, incoming: &mut Incoming);

    /// Queues, and makes room first if that is needed.
    fn feed(&mut self, queue: &mut Queue<'_>) -> Result<(), Error>;

    /// Writes what is queued.
    fn flush(&mut self) -> Result<(), Error>;

    /// What the end means to who reads.
    fn outcome(&mut self) -> Result<(), Error>;
}

/// Something that queues one message, called again after [`SendError::Full`].
pub(super) type Queue<'q> = dyn FnMut(&mut Outgoing) -> Result<(), SendError> + 'q;

impl Receiving {
    /// Waits until there is something unread. `false`: the connection has ended.
    pub(super) fn wait(&mut self, side: &mut dyn Side) -> bool {
        while self.buffer.is_empty() {
            let deadline = side.turn(&mut self.incoming);
            if side.is_closed() {
                return false;
            }
            match side.read(self.buffer.space(), deadline) {
                Received::Bytes(count) => self.buffer.filled(count),
                Received::Nothing => {}
                Received::End => side.end(&mut self.incoming),
            }
        }
        true
    }

    /// What is unread, as events.
    pub(super) fn batch<'a>(&'a mut self, side: &'a mut dyn Side) -> Batch<'a> {
        Batch::new(self.buffer.unread(), &mut self.incoming, side)
    }

    pub(super) fn read_batch<'a>(
        &'a mut self,
        side: &'a mut dyn Side,
    ) -> Result<Option<Batch<'a>>, Error> {
        if self.wait(side) { Ok(Some(self.batch(side))) } else { side.outcome().map(|()| None) }
    }

    pub(super) fn read(&mut self, side: &mut dyn Side) -> Result<Option<Message>, Error> {
        while let Some(mut batch) = self.read_batch(side)? {
            if let Some(message) = batch.next_message()? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    pub(super) fn run<E: From<Error>>(
        &mut self,
        side: &mut dyn Side,
        mut on_event: impl FnMut(Event<'_>, &mut Batch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(mut batch) = self.read_batch(side)? {
            while let Some(event) = batch.next_event()? {
                on_event(event, &mut batch)?;
            }
        }
        Ok(())
    }
}

/// Goes on until the transport has ended; what the peer sends is discarded.
pub(super) fn drain(side: &mut dyn Side, incoming: &mut Incoming) {
    let mut discarded = [0; 4096];
    loop {
        let deadline = side.turn(incoming);
        if side.is_closed() {
            return;
        }
        if side.read(&mut discarded, deadline) == Received::End {
            side.end(incoming);
        }
    }
}
