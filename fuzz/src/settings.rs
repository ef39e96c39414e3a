//! Settings that put every limit and deadline within reach of a short input.

use std::time::Duration;

use websocket_proto::deflate::{Agreement, Compress, Compression, CompressionPool};
use websocket_proto::{Config, Connection, Delivery, Liveness, Role};

use crate::Script;

/// Two bytes of the script: the first chooses the limits, the second everything else.
pub fn config(role: Role, script: &mut Script<'_>) -> Config {
    let mut config = match role {
        Role::Server => Config::server(),
        Role::Client => Config::client(),
    };
    let limits = script.byte();
    if limits & 1 != 0 {
        config.limits.max_frame_size = 200;
        config.limits.max_message_size = 300;
    }
    if limits & 2 != 0 {
        config.limits.max_fragments = 4;
        config.limits.max_empty_fragments = 2;
    }
    if limits & 4 != 0 {
        config.limits.max_pending_pongs = 2;
    }
    if limits & 8 != 0 {
        config.limits.max_write_buffer = 150;
    }
    if limits & 16 != 0 {
        config.limits.retain = 64;
    }
    if limits & 32 != 0 {
        config.limits.max_pending_pongs = 0;
    }
    if limits & 64 != 0 {
        config.reference_threshold = 10;
    }
    let choices = script.byte();
    if choices & 1 != 0 {
        config.delivery = Delivery::Chunks;
    }
    if choices & 2 != 0 {
        config.automatic_pong = false;
    }
    if choices & 4 != 0 {
        config.liveness = Liveness::AnyBytes;
    }
    if choices & 8 != 0 {
        config.timeouts.ping_interval = Some(Duration::from_secs(5));
        config.timeouts.pong = Some(Duration::from_secs(2));
    }
    if choices & 16 != 0 {
        config.timeouts.idle = Some(Duration::from_secs(60));
    }
    if choices & 32 != 0 {
        config.timeouts.close = None;
        config.timeouts.write_stall = None;
        config.timeouts.pong = None;
    }
    if choices & 64 != 0 {
        config.timeouts.release_after = Duration::ZERO;
        config.timeouts.close = Some(Duration::ZERO);
    }
    if choices & 128 != 0 {
        // Not that of the process, which would remember the input before.
        let mut compression = Compression::with_pool(CompressionPool::new(1));
        compression.compress = Compress::Above(10);
        compression.level = 1;
        compression.preferences.server_no_context_takeover = limits & 128 != 0;
        compression.preferences.client_no_context_takeover = limits & 128 != 0;
        config.compression = Some(compression);
    }
    config
}

/// A connection that has agreed on compression as its configuration has it.
pub fn connection(role: Role, config: Config, seed: [u8; 32]) -> Connection {
    let agreement = config.compression.as_ref().map(|compression| {
        let mut agreement = Agreement::default();
        let preferences = compression.preferences;
        agreement.server_no_context_takeover = preferences.server_no_context_takeover;
        agreement.client_no_context_takeover = preferences.client_no_context_takeover;
        agreement
    });
    let connection = match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, seed),
    };
    match agreement {
        Some(agreement) => connection.with_compression(agreement),
        None => connection,
    }
}
