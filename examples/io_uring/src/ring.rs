//! Operations that own what the kernel works on until it is done with it: safe to use, whatever is dropped when.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::{Duration, Instant};

use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{IoUring, cqueue, opcode, squeue};
use websocket_proto::bytes::{Buf, Bytes};

use crate::Capabilities;
use crate::buffers::{Buffer, Buffers, GROUP};

/// Operations that one call submits.
const ENTRIES: u32 = 256;
/// Bytes of a buffer that is not provided.
const OWN_BUFFER: usize = 16 << 10;

pub(crate) struct Ring {
    ring: IoUring,
    means: Capabilities,
    buffers: Option<Buffers>,
    /// In flight, by `user_data`.
    operations: Vec<Option<Operation>>,
    vacant: Vec<usize>,
    in_flight: usize,
    completions: VecDeque<cqueue::Entry>,
}

/// An operation in flight, for as long as it is: what the kernel reads and writes is here, not to be touched.
enum Operation {
    Accept,
    Receive { key: usize, own: Option<Vec<u8>> },
    Send { key: usize, message: Box<Message> },
    Cancel,
}

/// What `sendmsg` takes: runs of bytes, where they are, and where that stands.
struct Message {
    runs: VecDeque<Bytes>,
    slices: Vec<libc::iovec>,
    header: libc::msghdr,
}

/// Names an operation in flight.
#[derive(Clone, Copy)]
pub(crate) struct Token(usize);

/// What has come of an operation. `more`: it goes on.
pub(crate) enum Completion {
    Accepted {
        result: io::Result<OwnedFd>,
        more: bool,
    },
    Received {
        key: usize,
        result: io::Result<Input>,
        more: bool,
    },
    /// With what was not taken.
    Sent {
        key: usize,
        result: io::Result<VecDeque<Bytes>>,
    },
}

/// What has arrived.
pub(crate) enum Input {
    End,
    Provided(Buffer),
    Own(Vec<u8>),
}

impl Ring {
    /// A ring that uses these means, which the kernel must have.
    pub(crate) fn new(means: Capabilities) -> io::Result<Self> {
        let ring = IoUring::new(ENTRIES)?;
        let buffers = match means.provided_buffers {
            true => Some(Buffers::register(&ring.submitter())?),
            false => None,
        };
        Ok(Self {
            ring,
            means,
            buffers,
            operations: Vec::new(),
            vacant: Vec::new(),
            in_flight: 0,
            completions: VecDeque::new(),
        })
    }

    /// Accepts connections: until the completion that says no `more`.
    pub(crate) fn accept(&mut self, listener: BorrowedFd<'_>) -> io::Result<()> {
        let fd = Fd(listener.as_raw_fd());
        let entry = match self.means.multishot_accept {
            true => opcode::AcceptMulti::new(fd).flags(libc::SOCK_CLOEXEC).build(),
            false => opcode::Accept::new(fd, ptr::null_mut(), ptr::null_mut())
                .flags(libc::SOCK_CLOEXEC)
                .build(),
        };
        let token = self.add(Operation::Accept);
        // SAFETY: nothing but the socket is named, and that is held open by the operation itself.
        unsafe { self.push(entry, token) }
    }

    /// Receives: until the completion that says no `more`.
    pub(crate) fn receive(&mut self, key: usize, socket: BorrowedFd<'_>) -> io::Result<Token> {
        let fd = Fd(socket.as_raw_fd());
        let mut own = None;
        let entry = if self.buffers.is_none() {
            let buffer = own.insert(vec![0; OWN_BUFFER]);
            opcode::Recv::new(fd, buffer.as_mut_ptr(), OWN_BUFFER as u32).build()
        } else if self.means.multishot_receive {
            opcode::RecvMulti::new(fd, GROUP).build()
        } else {
            let entry = opcode::Recv::new(fd, ptr::null_mut(), 0).buf_group(GROUP).build();
            entry.flags(squeue::Flags::BUFFER_SELECT)
        };
        let token = self.add(Operation::Receive { key, own });
        // SAFETY: the buffer is either one of `buffers`, which outlive all operations (see `Drop`), or on the heap, owned
        // by `operations` until the last completion.
        unsafe { self.push(entry, token)? };
        Ok(token)
    }

    /// Sends the runs, or as much of them as the socket takes.
    pub(crate) fn send(
        &mut self,
        key: usize,
        socket: BorrowedFd<'_>,
        runs: VecDeque<Bytes>,
    ) -> io::Result<()> {
        let fd = Fd(socket.as_raw_fd());
        let slices = runs
            .iter()
            .map(|run| libc::iovec { iov_base: run.as_ptr().cast_mut().cast(), iov_len: run.len() })
            .collect();
        // SAFETY: for a `msghdr`, zeros are "no address, no slices, no control data".
        let header = unsafe { mem::zeroed() };
        let mut message = Box::new(Message { runs, slices, header });
        message.header.msg_iov = message.slices.as_mut_ptr();
        message.header.msg_iovlen = message.slices.len();
        let entry = opcode::SendMsg::new(fd, &raw const message.header)
            .flags(libc::MSG_NOSIGNAL as u32)
            .build();
        let token = self.add(Operation::Send { key, message });
        // SAFETY: header, slices and runs are on the heap, owned by `operations` until the completion. The runs are only
        // read, and nobody can write to a `Bytes`.
        unsafe { self.push(entry, token) }
    }

    /// Has an operation completed soon, with what it has got by then or as cancelled.
    pub(crate) fn cancel(&mut self, Token(operation): Token) -> io::Result<()> {
        let entry = opcode::AsyncCancel::new(operation as u64).build();
        let token = self.add(Operation::Cancel);
        // SAFETY: names no memory.
        unsafe { self.push(entry, token) }
    }

