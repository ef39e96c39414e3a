//! What tokio's sockets cost: a task per connection that returns what it reads, without a buffer of its own.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::TcpListener;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::READ;
use super::tasks::{self, Outcome};

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

pub fn serve(listener: TcpListener) -> io::Result<()> {
    tasks::serve(listener, echo)
}

async fn echo(mut stream: TcpStream) -> Outcome {
    loop {
        stream.readable().await?;
        let rest = BUFFER.with_borrow_mut(|buffer| {
            let count = match stream.try_read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            match stream.try_write(&buffer[..count]) {
                Ok(written) => Ok(buffer[written..count].to_vec()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(buffer[..count].to_vec()),
                Err(error) => Err(error),
            }
        })?;
        stream.write_all(&rest).await?;
    }
}
