//! Which core runs what, how many files may be open, and how a server ends with whoever started it.

use std::io;

use crate::epoll::checked;

/// The cores that this process may run on.
pub fn cores() -> Vec<usize> {
    // SAFETY: a zeroed set is an empty one, and its size is given.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) != 0 {
            return Vec::new();
        }
        (0..libc::CPU_SETSIZE as usize).filter(|core| libc::CPU_ISSET(*core, &set)).collect()
    }
}

/// Has this thread run on this core only.
pub fn pin(core: usize) -> io::Result<()> {
    // SAFETY: as above; `CPU_SET` ignores what is out of range.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        checked(libc::sched_setaffinity(0, size_of_val(&set), &raw const set))?;
    }
    Ok(())
}

/// Allows as many open files as there may be, and says how many these are. Children inherit it.
pub fn raise_open_files() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for both calls.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
    limit.rlim_cur
}

/// Has the kernel end this process when its standard input is closed, or after an hour. No thread
/// waits for it, since with a second thread `malloc` locks.
pub fn end_with_input() -> io::Result<()> {
    // SAFETY: no pointers but `poll`'s, which is valid.
    unsafe {
        libc::alarm(3600);
        libc::signal(libc::SIGIO, libc::SIG_DFL);
        checked(libc::fcntl(0, libc::F_SETOWN, libc::getpid()))?;
        let flags = checked(libc::fcntl(0, libc::F_GETFL))?;
        checked(libc::fcntl(0, libc::F_SETFL, flags | libc::O_ASYNC))?;
        // It may have been closed before.
        let mut input = libc::pollfd { fd: 0, events: libc::POLLIN, revents: 0 };
        if libc::poll(&raw mut input, 1, 0) != 0 {
            std::process::exit(0);
        }
    }
    Ok(())
}

/// Has glibc return all of the memory that it can to the kernel, whenever this process is sent
/// `SIGUSR1`. That may come only while it waits, since the allocator must not be at work then.
pub fn trim_when_told() {
    extern "C" fn trim(_: i32) {
        // SAFETY: the allocator is not at work, see above.
        unsafe { libc::malloc_trim(0) };
    }
    let trim: extern "C" fn(i32) = trim;
    // SAFETY: the handler is a function that lives as long as the process.
    unsafe { libc::signal(libc::SIGUSR1, trim as libc::sighandler_t) };
}
