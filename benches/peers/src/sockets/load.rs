//! The load generator: does less per message than any server. It copies prebuilt frames into the
//! sockets, and of what comes back it counts the bytes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use websocket_proto::Role;

use crate::client::{PATIENCE, connect};
use crate::epoll::{Epoll, Events, Interest, Ready};
use crate::frames::frame;
use crate::rows::Row;

/// Bytes that one read may bring.
const READ: usize = 256 * 1024;

/// The messages of a row: different ones, sent over and over, and what a server makes of them.
pub struct Batch {
    /// Masked frames; those of the first messages come again at the end, so that as many as may be
    /// in flight lie together wherever one begins.
    questions: Vec<u8>,
    /// The same, unmasked, each once.
    answers: Vec<u8>,
    question: usize,
    answer: usize,
    pub messages: usize,
}

impl Batch {
    pub fn new(row: &Row) -> Self {
        let messages = (64 * 1024 / row.size).clamp(2, 64);
        let (mut questions, mut answers) = (Vec::new(), Vec::new());
        for index in 0..messages {
            let mut random = fastrand::Rng::with_seed(index as u64);
            let payload: Vec<u8> = (0..row.size).map(|_| random.u8(..)).collect();
            frame(&mut questions, Role::Server, true, 2, &payload);
            frame(&mut answers, Role::Client, true, 2, &payload);
        }
        let (question, answer) = (questions.len() / messages, answers.len() / messages);
        for index in 0..row.in_flight {
            let start = index % messages * question;
            questions.extend_from_within(start..start + question);
        }
        Self { questions, answers, question, answer, messages }
    }

    /// What has to come back, each message once: the frames as they were, or unmasked.
    pub fn expected(&self, unmasked: bool) -> &[u8] {
        if unmasked { &self.answers } else { &self.questions[..self.messages * self.question] }
    }
}

/// The connections to one server.
pub struct Load {
    epoll: Epoll,
    events: Events,
    lines: Vec<Line>,
    batch: Rc<Batch>,
    /// Bytes of a message on its way back.
    answer: usize,
    in_flight: usize,
    /// Whether what comes back is followed by new messages.
    running: bool,
    /// Messages that came back, over all connections, since the beginning.
    pub done: u64,
    buffer: Box<[u8]>,
}

struct Line {
    socket: TcpStream,
    /// Bytes of the batch that are to be written: where they begin, and how many.
    at: usize,
    unwritten: usize,
    /// Messages that have not come back, and the bytes that have of the next one.
    outstanding: usize,
    part: usize,
    /// Whether the socket takes no more for now.
    blocked: bool,
}

impl Load {
    pub fn open(
        address: SocketAddr,
        row: &Row,
        batch: &Rc<Batch>,
        web_socket: bool,
    ) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        let mut lines = Vec::with_capacity(row.connections);
        for index in 0..row.connections {
            let socket = connect(address, web_socket)?;
            socket.set_nonblocking(true)?;
            epoll.add(&socket, index)?;
            // Each begins somewhere else, so that it shows if one gets what is another's.
            let at = first_message(index, batch) * batch.question;
            let (unwritten, outstanding, part, blocked) = (0, 0, 0, false);
            lines.push(Line { socket, at, unwritten, outstanding, part, blocked });
        }
        Ok(Self {
            epoll,
            events: Events::new(),
            lines,
            answer: if web_socket { batch.answer } else { batch.question },
            batch: batch.clone(),
            in_flight: row.in_flight,
            running: false,
            done: 0,
            buffer: vec![0; READ].into(),
        })
    }

    /// Sends the first messages of each connection; from here on as many are on their way.
    pub fn start(&mut self) -> io::Result<()> {
        self.running = true;
        for index in 0..self.lines.len() {
            let line = &mut self.lines[index];
            line.outstanding = self.in_flight;
            line.unwritten = self.in_flight * self.batch.question;
            line.write(index, &self.batch, &self.epoll)?;
        }
        Ok(())
    }

    /// Goes on for so long; `see` is shown what each connection gets.
    pub fn run(&mut self, time: Duration, mut see: impl FnMut(usize, &[u8])) -> io::Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn(&mut see)?;
        }
        Ok(())
    }

    /// Waits for all that is on its way, and sends nothing new.
    pub fn stop(&mut self, mut see: impl FnMut(usize, &[u8])) -> io::Result<()> {
        self.running = false;
        let end = Instant::now() + PATIENCE;
        while self.lines.iter().any(|line| line.outstanding > 0) {
            self.turn(&mut see)?;
            if Instant::now() > end {
                return Err(io::Error::other("takes too long"));
            }
        }
        Ok(())
    }

    #[inline]
    fn turn(&mut self, see: &mut impl FnMut(usize, &[u8])) -> io::Result<()> {
        self.epoll.wait(&mut self.events, PATIENCE.as_millis() as i32)?;
        let mut any = false;
        for Ready { key: index, readable, writable } in self.events.iter() {
            any = true;
            let line = &mut self.lines[index];
            if readable {
                let count = match line.socket.read(&mut self.buffer) {
                    Ok(0) => return Err(io::Error::other("ends the connection")),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                    Err(error) => return Err(error),
                };
                see(index, &self.buffer[..count]);
                line.part += count;
                let messages = line.part / self.answer;
                line.part -= messages * self.answer;
                if messages > line.outstanding {
                    return Err(io::Error::other("sends more than it got"));
                }
                self.done += messages as u64;
                if self.running {
                    line.unwritten += messages * self.batch.question;
                } else {
                    line.outstanding -= messages;
                }
            }
            if line.unwritten > 0 && (writable || !line.blocked) {
                line.write(index, &self.batch, &self.epoll)?;
            }
        }
        if any { Ok(()) } else { Err(io::Error::other("sends nothing back")) }
    }
}

impl Line {
    /// One write; more of it when the socket has room again.
    #[inline]
    fn write(&mut self, index: usize, batch: &Batch, epoll: &Epoll) -> io::Result<()> {
        let bytes = &batch.questions[self.at..self.at + self.unwritten];
        match self.socket.write(bytes) {
            Ok(count) => {
                self.unwritten -= count;
                self.at = (self.at + count) % (batch.messages * batch.question);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        let blocked = self.unwritten > 0;
        if blocked != self.blocked {
            self.blocked = blocked;
            let interest = if blocked { Interest::Both } else { Interest::Read };
            epoll.watch(&self.socket, index, interest)?;
        }
        Ok(())
    }
}

/// The message that a connection begins with.
pub fn first_message(connection: usize, batch: &Batch) -> usize {
    connection * 7 % batch.messages
}
