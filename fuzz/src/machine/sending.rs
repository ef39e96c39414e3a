//! Calls that queue something.

use std::io::IoSlice;

use bytes::Buf;
use websocket_proto::{SendError, State};

use super::transmitting::concat;
use super::{Ends, Machine, outgoing};
use crate::Script;

impl Machine {
    /// A call that is refused changes nothing; after the first Close every one is refused.
    pub(super) fn send(&mut self, call: impl FnOnce(&mut Self) -> Result<(), SendError>) {
        let open = self.state() == State::Open;
        let (unsent, frames) = self.queued();
        let result = call(self);
        let after = self.queued();
        match result {
            Ok(()) => {
                assert!(open, "nothing is sent once a Close was queued");
                assert!(after.0 > unsent && after.1 == frames + 1);
            }
            Err(error) => {
                assert_eq!(after, (unsent, frames), "{error:?} changes nothing");
                refused(error, open, unsent);
            }
        }
    }

    /// Lends a message to the transport, which takes some of what it is shown.
    pub(super) fn lend(&mut self, script: &mut Script<'_>) {
        let data = self.payload(script);
        let count = script.number();
        let open = self.state() == State::Open;
        let (unsent, frames) = self.queued();
        let result = outgoing!(self, lend_binary(&data)).map(|mut lent| {
            let whole = lent.remaining();
            assert!(whole > unsent && !lent.chunk().is_empty());
            let mut slices = [IoSlice::new(&[]); 64];
            let filled = lent.chunks_vectored(&mut slices);
            let shown = concat(&slices[..filled]);
            assert!(filled == slices.len() || shown.len() == whole, "all of it is shown");
            assert!(shown.starts_with(lent.chunk()));
            let taken = shown[..count.min(shown.len())].to_vec();
            lent.advance(taken.len());
            assert_eq!(lent.remaining(), whole - taken.len());
            (whole, taken)
        });
        match result {
            Ok((whole, taken)) => {
                assert!(open, "nothing is sent once a Close was queued");
                assert_eq!(self.queued(), (whole - taken.len(), frames + 1));
                self.ledger.beside(|| self.wire.take(&taken));
            }
            Err(error) => {
                assert_eq!(self.queued(), (unsent, frames), "{error:?} changes nothing");
                refused(error, open, unsent);
            }
        }
    }

    pub(super) fn is_misuse(&self, result: Result<(), SendError>) -> bool {
        !matches!(result, Err(SendError::ControlTooLong | SendError::Full))
    }
}

/// A call may be refused for these reasons.
fn refused(error: SendError, open: bool, unsent: usize) {
    assert!(
        open || matches!(error, SendError::Closed | SendError::Unmasked | SendError::InvalidUtf8)
    );
    assert!(!open || error != SendError::Closed);
    assert!(error != SendError::Full || unsent > 0, "one always fits");
}
