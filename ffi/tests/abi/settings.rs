//! The options of a configuration, and the texts of results.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use websocket_proto::handshake::HandshakeError;
use websocket_proto::{ProtocolError, SendError};
use websocket_proto_ffi::wsp_option::*;
use websocket_proto_ffi::wsp_result::*;
use websocket_proto_ffi::*;

use crate::support;

fn set(config: &mut Option<Box<wsp_config>>, option: u32, value: u64) -> wsp_result {
    wsp_config_set(config.as_deref_mut(), option, value)
}

fn read(config: &Option<Box<wsp_config>>, option: u32) -> Result<u64, wsp_result> {
    let mut value = MaybeUninit::uninit();
    match wsp_config_read(config.as_deref(), option, Some(&mut value)) {
        // SAFETY: there after WSP_OK.
        WSP_OK => Ok(unsafe { value.assume_init() }),
        result => Err(result),
    }
}

#[test]
fn the_header_states_the_defaults() {
    let config = wsp_config_server();
    let defaults = [
        (WSP_OPTION_MAX_FRAME_SIZE, 16 << 20),
        (WSP_OPTION_MAX_MESSAGE_SIZE, 16 << 20),
        (WSP_OPTION_MAX_FRAGMENTS, 131_072),
        (WSP_OPTION_MAX_EMPTY_FRAGMENTS, 1024),
        (WSP_OPTION_MAX_PENDING_PONGS, 32),
        (WSP_OPTION_MAX_WRITE_BUFFER, 1 << 20),
        (WSP_OPTION_RETAIN, 4 << 20),
        (WSP_OPTION_MAX_HEAD_SIZE, 16 << 10),
        (WSP_OPTION_MAX_REQUEST_LINE, 8 << 10),
        (WSP_OPTION_MAX_HEADERS, 100),
        (WSP_OPTION_MAX_EXTENSIONS, 32),
        (WSP_OPTION_MAX_EXTENSION_PARAMETERS, 16),
        (WSP_OPTION_MAX_SUBPROTOCOLS, 64),
        (WSP_OPTION_MAX_INTERIM_RESPONSES, 8),
        (WSP_OPTION_MAX_REFUSAL_BODY, 4 << 10),
        (WSP_OPTION_HANDSHAKE_TIMEOUT, 10_000),
        (WSP_OPTION_CLOSE_TIMEOUT, 10_000),
        (WSP_OPTION_WRITE_STALL_TIMEOUT, 30_000),
        (WSP_OPTION_IDLE_TIMEOUT, WSP_NEVER),
        (WSP_OPTION_PING_INTERVAL, 30_000),
        (WSP_OPTION_PONG_TIMEOUT, 20_000),
        (WSP_OPTION_RELEASE_AFTER, 1000),
        (WSP_OPTION_CHUNKS, 0),
        (WSP_OPTION_AUTOMATIC_PONG, 1),
        (WSP_OPTION_ALIVE_BY_ANY_BYTES, 0),
    ];
    for (option, value) in defaults {
        assert_eq!(read(&config, option as u32), Ok(value), "{option:?}");
    }
    assert_eq!(read(&wsp_config_client(), WSP_OPTION_PING_INTERVAL as u32), Ok(WSP_NEVER));

    let compression = [
        (WSP_OPTION_COMPRESSION, 0),
        (WSP_OPTION_COMPRESSION_LEVEL, 6),
        (WSP_OPTION_COMPRESSION_MEMORY_LEVEL, 8),
        (WSP_OPTION_COMPRESSION_ABOVE, 64),
        (WSP_OPTION_COMPRESSION_REQUIRED, 0),
        (WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER, 0),
        (WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER, 0),
        (WSP_OPTION_SERVER_MAX_WINDOW_BITS, 15),
        (WSP_OPTION_CLIENT_MAX_WINDOW_BITS, 15),
        (WSP_OPTION_COMPRESSION_POOL, 8),
    ];
    for (option, value) in compression {
        let expected = if wsp_has_compression() { Ok(value) } else { Err(WSP_UNSUPPORTED) };
        assert_eq!(read(&config, option as u32), expected, "{option:?}");
    }
}

