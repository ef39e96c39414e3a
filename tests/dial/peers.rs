//! Servers and proxies, each a thread that ends after so many connections.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use websocket_proto::Config;
use websocket_proto::adapter::blocking::{Error, Message, accept_with};
use websocket_proto::handshake::{Acceptance, Request, Response};

/// A thread that serves on `address`.
pub(crate) struct Peer<T> {
    pub(crate) address: String,
    thread: JoinHandle<T>,
}

impl<T> Peer<T> {
    /// What it returns in the end.
    pub(crate) fn join(self) -> T {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// A listener on a port of the system's, and its host and port.
pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind");
    let address = listener.local_addr().expect("address").to_string();
    (listener, address)
}

/// Has `serve` see to so many connections, one after the other.
pub(crate) fn peer<T: Send + 'static>(
    connections: usize,
    mut serve: impl FnMut(TcpStream) -> T + Send + 'static,
) -> Peer<Vec<T>> {
    let (listener, address) = listen();
    let thread = thread::spawn(move || {
        let streams = listener.incoming().take(connections);
        streams.map(|stream| serve(bounded(stream.expect("a stream")))).collect()
    });
    Peer { address, thread }
}

/// A server that answers by `refuse`, or accepts: then what it is told it sends back behind the path. Returns
/// the headers of each request, `Cookie` and `Authorization`.
pub(crate) fn server(
    connections: usize,
    mut refuse: impl FnMut(&Request) -> Option<Response> + Send + 'static,
) -> Peer<Vec<[Option<String>; 2]>> {
    peer(connections, move |stream| {
        let (mut path, mut seen) = (String::new(), [None, None]);
        let accepted = accept_with(stream, server_config(), |request| {
            let value = |name| request.header(name).map(|value| String::from_utf8_lossy(value));
            seen = ["Cookie", "Authorization"].map(|name| value(name).map(Into::into));
            path = request.path().to_owned();
            match refuse(&request) {
                Some(response) => Err(request.reject(&response)),
                None => request.accept(&Acceptance::new()),
            }
        });
        match accepted {
            Ok(mut websocket) => {
                while let Some(Message::Text(text)) = websocket.read().expect("read") {
                    websocket.send(format!("{path} {text}")).expect("send");
                }
            }
            Err(Error::Rejected { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
        seen
    })
}

/// A proxy that opens every tunnel; returns the heads of the requests for them.
pub(crate) fn proxy(connections: usize) -> Peer<Vec<String>> {
    peer(connections, |mut client| {
        let head = read_head(&mut client);
        let target = head.split(' ').nth(1).expect("a target");
        let server = bounded(TcpStream::connect(target).expect("connect"));
        write(&mut client, b"HTTP/1.1 200 Connection established\r\n\r\n");
        let (from, to) = (client.try_clone().expect("clone"), server.try_clone().expect("clone"));
        let up = thread::spawn(|| splice(from, to));
        splice(server, client);
        up.join().expect("no panic");
        head
    })
}

/// Passes on what comes, and then the end.
fn splice(mut from: TcpStream, mut to: TcpStream) {
    match io::copy(&mut from, &mut to) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error:?}"),
    }
    // The other end may have gone.
    let _: io::Result<()> = to.shutdown(Shutdown::Write);
}

/// Reads the head of a request, and nothing behind it.
pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.extend(byte);
    }
    String::from_utf8(head).expect("text")
}

pub(crate) fn write(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).expect("write");
}

/// Reads to the end of the stream.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the end");
    bytes
}

pub(crate) fn server_config() -> Config {
    let mut config = Config::server();
    config.timeouts.handshake = Some(Duration::from_secs(20));
    config.timeouts.idle = Some(Duration::from_secs(20));
    config
}

fn bounded(stream: TcpStream) -> TcpStream {
    let time = Some(Duration::from_secs(20));
    stream.set_read_timeout(time).and_then(|()| stream.set_write_timeout(time)).expect("a timeout");
    stream
}
