//! A whole conversation, shown as it goes over the wire: `cargo run --example echo`.
//!
//! A server thread and a client shake hands over a TCP socket, agree on a subprotocol, exchange text,
//! binary, fragments and pings, and close. The client's transport prints every head and every frame,
//! with the bytes of its header, in both directions. The program fails if anything is not as expected.

use std::error::Error;
use std::fmt::Debug;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use websocket_proto::adapter::blocking::{Closed, Message, Transport, accept_with, connect_over};
use websocket_proto::frame::{Decoder, Header, Opcode, Role, parse_close};
use websocket_proto::handshake::{Acceptance, ClientRequest, Uri};
use websocket_proto::{CloseCode, CloseStatus, Config, Event, MessageKind};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    println!("listening on ws://{address}\n");

    let server = thread::spawn(move || serve(&listener));
    let closed = talk(&format!("ws://{address}/echo"))?;
    let closed_at_server = server.join().map_err(|_| "the server thread panicked")??;

    println!("\nclient: {}", describe(&closed));
    println!("server: {}", describe(&closed_at_server));
    expect(closed.clean && closed_at_server.clean, true)?;
    expect(closed_at_server.received, CloseStatus::Code(CloseCode::NORMAL))?;
    expect(&*closed_at_server.reason, "that is all")
}

/// The server: sends back what it gets.
fn serve(listener: &TcpListener) -> Result<Closed> {
    let (stream, _) = listener.accept()?;
    let acceptance = Acceptance::new().subprotocols(["echo"]);
    let mut websocket =
        accept_with(stream, bounded(Config::server()), |request| request.accept(&acceptance))?;

    websocket.ping(b"server")?; // the client answers it when it reads
    websocket.run(|event, batch| match event {
        // The event is lent by the read buffer and copied straight into the output.
        Event::Text(text) => batch.feed_text(&text),
        Event::Binary(data) => batch.feed_binary(&data),
        // The Pong to a Ping is queued already, and so is the answer to the Close.
        _ => Ok(()),
    })?;
    Ok(websocket.close_information().ok_or("not closed")?.into())
}

/// The client: sends one thing after the other and waits for the echo of each.
fn talk(uri: &str) -> Result<Closed> {
    let uri = Uri::parse(uri)?;
    let stream = TcpStream::connect((uri.host(), uri.port()))?;
    let request = ClientRequest::new(uri).subprotocols(["chat", "echo"])?;
    let (mut websocket, _) = connect_over(Tap::new(stream), &request, bounded(Config::client()))?;
    expect(websocket.subprotocol(), Some("echo"))?;

    websocket.send_text("Hello")?;
    expect(websocket.read()?, Some(Message::Text("Hello".into())))?;

    websocket.send_binary(&[0xDE, 0xAD, 0xBE, 0xEF])?;
    expect(websocket.read()?, Some(Message::Binary(vec![0xDE, 0xAD, 0xBE, 0xEF].into())))?;

    // A message in three fragments, with a ping between them. The echo comes in one.
    websocket.feed_with(|outgoing| outgoing.fragment(MessageKind::Text, b"Hel", false))?;
    websocket.feed_with(|outgoing| outgoing.fragment(MessageKind::Text, b"lo, caf\xC3", false))?;
    websocket.flush()?;
    websocket.ping(b"client")?;
    websocket.send_with(|outgoing| outgoing.fragment(MessageKind::Text, b"\xA9", true))?;
    let mut pong = false;
    let mut text = None;
    while text.is_none() {
        let mut batch = websocket.read_batch()?.ok_or("closed too early")?;
        while let Some(event) = batch.next_event()? {
            match event {
                Event::Pong(payload) => pong = *payload == *b"client",
                Event::Text(echo) => text = Some(echo.to_string()),
                _ => {}
            }
        }
    }
    expect(text.as_deref(), Some("Hello, café"))?;
    expect(pong, true)?;

    // Two messages that are queued before either is written go out in one write.
    let large = "0123456789".repeat(100);
    websocket.feed_text(&large)?;
    websocket.feed_text("")?;
    websocket.flush()?;
    expect(websocket.read()?, Some(Message::Text(large.into())))?;
    expect(websocket.read()?, Some(Message::Text("".into())))?;

    // The Close, the server's answer, and the end of the transport.
    Ok(websocket.close(CloseCode::NORMAL, "that is all")?)
}

