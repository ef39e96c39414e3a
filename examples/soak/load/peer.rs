//! A peer by hand: bytes on a socket, so that it may break every rule.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::coop::consume_budget;

use crate::kind::Kind;

pub(super) const TEXT: u8 = 0x81;
pub(super) const BINARY: u8 = 0x82;
pub(super) const CLOSE: u8 = 0x88;
pub(super) const PING: u8 = 0x89;
pub(super) const PONG: u8 = 0x8A;
/// Without it, a frame is a fragment that others follow.
pub(super) const FIN: u8 = 0x80;
/// Of a compressed message.
pub(super) const RSV1: u8 = 0x40;

/// The masking key of every frame here: nobody is to be protected from these.
const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A whole frame, masked; `first`: FIN, reserved bits, opcode.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len() as u64);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// The header of a masked frame, whatever its payload is to be.
pub(super) fn header(first: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first];
    match length {
        0..126 => header.push(0x80 | length as u8),
        126..0x1_0000 => {
            header.push(0x80 | 126);
            header.extend((length as u16).to_be_bytes());
        }
        _ => {
            header.push(0x80 | 127);
            header.extend(length.to_be_bytes());
        }
    }
    header.extend(KEY);
    header
}

/// A request for a WebSocket; `more`: header lines.
pub(super) fn request(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: soak.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// The last that a peer saw of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// An answer other than 101.
    Status(u16),
    /// A Close with this code, and then the end.
    Close(u16),
    /// The end.
    End,
    /// The end, while there was something on its way.
    Reset,
    /// It did not look.
    Nothing,
    /// No end.
    StillThere,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Close(code) => write!(f, "Close {code}"),
            Self::End => f.write_str("end"),
            Self::Reset => f.write_str("reset"),
            Self::Nothing => f.write_str("-"),
            Self::StillThere => f.write_str("NO END"),
        }
    }
}

pub(super) struct Peer {
    pub(super) stream: TcpStream,
}

impl Peer {
    /// `buffers`: bytes that the system takes for it, each way, where that matters.
    pub(super) async fn connect(kind: Kind, port: u16, buffers: Option<u32>) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(size) = buffers {
            socket.set_recv_buffer_size(size)?;
            socket.set_send_buffer_size(size)?;
        }
        socket.bind(SocketAddr::from((kind.source(), 0)))?;
        let stream = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// With the opening handshake done.
    pub(super) async fn open(kind: Kind, port: u16, path: &str, more: &str) -> io::Result<Self> {
        Self::connect(kind, port, None).await?.upgraded(path, more).await
    }

    pub(super) async fn upgraded(self, path: &str, more: &str) -> io::Result<Self> {
        self.send(request(path, more).as_bytes()).await?;
        match self.status().await {
            Seen::Status(101) => Ok(self),
            other => Err(io::Error::other(format!("{other} instead of 101"))),
        }
    }

    pub(super) async fn send(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // Others want their turn, too.
            consume_budget().await;
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Some bytes; none at the end.
    pub(super) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            consume_budget().await;
            self.stream.readable().await?;
            match self.stream.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// The status of the answer to a request. What is behind its head is left unread.
    pub(super) async fn status(&self) -> Seen {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match self.read(&mut byte).await {
                Ok(0) => return Seen::End,
                Ok(_) => head.push(byte[0]),
                Err(_) => return Seen::Reset,
            }
        }
        let status =
            head.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        Seen::Status(status.unwrap_or(0))
    }

    pub(super) fn frames(&self) -> Frames<'_> {
        Frames { peer: self, unread: VecDeque::new() }
    }

    /// Reads to the end, and answers nothing.
    pub(super) async fn closed(&self) -> Seen {
        let mut frames = self.frames();
        let mut seen = Seen::End;
        loop {
            match frames.next().await {
                Ok(Some((CLOSE, body))) => seen = Seen::Close(code(&body)),
                Ok(Some(_)) => {}
                Err(_) if seen == Seen::End => return Seen::Reset,
                Ok(None) | Err(_) => return seen,
            }
        }
    }

    /// Reads up to a Close, and answers nothing.
    pub(super) async fn close(&self) -> Seen {
        let mut frames = self.frames();
        loop {
            match frames.next().await {
                Ok(Some((CLOSE, body))) => return Seen::Close(code(&body)),
                Ok(Some(_)) => {}
                Ok(None) => return Seen::End,
                Err(_) => return Seen::Reset,
            }
        }
    }
}

/// The status code in a Close.
pub(super) fn code(body: &[u8]) -> u16 {
    body.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code))
}

/// What the server sends.
pub(super) struct Frames<'a> {
    peer: &'a Peer,
    unread: VecDeque<u8>,
}

impl Frames<'_> {
    /// The first byte and the payload of the next frame; `None`: the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<(u8, Vec<u8>)>> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.at_hand() {
                return Ok(Some(frame));
            }
            match self.peer.read(&mut buffer).await? {
                0 => return Ok(None),
                count => self.unread.extend(&buffer[..count]),
            }
        }
    }

    /// A frame that has come, if it is whole.
    pub(super) fn at_hand(&mut self) -> Option<(u8, Vec<u8>)> {
        let byte = |at| self.unread.get(at).copied();
        let number = |range: std::ops::Range<usize>| {
            range.map(byte).try_fold(0, |number, byte| Some(number << 8 | usize::from(byte?)))
        };
        let (first, length) = (byte(0)?, byte(1)?);
        let (size, length) = match length {
            126 => (4, number(2..4)?),
            127 => (10, number(2..10)?),
            length => (2, usize::from(length)),
        };
        if self.unread.len() < size + length {
            return None;
        }
        self.unread.drain(..size);
        Some((first, self.unread.drain(..length).collect()))
    }

    /// Takes all that has come, without waiting for more. `false`: nothing will.
    pub(super) fn take(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.peer.stream.try_read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => self.unread.extend(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }
}
