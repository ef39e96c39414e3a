//! This crate: the very files of the example.

use std::io;
use std::net::TcpListener;

use websocket_proto::Config;

use crate::server::Server;

pub fn serve(listener: TcpListener) -> io::Result<()> {
    let mut server = Server::new(listener, Config::server())?;
    loop {
        server.turn(None)?;
    }
}