#[test]
fn every_option_keeps_what_it_is_set_to() {
    let mut config = wsp_config_server();
    let options = (0..100).filter(|option| read(&config, *option).is_ok()).collect::<Vec<_>>();
    assert_eq!(options.len(), if wsp_has_compression() { 35 } else { 25 });
    let mut expected = Vec::new();
    for option in options {
        // Of each range the value that is not the default: a flag, or a level.
        let value = [0, 1, 9].into_iter().find(|value| {
            Ok(*value) != read(&config, option) && set(&mut config, option, *value) == WSP_OK
        });
        expected.push((option, Ok(value.expect("another value"))));
    }
    let kept: Vec<_> =
        expected.iter().map(|(option, _)| (*option, read(&config, *option))).collect();
    assert_eq!(kept, expected);
}

#[test]
fn values_that_an_option_does_not_have_change_nothing() {
    let mut config = wsp_config_server();
    for option in [0, 16, 29, 37, 53, 80, u32::MAX] {
        assert_eq!(set(&mut config, option, 1), WSP_ARGUMENT);
        assert_eq!(read(&config, option), Err(WSP_ARGUMENT));
    }
    let mut wrong = vec![
        (WSP_OPTION_CHUNKS, 2),
        (WSP_OPTION_AUTOMATIC_PONG, u64::MAX),
        (WSP_OPTION_RELEASE_AFTER, WSP_NEVER),
    ];
    if wsp_has_compression() {
        wrong.extend([
            (WSP_OPTION_COMPRESSION, 2),
            (WSP_OPTION_COMPRESSION_LEVEL, 10),
            (WSP_OPTION_COMPRESSION_MEMORY_LEVEL, 0),
            (WSP_OPTION_SERVER_MAX_WINDOW_BITS, 7),
            (WSP_OPTION_CLIENT_MAX_WINDOW_BITS, 16),
            (WSP_OPTION_CLIENT_MAX_WINDOW_BITS, 256 + 9),
        ]);
    }
    for (option, value) in wrong {
        let before = read(&config, option as u32);
        assert_eq!(set(&mut config, option as u32, value), WSP_ARGUMENT, "{option:?}");
        assert_eq!(read(&config, option as u32), before, "{option:?}");
    }
    // Too large is no limit.
    assert_eq!(set(&mut config, WSP_OPTION_MAX_FRAGMENTS as u32, u64::MAX), WSP_OK);
    assert_eq!(read(&config, WSP_OPTION_MAX_FRAGMENTS as u32), Ok(u32::MAX.into()));
}

#[test]
fn connections_keep_the_settings_they_were_made_with() {
    let mut config = support::config(&[(WSP_OPTION_MAX_MESSAGE_SIZE, 3)]);
    let mut before = wsp_server_established(config.as_deref());
    assert_eq!(set(&mut config, WSP_OPTION_MAX_MESSAGE_SIZE as u32, 4), WSP_OK);
    let mut after = wsp_server_established(config.as_deref());
    wsp_config_free(config);
    let message = support::frame(0x82, b"four");
    let received = support::receive_all(&mut before, &message);
    assert_eq!(received, Err(WSP_PROTOCOL_MESSAGE_TOO_LARGE));
    assert_eq!(support::receive_all(&mut after, &message).map(|events| events.len()), Ok(1));
}

fn text(result: wsp_result) -> String {
    let text = wsp_result_text(result as u32);
    // SAFETY: never NULL, and ended by a 0.
    unsafe { CStr::from_ptr(text) }.to_str().expect("ASCII").to_owned()
}

