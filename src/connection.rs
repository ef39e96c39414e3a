//! Both directions of one WebSocket (stub while the core is being written).

use alloc::sync::Arc;
use bytes::{Buf, BytesMut};

use crate::outgoing::MaskKeys;
use crate::{Config, Output, Transmit};

/// An open WebSocket.
#[derive(Debug)]
pub struct Connection {
    head: BytesMut,
    subprotocol: Option<Arc<str>>,
}

impl Connection {
    /// What the opening handshake hands over. `head`: bytes to transmit before any frame (the 101).
    pub(crate) fn open_server(
        _: Arc<Config>,
        head: BytesMut,
        subprotocol: Option<Arc<str>>,
    ) -> Self {
        Self { head, subprotocol }
    }

    /// What the opening handshake hands over.
    pub(crate) fn open_client(_: Arc<Config>, _: MaskKeys, subprotocol: Option<Arc<str>>) -> Self {
        Self {
            head: BytesMut::new(),
            subprotocol,
        }
    }

    /// What to transmit.
    pub fn transmit(&mut self) -> Transmit<'_> {
        if self.head.has_remaining() {
            Transmit::Write(Output::plain(&mut self.head))
        } else {
            Transmit::Idle
        }
    }

    /// The agreed subprotocol (§1.9).
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }
}
