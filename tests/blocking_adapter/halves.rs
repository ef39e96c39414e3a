//! Halves over transports of which the test decides what each call comes to.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};

use websocket_proto::adapter::blocking::{Error, Message, Reader, Transport, WebSocket, Writer};
use websocket_proto::{CloseStatus, Config, Connection, ExpiredDeadline, SendError, State};

use crate::support::*;

type Decide = Box<dyn FnMut(&[u8]) -> io::Result<usize> + Send>;

/// What the two directions of the transport do.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    on_read: Option<Box<dyn FnMut() -> io::Result<&'static [u8]> + Send>>,
    on_write: Option<Decide>,
    on_flush: Option<Box<dyn FnMut() + Send>>,
    written: Vec<u8>,
}

impl Script {
    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn on_read(&self, next: impl FnMut() -> io::Result<&'static [u8]> + Send + 'static) {
        self.lines().on_read = Some(Box::new(next));
    }

    /// Gives these one after the other, and then the end.
    fn give(&self, parts: impl IntoIterator<Item = Vec<u8>>) {
        let parts: Vec<_> = parts.into_iter().collect();
        let mut parts = parts.into_iter().map(|part| &*part.leak());
        self.on_read(move || Ok(parts.next().unwrap_or_default()));
    }

    fn on_write(&self, decide: impl FnMut(&[u8]) -> io::Result<usize> + Send + 'static) {
        self.lines().on_write = Some(Box::new(decide));
    }

    fn fail_writes(&self, error: ErrorKind) {
        self.on_write(move |_| Err(error.into()));
    }

    fn on_flush(&self, act: impl FnMut() + Send + 'static) {
        self.lines().on_flush = Some(Box::new(act));
    }

    fn written(&self) -> Vec<u8> {
        std::mem::take(&mut self.lines().written)
    }

    /// The halves of a server.
    fn halves(&self, config: Config) -> (Reader<Self, Self>, Writer<Self>) {
        let connection = Connection::server(config.clone());
        let server = WebSocket::from_connection(self.clone(), connection, &config);
        server.split_with(|script| Ok((script.clone(), script))).expect("split")
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Not locked while something is decided, which may call the WebSocket.
        let on_read = self.lines().on_read.take();
        let Some(mut on_read) = on_read else { return Ok(0) };
        let result = on_read();
        self.lines().on_read.get_or_insert(on_read);
        let bytes = result?;
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let on_write = self.lines().on_write.take();
        let mut count = bytes.len();
        if let Some(mut on_write) = on_write {
            let result = on_write(bytes);
            self.lines().on_write.get_or_insert(on_write);
            count = result?;
        }
        self.lines().written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let on_flush = self.lines().on_flush.take();
        // Once.
        if let Some(mut on_flush) = on_flush {
            on_flush();
        }
        Ok(())
    }
}

impl Transport for Script {
    fn shut_down_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Settings in which a wait for the peer does not end by itself.
fn patient() -> Config {
    let mut config = server_config();
    config.timeouts.write_stall = None;
    config
}

#[test]
fn a_full_queue_is_written_to_make_room() {
    let script = Script::default();
    let mut config = patient();
    config.limits.max_write_buffer = 1000;
    let (_reader, writer) = script.halves(config);
    writer.feed_binary(&[1; 600]).expect("room");
    assert_eq!(script.written().len(), 0);
    writer.feed_binary(&[2; 600]).expect("room, once the first is written");
    assert_eq!(script.written().len(), 604);
    writer.flush().expect("written");
    assert_eq!(script.written().len(), 604);
}

#[test]
fn a_transport_that_broke_takes_nothing_more() {
    let script = Script::default();
    let (_reader, writer) = script.halves(patient());
    script.fail_writes(ErrorKind::BrokenPipe);
    match writer.send("one") {
        Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::BrokenPipe),
        other => panic!("{other:?}"),
    }
    // Why is said once. What the peer may have said before is still to be read.
    script.on_write(|bytes| Ok(bytes.len()));
    assert!(matches!(writer.feed("two"), Err(Error::ConnectionLost)));
    assert!(matches!(writer.flush(), Err(Error::ConnectionLost)));
    assert_eq!(writer.state(), State::Open);
    assert_eq!(script.written(), b"");
}

#[test]
fn a_flush_says_how_the_connection_ended() {
    let script = Script::default();
    script.give([masked(0x88, b"\x03\xE8")]);
    let (mut reader, writer) = script.halves(patient());
    assert_eq!(reader.read().expect("a clean end"), None);
    assert_eq!(script.written(), b"\x88\x02\x03\xE8");
    writer.flush().expect("it ended well");

    let (mut reader, writer) = Script::default().halves(patient());
    assert!(matches!(reader.read(), Err(Error::ConnectionLost)));
    assert!(matches!(writer.flush(), Err(Error::ConnectionLost)));
    assert!(matches!(writer.feed("late"), Err(Error::Send(SendError::Closed))));
}

