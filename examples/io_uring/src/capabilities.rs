//! What the kernel has: asked for where it tells, tried out where it does not.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use io_uring::{IoUring, Probe, opcode};

use crate::buffers::Buffers;
use crate::ring::{Completion, Ring};

/// What may be used beyond single operations with buffers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The kernel picks a buffer when data arrives (Linux 5.19).
    pub provided_buffers: bool,
    /// One accept takes any number of connections (Linux 5.19).
    pub multishot_accept: bool,
    /// One receive takes any amount of data, into provided buffers (Linux 6.0).
    pub multishot_receive: bool,
}

impl Capabilities {
    /// Nothing but what every `io_uring` of this example has.
    pub const NONE: Self =
        Self { provided_buffers: false, multishot_accept: false, multishot_receive: false };

    /// Finds out.
    ///
    /// # Errors
    /// [`Unavailable`] if there is no `io_uring` for us, or one that is too old for this example.
    pub fn find() -> Result<Self, Unavailable> {
        let ring = IoUring::new(8).map_err(Unavailable::Refused)?;
        // The deadlines need it: a wait with a timeout, Linux 5.11.
        if !ring.params().is_feature_ext_arg() {
            return Err(Unavailable::TooOld("a wait with a timeout"));
        }
        let mut probe = Probe::new();
        ring.submitter().register_probe(&mut probe).map_err(Unavailable::Refused)?;
        let needed = [
            (opcode::Accept::CODE, "accept"),
            (opcode::Recv::CODE, "recv"),
            (opcode::SendMsg::CODE, "sendmsg"),
            (opcode::AsyncCancel::CODE, "cancel"),
        ];
        if let Some((_, name)) = needed.iter().find(|(code, _)| !probe.is_supported(*code)) {
            return Err(Unavailable::TooOld(name));
        }
        let provided_buffers = match Buffers::register(&ring.submitter()) {
            Ok(buffers) => {
                buffers.unregister(&ring.submitter());
                true
            }
            Err(_) => false,
        };
        // No probe tells of these: they are flags of older operations, which older kernels refuse.
        let multishot_accept = tries_accept().map_err(Unavailable::Refused)?;
        let multishot_receive =
            provided_buffers && tries_receive().map_err(Unavailable::Refused)?;
        Ok(Self { provided_buffers, multishot_accept, multishot_receive })
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |has| if has { "yes" } else { "no" };
        write!(
            f,
            "provided buffers: {}, multishot accept: {}, multishot receive: {}",
            word(self.provided_buffers),
            word(self.multishot_accept),
            word(self.multishot_receive)
        )
    }
}

fn tries_accept() -> io::Result<bool> {
    let mut ring = Ring::new(Capabilities { multishot_accept: true, ..Capabilities::NONE })?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let _client = TcpStream::connect(listener.local_addr()?)?;
    ring.accept(listener.as_fd())?;
    is_supported(&mut ring)
}

fn tries_receive() -> io::Result<bool> {
    let means =
        Capabilities { provided_buffers: true, multishot_receive: true, ..Capabilities::NONE };
    let mut ring = Ring::new(means)?;
    let (socket, mut other) = UnixStream::pair()?;
    other.write_all(b"?")?;
    ring.receive(0, socket.as_fd())?;
    is_supported(&mut ring)
}

/// Whether the first thing that completes goes on.
fn is_supported(ring: &mut Ring) -> io::Result<bool> {
    for _ in 0..10 {
        ring.wait(Some(Duration::from_millis(100)))?;
        match ring.next_completion() {
            Some(
                Completion::Accepted { result: Ok(_), more }
                | Completion::Received { result: Ok(_), more, .. },
            ) => return Ok(more),
            Some(_) => return Ok(false),
            None => {}
        }
    }
    Ok(false)
}

/// There is no `io_uring` to be used.
#[derive(Debug)]
pub enum Unavailable {
    /// The kernel has none, or we are not let: by a seccomp filter (as of many containers), by the sysctl
    /// `kernel.io_uring_disabled`, or by a limit.
    Refused(io::Error),
    /// The kernel has one without this.
    TooOld(&'static str),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) if error.kind() == ErrorKind::PermissionDenied => {
                write!(f, "io_uring is not permitted here: {error}")
            }
            Self::Refused(error) => write!(f, "io_uring cannot be used here: {error}"),
            Self::TooOld(missing) => {
                write!(f, "the io_uring of this kernel is too old: no {missing}")
            }
        }
    }
}

impl Error for Unavailable {}
