//! What can go wrong, and what the peer is told (§7.4.1).

use core::fmt;

use crate::frame::CloseCode;

/// A violation of the protocol by the peer.
///
/// Returned once. By then the Close frame with [`close_code`](Self::close_code) is queued (§7.1.7)
/// and everything the peer sends from there on is discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A reserved bit is set that no extension has given a meaning to (§5.2).
    ReservedBits,
    /// An opcode of 0x3-0x7 or 0xB-0xF (§5.2).
    ReservedOpcode,
    /// A control frame without FIN (§5.4, §5.5).
    FragmentedControl,
    /// A frame from a client that is not masked (§5.1).
    UnmaskedFrame,
    /// A frame from a server that is masked (§5.1).
    MaskedFrame,
    /// A control frame of more than 125 bytes (§5.5).
    ControlTooLong,
    /// A continuation frame with no message open (§5.4).
    UnexpectedContinuation,
    /// A new text or binary frame inside an unfinished message (§5.4).
    UnfinishedMessage,
    /// A length in more bytes than it needs (§5.2).
    LengthNotMinimal,
    /// A 64-bit length with its most significant bit set (§5.2).
    LengthOverflow,
    /// A frame over `Limits::max_frame_size`.
    FrameTooLarge,
    /// A message over `Limits::max_message_size`, be it as received
    /// or as inflated.
    MessageTooLarge,
    /// More fragments than `Limits::max_fragments`.
    TooManyFragments,
    /// More empty fragments than `Limits::max_empty_fragments`.
    TooManyEmptyFragments,
    /// More final DEFLATE blocks (BFINAL) in compressed messages than one for each frame, one for each KiB
    /// of the same message, and 16 beside: each costs much more than its two bytes. Senders end a message
    /// without.
    TooManyFinalBlocks,
    /// Text that is not UTF-8, reported at its first wrong byte (§8.1).
    InvalidUtf8,
    /// A compressed message that is no DEFLATE stream, or is cut off (RFC 7692 §7.2.2). A text that is cut
    /// off and not UTF-8 either may be reported as one or the other.
    InvalidCompression,
    /// A Close frame with a body of one byte (§5.5.1).
    ClosePayloadTooShort,
    /// A Close frame with a status code that may not be sent (§7.4).
    InvalidCloseCode,
    /// A Close frame whose reason is not UTF-8 (§5.5.1).
    InvalidCloseReason,
    /// No memory for the message; nothing of it was kept.
    OutOfMemory,
}

impl ProtocolError {
    /// The status code that the peer is told (§7.4.1): the one place where errors become codes.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::ReservedBits
            | Self::ReservedOpcode
            | Self::FragmentedControl
            | Self::UnmaskedFrame
            | Self::MaskedFrame
            | Self::ControlTooLong
            | Self::UnexpectedContinuation
            | Self::UnfinishedMessage
            | Self::LengthNotMinimal
            | Self::LengthOverflow
            | Self::ClosePayloadTooShort
            | Self::InvalidCloseCode => CloseCode::PROTOCOL_ERROR,
            Self::InvalidUtf8 | Self::InvalidCompression | Self::InvalidCloseReason => {
                CloseCode::INVALID_PAYLOAD
            }
            Self::FrameTooLarge | Self::MessageTooLarge => CloseCode::MESSAGE_TOO_BIG,
            Self::TooManyFragments | Self::TooManyEmptyFragments | Self::TooManyFinalBlocks => {
                CloseCode::POLICY_VIOLATION
            }
            Self::OutOfMemory => CloseCode::INTERNAL_ERROR,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReservedBits => "a reserved bit is set that no extension defines",
            Self::ReservedOpcode => "reserved opcode",
            Self::FragmentedControl => "control frame without FIN",
            Self::UnmaskedFrame => "unmasked frame from a client",
            Self::MaskedFrame => "masked frame from a server",
            Self::ControlTooLong => "control frame of more than 125 bytes",
            Self::UnexpectedContinuation => "continuation frame with no message open",
            Self::UnfinishedMessage => "new message inside an unfinished one",
            Self::LengthNotMinimal => "payload length not in its shortest form",
            Self::LengthOverflow => "payload length with its most significant bit set",
            Self::FrameTooLarge => "frame over the size limit",
            Self::MessageTooLarge => "message over the size limit",
            Self::TooManyFragments => "message of too many fragments",
            Self::TooManyEmptyFragments => "message of too many empty fragments",
            Self::TooManyFinalBlocks => "compressed message of too many final blocks",
            Self::InvalidUtf8 => "text is not valid UTF-8",
            Self::InvalidCompression => "compressed message is corrupt or cut off",
            Self::ClosePayloadTooShort => "close frame with a body of one byte",
            Self::InvalidCloseCode => "close frame with a status code that may not be sent",
            Self::InvalidCloseReason => "close reason is not valid UTF-8",
            Self::OutOfMemory => "no memory for the message",
        })
    }
}

impl core::error::Error for ProtocolError {}

/// A call that the protocol does not allow at this moment, or an argument that it does not allow
/// at all. It changed nothing: neither the output nor the state of the connection.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendError {
    /// Close was queued or received, or the connection has failed or ended (§5.5.1).
    Closed,
    /// The output holds `Limits::max_write_buffer` bytes:
    /// transmit first, then send again.
    Full,
    /// A message begun with `fragment` or a writer is not finished (§5.4).
    MessageOpen,
    /// The open message is of the other kind (§5.4).
    KindMismatch,
    /// A Ping or Pong of more than 125 bytes (§5.5).
    ControlTooLong,
    /// A close reason of more than 123 bytes (§5.5.1).
    ReasonTooLong,
    /// A status code that this role may not send (§7.4.1: 1010 is the client's).
    CloseCode,
    /// Text that is not UTF-8 (§5.6).
    InvalidUtf8,
    /// A [`Prepared`](crate::Prepared) message is unmasked, so that only a server can send it (§5.1).
    Unmasked,
}

#[cfg(feature = "alloc")]
impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the connection is closing or closed",
            Self::Full => "the output is full: transmit first",
            Self::MessageOpen => "a fragmented message is open",
            Self::KindMismatch => "the open message is of the other kind",
            Self::ControlTooLong => "control payload of more than 125 bytes",
            Self::ReasonTooLong => "close reason of more than 123 bytes",
            Self::CloseCode => "status code that this role may not send",
            Self::InvalidUtf8 => "text is not valid UTF-8",
            Self::Unmasked => "a client cannot send a prepared (unmasked) message",
        })
    }
}

#[cfg(feature = "alloc")]
impl core::error::Error for SendError {}
