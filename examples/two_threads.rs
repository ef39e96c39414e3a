//! Two threads for one connection: one reads, the other writes, and neither waits for the other.
//!
//! ```text
//! cargo run --example two_threads
//! ```
//!
//! A server and a client send each other 16 MiB at the same time, far more than the sockets between them hold.
//! With a single thread at each end both would write, neither would read, and both would wait for ever. Split,
//! each end reads while it writes. The program prints what each end saw and ends by itself:
//!
//! ```text
//! server: received 257 messages, 16 MiB; sent 1000, received 1000, cleanly
//! client: received 256 messages, 16 MiB; sent 1000, received 1000, cleanly
//! ```
//!
//! `cargo test --example two_threads` runs it as a test, and with peers that vanish or do not read.

use std::error::Error as StdError;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use websocket_proto::adapter::blocking::{
    Closed, Error, Message, Reader, Transport, TryClone, WebSocket, Writer, accept, connect,
};
use websocket_proto::{CloseCode, CloseStatus};

const MESSAGES: u32 = 256;
const SIZE: usize = 64 << 10;

/// What the client sends last: nobody may close before everything has arrived.
const LAST: &str = "that was all";

fn main() -> Result<(), Box<dyn StdError>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let uri = format!("ws://{}/", listener.local_addr()?);

    let server = thread::spawn(move || {
        let (stream, _) = listener.accept()?;
        serve(accept(stream)?)
    });
    let client = talk(connect(&*uri)?)?;
    let server = server.join().map_err(|_| "the server thread panicked")??;

    println!("server: {}", server.describe());
    println!("client: {}", client.describe());
    Ok(())
}

/// The server's end. It has received everything when the client says so, and has sent everything when its
/// writing thread is done: then it closes.
fn serve(websocket: WebSocket<TcpStream>) -> Result<Summary, Error> {
    let (mut reader, writer) = websocket.split()?;
    let sending = {
        let writer = writer.clone();
        thread::spawn(move || send_numbered(&writer))
    };
    let mut summary = Summary::default();
    let received = loop {
        match reader.read() {
            Ok(Some(message)) => summary.add(&message),
            end => break end.map(drop),
        }
        if summary.last_came {
            break Ok(());
        }
    };
    // The client reads on, so that this ends. If the connection is lost, it ends with that error.
    let sent = sending.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    received?;
    sent?;
    writer.close(CloseCode::NORMAL, "both have everything")?;
    summary.read_to_the_end(&mut reader)
}

/// The client's end: reads until the server has closed.
fn talk<S: Transport + TryClone + Send + 'static>(
    websocket: WebSocket<S>,
) -> Result<Summary, Error> {
    let (mut reader, writer) = websocket.split()?;
    let sending = thread::spawn(move || {
        send_numbered(&writer)?;
        writer.send_text(LAST)
    });
    let summary = Summary::default().read_to_the_end(&mut reader);
    let sent = sending.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    // Why the connection ended is what the reader knows best.
    let summary = summary?;
    sent?;
    Ok(summary)
}

/// The writing thread. `send_*` returns when the message is on its way, and so waits for a peer that is slow: for
/// as long as `Timeouts::write_stall` allows.
fn send_numbered(writer: &Writer<impl Transport>) -> Result<(), Error> {
    let mut data = vec![0; SIZE];
    for number in 0..MESSAGES {
        if let Some(place) = data.first_chunk_mut() {
            *place = number.to_be_bytes();
        }
        writer.send_binary(&data)?;
    }
    Ok(())
}

/// What one end has received.
#[derive(Debug, Default)]
struct Summary {
    messages: u32,
    bytes: usize,
    last_came: bool,
    closed: Option<Closed>,
}

impl Summary {
    fn add(&mut self, message: &Message) {
        self.messages += 1;
        match message {
            Message::Binary(data) => self.bytes += data.len(),
            Message::Text(text) => self.last_came = **text == *LAST,
        }
    }

    /// Reads until the closing handshake is over. Pings are answered and deadlines kept meanwhile.
    fn read_to_the_end<S: Transport>(mut self, reader: &mut Reader<S, S>) -> Result<Self, Error> {
        while let Some(message) = reader.read()? {
            self.add(&message);
        }
        self.closed = reader.closed();
        Ok(self)
    }

    fn describe(&self) -> String {
        let end = match &self.closed {
            Some(Closed { sent, received, clean, .. }) => format!(
                "sent {}, received {}, {}",
                sent.map_or(0, CloseStatus::as_u16),
                received.as_u16(),
                if *clean { "cleanly" } else { "not cleanly" }
            ),
            None => "not closed".into(),
        };
        format!("received {} messages, {} MiB; {end}", self.messages, self.bytes >> 20)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::thread::JoinHandle;
    use std::time::Duration;

    use websocket_proto::{Config, Connection, ExpiredDeadline};

    use super::*;

    #[test]
    fn both_ends_send_much_at_once() {
        let (server, client) = sockets();
        let server = opened(server, Connection::server(Config::server()));
        let client = opened(client, Connection::client(Config::client(), [7; 32]));
        let server = thread::spawn(move || serve(server));
        let client = talk(client).unwrap();
        let server = join(server).unwrap();
        assert_eq!((server.messages, client.messages), (MESSAGES + 1, MESSAGES));
        assert_eq!((server.bytes, client.bytes), (16 << 20, 16 << 20));
        for closed in [server.closed.unwrap(), client.closed.unwrap()] {
            assert!(closed.clean);
            assert_eq!(closed.received, CloseStatus::Code(CloseCode::NORMAL));
        }
    }

    #[test]
    fn a_client_that_vanishes_ends_both_threads() {
        let (server, mut client) = sockets();
        let server = opened(server, Connection::server(Config::server()));
        let serving = thread::spawn(move || serve(server));
        // In the middle of a message.
        client.read_exact(&mut [0; 100_000]).unwrap();
        drop(client);
        let end = join(serving);
        assert!(matches!(end, Err(Error::Io(_) | Error::ConnectionLost)), "{end:?}");
    }

    #[test]
    fn a_client_that_does_not_read_is_left() {
        let mut config = Config::server();
        config.timeouts.write_stall = Some(Duration::from_millis(50));
        let (server, _client) = sockets();
        let connection = Connection::server(config.clone());
        let end = serve(WebSocket::from_connection(server, connection, &config));
        assert!(matches!(end, Err(Error::Timeout(ExpiredDeadline::WriteStall))), "{end:?}");
    }

    fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (listener.accept().unwrap().0, client)
    }

    fn opened(stream: TcpStream, connection: Connection) -> WebSocket<TcpStream> {
        WebSocket::from_connection(stream, connection, &Config::server())
    }

    fn join<T>(thread: JoinHandle<T>) -> T {
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