/// Nobody waits for long here.
fn bounded(mut config: Config) -> Config {
    config.timeouts.handshake = Some(Duration::from_secs(5));
    config.timeouts.idle = Some(Duration::from_secs(5));
    config.timeouts.close = Some(Duration::from_secs(5));
    config
}

fn expect<T: PartialEq<U> + Debug, U: Debug>(found: T, expected: U) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("expected {expected:?}, found {found:?}").into())
}

fn describe(closed: &Closed) -> String {
    let (code, reason) = (closed.received.as_u16(), &closed.reason);
    let clean = if closed.clean { "cleanly" } else { "not cleanly" };
    format!("closed {clean}, received {code} {reason:?}, begun by {:?}", closed.initiator)
}

/// A transport that shows what passes through it. Any type that reads and writes can be a transport; the
/// methods of `Transport` add what the adapter needs for its deadlines and for ending.
struct Tap {
    stream: TcpStream,
    sent: Trace,
    received: Trace,
}

impl Tap {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            sent: Trace::new("client -> server", Role::Server),
            received: Trace::new("client <- server", Role::Client),
        }
    }
}

impl Read for Tap {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.received.show(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.sent.show(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = self.stream.write_vectored(slices)?;
        let written: Vec<u8> =
            slices.iter().flat_map(|slice| slice.iter().copied()).take(count).collect();
        self.sent.show(&written);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Transport for Tap {
    fn set_read_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(timeout)
    }

    fn set_write_timeout(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.stream.set_write_timeout(timeout)
    }

    fn set_no_delay(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)
    }

    fn shut_down_write(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    fn shut_down(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Both)
    }
}

/// Prints what goes in one direction: first a head, then frames, however they are cut into reads and writes.
struct Trace {
    direction: &'static str,
    /// The bytes of a head that is not complete.
    head: Option<Vec<u8>>,
    decoder: Decoder,
    /// The payload of a frame that is not complete.
    payload: Vec<u8>,
}

impl Trace {
    fn new(direction: &'static str, receiver: Role) -> Self {
        let decoder = Decoder::new(receiver);
        Self { direction, head: Some(Vec::new()), decoder, payload: Vec::new() }
    }

    fn show(&mut self, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        if let Some(mut head) = self.head.take() {
            head.append(&mut bytes);
            let end = head.windows(4).position(|window| window == b"\r\n\r\n");
            let Some(end) = end else {
                self.head = Some(head);
                return;
            };
            bytes = head.split_off(end + 4);
            self.show_head(&String::from_utf8_lossy(&head));
        }
        // The layer below `Connection`: frames, unmasked in place.
        let mut input = &mut bytes[..];
        while let Ok(Some(part)) = self.decoder.decode(&mut input) {
            self.payload.extend_from_slice(part.payload);
            if part.last {
                show_frame(self.direction, &part.header, &self.payload);
                self.payload.clear();
            }
        }
    }

    fn show_head(&self, head: &str) {
        for line in head.trim_end().lines() {
            println!("{}  {line}", self.direction);
        }
        println!();
    }
}

/// Prints one line: the header as it was on the wire, what it means, and the payload, unmasked.
fn show_frame(direction: &str, header: &Header, payload: &[u8]) {
    let bytes: String = header.encode().iter().map(|byte| format!("{byte:02x} ")).collect();
    let kind = match header.opcode {
        Opcode::Continuation => "continuation",
        Opcode::Text => "text",
        Opcode::Binary => "binary",
        Opcode::Close => "close",
        Opcode::Ping => "ping",
        Opcode::Pong => "pong",
    };
    let fin = if header.fin { "fin" } else { "..." };
    let masked = if header.mask.is_some() { "masked" } else { "" };
    let content = match header.opcode {
        Opcode::Close => match parse_close(payload) {
            Ok(Some((code, reason))) => format!("{code} {reason:?}"),
            _ => String::new(),
        },
        Opcode::Binary => format!("{payload:02x?}"),
        _ => match std::str::from_utf8(payload) {
            Ok(text) if text.len() > 40 => {
                format!("{:?}...", text.chars().take(20).collect::<String>())
            }
            Ok(text) => format!("{text:?}"),
            // A fragment may end inside a character.
            Err(_) => format!("\"{}\"", payload.escape_ascii()),
        },
    };
    let size = payload.len();
    println!("{direction}  {bytes:<25}{kind:<12} {fin} len {size:<4} {masked:<6} {content}");
}