    /// Submits what there is and waits for something to complete, `at_most` so long.
    pub(crate) fn wait(&mut self, mut at_most: Option<Duration>) -> io::Result<()> {
        if !self.completions.is_empty() {
            at_most = Some(Duration::ZERO);
        }
        let timespec = at_most.map(Timespec::from);
        let mut arguments = SubmitArgs::new();
        if let Some(timespec) = &timespec {
            arguments = arguments.timespec(timespec);
        }
        match self.ring.submitter().submit_with_args(1, &arguments) {
            Ok(_) => Ok(()),
            // ETIME: nothing in time. EBUSY: more has completed than there is room for; take it first.
            Err(error) if matches!(error.raw_os_error(), Some(libc::ETIME | libc::EBUSY)) => Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The next of what has completed.
    pub(crate) fn next_completion(&mut self) -> Option<Completion> {
        loop {
            if self.completions.is_empty() {
                self.completions.extend(self.ring.completion());
            }
            let entry = self.completions.pop_front()?;
            if let Some(completion) = self.complete(&entry) {
                return Some(completion);
            }
        }
    }

    /// The bytes of a provided buffer. Give it back soon: the others need it.
    pub(crate) fn bytes<'a>(&'a mut self, buffer: &'a mut Buffer) -> &'a mut [u8] {
        match &mut self.buffers {
            Some(buffers) => buffers.bytes(buffer),
            None => &mut [],
        }
    }

    pub(crate) fn give_back(&mut self, buffer: Buffer) {
        if let Some(buffers) = &mut self.buffers {
            buffers.give_back(buffer);
        }
    }

    fn complete(&mut self, entry: &cqueue::Entry) -> Option<Completion> {
        let index = usize::try_from(entry.user_data()).ok()?;
        let more = cqueue::more(entry.flags());
        let result = match entry.result() {
            error @ ..0 => Err(io::Error::from_raw_os_error(-error)),
            count => Ok(count as usize),
        };
        let place = self.operations.get_mut(index)?;
        let operation = match more {
            // It goes on, and keeps what it owns.
            true => match place.as_ref()? {
                Operation::Receive { key, .. } => Operation::Receive { key: *key, own: None },
                _ => Operation::Accept,
            },
            false => {
                self.in_flight -= 1;
                self.vacant.push(index);
                place.take()?
            }
        };
        Some(match operation {
            Operation::Accept => Completion::Accepted {
                // SAFETY: a descriptor that was made for us, told once.
                result: result.map(|fd| unsafe { OwnedFd::from_raw_fd(fd as i32) }),
                more,
            },
            Operation::Receive { key, own } => Completion::Received {
                key,
                result: result.map(|count| self.input(own, count, entry.flags())),
                more,
            },
            Operation::Send { key, message } => {
                let result = match result {
                    Ok(0) => Err(ErrorKind::WriteZero.into()),
                    Ok(count) => Ok(message.without(count)),
                    Err(error) if error.kind() == ErrorKind::Interrupted => Ok(message.without(0)),
                    Err(error) => Err(error),
                };
                Completion::Sent { key, result }
            }
            Operation::Cancel => return None,
        })
    }

    fn input(&mut self, own: Option<Vec<u8>>, count: usize, flags: u32) -> Input {
        let provided = cqueue::buffer_select(flags).map(|id| Buffers::filled(id, count));
        match (own, provided) {
            (_, Some(buffer)) if count > 0 => Input::Provided(buffer),
            (_, Some(buffer)) => {
                self.give_back(buffer);
                Input::End
            }
            (Some(mut own), None) if count > 0 => {
                own.truncate(count);
                Input::Own(own)
            }
            (_, None) => Input::End,
        }
    }

    fn add(&mut self, operation: Operation) -> Token {
        self.in_flight += 1;
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.operations.push(None);
            self.operations.len() - 1
        });
        self.operations[index] = Some(operation);
        Token(index)
    }

    /// Queues an entry; the next `wait` submits it.
    ///
    /// # Safety
    /// What the entry points to stays valid, and is not touched, until the operation completes.
    unsafe fn push(&mut self, entry: squeue::Entry, Token(token): Token) -> io::Result<()> {
        let entry = entry.user_data(token as u64);
        // SAFETY: as promised by the caller.
        while unsafe { self.ring.submission().push(&entry) }.is_err() {
            // No room: what is there has to go first.
            match self.ring.submit() {
                Ok(_) => {}
                Err(error) if error.raw_os_error() == Some(libc::EBUSY) => {
                    self.completions.extend(self.ring.completion());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // Never seen by the kernel.
                    self.operations[token] = None;
                    self.vacant.push(token);
                    self.in_flight -= 1;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl Message {
    /// What is left when so many bytes were sent.
    fn without(mut self, mut count: usize) -> VecDeque<Bytes> {
        while let Some(run) = self.runs.front_mut() {
            if count < run.len() {
                run.advance(count);
                break;
            }
            count -= run.len();
            self.runs.pop_front();
        }
        self.runs
    }
}

impl Drop for Ring {
    /// Waits until the kernel is done with all that is owned here; if it never is, that stays where it is for ever.
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(2);
        for index in 0..self.operations.len() {
            let is_in_flight = self.operations[index].is_some();
            if is_in_flight && self.cancel(Token(index)).is_err() {
                break;
            }
        }
        while self.in_flight > 0 && Instant::now() < deadline {
            if self.wait(Some(Duration::from_millis(100))).is_err() {
                break;
            }
            while self.next_completion().is_some() {}
        }
        let buffers = self.buffers.take();
        if self.in_flight == 0 {
            if let Some(buffers) = buffers {
                buffers.unregister(&self.ring.submitter());
            }
        } else {
            mem::forget(mem::take(&mut self.operations));
        }
    }
}
