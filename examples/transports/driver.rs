//! A `Connection` on a socket of tokio, in one function: what embedding the state machine takes.
//!
//! There is no buffer of the connection's own: bytes are read to the stack and handled before anything waits.

use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use websocket_proto::frame::Role;
use websocket_proto::handshake::{Acceptance, Client, ClientRequest, OriginPolicy, Server};
use websocket_proto::{Config, Connection, Event, State, Transmit};

use crate::clock::Clock;
use crate::inspect::watched::Watch;
use crate::socket::Socket;

/// Bytes that are read at once.
const READ: usize = 4096;
/// How long an opening handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

pub(crate) struct Driver {
    connection: Connection,
    socket: Socket,
    clock: Clock,
    /// What came with the head of the handshake.
    rest: Vec<u8>,
    alarm: Pin<Box<Sleep>>,
    alarm_at: Duration,
    watch: Option<Watch>,
}

/// Why a turn is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// What the application waited for is there.
    Woken,
    /// There is room again for what was refused.
    Room,
    /// The connection is closed, and how; the socket may go.
    Ended,
}

impl Driver {
    /// Performs the handshake of a server; with a `watch` if the request's query asks for it. `None`: it failed, and
    /// the client was told why.
    pub(crate) async fn accept(
        socket: Socket,
        clock: Clock,
        config: &Arc<Config>,
        watch: &Watch,
    ) -> io::Result<Option<Self>> {
        timeout(HANDSHAKE, Self::shake_hands(socket, clock, config, watch)).await?
    }

    async fn shake_hands(
        mut socket: Socket,
        clock: Clock,
        config: &Arc<Config>,
        watch: &Watch,
    ) -> io::Result<Option<Self>> {
        let mut server = Server::new(config.clone());
        let mut head = Vec::new();
        // Not an array: the task would keep its place for as long as it lives.
        let mut bytes = vec![0; READ];
        loop {
            let count = socket.read(&mut bytes).await?;
            if count == 0 {
                return Ok(None);
            }
            head.extend_from_slice(&bytes[..count]);
            let mut input = &mut bytes[..count];
            match server.receive(&mut input) {
                Ok(None) => {}
                Ok(Some(request)) => {
                    let watched = request.query() == Some("watch");
                    // The page comes from another port, which is another origin.
                    return match request.accept(&Acceptance::new().origin(OriginPolicy::Any)) {
                        Ok(connection) => {
                            let watch =
                                watched.then(|| watch.begin(&head[..head.len() - input.len()]));
                            let mut driver = Self::new(connection, socket, clock, input.to_vec());
                            driver.watch = watch;
                            Ok(Some(driver))
                        }
                        Err(mut rejection) => {
                            while let Transmit::Write(mut output) = rejection.transmit() {
                                socket.write_buf(&mut output).await?;
                            }
                            socket.shutdown().await?;
                            Ok(None)
                        }
                    };
                }
                Err(_) => {
                    while let Transmit::Write(mut output) = server.transmit() {
                        socket.write_buf(&mut output).await?;
                    }
                    socket.shutdown().await?;
                    return Ok(None);
                }
            }
        }
    }

    /// Performs the handshake of a client.
    pub(crate) async fn connect(
        mut socket: Socket,
        clock: Clock,
        request: &ClientRequest,
        config: &Arc<Config>,
    ) -> io::Result<Self> {
        let mut client = Client::from_os(request, config.clone()).map_err(io::Error::other)?;
        while let Transmit::Write(mut output) = client.transmit() {
            socket.write_buf(&mut output).await?;
        }
        let mut bytes = vec![0; READ];
        loop {
            let count = socket.read(&mut bytes).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut input = &mut bytes[..count];
            if let Some(established) = client.receive(&mut input).map_err(io::Error::other)? {
                return Ok(Self::new(established.connection, socket, clock, input.to_vec()));
            }
        }
    }

    fn new(connection: Connection, socket: Socket, clock: Clock, rest: Vec<u8>) -> Self {
        let never = Duration::from_secs(365 * 24 * 3600);
        let alarm = Box::pin(sleep_until(Instant::now() + never));
        Self { connection, socket, clock, rest, alarm, alarm_at: Duration::MAX, watch: None }
    }

    /// For sending; `turn` transmits it.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Writes what is queued, hands over what comes, and keeps time, until something has happened. May be dropped at
    /// any moment: nothing is lost.
    pub(crate) async fn turn(
        &mut self,
        woken: impl Future<Output = ()>,
        mut on_event: impl FnMut(&mut Connection, Event<'_>),
    ) -> io::Result<Turn> {
        if !self.rest.is_empty() {
            let mut rest = std::mem::take(&mut self.rest);
            self.take_input(&mut rest, &mut on_event);
        }
        let mut woken = pin!(woken);
        let was_full = self.connection.is_full();
        poll_fn(|cx| {
            loop {
                let deadline = self.connection.tick(self.clock.elapsed());
                match self.connection.transmit() {
                    Transmit::Write(mut output) => {
                        let written = Pin::new(&mut self.socket).poll_write(cx, output.chunk());
                        if let Poll::Ready(count) = written {
                            let count = count?;
                            if let Some(watch) = &self.watch {
                                watch.push(Role::Server, &output.chunk()[..count]);
                            }
                            output.advance(count);
                            continue;
                        }
                    }
                    Transmit::Shutdown => {
                        if let Poll::Ready(result) = Pin::new(&mut self.socket).poll_shutdown(cx) {
                            result?;
                            self.connection.transport_shut_down();
                            continue;
                        }
                    }
                    Transmit::Abort => return Poll::Ready(Ok(Turn::Ended)),
                    _ => {}
                }
                if self.connection.state() == State::Closed {
                    return Poll::Ready(Ok(Turn::Ended));
                }
                if !self.connection.is_full() {
                    let mut space = [MaybeUninit::uninit(); READ];
                    let mut read = ReadBuf::uninit(&mut space);
                    if let Poll::Ready(result) = Pin::new(&mut self.socket).poll_read(cx, &mut read)
                    {
                        result?;
                        self.take_input(read.filled_mut(), &mut on_event);
                        continue;
                    }
                }
                if woken.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ok(Turn::Woken));
                }
                if was_full && !self.connection.is_full() {
                    return Poll::Ready(Ok(Turn::Room));
                }
                if let Some(deadline) = deadline {
                    // A deadline that moved away is noticed when the alarm rings for it.
                    if deadline < self.alarm_at || self.alarm.is_elapsed() {
                        self.alarm_at = deadline;
                        let wait = deadline.saturating_sub(self.clock.elapsed());
                        self.alarm.as_mut().reset(Instant::now() + wait);
                    }
                    if self.alarm.as_mut().poll(cx).is_ready() {
                        continue;
                    }
                }
                return Poll::Pending;
            }
        })
        .await
    }

    fn take_input(
        &mut self,
        bytes: &mut [u8],
        on_event: &mut impl FnMut(&mut Connection, Event<'_>),
    ) {
        if bytes.is_empty() {
            return self.connection.receive_eof();
        }
        if let Some(watch) = &self.watch {
            watch.push(Role::Client, bytes);
        }
        let mut input = bytes;
        // After a violation its Close is queued, and goes out like everything else.
        while let Ok(Some(event)) = self.connection.receive(&mut input) {
            on_event(&mut self.connection, event);
        }
    }
}