/// By a thread that did not get to write, say.
#[test]
fn what_is_queued_while_another_one_writes_is_not_stranded() {
    let script = Script::default();
    let (_reader, writer) = script.halves(patient());
    let other = writer.clone();
    script.on_flush(move || other.feed("two").expect("room"));
    writer.send("one").expect("sent");
    assert_eq!(script.written(), b"\x81\x03one\x81\x03two");
}

#[test]
fn what_is_queued_while_the_reader_writes_is_not_stranded() {
    let script = Script::default();
    let (mut reader, writer) = script.halves(patient());
    let other = writer.clone();
    script.on_flush(move || other.feed("two").expect("room"));
    writer.feed("one").expect("room");
    script.give([masked(0x81, b"three")]);
    assert_eq!(reader.read().expect("read"), Some("three".into()));
    assert_eq!(script.written(), b"\x81\x03one\x81\x03two");
}

/// As is known only by the time: there is no reader that would notice.
#[test]
fn a_writer_alone_gives_a_peer_up_that_takes_nothing() {
    let script = Script::default();
    let mut config = server_config();
    config.timeouts.write_stall = ms(20);
    let (mut reader, writer) = script.halves(config);
    script.fail_writes(ErrorKind::WouldBlock);
    let stalled = |result: Result<Option<Message>, Error>| {
        let timeout = Err::<(), _>(Error::Timeout(ExpiredDeadline::WriteStall));
        assert_eq!(format!("{:?}", result.map(drop)), format!("{timeout:?}"));
    };
    stalled(writer.send("one").map(|()| None));
    stalled(reader.read());
    assert_eq!(script.written(), b"");
    assert_eq!(writer.closed().expect("closed").received, CloseStatus::Abnormal);
}

#[test]
fn a_writer_that_waits_notices_that_the_connection_was_given_up() {
    let script = Script::default();
    let (mut reader, writer) = script.halves(patient());
    let other = writer.clone();
    script.on_write(move |_| {
        other.abort();
        Err(ErrorKind::WouldBlock.into())
    });
    script.on_read(|| Err(ErrorKind::WouldBlock.into()));
    // Who carries it out while somebody else writes.
    let reading = spawn(move || reader.read());
    assert!(matches!(writer.send("one"), Err(Error::ConnectionLost)));
    assert!(matches!(join(reading), Err(Error::ConnectionLost)));
    assert_eq!((writer.state(), script.written()), (State::Closed, Vec::new()));
}

/// It has something else to do.
#[test]
fn a_reader_does_not_write_for_ever_what_others_queue() {
    let script = Script::default();
    let mut config = patient();
    config.limits.max_write_buffer = 8 << 20;
    let (mut reader, writer) = script.halves(config);
    writer.feed(vec![0; 3 << 20]).expect("room");
    let (seen, mut before) = (script.clone(), 0);
    let message: &[u8] = masked(0x81, b"here").leak();
    script.on_read(move || {
        let written = seen.lines().written.len();
        assert!(written - before <= 1 << 20, "{written} bytes, and before the last read {before}");
        before = written;
        if written > 3 << 20 { Ok(message) } else { Err(ErrorKind::WouldBlock.into()) }
    });
    assert_eq!(reader.read().expect("read"), Some("here".into()));
}

#[test]
fn a_close_that_cannot_be_answered_any_more_is_the_end() {
    let script = Script::default();
    let (mut reader, _writer) = script.halves(patient());
    let mut writes = 0;
    script.on_write(move |_| {
        writes += 1;
        // It holds up the first attempt, and then it is gone.
        Err(if writes == 1 { ErrorKind::WouldBlock } else { ErrorKind::BrokenPipe }.into())
    });
    script.give([masked(0x88, b"\x03\xE8")]);
    assert_eq!(reader.read().expect("its Close came"), None);
    let closed = reader.closed().expect("closed");
    assert_eq!((closed.received.as_u16(), closed.clean), (1000, false));
}

#[test]
fn a_panic_of_the_transport_is_that_of_one_thread() {
    let script = Script::default();
    let (mut reader, writer) = script.halves(patient());
    script.on_write(|_| panic!("at the first write"));
    let other = writer.clone();
    assert!(spawn(move || other.send("one")).join().is_err());
    // What it was about to write stays to be written.
    script.give([masked(0x89, b"?"), masked(0x81, b"here")]);
    assert_eq!(reader.read().expect("read"), Some("here".into()));
    assert_eq!(script.written(), b"\x81\x03one\x8A\x01?");
    writer.send("two").expect("sent");
    assert_eq!(script.written(), b"\x81\x03two");
}
