//! A connection of a server to which anything happens in any order: frames in any pieces, calls,
//! deadlines, the ends of either direction, also split into halves.

#![no_main]

use libfuzzer_sys::fuzz_target;
use websocket_proto::Role;
use websocket_proto_fuzz::drive_connection;

fuzz_target!(|data: &[u8]| drive_connection(Role::Server, data));
