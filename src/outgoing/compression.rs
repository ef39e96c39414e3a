//! RFC 7692 §7.2.1  Messages that go out compressed.

use alloc::boxed::Box;

use super::prepared::Frame;
use super::{MaskKeys, Outgoing, Prepared};
use crate::deflate::{
    Agreement, Compress, Compression, CompressionPool, Deflater, Direction, History, Settings,
    Terms, WindowBits, bound,
};
use crate::frame::{Header, Opcode};
use crate::rules::Sequence;

/// What compresses the messages of a connection that has agreed on it.
pub(super) struct Deflation {
    agreement: Agreement,
    direction: Direction,
    settings: Settings,
    pool: CompressionPool,
    choice: Compress,
    codec: Option<Deflater>,
    /// Whether the codec, if there is one, has to be restarted before it is used.
    stale: bool,
    /// What was compressed before, with context takeover.
    history: History,
    /// Whether the message that is open (§5.4) is compressed.
    open: bool,
}

impl Deflation {
    /// Whether a message is to be compressed that begins with `length` bytes, and ends with them if
    /// `fin`.
    fn applies_to(&self, length: usize, fin: bool) -> bool {
        // A window of 8 bits is more than the codec can promise: §6.1 lets each message go as it is.
        self.direction.window >= WindowBits::LEAST_OWN && self.choice.applies_to(length, fin)
    }

    /// Compresses a part of a message; to be followed by `done`.
    fn compress(&mut self, data: &[u8], last: bool) -> &[u8] {
        let codec = self.codec.get_or_insert_with(|| {
            self.stale = true;
            self.pool.take_deflater(self.settings)
        });
        if core::mem::take(&mut self.stale) {
            codec.restart(&self.history);
        }
        codec.compress(data, last)
    }

    /// Remembers what was compressed, or gives the context up.
    fn done(&mut self, data: &[u8], last: bool) {
        if let Some(codec) = &mut self.codec {
            codec.release_output();
        }
        if self.direction.takeover {
            self.history.push(data);
        } else if last {
            self.put_codec_back();
        }
    }

    /// Forgets what was compressed last and has not been sent.
    fn undo(&mut self) {
        if let Some(codec) = &mut self.codec {
            codec.release_output();
        }
        self.stale = true;
        if !self.direction.takeover {
            self.put_codec_back();
        }
    }

    fn put_codec_back(&mut self) {
        self.stale = true;
        self.codec = self.codec.take().and_then(|codec| self.pool.give_deflater(codec));
    }

    /// Frees the codec; the window stays. (In a message that is open, the codec does.)
    fn release(&mut self) {
        if !self.open {
            self.put_codec_back();
            self.codec = None;
        }
    }

    /// Frees all that can be freed: no message follows.
    fn close(&mut self) {
        self.put_codec_back();
        self.codec = None;
        self.history.clear();
    }

    /// Whether the prepared message was compressed in a way that every receiver with our parameters can
    /// read.
    fn fits(&self, window: WindowBits) -> bool {
        !self.direction.takeover && window <= self.direction.window
    }
}

impl Outgoing {
    /// Messages may be compressed. Nothing was sent before.
    pub(crate) fn set_compression(&mut self, terms: Terms, compression: &Compression) {
        let direction = terms.sending;
        self.deflation = Some(Box::new(Deflation {
            agreement: terms.agreement,
            direction,
            settings: Settings {
                window: direction.window,
                level: compression.level,
                memory_level: compression.memory_level,
            },
            pool: compression.pool.clone(),
            choice: compression.compress,
            codec: None,
            stale: true,
            history: History::new(direction.window.bytes()),
            open: false,
        }));
    }

    /// See [`Connection::set_compress`](crate::Connection::set_compress).
    pub fn set_compress(&mut self, choice: Compress) -> Compress {
        match &mut self.deflation {
            Some(deflation) => core::mem::replace(&mut deflation.choice, choice),
            None => Compress::Never,
        }
    }

    /// See [`Connection::compression`](crate::Connection::compression).
    #[must_use]
    pub fn compression(&self) -> Option<Agreement> {
        self.deflation.as_ref().map(|deflation| deflation.agreement)
    }

    /// Whether the next part of a message goes out compressed, and the most bytes that it can come to.
    pub(super) fn plan(&self, length: usize, fin: bool) -> (bool, usize) {
        let compress = self.deflation.as_ref().is_some_and(|deflation| match self.sequence {
            Sequence::Message(_) => deflation.open,
            _ => deflation.applies_to(length, fin),
        });
        (compress, if compress { bound(length) } else { length })
    }

    /// Queues a part of a message, compressed. There is room for it, and nothing can go wrong from here
    /// on: the context and the peer's window stay the same (RFC 7692 §7.2.3.2).
    ///
    /// A whole message that has not become smaller may go out as it is. Then the context is the one before it.
    pub(super) fn push_compressed(&mut self, opcode: Opcode, fin: bool, data: &[u8]) {
        let Some(deflation) = &mut self.deflation else {
            return;
        };
        let is_whole = fin && opcode != Opcode::Continuation;
        let may_go_as_is = is_whole && deflation.choice.may_go_as_is(data.len());
        let payload = deflation.compress(data, fin);
        if may_go_as_is && payload.len() >= data.len() {
            deflation.undo();
            self.push(opcode, fin, data);
            return;
        }
        let mask = self.keys.as_mut().map(MaskKeys::next_key);
        let rsv1 = opcode != Opcode::Continuation;
        let header = Header { fin, rsv1, opcode, mask, length: payload.len() as u64 };
        self.outbox.push(header.first_byte(), mask, payload);
        deflation.done(data, fin);
        deflation.open = !fin;
        self.queued();
    }

    /// Whether the message goes out as it was compressed once for all, or else by our own context.
    pub(super) fn plan_prepared<'m>(&self, message: &'m Prepared) -> PreparedPlan<'m> {
        let (Some(deflation), Some((window, frame))) = (&self.deflation, message.compressed_form())
        else {
            return PreparedPlan::AsIs(message.plain());
        };
        if deflation.choice == Compress::Never || deflation.direction.window < WindowBits::LEAST_OWN
        {
            PreparedPlan::AsIs(message.plain())
        } else if deflation.fits(window) {
            PreparedPlan::AsIs(frame)
        } else {
            PreparedPlan::OwnContext
        }
    }

    /// Frees the codec, which has gone unused.
    pub(super) fn release_compression(&mut self) {
        if let Some(deflation) = &mut self.deflation {
            deflation.release();
        }
    }

    /// Drops the contexts: no message follows.
    pub(super) fn end_compression(&mut self) {
        if let Some(deflation) = &mut self.deflation {
            deflation.close();
        }
    }
}

/// How a prepared message goes out.
pub(super) enum PreparedPlan<'m> {
    /// As this frame.
    AsIs(&'m Frame),
    /// Compressed by our own context.
    OwnContext,
}
