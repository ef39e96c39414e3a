//! Measures what the example `event_loop` holds for each idle connection; `.ci/idle` runs it.
//!
//! Two figures: with all handshakes done, and with a message of 64 KiB echoed to every client once
//! the buffers that it took are due for release. The clients (`idle_clients`) are a process of
//! their own, so that nothing of theirs is counted.
//!
//! `cargo run --release --example idle_server -- CONNECTIONS PATH_OF_IDLE_CLIENTS`

#[path = "event_loop/alarms.rs"]
mod alarms;
#[path = "event_loop/peer.rs"]
mod peer;
#[path = "event_loop/server.rs"]
mod server;

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use websocket_proto::{Config, Connection};

use server::Server;

/// What DESIGN.md promises, per connection.
const BUDGET: usize = 1024;

/// For everything together.
const PATIENCE: Duration = Duration::from_secs(55);

/// Counts the bytes that are allocated and not freed.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is the system's allocator's doing; the counter is only told.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: passed on as it came.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(connections), Some(clients)) = (arguments.next(), arguments.next()) else {
        return Err("usage: idle_server CONNECTIONS PATH_OF_IDLE_CLIENTS".into());
    };
    let connections: usize = connections.parse()?;

    let config = Config::server();
    let release = config.timeouts.release_after + Duration::from_millis(500);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut clients = Clients::start(&clients, listener.local_addr()?.port(), connections)?;
    let mut measurement = Measurement {
        server: Server::new(listener, config)?,
        until: Instant::now() + PATIENCE,
        connections,
        before: 0,
    };
    // One turn first: what the loop itself allocates is not the connections'.
    measurement.serve(Duration::from_millis(1))?;
    measurement.before = LIVE.load(Relaxed);

    println!("{connections} connections");
    println!(
        "size_of::<Connection>() {} bytes, in a size_of::<Peer>() of {} bytes, which is on the heap",
        size_of::<Connection>(),
        size_of::<peer::Peer>()
    );
    clients.tell("connect")?;
    measurement.serve_until_done(&clients)?;
    let opened = measurement.report("after the handshake")?;

    clients.tell("send")?;
    measurement.serve_until_done(&clients)?;
    measurement.report("right after a message of 64 KiB each (not limited)")?;
    measurement.serve(release)?;
    let used = measurement.report("after a message of 64 KiB each, with the buffers released")?;

    clients.tell("quit")?;
    clients.process.wait()?;
    if opened.max(used) > BUDGET {
        return Err(format!("over {BUDGET} bytes per connection").into());
    }
    println!("within {BUDGET} bytes per connection");
    Ok(())
}

struct Measurement {
    server: Server,
    until: Instant,
    connections: usize,
    /// Live bytes before the first connection.
    before: usize,
}

impl Measurement {
    /// Serves for so long.
    fn serve(&mut self, time: Duration) -> Result<(), Box<dyn Error>> {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.server.turn(Some(left))?;
        }
        Ok(())
    }

    /// Serves until the clients have said that they are done.
    fn serve_until_done(&mut self, clients: &Clients) -> Result<(), Box<dyn Error>> {
        while clients.answers.try_recv().is_err() {
            self.server.turn(Some(Duration::from_millis(10)))?;
            if Instant::now() > self.until {
                return Err("the clients take too long".into());
            }
        }
        Ok(())
    }

    /// Prints what is held, and returns the bytes per connection.
    fn report(&self, when: &str) -> Result<usize, Box<dyn Error>> {
        let live = LIVE.load(Relaxed).saturating_sub(self.before);
        let each = live.div_ceil(self.connections);
        println!("{when}:");
        println!("  heap      {live} bytes live, {each} bytes per connection");
        println!("  resident  {} in all", resident()?);
        Ok(each)
    }
}

/// Resident memory of this process.
fn resident() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.ok_or("no VmRSS")?.trim().into())
}

/// The process with the clients in it. Each line that it is told it answers with a line.
struct Clients {
    process: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
}

impl Clients {
    fn start(path: &str, port: u16, connections: usize) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(path)
            .args([port.to_string(), connections.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = process.stdin.take().ok_or("no pipe")?;
        let lines = BufReader::new(process.stdout.take().ok_or("no pipe")?).lines();
        let (sender, answers) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Self { process, orders, answers })
    }

    fn tell(&mut self, order: &str) -> Result<(), Box<dyn Error>> {
        Ok(writeln!(self.orders, "{order}")?)
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().unwrap_or_default();
    }
}
