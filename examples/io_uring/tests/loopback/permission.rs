//! Where `io_uring` is forbidden, as in many containers.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Under a seccomp filter that forbids it, the program says so in one line and with a status of its own.
pub fn it_says_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_io-uring-example"));
    // SAFETY: between fork and exec there are two system calls and no allocation.
    unsafe { command.pre_exec(forbid_io_uring) };
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "io_uring is not permitted here: Operation not permitted (os error 1)\n");
    assert!(output.stdout.is_empty());
}

fn forbid_io_uring() -> io::Result<()> {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let statement = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let mut filter = [
        statement(LOAD, 0, 0, 0), // the number of the system call
        statement(JUMP_IF_EQUAL, libc::SYS_io_uring_setup as u32, 0, 1),
        statement(RETURN, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32, 0, 0),
        statement(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the arguments are those of prctl(2); the kernel copies the program.
    let result = unsafe {
        match libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) {
            0 => libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program),
            failed => failed,
        }
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
