//! What goes to the transport.

use std::io::IoSlice;

use bytes::Buf;
use websocket_proto::{State, Transmit};

use super::{Ends, Machine, outgoing};
use crate::Script;

impl Machine {
    pub(super) fn transmit(&mut self, script: &mut Script<'_>, places: usize) {
        let count = script.byte();
        self.write(count.into(), places.min(64));
    }

    /// Lets the transport take up to `count` bytes; says whether there was something to write.
    pub(super) fn write(&mut self, count: usize, places: usize) -> bool {
        let unsent = self.queued().0;
        let state = self.state();
        let mut taken = Vec::new();
        match outgoing!(self, transmit()) {
            Transmit::Write(mut output) => {
                assert_eq!(output.remaining(), unsent);
                assert!(unsent > 0 && !output.chunk().is_empty(), "there is something to write");
                assert_ne!(state, State::Closed);
                let mut slices = [IoSlice::new(&[]); 64];
                let filled = output.chunks_vectored(&mut slices);
                let whole: Vec<u8> = concat(&slices[..filled]);
                assert!(filled == slices.len() || whole.len() == unsent, "all of it is shown");
                assert!(whole.starts_with(output.chunk()));
                let filled = output.chunks_vectored(&mut slices[..places]);
                assert!(filled <= places && whole.starts_with(&concat(&slices[..filled])));
                let count = count.min(whole.len());
                taken.extend_from_slice(&whole[..count]);
                output.advance(count);
            }
            Transmit::Shutdown => {
                assert_eq!(unsent, 0);
                assert_eq!(state, State::Closing);
                assert!(self.wire.is_between_frames(), "half-closed between two frames");
                assert!(self.wire.is_closed(), "half-closed behind our Close");
                return false;
            }
            Transmit::Abort => {
                assert_eq!(state, State::Closing);
                return false;
            }
            _ => {
                assert_eq!(unsent, 0);
                return false;
            }
        }
        assert_eq!(self.queued().0, unsent - taken.len(), "what was taken is gone");
        self.ledger.beside(|| self.wire.take(&taken));
        true
    }

    pub(super) fn take_output(&mut self) {
        let unsent = self.queued().0;
        match outgoing!(self, take_output()) {
            Some(bytes) => {
                assert_eq!(self.queued().0, unsent - bytes.len());
                assert!(!bytes.is_empty());
                self.ledger.beside(|| self.wire.take(&bytes));
            }
            None => assert_eq!(unsent, 0),
        }
    }
}

pub(super) fn concat(slices: &[IoSlice<'_>]) -> Vec<u8> {
    slices.iter().flat_map(|slice| slice.iter().copied()).collect()
}