/// Of each error: C says what Rust says, so that none was mistaken for another.
#[test]
fn results_say_what_the_errors_say() {
    let sending = [
        SendError::Closed,
        SendError::Full,
        SendError::MessageOpen,
        SendError::KindMismatch,
        SendError::ControlTooLong,
        SendError::ReasonTooLong,
        SendError::CloseCode,
        SendError::InvalidUtf8,
        SendError::Unmasked,
    ];
    for error in sending {
        assert_eq!(text(error.into()), error.to_string(), "{error:?}");
    }
    let protocol = [
        ProtocolError::ReservedBits,
        ProtocolError::ReservedOpcode,
        ProtocolError::FragmentedControl,
        ProtocolError::UnmaskedFrame,
        ProtocolError::MaskedFrame,
        ProtocolError::ControlTooLong,
        ProtocolError::UnexpectedContinuation,
        ProtocolError::UnfinishedMessage,
        ProtocolError::LengthNotMinimal,
        ProtocolError::LengthOverflow,
        ProtocolError::FrameTooLarge,
        ProtocolError::MessageTooLarge,
        ProtocolError::TooManyFragments,
        ProtocolError::TooManyEmptyFragments,
        ProtocolError::TooManyFinalBlocks,
        ProtocolError::InvalidUtf8,
        ProtocolError::InvalidCompression,
        ProtocolError::ClosePayloadTooShort,
        ProtocolError::InvalidCloseCode,
        ProtocolError::InvalidCloseReason,
        ProtocolError::OutOfMemory,
    ];
    for error in protocol {
        assert_eq!(text(error.into()), error.to_string(), "{error:?}");
    }
    let handshake = [
        HandshakeError::Malformed,
        HandshakeError::DuplicateHeader,
        HandshakeError::HeadTooLarge,
        HandshakeError::RequestLineTooLong,
        HandshakeError::TooManyHeaders,
        HandshakeError::Timeout,
        HandshakeError::ConnectionEnded,
        HandshakeError::Extensions,
        HandshakeError::Connection,
        HandshakeError::Method,
        HandshakeError::HttpVersion,
        HandshakeError::Target,
        HandshakeError::Host,
        HandshakeError::Body,
        HandshakeError::Key,
        HandshakeError::Version,
        HandshakeError::UnsupportedVersion,
        HandshakeError::Subprotocols,
        HandshakeError::NotUpgrade,
        HandshakeError::OriginRefused,
        HandshakeError::HostRefused,
        HandshakeError::SubprotocolNotOffered,
        HandshakeError::EarlyResponse,
        HandshakeError::Upgrade,
        HandshakeError::Accept,
        HandshakeError::UnexpectedSubprotocol,
        HandshakeError::UnexpectedExtension,
        HandshakeError::ExtensionParameters,
        HandshakeError::TooManyInterimResponses,
        HandshakeError::Aborted,
    ];
    for error in handshake {
        assert_eq!(text(error.into()), error.to_string(), "{error:?}");
    }
    assert_eq!(wsp_result::from(HandshakeError::Refused { status: 404 }), WSP_HANDSHAKE_REFUSED);
    // SAFETY: never NULL, and ended by a 0.
    let unknown = unsafe { CStr::from_ptr(wsp_result_text(12345)) };
    assert_eq!(unknown, c"unknown result");
}

/// Every result of the header has a text of its own.
#[test]
fn every_result_has_a_text() {
    let header = include_str!("../../include/websocket_proto.h");
    let results = header.split("typedef enum {").find(|part| part.contains("} wsp_result;"));
    let results = results.and_then(|part| part.split("} wsp_result;").next()).expect("results");
    let numbers: Vec<u32> = results
        .lines()
        .filter_map(|line| line.split(" = ").nth(1)?.trim_end_matches(',').parse().ok())
        .collect();
    assert!(numbers.len() > 80, "{}", numbers.len());
    for number in numbers {
        // SAFETY: never NULL, and ended by a 0.
        let text = unsafe { CStr::from_ptr(wsp_result_text(number)) };
        assert_ne!(text, c"unknown result", "{number}");
    }
}
