//! Errors of the crate as results.

use websocket_proto::handshake::{HandshakeError, InvalidHeader, InvalidSubprotocol, InvalidUri};
use websocket_proto::{ProtocolError, SendError};

use crate::wsp_result::{self, *};

/// As `?` has it.
impl From<Result<(), Self>> for wsp_result {
    fn from(result: Result<(), Self>) -> Self {
        result.err().unwrap_or(WSP_OK)
    }
}

impl From<SendError> for wsp_result {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Closed => WSP_SEND_CLOSED,
            SendError::Full => WSP_SEND_FULL,
            SendError::MessageOpen => WSP_SEND_MESSAGE_OPEN,
            SendError::KindMismatch => WSP_SEND_KIND_MISMATCH,
            SendError::ControlTooLong => WSP_SEND_CONTROL_TOO_LONG,
            SendError::ReasonTooLong => WSP_SEND_REASON_TOO_LONG,
            SendError::CloseCode => WSP_SEND_CLOSE_CODE,
            SendError::InvalidUtf8 => WSP_SEND_INVALID_UTF8,
            SendError::Unmasked => WSP_SEND_UNMASKED,
            _ => WSP_STATE,
        }
    }
}

impl From<ProtocolError> for wsp_result {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::ReservedBits => WSP_PROTOCOL_RESERVED_BITS,
            ProtocolError::ReservedOpcode => WSP_PROTOCOL_RESERVED_OPCODE,
            ProtocolError::FragmentedControl => WSP_PROTOCOL_FRAGMENTED_CONTROL,
            ProtocolError::UnmaskedFrame => WSP_PROTOCOL_UNMASKED_FRAME,
            ProtocolError::MaskedFrame => WSP_PROTOCOL_MASKED_FRAME,
            ProtocolError::ControlTooLong => WSP_PROTOCOL_CONTROL_TOO_LONG,
            ProtocolError::UnexpectedContinuation => WSP_PROTOCOL_UNEXPECTED_CONTINUATION,
            ProtocolError::UnfinishedMessage => WSP_PROTOCOL_UNFINISHED_MESSAGE,
            ProtocolError::LengthNotMinimal => WSP_PROTOCOL_LENGTH_NOT_MINIMAL,
            ProtocolError::LengthOverflow => WSP_PROTOCOL_LENGTH_OVERFLOW,
            ProtocolError::FrameTooLarge => WSP_PROTOCOL_FRAME_TOO_LARGE,
            ProtocolError::MessageTooLarge => WSP_PROTOCOL_MESSAGE_TOO_LARGE,
            ProtocolError::TooManyFragments => WSP_PROTOCOL_TOO_MANY_FRAGMENTS,
            ProtocolError::TooManyEmptyFragments => WSP_PROTOCOL_TOO_MANY_EMPTY_FRAGMENTS,
            ProtocolError::TooManyFinalBlocks => WSP_PROTOCOL_TOO_MANY_FINAL_BLOCKS,
            ProtocolError::InvalidUtf8 => WSP_PROTOCOL_INVALID_UTF8,
            ProtocolError::InvalidCompression => WSP_PROTOCOL_INVALID_COMPRESSION,
            ProtocolError::ClosePayloadTooShort => WSP_PROTOCOL_CLOSE_PAYLOAD_TOO_SHORT,
            ProtocolError::InvalidCloseCode => WSP_PROTOCOL_INVALID_CLOSE_CODE,
            ProtocolError::InvalidCloseReason => WSP_PROTOCOL_INVALID_CLOSE_REASON,
            ProtocolError::OutOfMemory => WSP_PROTOCOL_OUT_OF_MEMORY,
            _ => WSP_PROTOCOL_ERROR,
        }
    }
}

