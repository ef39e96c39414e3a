//! epoll as the kernel has it, level-triggered: for the load generator, and for the servers that
//! have no runtime.

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

pub struct Epoll(OwnedFd);

/// What one wait can report.
pub struct Events(Vec<libc::epoll_event>);

/// A socket that has something to do.
#[derive(Clone, Copy)]
pub struct Ready {
    pub key: usize,
    /// There are bytes to read, or the end of them.
    pub readable: bool,
    /// There is room to write.
    pub writable: bool,
}

impl Events {
    pub fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    pub fn iter(&self) -> impl Iterator<Item = Ready> {
        let reading = (libc::EPOLLIN | libc::EPOLLHUP | libc::EPOLLERR) as u32;
        self.0.iter().map(move |event| Ready {
            key: event.u64 as usize,
            readable: event.events & reading != 0,
            writable: event.events & libc::EPOLLOUT as u32 != 0,
        })
    }
}

/// What a socket is watched for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    Read,
    Write,
    Both,
}

/// Turns the result of a system call into ours.
pub fn checked(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers are involved, and the descriptor is new and nobody else's.
        unsafe {
            let descriptor = checked(libc::epoll_create1(libc::EPOLL_CLOEXEC))?;
            Ok(Self(OwnedFd::from_raw_fd(descriptor)))
        }
    }

    /// Watches a socket for something to read, until it is closed.
    pub fn add(&self, socket: &impl AsFd, key: usize) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, socket, key, libc::EPOLLIN)
    }

    /// Says anew what a socket is watched for.
    pub fn watch(&self, socket: &impl AsFd, key: usize, interest: Interest) -> io::Result<()> {
        let events = match interest {
            Interest::Read => libc::EPOLLIN,
            Interest::Write => libc::EPOLLOUT,
            Interest::Both => libc::EPOLLIN | libc::EPOLLOUT,
        };
        self.control(libc::EPOLL_CTL_MOD, socket, key, events)
    }

    fn control(&self, what: i32, socket: &impl AsFd, key: usize, events: i32) -> io::Result<()> {
        let mut event = libc::epoll_event { events: events as u32, u64: key as u64 };
        let socket = socket.as_fd().as_raw_fd();
        // SAFETY: `event` is valid, and is copied by the kernel.
        checked(unsafe { libc::epoll_ctl(self.0.as_raw_fd(), what, socket, &raw mut event) })?;
        Ok(())
    }

    /// Waits, for ever if `milliseconds` is -1.
    #[inline]
    pub fn wait(&self, events: &mut Events, milliseconds: i32) -> io::Result<()> {
        let list = &mut events.0;
        list.clear();
        let room = list.capacity() as i32;
        // SAFETY: the list has room for as many events; as many as are returned were written.
        unsafe {
            let epoll = self.0.as_raw_fd();
            match checked(libc::epoll_wait(epoll, list.as_mut_ptr(), room, milliseconds)) {
                Ok(count) => list.set_len(count as usize),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
