//! System calls on sockets, counted: the functions of the C library that every contender reads and writes a socket
//! with are these, which count and do the same. Waiting (`epoll_wait`) is not counted.

use std::io;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use libc::{
    SYS_readv, SYS_recvfrom, SYS_recvmsg, SYS_sendmsg, SYS_sendto, SYS_writev, c_int, c_long,
    c_void, ssize_t,
};

use crate::epoll::checked;

/// Reads and writes since a process began, in memory that it shares with whoever started it.
#[repr(C)]
pub struct Counters {
    reads: AtomicU64,
    writes: AtomicU64,
}

static NOWHERE: Counters = Counters { reads: AtomicU64::new(0), writes: AtomicU64::new(0) };
static COUNTERS: AtomicPtr<Counters> = AtomicPtr::new((&raw const NOWHERE).cast_mut());

impl Counters {
    /// Makes counters, and a file through which a child counts there.
    pub fn share() -> io::Result<(&'static Self, c_int)> {
        // SAFETY: the name ends in zero.
        let file = checked(unsafe { libc::memfd_create(c"calls".as_ptr(), 0) })?;
        // SAFETY: the file is open.
        checked(unsafe { libc::ftruncate(file, size_of::<Self>() as i64) })?;
        Ok((Self::map(file)?, file))
    }

    /// Has this process count in the file that it was given.
    pub fn count_in(file: c_int) -> io::Result<()> {
        COUNTERS.store(std::ptr::from_ref(Self::map(file)?).cast_mut(), Ordering::Relaxed);
        Ok(())
    }

    /// Reads and writes so far.
    pub fn get(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }

    /// A page for the rest of the process's life.
    fn map(file: c_int) -> io::Result<&'static Self> {
        let (access, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new mapping of an open file.
        let place =
            unsafe { libc::mmap(std::ptr::null_mut(), size_of::<Self>(), access, shared, file, 0) };
        if place == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is as large, aligned to a page, never unmapped, and atomic whoever writes to it.
        Ok(unsafe { &*place.cast::<Self>() })
    }
}

fn count(calls: impl Fn(&'static Counters) -> &'static AtomicU64) {
    // SAFETY: it points to what lives as long as the process.
    let counters = unsafe { &*COUNTERS.load(Ordering::Relaxed) };
    calls(counters).fetch_add(1, Ordering::Relaxed);
}

macro_rules! counting {
    ($($calls:ident $number:ident fn $name:ident($($argument:ident: $Type:ty),+) $(, $zero:expr)*;)+) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $Type),+) -> ssize_t {
            count(|counters| &counters.$calls);
            // SAFETY: as the caller says; the arguments are those of the system call. `syscall` sets `errno`.
            unsafe { libc::syscall($number $(, $argument)+ $(, $zero)*) as ssize_t }
        }
    )+};
}

const NONE: c_long = 0;

counting! {
    reads SYS_recvfrom fn recv(socket: c_int, buffer: *mut c_void, length: usize, flags: c_int), NONE, NONE;
    reads SYS_recvmsg fn recvmsg(socket: c_int, message: *mut libc::msghdr, flags: c_int);
    reads SYS_readv fn readv(socket: c_int, runs: *const libc::iovec, count: c_int);
    writes SYS_sendto fn send(socket: c_int, data: *const c_void, length: usize, flags: c_int), NONE, NONE;
    writes SYS_sendmsg fn sendmsg(socket: c_int, message: *const libc::msghdr, flags: c_int);
    writes SYS_writev fn writev(socket: c_int, runs: *const libc::iovec, count: c_int);
}
