//! A server as a process of its own, seen from the load generator: where it listens, the CPU time
//! that it has used, the memory that it holds.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use crate::calls::Counters;
use crate::contenders::Contender;
use crate::system;

pub struct Process {
    child: Child,
    pub address: SocketAddr,
    calls: &'static Counters,
}

impl Process {
    /// Starts a server, on this core.
    pub fn start(contender: &Contender, core: Option<usize>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let (calls, file) = Counters::share()?;
        command.args(["serve", contender.name, &file.to_string()]);
        command.args(core.map(|core| core.to_string()));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        // SAFETY: the child has its own.
        unsafe { libc::close(file) };
        let mut child = child?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, address: (Ipv4Addr::LOCALHOST, port).into(), calls })
    }

    /// CPU time that it has used, user's and system's, in nanoseconds.
    pub fn cpu_time(&self) -> io::Result<u64> {
        let mut clock = 0;
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: both are valid places to write to.
        let failed = unsafe {
            libc::clock_getcpuclockid(self.child.id() as i32, &raw mut clock) != 0
                || libc::clock_gettime(clock, &raw mut time) != 0
        };
        if failed {
            return Err(io::Error::other("the server has ended"));
        }
        Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }

    /// System calls that read and that write sockets, so far.
    pub fn calls(&self) -> u64 {
        let (reads, writes) = self.calls.get();
        reads + writes
    }

    /// Resident memory that is no file's: heap and stack, in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path)?;
        let line = text.lines().find_map(|line| line.strip_prefix("Anonymous:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kilobytes: u64 = number
            .ok_or_else(|| io::Error::other("no line about it"))?
            .parse()
            .map_err(io::Error::other)?;
        Ok(kilobytes * 1024)
    }

    /// Has its allocator return what it can to the kernel. It must have nothing to do meanwhile.
    pub fn trim(&self) {
        // SAFETY: the child has not been waited for, so that the number is its.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGUSR1) };
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends with its input; this is for one that could not be told so.
        drop(self.child.stdin.take());
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Is a server: says on which port, and serves until the input is closed.
pub fn serve(contender: &Contender, calls: i32, core: Option<usize>) -> io::Result<()> {
    Counters::count_in(calls)?;
    if let Some(core) = core {
        system::pin(core)?;
    }
    system::end_with_input()?;
    system::trim_when_told();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // SAFETY: the socket is open; the queue has room for all who come at once.
    unsafe { libc::listen(std::os::fd::AsRawFd::as_raw_fd(&listener), 4096) };
    println!("{}", listener.local_addr()?.port());
    io::stdout().flush()?;
    (contender.serve)(listener)
}
