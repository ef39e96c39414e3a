//! Messages that were taken before there was room for them, one from each sink: a `Sink` cannot refuse what it was
//! ready for.

use alloc::boxed::Box;
use alloc::collections::VecDeque;

use super::tasks::Party;
use crate::Outgoing;
use crate::adapter::Message;

#[derive(Debug, Default)]
pub(super) struct Held(Option<Box<Messages>>);

/// In order, with whom they are from.
#[derive(Debug, Default)]
struct Messages(VecDeque<(Party, Message)>);

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|messages| messages.0.is_empty())
    }

    /// Whether there is one from this sink.
    pub(super) fn is_from(&self, party: Party) -> bool {
        self.0.as_ref().is_some_and(|messages| messages.0.iter().any(|(from, _)| *from == party))
    }

    pub(super) fn add(&mut self, party: Party, message: Message) {
        self.0.get_or_insert_default().0.push_back((party, message));
    }

    pub(super) fn take_first(&mut self) -> Option<(Party, Message)> {
        self.0.as_mut()?.0.pop_front()
    }

    pub(super) fn put_back(&mut self, first: (Party, Message)) {
        self.0.get_or_insert_default().0.push_front(first);
    }

    /// Queues them as far as there is room. Whether any was.
    pub(super) fn queue(&mut self, outgoing: &mut Outgoing) -> bool {
        let Some(Messages(messages)) = self.0.as_deref_mut() else {
            return false;
        };
        let before = messages.len();
        // An error is for the sink, when it asks.
        while messages.front().is_some_and(|(_, message)| message.queue(outgoing).is_ok()) {
            messages.pop_front();
        }
        messages.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Connection};

    /// As far as there is room, and whether that was of any use.
    #[test]
    fn they_are_queued_in_order_while_there_is_room() {
        let mut config = Config::server();
        config.limits.max_write_buffer = 20;
        let (_, mut outgoing) = Connection::server(config).split();
        let mut held = Held::default();
        assert!(!held.queue(&mut outgoing));
        for text in ["first", "second", "third, which is too long"] {
            held.add(Party::Reader, Message::from(text));
        }
        assert!(held.queue(&mut outgoing), "two of three");
        assert!(!held.queue(&mut outgoing), "there is no more room");
        assert!(held.is_from(Party::Reader) && !held.is_from(Party::Writer(1)));
        let output = outgoing.take_output();
        assert_eq!(output.as_deref(), Some(&b"\x81\x05first\x81\x06second"[..]));
        assert!(held.queue(&mut outgoing) && held.is_empty());
    }
}
