//! §5.4 §10.4  The data message that is being received: what it is, and what it may grow to.

use crate::frame::{Header, MessageKind};
#[cfg(feature = "deflate")]
use crate::utf8::InvalidUtf8;
use crate::utf8::Validator;
use crate::{Limits, ProtocolError};

pub(super) struct Message {
    pub(super) kind: MessageKind,
    /// Whether a chunk of it was delivered.
    pub(super) begun: bool,
    /// Payload bytes of its frames so far, as announced in their headers.
    pub(super) size: u64,
    fragments: u32,
    empty_fragments: u32,
    /// What a text has come to.
    pub(super) text: Validator,
}

impl Message {
    pub(super) const fn new(kind: MessageKind) -> Self {
        Self {
            kind,
            begun: false,
            size: 0,
            fragments: 0,
            empty_fragments: 0,
            text: Validator::new(),
        }
    }

    /// One more frame. The limits are checked on its header alone, before anything is done for its payload.
    #[inline]
    pub(super) fn admit(&mut self, header: &Header, limits: &Limits) -> Result<(), ProtocolError> {
        if header.length > limits.max_frame_size {
            return Err(ProtocolError::FrameTooLarge);
        }
        self.size = self.size.saturating_add(header.length);
        if self.size > limits.max_message_size {
            return Err(ProtocolError::MessageTooLarge);
        }
        self.fragments = self.fragments.saturating_add(1);
        if self.fragments > limits.max_fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        if header.length == 0 && !(header.fin && self.fragments == 1) {
            self.empty_fragments = self.empty_fragments.saturating_add(1);
            if self.empty_fragments > limits.max_empty_fragments {
                return Err(ProtocolError::TooManyEmptyFragments);
            }
        }
        Ok(())
    }

    /// §8.1: a text is UTF-8 once it is inflated.
    #[cfg(feature = "deflate")]
    pub(super) fn add(&mut self, added: &[u8]) -> Result<(), InvalidUtf8> {
        match self.kind {
            MessageKind::Text => self.text.push(added),
            MessageKind::Binary => Ok(()),
        }
    }

    #[cfg(feature = "deflate")]
    pub(super) fn end(&mut self) -> Result<(), InvalidUtf8> {
        match self.kind {
            MessageKind::Text => self.text.finish(),
            MessageKind::Binary => Ok(()),
        }
    }
}
