//! §10.4 §7.4.1  The defaults of every limit, and the code of every failure.
#![cfg(feature = "alloc")]

use std::time::Duration;

use websocket_proto::{Config, Delivery, Limits, Liveness, ProtocolError, Timeouts};

/// R6455-10.4-02 T-GN-04: all defaults are finite. Whoever changes one changes it here as well.
#[test]
fn the_default_limits() {
    let limits = Limits::default();
    assert_eq!(limits.max_frame_size, 16 * 1024 * 1024);
    assert_eq!(limits.max_message_size, 16 * 1024 * 1024);
    assert_eq!(limits.max_fragments, 131_072);
    assert_eq!(limits.max_empty_fragments, 1_024);
    assert_eq!(limits.max_pending_pongs, 32);
    assert_eq!(limits.max_write_buffer, 1024 * 1024);
    assert_eq!(limits.retain, 4 * 1024 * 1024);
    assert_eq!(limits.max_head_size, 16 * 1024);
    assert_eq!(limits.max_request_line, 8 * 1024);
    assert_eq!(limits.max_headers, 100);
    assert_eq!(limits.max_extensions, 32);
    assert_eq!(limits.max_extension_parameters, 16);
    assert_eq!(limits.max_subprotocols, 64);
    assert_eq!(limits.max_interim_responses, 8);
    assert_eq!(limits.max_refusal_body, 4 * 1024);
}

/// R6455-10.4-02, R6455-7.1.7-04: the presets differ in the keepalive alone.
#[test]
fn the_presets() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let client = Config::client();
    assert_eq!(client, Config::default());
    assert_eq!(client.limits, Limits::default());
    assert_eq!(client.timeouts, Timeouts::default());
    assert_eq!(client.timeouts.handshake, seconds(10));
    assert_eq!(client.timeouts.close, seconds(10));
    assert_eq!(client.timeouts.write_stall, seconds(30));
    assert_eq!(client.timeouts.idle, None);
    assert_eq!(client.timeouts.ping_interval, None);
    assert_eq!(client.timeouts.pong, seconds(20));
    assert_eq!(client.timeouts.release_after, Duration::from_secs(1));
    assert_eq!(client.delivery, Delivery::Messages);
    assert_eq!(client.liveness, Liveness::MatchingPong);
    assert!(client.automatic_pong);
    assert_eq!(client.reference_threshold, 4_096);

    let mut server = Config::server();
    assert_eq!(server.timeouts.ping_interval, seconds(30));
    server.timeouts.ping_interval = None;
    assert_eq!(server, client);
}

/// R6455-7.4.1-05: each kind of failure and what the peer is told.
#[test]
fn the_code_of_every_failure() {
    use ProtocolError as E;
    for (code, errors) in [
        (
            1002,
            &[
                E::ReservedBits,
                E::ReservedOpcode,
                E::FragmentedControl,
                E::UnmaskedFrame,
                E::MaskedFrame,
                E::ControlTooLong,
                E::UnexpectedContinuation,
                E::UnfinishedMessage,
                E::LengthNotMinimal,
                E::LengthOverflow,
                E::ClosePayloadTooShort,
                E::InvalidCloseCode,
            ][..],
        ),
        (1007, &[E::InvalidUtf8, E::InvalidCloseReason]),
        (1008, &[E::TooManyFragments, E::TooManyEmptyFragments, E::TooManyFinalBlocks]),
        (1009, &[E::FrameTooLarge, E::MessageTooLarge]),
        (1011, &[E::OutOfMemory]),
    ] {
        for error in errors {
            assert_eq!(error.close_code().as_u16(), code, "{error:?}");
        }
    }
}
