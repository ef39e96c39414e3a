//! What fuzzing has found, each as the shortest script that showed it.

#![cfg(feature = "std")]

use std::time::Duration;

use websocket_proto::{Config, Connection};

/// `connection_client`: with `release_after` zero and something queued that the transport did not
/// take, every `tick` returned a deadline that was due already, and the driver span.
#[test]
fn a_buffer_in_use_sets_no_deadline_twice() {
    let mut config = Config::client();
    config.timeouts.release_after = Duration::ZERO;
    config.timeouts.write_stall = None;
    let mut connection = Connection::client(config, [7; 32]);
    connection.send_text("queued").unwrap();
    assert_eq!(connection.tick(Duration::ZERO), Some(Duration::ZERO));
    assert_eq!(connection.tick(Duration::ZERO), None);

    while connection.take_output().is_some() {}
    assert_eq!(connection.tick(Duration::ZERO), Some(Duration::ZERO));
    assert_eq!(connection.tick(Duration::ZERO), None);
}