impl From<HandshakeError> for wsp_result {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Malformed => WSP_HANDSHAKE_MALFORMED,
            HandshakeError::DuplicateHeader => WSP_HANDSHAKE_DUPLICATE_HEADER,
            HandshakeError::HeadTooLarge => WSP_HANDSHAKE_HEAD_TOO_LARGE,
            HandshakeError::RequestLineTooLong => WSP_HANDSHAKE_REQUEST_LINE_TOO_LONG,
            HandshakeError::TooManyHeaders => WSP_HANDSHAKE_TOO_MANY_HEADERS,
            HandshakeError::Timeout => WSP_HANDSHAKE_TIMEOUT,
            HandshakeError::ConnectionEnded => WSP_HANDSHAKE_CONNECTION_ENDED,
            HandshakeError::Extensions => WSP_HANDSHAKE_EXTENSIONS,
            HandshakeError::Connection => WSP_HANDSHAKE_CONNECTION,
            HandshakeError::Method => WSP_HANDSHAKE_METHOD,
            HandshakeError::HttpVersion => WSP_HANDSHAKE_HTTP_VERSION,
            HandshakeError::Target => WSP_HANDSHAKE_TARGET,
            HandshakeError::Host => WSP_HANDSHAKE_HOST,
            HandshakeError::Body => WSP_HANDSHAKE_BODY,
            HandshakeError::Key => WSP_HANDSHAKE_KEY,
            HandshakeError::Version => WSP_HANDSHAKE_VERSION,
            HandshakeError::UnsupportedVersion => WSP_HANDSHAKE_UNSUPPORTED_VERSION,
            HandshakeError::Subprotocols => WSP_HANDSHAKE_SUBPROTOCOLS,
            HandshakeError::NotUpgrade => WSP_HANDSHAKE_NOT_UPGRADE,
            HandshakeError::OriginRefused => WSP_HANDSHAKE_ORIGIN_REFUSED,
            HandshakeError::HostRefused => WSP_HANDSHAKE_HOST_REFUSED,
            HandshakeError::SubprotocolNotOffered => WSP_HANDSHAKE_SUBPROTOCOL_NOT_OFFERED,
            HandshakeError::Refused { .. } => WSP_HANDSHAKE_REFUSED,
            HandshakeError::EarlyResponse => WSP_HANDSHAKE_EARLY_RESPONSE,
            HandshakeError::Upgrade => WSP_HANDSHAKE_UPGRADE,
            HandshakeError::Accept => WSP_HANDSHAKE_ACCEPT,
            HandshakeError::UnexpectedSubprotocol => WSP_HANDSHAKE_UNEXPECTED_SUBPROTOCOL,
            HandshakeError::UnexpectedExtension => WSP_HANDSHAKE_UNEXPECTED_EXTENSION,
            HandshakeError::ExtensionParameters => WSP_HANDSHAKE_EXTENSION_PARAMETERS,
            HandshakeError::TooManyInterimResponses => WSP_HANDSHAKE_TOO_MANY_INTERIM_RESPONSES,
            HandshakeError::Aborted => WSP_HANDSHAKE_ABORTED,
            _ => WSP_HANDSHAKE_ERROR,
        }
    }
}

impl From<InvalidUri> for wsp_result {
    fn from(error: InvalidUri) -> Self {
        match error {
            InvalidUri::Scheme => WSP_URI_SCHEME,
            InvalidUri::Credentials => WSP_URI_CREDENTIALS,
            InvalidUri::Host => WSP_URI_HOST,
            InvalidUri::Port => WSP_URI_PORT,
            InvalidUri::ResourceName => WSP_URI_RESOURCE_NAME,
            InvalidUri::Fragment => WSP_URI_FRAGMENT,
            _ => WSP_ARGUMENT,
        }
    }
}

impl From<InvalidHeader> for wsp_result {
    fn from(error: InvalidHeader) -> Self {
        match error {
            InvalidHeader::Name => WSP_HEADER_NAME,
            InvalidHeader::Value => WSP_HEADER_VALUE,
            InvalidHeader::Reserved => WSP_HEADER_RESERVED,
            _ => WSP_ARGUMENT,
        }
    }
}

impl From<InvalidSubprotocol> for wsp_result {
    fn from(error: InvalidSubprotocol) -> Self {
        match error {
            InvalidSubprotocol::NotAToken(_) => WSP_SUBPROTOCOL_NAME,
            InvalidSubprotocol::Duplicate(_) => WSP_SUBPROTOCOL_DUPLICATE,
            _ => WSP_ARGUMENT,
        }
    }
}
