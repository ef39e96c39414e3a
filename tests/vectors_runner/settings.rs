//! `config` and `app` lines.

use std::time::Duration;
use websocket_proto::{Config, Delivery, Liveness};

use super::compression::Compression;
use super::text::{duration, number, unescape};

type Settings = [(String, String)];

/// The settings of a vector: the defaults of the README, and its `config` lines.
pub(crate) fn config(settings: &Settings) -> Result<Config, String> {
    let mut config = Config::client();
    for (key, value) in settings.iter().filter(|(key, _)| key != "compression") {
        set(&mut config, key, value).map_err(|reason| format!("config {key}: {reason}"))?;
    }
    if let Some(compression) = Compression::parse(settings)? {
        set_compression(&mut config, &compression)?;
    }
    Ok(config)
}

#[cfg(feature = "deflate")]
fn set_compression(config: &mut Config, compression: &Compression) -> Result<(), String> {
    config.compression = Some(compression.typed()?);
    Ok(())
}

/// Checked, as far as it is known; a vector with compression is not played.
#[cfg(not(feature = "deflate"))]
fn set_compression(_: &mut Config, _: &Compression) -> Result<(), String> {
    Ok(())
}

fn set(config: &mut Config, key: &str, value: &str) -> Result<(), String> {
    let limits = &mut config.limits;
    let timeouts = &mut config.timeouts;
    match key {
        "max_frame_size" => limits.max_frame_size = number(value)?,
        "max_message_size" => limits.max_message_size = number(value)?,
        "max_fragments" => limits.max_fragments = number(value)?,
        "max_empty_fragments" => limits.max_empty_fragments = number(value)?,
        "max_pending_pongs" => limits.max_pending_pongs = number(value)?,
        "max_write_buffer" => limits.max_write_buffer = number(value)?,
        "max_head_size" => limits.max_head_size = number(value)?,
        "max_request_line" => limits.max_request_line = number(value)?,
        "max_headers" => limits.max_headers = number(value)?,
        "max_extensions" => limits.max_extensions = number(value)?,
        "max_extension_parameters" => limits.max_extension_parameters = number(value)?,
        "max_subprotocols" => limits.max_subprotocols = number(value)?,
        "max_interim_responses" => limits.max_interim_responses = number(value)?,
        "max_refusal_body" => limits.max_refusal_body = number(value)?,
        "timeout_handshake" => timeouts.handshake = time(value)?,
        "timeout_close" => timeouts.close = time(value)?,
        "timeout_write_stall" => timeouts.write_stall = time(value)?,
        "timeout_idle" => timeouts.idle = time(value)?,
        "timeout_pong" => timeouts.pong = time(value)?,
        "release_after" => timeouts.release_after = duration(value)?,
        "ping_interval" => timeouts.ping_interval = time(value)?,
        "delivery" => {
            config.delivery = match value {
                "messages" => Delivery::Messages,
                "chunks" => Delivery::Chunks,
                other => return Err(format!("{other:?}: messages or chunks")),
            }
        }
        "automatic_pong" => config.automatic_pong = switch(value)?,
        "liveness" => {
            config.liveness = match value {
                "matching-pong" => Liveness::MatchingPong,
                "any-bytes" => Liveness::AnyBytes,
                other => return Err(format!("{other:?}: matching-pong or any-bytes")),
            }
        }
        _ => return Err("unknown".into()),
    }
    Ok(())
}

fn time(value: &str) -> Result<Option<Duration>, String> {
    if value == "off" { Ok(None) } else { duration(value).map(Some) }
}

fn switch(value: &str) -> Result<bool, String> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("{other:?}: on or off")),
    }
}

/// Lifts every limit that refuses something (T-FR-10: "no limit" takes the same path through the code).
pub(crate) fn unlimited(config: &mut Config) {
    let limits = &mut config.limits;
    limits.max_frame_size = u64::MAX;
    limits.max_message_size = u64::MAX;
    limits.max_fragments = u32::MAX;
    limits.max_empty_fragments = u32::MAX;
    limits.max_write_buffer = usize::MAX;
    limits.max_head_size = usize::MAX;
    limits.max_request_line = usize::MAX;
    limits.max_headers = usize::MAX;
    limits.max_extensions = usize::MAX;
    limits.max_extension_parameters = usize::MAX;
    limits.max_subprotocols = usize::MAX;
    limits.max_interim_responses = u8::MAX;
    limits.max_refusal_body = usize::MAX;
}

/// Checks that every `app` line is known and its escapes are.
pub(crate) fn check_app(app: &Settings) -> Result<(), String> {
    for (key, value) in app {
        unescape(value)?;
        match key.as_str() {
            "accept" | "reject" | "subprotocol" | "subprotocols" | "origin" | "hosts"
            | "header" | "body" => {}
            other => return Err(format!("app {other}: unknown")),
        }
    }
    Ok(())
}
