//! A transport that takes nothing, until it is shut down.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use websocket_proto::adapter::blocking::{Closed, Error, Message, Transport, TryClone, WebSocket};
use websocket_proto::{CloseStatus, Connection, ExpiredDeadline};

use crate::support::*;

/// Gives `input` and then the end.
#[derive(Clone)]
struct Stuck {
    input: Arc<Mutex<Vec<u8>>>,
    down: Arc<(Mutex<bool>, Condvar)>,
    timeout: Option<Duration>,
    /// Told of each write that begins.
    writes: Sender<()>,
}

impl Stuck {
    fn new(input: &[u8]) -> (Self, Receiver<()>) {
        let (writes, begun) = channel();
        let input = Arc::new(Mutex::new(input.to_vec()));
        (Self { input, down: Arc::default(), timeout: None, writes }, begun)
    }
}

impl Read for Stuck {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut input = self.input.lock().expect("a lock");
        let count = input.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(input.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }
}

impl Write for Stuck {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        let _: Result<(), _> = self.writes.send(());
        let (down, wake) = &*self.down;
        let timeout = self.timeout.unwrap_or(Duration::from_secs(20));
        let down = down.lock().expect("a lock");
        let (down, _) = wake.wait_timeout_while(down, timeout, |down| !*down).expect("a lock");
        Err(if *down { ErrorKind::BrokenPipe } else { ErrorKind::WouldBlock }.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Transport for Stuck {
    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.timeout = timeout;
        Ok(())
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn shut_down(&mut self) -> io::Result<()> {
        *self.down.0.lock().expect("a lock") = true;
        self.down.1.notify_all();
        Ok(())
    }
}

impl TryClone for Stuck {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(self.clone())
    }
}

/// Reads while a writer is blocked that no deadline of its own wakes.
fn read_beside_a_blocked_writer(input: &[u8]) -> (Result<Option<Message>, Error>, Closed) {
    let mut config = server_config();
    config.timeouts.close = ms(60);
    config.timeouts.write_stall = None;
    let (transport, begun) = Stuck::new(input);
    let server = WebSocket::from_connection(transport, Connection::server(config.clone()), &config);
    let (mut reader, writer) = server.split().expect("split");
    let sending = spawn(move || writer.send_binary(&[0; 100]));
    begun.recv().expect("a write");
    let result = reader.read();
    assert!(join(sending).is_err(), "the writer was woken");
    (result, reader.closed().expect("closed"))
}

#[test]
fn the_end_is_told_while_a_writer_is_blocked() {
    let (result, closed) = read_beside_a_blocked_writer(b"");
    assert!(matches!(result, Err(Error::ConnectionLost)), "{result:?}");
    assert_eq!((closed.received, closed.clean), (CloseStatus::Abnormal, false));
}

#[test]
fn the_close_deadline_is_kept_while_a_writer_is_blocked() {
    let (result, closed) = read_beside_a_blocked_writer(&masked(0x88, b"\x03\xE8"));
    assert!(matches!(result, Ok(None)), "{result:?}");
    assert_eq!(closed.deadline, Some(ExpiredDeadline::Close));
    assert!(!closed.clean, "our answer did not go out");
}

#[test]
fn a_close_that_was_never_written_is_not_clean() {
    let mut config = client_config();
    config.timeouts.write_stall = ms(40);
    let (transport, _begun) = Stuck::new(b"\x88\x02\x03\xE8");
    let connection = Connection::client(config.clone(), [7; 32]);
    let client = WebSocket::from_connection(transport, connection, &config);
    let (mut reader, _writer) = client.split().expect("split");
    let result = reader.read();
    assert!(matches!(result, Ok(None)), "{result:?}");
    let closed = reader.closed().expect("closed");
    assert_eq!(closed.received.as_u16(), 1000);
    assert!(!closed.clean, "our answer did not go out");
}
