//! What comes from the peer.

use websocket_proto::State;

use super::{Ends, Machine};
use crate::{Observed, Script, observe};

impl Machine {
    pub(super) fn receive(&mut self, bytes: Vec<u8>, script: &mut Script<'_>) {
        for mut piece in script.pieces(bytes) {
            let mut input = piece.as_mut_slice();
            loop {
                let before = input.len();
                let result = match self.ends.as_mut().unwrap() {
                    Ends::Whole(connection) => connection.receive(&mut input),
                    Ends::Halves(incoming, _) => incoming.receive(&mut input),
                };
                assert!(!self.deaf || matches!(result, Ok(None)), "nothing comes after the end");
                match result {
                    Ok(Some(event)) => {
                        self.ledger.beside(|| observe(&event, &mut self.events));
                        drop(event);
                        assert!(input.len() < before, "an event takes input");
                        self.deaf = matches!(self.events.last(), Some(Observed::Close(..)));
                        if !self.deaf && self.events.len() > 64 {
                            self.ledger.beside(|| {
                                self.events.retain(|seen| matches!(seen, Observed::Part(..)));
                            });
                        }
                    }
                    Ok(None) => break,
                    Err(_) => {
                        self.deaf = true;
                        break;
                    }
                }
                if let (true, Some(Ends::Whole(connection))) = (self.deaf, &self.ends) {
                    assert_ne!(connection.state(), State::Open);
                }
            }
            assert!(input.is_empty(), "the input is always taken");
        }
        if let (true, Some(Ends::Whole(connection))) = (self.deaf, &self.ends) {
            assert_ne!(connection.state(), State::Open);
        }
    }

    pub(super) fn receive_eof(&mut self) {
        match self.ends.as_mut().unwrap() {
            Ends::Whole(connection) => {
                connection.receive_eof();
                assert_ne!(connection.state(), State::Open);
            }
            Ends::Halves(incoming, _) => incoming.receive_eof(),
        }
        self.deaf = true;
    }
}
