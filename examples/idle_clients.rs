//! Thousands of connections that do next to nothing: the other end of `idle_server`.
//!
//! Obeys the lines that it reads, `connect`, `send` (a message of 64 KiB each, whose echo is awaited)
//! and `quit`, and answers each with `done`.
//!
//! `cargo run --release --example idle_clients -- PORT CONNECTIONS`

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use websocket_proto::handshake::{Client, ClientRequest, Uri};
use websocket_proto::{Config, Connection, Event, Transmit};

const MESSAGE: usize = 64 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(port), Some(connections)) = (arguments.next(), arguments.next()) else {
        return Err("usage: idle_clients PORT CONNECTIONS".into());
    };
    let (port, connections): (u16, usize) = (port.parse()?, connections.parse()?);
    let request = ClientRequest::new(Uri::parse(&format!("ws://127.0.0.1:{port}/"))?);
    let config = Arc::new(Config::client());
    let mut clients: Vec<(TcpStream, Connection)> = Vec::with_capacity(connections);
    let mut buffer = vec![0; 128 << 10];

    for line in io::stdin().lines() {
        match line?.as_str() {
            "connect" => {
                for _ in 0..connections {
                    clients.push(connect(port, &request, &config, &mut buffer)?);
                }
            }
            "send" => {
                for (socket, connection) in &mut clients {
                    exchange(socket, connection, &mut buffer)?;
                }
            }
            _ => return Ok(()),
        }
        println!("done");
    }
    Ok(())
}

fn connect(
    port: u16,
    request: &ClientRequest,
    config: &Arc<Config>,
    buffer: &mut [u8],
) -> Result<(TcpStream, Connection), Box<dyn Error>> {
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut client = Client::from_os(request, config.clone())?;
    while let Transmit::Write(mut output) = client.transmit() {
        let count = socket.write(output.chunk())?;
        output.advance(count);
    }
    loop {
        let mut input = read(&mut socket, buffer)?;
        if let Some(established) = client.receive(&mut input)? {
            return Ok((socket, established.connection));
        }
    }
}

/// Sends a message and reads until it has come back.
fn exchange(
    socket: &mut TcpStream,
    connection: &mut Connection,
    buffer: &mut [u8],
) -> Result<(), Box<dyn Error>> {
    connection.send_binary(&[7; MESSAGE])?;
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = socket.write(output.chunk())?;
        output.advance(count);
    }
    let echo = loop {
        let mut input = read(socket, buffer)?;
        if let Some(event) = connection.receive(&mut input)? {
            break event;
        }
    };
    if !matches!(&echo, Event::Binary(data) if **data == [7; MESSAGE]) {
        return Err("not what was sent".into());
    }
    // What is kept of the message is of no use here, and there are thousands.
    connection.tick(Duration::ZERO);
    connection.tick(Duration::from_secs(60));
    Ok(())
}

fn read<'b>(socket: &mut TcpStream, buffer: &'b mut [u8]) -> Result<&'b mut [u8], Box<dyn Error>> {
    let count = socket.read(buffer)?;
    if count == 0 {
        return Err("the server ended the connection".into());
    }
    buffer.get_mut(..count).ok_or_else(|| "no bytes".into())
}
