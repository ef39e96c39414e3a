//! What the receiving direction has the sending one do.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::fmt;

use bytes::Bytes;

use super::Event;
use crate::ProtocolError;
use crate::frame::CloseCode;

/// Pongs remembered for the keepalive, which looks for one of 8 bytes.
const PONGS: usize = 8;

/// Something that reacts to what the peer said: the sending direction at once, or a [`Reply`] that
/// carries it there.
pub(crate) trait React {
    fn ping(&mut self, payload: &[u8]);
    fn pong(&mut self, payload: &[u8]);
    fn close(&mut self, code: Option<CloseCode>, reason: &str);
    fn violation(&mut self, violation: ProtocolError);
}

/// Tells `reaction` what of this result concerns the sending direction.
pub(super) fn pass_on(
    result: &Result<Option<Event<'_>>, ProtocolError>,
    reaction: &mut impl React,
) {
    match result {
        Ok(None | Some(Event::Text(_) | Event::Binary(_) | Event::Chunk(_))) => {}
        Ok(Some(Event::Ping(payload))) => reaction.ping(payload),
        Ok(Some(Event::Pong(payload))) => reaction.pong(payload),
        Ok(Some(Event::Close(close))) => reaction.close(close.code(), close.reason()),
        Err(violation) => reaction.violation(*violation),
    }
}

/// What [`Incoming`](crate::Incoming) has for [`Outgoing`](crate::Outgoing) to do: Pongs to send, a
/// Close to answer, a failure, the peer's end, signs of life. Bounded; hand it to
/// [`Outgoing::apply`](crate::Outgoing::apply), in order.
#[derive(Default)]
#[must_use = "without it Pings and Closes go unanswered"]
pub struct Reply {
    pub(crate) heard: bool,
    pub(crate) end: bool,
    acts: Option<Box<Acts>>,
}

#[derive(Default)]
struct Acts {
    pings: VecDeque<Bytes>,
    pongs: VecDeque<Bytes>,
    close: Option<(Option<CloseCode>, Box<str>)>,
    violation: Option<ProtocolError>,
}

impl Reply {
    pub(super) fn is_empty(&self) -> bool {
        !self.heard && !self.end && self.acts.is_none()
    }

    /// Has `reaction` do what was noted, in order.
    pub(crate) fn carry_out(self, reaction: &mut impl React) {
        let Some(acts) = self.acts else { return };
        for payload in &acts.pongs {
            reaction.pong(payload);
        }
        for payload in &acts.pings {
            reaction.ping(payload);
        }
        if let Some((code, reason)) = acts.close {
            reaction.close(code, &reason);
        }
        if let Some(violation) = acts.violation {
            reaction.violation(violation);
        }
    }
}

/// Notes reactions in a reply.
pub(super) struct Notes<'r> {
    pub(super) reply: &'r mut Reply,
    /// At most so many Pings are kept.
    pub(super) max_pings: usize,
}

impl Notes<'_> {
    fn acts(&mut self) -> &mut Acts {
        self.reply.acts.get_or_insert_default()
    }
}

impl React for Notes<'_> {
    fn ping(&mut self, payload: &[u8]) {
        let most = self.max_pings;
        push_bounded(&mut self.acts().pings, payload, most);
    }

    fn pong(&mut self, payload: &[u8]) {
        if payload.len() == 8 {
            push_bounded(&mut self.acts().pongs, payload, PONGS);
        }
    }

    fn close(&mut self, code: Option<CloseCode>, reason: &str) {
        self.acts().close = Some((code, reason.into()));
    }

    fn violation(&mut self, violation: ProtocolError) {
        self.acts().violation = Some(violation);
    }
}

fn push_bounded(queue: &mut VecDeque<Bytes>, payload: &[u8], most: usize) {
    if queue.len() >= most {
        queue.pop_front();
    }
    if queue.len() < most {
        queue.push_back(Bytes::copy_from_slice(payload));
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("heard", &self.heard)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-CT-01: the newest so many, which may be none.
    #[test]
    fn the_newest_are_remembered() {
        for most in 0..4 {
            let mut queue = VecDeque::new();
            for number in 0..10 {
                push_bounded(&mut queue, &[number], most);
            }
            let newest = 10 - most as u8..10;
            assert!(queue.iter().map(|payload| payload[0]).eq(newest), "{most}: {queue:?}");
        }
    }
}
