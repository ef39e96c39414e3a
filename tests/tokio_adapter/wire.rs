//! A transport whose every answer the test decides, and that remembers what was asked of it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_proto::adapter::tokio::WebSocket;
use websocket_proto::{Config, Connection};

/// The end that is handed to the WebSocket.
#[derive(Debug)]
pub(crate) struct Wire(Arc<Mutex<Line>>);

/// The test's hold on it.
#[derive(Clone, Debug)]
pub(crate) struct Far(Arc<Mutex<Line>>);

#[derive(Debug)]
struct Line {
    input: VecDeque<u8>,
    /// How reading ends, once the input is used up.
    end: Option<Option<ErrorKind>>,
    output: Vec<u8>,
    /// Bytes that are taken before a write has to wait.
    room: usize,
    write_error: Option<ErrorKind>,
    flushes: bool,
    flush_error: Option<ErrorKind>,
    shuts_down: bool,
    vectored: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
    calls: Calls,
}

/// How often the WebSocket asked for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) reads: usize,
    /// Those that took something.
    pub(crate) writes: usize,
    /// Runs of bytes in the largest of them.
    pub(crate) runs: usize,
    pub(crate) shutdowns: usize,
}

/// A transport that takes everything and has nothing to read yet.
pub(crate) fn wire() -> (Wire, Far) {
    let line = Arc::new(Mutex::new(Line {
        input: VecDeque::new(),
        end: None,
        output: Vec::new(),
        room: usize::MAX,
        write_error: None,
        flushes: true,
        flush_error: None,
        shuts_down: true,
        vectored: true,
        reader: None,
        writer: None,
        calls: Calls::default(),
    }));
    (Wire(line.clone()), Far(line))
}

/// A server over such a transport.
pub(crate) fn server_over_wire(config: &Config) -> (WebSocket<Wire>, Far) {
    let (wire, far) = wire();
    let connection = Connection::server(config.clone());
    (WebSocket::from_connection(wire, connection, config), far)
}

/// A client over such a transport.
pub(crate) fn client_over_wire(config: &Config) -> (WebSocket<Wire>, Far) {
    let (wire, far) = wire();
    let connection = Connection::client(config.clone(), [7; 32]);
    (WebSocket::from_connection(wire, connection, config), far)
}

impl Far {
    /// Bytes for the WebSocket to read.
    pub(crate) fn give(&self, bytes: &[u8]) {
        self.change_input(|line| line.input.extend(bytes));
    }

    /// Nothing more comes than what was given.
    pub(crate) fn end(&self) {
        self.change_input(|line| line.end = Some(None));
    }

    /// Reading fails once what was given is used up.
    pub(crate) fn fail_reads(&self, error: ErrorKind) {
        self.change_input(|line| line.end = Some(Some(error)));
    }

    /// Writing fails from here on.
    pub(crate) fn fail_writes(&self, error: ErrorKind) {
        self.change_output(|line| line.write_error = Some(error));
    }

    /// From here on so many bytes are taken.
    pub(crate) fn set_room(&self, room: usize) {
        self.change_output(|line| line.room = room);
    }

    pub(crate) fn set_flushes(&self, flushes: bool) {
        self.change_output(|line| line.flushes = flushes);
    }

    /// Flushing fails from here on.
    pub(crate) fn fail_flushes(&self, error: ErrorKind) {
        self.change_output(|line| line.flush_error = Some(error));
    }

    pub(crate) fn set_shuts_down(&self, shuts_down: bool) {
        self.change_output(|line| line.shuts_down = shuts_down);
    }

    pub(crate) fn set_vectored(&self, vectored: bool) {
        self.line().vectored = vectored;
    }

    /// What was written since the last call.
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.line().output)
    }

    pub(crate) fn calls(&self) -> Calls {
        self.line().calls
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().expect("a lock")
    }

    fn change_input(&self, change: impl FnOnce(&mut Line)) {
        let mut line = self.line();
        change(&mut line);
        let waiting = line.reader.take();
        drop(line);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn change_output(&self, change: impl FnOnce(&mut Line)) {
        let mut line = self.line();
        change(&mut line);
        let waiting = line.writer.take();
        drop(line);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Line {
    fn poll_take(&mut self, cx: &Context<'_>, runs: &[&[u8]]) -> Poll<io::Result<usize>> {
        if let Some(error) = self.write_error {
            return Poll::Ready(Err(error.into()));
        }
        if self.room == 0 {
            self.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut count = 0;
        for run in runs {
            let part = &run[..run.len().min(self.room)];
            self.output.extend_from_slice(part);
            self.room -= part.len();
            count += part.len();
        }
        self.calls.writes += 1;
        self.calls.runs = self.calls.runs.max(runs.len());
        Poll::Ready(Ok(count))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut line = self.0.lock().expect("a lock");
        line.calls.reads += 1;
        assert!(line.calls.reads < 1_000_000, "it reads and reads");
        if line.input.is_empty() {
            if let Some(end) = line.end {
                return Poll::Ready(end.map_or(Ok(()), |error| Err(error.into())));
            }
            line.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let count = line.input.len().min(buffer.remaining());
        for byte in line.input.drain(..count) {
            buffer.put_slice(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().expect("a lock").poll_take(cx, &[bytes])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let runs: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        self.0.lock().expect("a lock").poll_take(cx, &runs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.lock().expect("a lock").vectored
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut line = self.0.lock().expect("a lock");
        if let Some(error) = line.flush_error {
            return Poll::Ready(Err(error.into()));
        }
        if line.flushes {
            return Poll::Ready(Ok(()));
        }
        line.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut line = self.0.lock().expect("a lock");
        if line.shuts_down {
            line.calls.shutdowns += 1;
            return Poll::Ready(Ok(()));
        }
        line.writer = Some(cx.waker().clone());
        Poll::Pending
    }
}
