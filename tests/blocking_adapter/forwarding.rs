//! Transports inside of others: everything that is asked of the outer one reaches the inner one.

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use websocket_proto::adapter::blocking::{ClientStream, Plain, Transport, TryClone};

use crate::support::*;

/// Notes what it is asked.
#[derive(Clone, Debug, Default)]
struct Noting {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Noting {
    fn note(&self, what: impl Into<String>) {
        self.asked.lock().expect("a lock").push(what.into());
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("a lock"))
    }
}

impl Read for Noting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.note(format!("read {}", buffer.len()));
        Ok(0)
    }
}

impl Write for Noting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.note(format!("write {}", bytes.len()));
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.note(format!("write {} slices", slices.len()));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.note("flush");
        Ok(())
    }
}

impl Transport for Noting {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.note(format!("read timeout {timeout:?}"));
        Ok(())
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.note(format!("write timeout {timeout:?}"));
        Ok(())
    }

    fn set_no_delay(&mut self) -> io::Result<()> {
        self.note("no delay");
        Ok(())
    }

    fn reads_all(&self) -> bool {
        self.note("reads all");
        true
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        self.note("shut down write");
        Ok(())
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.note("shut down");
        Ok(())
    }
}

/// Asks everything that can be asked.
fn ask<T: Transport>(mut transport: T) {
    let slices = [IoSlice::new(b"one"), IoSlice::new(b"two")];
    assert_eq!(transport.read(&mut [0; 3]).expect("read"), 0);
    assert_eq!(transport.write(b"four").expect("write"), 4);
    assert_eq!(transport.write_vectored(&slices).expect("write"), 6);
    transport.flush().expect("flush");
    transport.set_read_timeout(ms(1)).expect("a timeout");
    transport.set_write_timeout(ms(2)).expect("a timeout");
    transport.set_no_delay().expect("an option");
    assert!(transport.reads_all());
    transport.shut_down_write().expect("shut down");
    transport.shut_down().expect("shut down");
}

const STREAM: [&str; 4] = ["read 3", "write 4", "write 2 slices", "flush"];

const TRANSPORT: [&str; 6] = [
    "read timeout Some(1ms)",
    "write timeout Some(2ms)",
    "no delay",
    "reads all",
    "shut down write",
    "shut down",
];

#[test]
fn a_borrowed_and_a_boxed_transport_pass_everything_on() {
    let mut noting = Noting::default();
    ask(&mut noting);
    assert_eq!(noting.asked(), [&STREAM[..], &TRANSPORT].concat());
    ask(Box::new(noting.clone()));
    assert_eq!(noting.asked(), [&STREAM[..], &TRANSPORT].concat());
    let boxed: Box<dyn Transport> = Box::new(noting.clone());
    ask(boxed);
    assert_eq!(noting.asked(), [&STREAM[..], &TRANSPORT].concat());
}

#[test]
fn what_is_plain_has_a_stream_and_no_more() {
    let noting = Noting::default();
    let mut plain = Plain(noting.clone());
    let slices = [IoSlice::new(b"one"), IoSlice::new(b"two")];
    assert_eq!(plain.read(&mut [0; 3]).expect("read"), 0);
    assert_eq!(plain.write(b"four").expect("write"), 4);
    assert_eq!(plain.write_vectored(&slices).expect("write"), 6);
    plain.flush().expect("flush");
    assert_eq!(noting.asked(), STREAM);
    plain.set_read_timeout(ms(1)).expect("nothing");
    plain.set_write_timeout(ms(1)).expect("nothing");
    plain.set_no_delay().expect("nothing");
    assert!(!plain.reads_all(), "nobody knows");
    let cannot = |result: io::Result<()>| result.expect_err("no way").kind();
    assert_eq!(cannot(plain.shut_down_write()), io::ErrorKind::Unsupported);
    assert_eq!(cannot(plain.shut_down()), io::ErrorKind::Unsupported);
    assert_eq!(noting.asked(), [""; 0]);
}

/// What one handle writes, and another one, arrive in this order.
fn two_handles<T: Transport + TryClone>(one: T, mut far: impl Read) {
    let (mut one, mut other) = (one.try_clone().expect("a clone"), one);
    one.write_all(b"a").expect("write");
    let slices = [IoSlice::new(b"b"), IoSlice::new(b"c")];
    assert_eq!(other.write_vectored(&slices).expect("write"), 2);
    other.flush().expect("flush");
    one.shut_down_write().expect("shut down");
    let mut received = String::new();
    far.read_to_string(&mut received).expect("the end, for both handles");
    assert_eq!(received, "abc");
}

#[test]
fn a_clone_is_another_handle_on_the_same_socket() {
    let (server, client) = tcp_pair();
    two_handles(server, client);
    let (server, client) = tcp_pair();
    two_handles(&server, client);
    let (server, client) = tcp_pair();
    two_handles(ClientStream::Plain(server), client);
}

#[cfg(unix)]
#[test]
fn a_clone_is_another_handle_on_the_same_unix_socket() {
    let (server, client) = UnixStream::pair().expect("a pair");
    two_handles(server, client);
    let (server, client) = UnixStream::pair().expect("a pair");
    two_handles(&server, client);
}

#[cfg(unix)]
#[test]
fn the_timeouts_of_a_borrowed_unix_socket_are_set() {
    let (server, _client) = UnixStream::pair().expect("a pair");
    let mut borrowed = &server;
    Transport::set_read_timeout(&mut borrowed, ms(5_000)).expect("a timeout");
    Transport::set_write_timeout(&mut borrowed, ms(7_000)).expect("a timeout");
    assert_eq!(server.read_timeout().expect("a timeout"), ms(5_000));
    assert_eq!(server.write_timeout().expect("a timeout"), ms(7_000));
    assert!(Transport::reads_all(&borrowed));
}

#[test]
fn the_options_of_a_tcp_connection_are_set_through_a_client_stream() {
    let (_server, client) = tcp_pair();
    let mut stream = ClientStream::Plain(client);
    stream.set_read_timeout(ms(20)).expect("a timeout");
    stream.set_write_timeout(ms(30)).expect("a timeout");
    stream.set_no_delay().expect("an option");
    let tcp: &TcpStream = stream.tcp();
    assert!(tcp.nodelay().expect("an option") && stream.reads_all());
    assert!(tcp.read_timeout().expect("a timeout").is_some());
    assert!(tcp.write_timeout().expect("a timeout").is_some());
    stream.shut_down().expect("shut down");
    assert_eq!(stream.read(&mut [0]).expect("the end"), 0);
}
