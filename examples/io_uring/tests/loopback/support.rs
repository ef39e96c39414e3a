//! A server on a thread, and clients.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use io_uring_example::{Capabilities, Server};
use websocket_proto::adapter::blocking::{WebSocket, connect_over};
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{Config, Connection};

/// A server that runs until it is dropped.
pub struct Serving {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<usize>>,
}

pub fn serve(means: Capabilities, config: Config) -> Serving {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    hold_little(&listener);
    let address = listener.local_addr().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = thread::spawn(move || {
        let mut server = Server::new(listener, config, means).unwrap();
        let mut until = None;
        loop {
            server.turn(Some(Duration::from_millis(20))).unwrap();
            if stopped.load(Ordering::Relaxed) {
                // Time for what has just ended to be noticed.
                let until = until.get_or_insert_with(|| Instant::now() + Duration::from_secs(5));
                if server.connections() == 0 || Instant::now() >= *until {
                    return server.connections();
                }
            }
        }
    });
    Serving { address, stop, thread: Some(thread) }
}

/// Has the sockets that are accepted hold some 100 KiB: left alone, the system gives them up to 32 MiB.
fn hold_little(listener: &TcpListener) {
    for option in [libc::SO_RCVBUF, libc::SO_SNDBUF] {
        let bytes: libc::c_int = 100 << 10;
        // SAFETY: the option is an integer, and this is one of that size.
        let result = unsafe {
            libc::setsockopt(
                listener.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const bytes).cast(),
                size_of_val(&bytes) as libc::socklen_t,
            )
        };
        assert_eq!(result, 0);
    }
}

impl Serving {
    /// Ends the server when all clients are gone; how many connections it still has then.
    pub fn end(mut self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }

    /// A client behind the handshake.
    pub fn connect(&self) -> WebSocket<TcpStream> {
        connect_over(self.socket(), &request(self.address), Config::client()).unwrap().0
    }

    /// A plain socket.
    pub fn socket(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        socket.set_nodelay(true).unwrap();
        socket
    }

    /// A plain socket behind the handshake, and a connection that makes frames for it.
    pub fn raw_client(&self) -> (TcpStream, Connection) {
        let mut socket = self.socket();
        socket.write_all(REQUEST).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.extend_from_slice(&byte);
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        (socket, Connection::client(Config::client(), [7; 32]))
    }
}

pub const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn request(address: SocketAddr) -> ClientRequest {
    ClientRequest::new(Uri::parse(&format!("ws://{address}/")).unwrap())
}

pub const fn ms(count: u64) -> Option<Duration> {
    Some(Duration::from_millis(count))
}

/// All that is queued.
pub fn output(connection: &mut Connection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(run) = connection.take_output() {
        bytes.extend_from_slice(&run);
    }
    bytes
}

pub fn read_to_end(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    bytes
}
