//! tokio, as most of the peers have it in their documentation: one thread, a task per connection.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::TcpListener;

use tokio::net::TcpStream;

pub type Failure = Box<dyn Error + Send + Sync>;
pub type Outcome = Result<(), Failure>;

/// Has `handle` serve each connection, to its end or its first error. The tasks are unconstrained,
/// as in the examples of fastwebsockets and tokio-websockets: they do not yield by themselves.
pub fn serve<F>(listener: TcpListener, handle: impl Fn(TcpStream) -> F) -> io::Result<()>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let served = handle(stream);
            tokio::spawn(tokio::task::unconstrained(async move {
                // A client that goes is no event here.
                drop(served.await);
            }));
        }
    })
}
