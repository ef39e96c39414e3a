//! A server among hostile peers: does it serve the honest ones, keep its memory, and get rid of the others?
//!
//! ```text
//! cargo run --release --features tokio,deflate --example soak -- --seconds 600
//!     [--honest N] [--hostile N] [--only KIND] [--seed N] [--bound-ms N] [--slack-ms N]
//! ```
//!
//! An echo server on the tokio adapter, on loopback and one thread, and a second process with its peers: so
//! many honest ones at once, and so many hostile ones, of all kinds in [`kind`]'s table or of one. The
//! hostile ones are written by hand, byte by byte. Without the feature `deflate` there are no compression bombs.
//!
//! It ends by itself, a few seconds after the time given, with 1 if something that it promises does not hold:
//!
//! * **No message is lost.** Each message that an honest peer sent has come back, in order and as it was; a Close that
//!   the server began may cross one ("crossed"). The honest ones close cleanly, some right behind a message.
//! * **None is late.** No echo takes longer than `--bound-ms`, nor does an opening handshake. The bound is for
//!   a machine whose few cores the load shares; the median tells more of the server.
//! * **Memory is flat.** The peaks of the last half are no higher than those of the second quarter and some, and
//!   nearly nothing is left when the last peer is gone. Of the server's process only: its heap is counted by the
//!   allocator. (A codec of `deflate` is on that heap, too.)
//! * **Hostile peers go.** Each is ended in the way that its kind deserves, within the deadlines that apply and
//!   `--slack-ms`: see the last table. "How" is what the server knows, "what they saw" the last that they read: who
//!   does not read sees only that the transport is gone.
//!
//! More peers need more file descriptors (`ulimit -n`): two for each, in two processes.

mod ending;
mod kind;
mod load;
mod memory;
mod options;
mod random;
mod records;
mod report;
mod server;
mod terms;
mod tidings;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use memory::{Course, Sample, mebibytes};
use options::Options;
use random::Random;
use records::Records;
use report::Told;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// What the last peers have, beyond the time given.
const PATIENCE: Duration = Duration::from_secs(30);

/// Seconds between two lines.
const PERIOD: u64 = 10;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::from_arguments()?;
    match options.load {
        Some(port) => load::run(port, &options).map(|()| ExitCode::SUCCESS),
        None => soak(&options),
    }
}

/// The server, until its last peer is gone.
fn soak(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let records = Arc::new(Records::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(async { server::listen() })?;
    let port = listener.local_addr()?.port();
    let serving = server::serve(listener, records.clone(), Random::new(!options.seed));
    println!("{}", terms::Deadlines);

    let mut course = Course::new(options.seconds);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! { () = serving => {}, _ = stopped => {} }
        });
    });
    let mut load = Load::start(port, options)?;
    let mut told = Told::default();
    let mut broken = Vec::new();
    watch(options, &records, &mut load, &mut told, &mut course, &mut broken)?;

    // The server is done with a peer when it knows of its end, and with its buffers a little later.
    let until = Instant::now() + PATIENCE;
    while records.live() > 0 && Instant::now() < until {
        thread::sleep(Duration::from_millis(100));
    }
    if records.live() > 0 {
        broken.push(format!("{} peers are still there", records.live()));
    }
    thread::sleep(terms::config().timeouts.release_after);
    course.end = memory::live();
    println!("at most {} peers at once, {} s", records.most(), course.samples.len());
    told.report_honest(options, &mut broken);
    told.report_hostile(&records, options, &mut broken);
    course.report(&mut broken);
    let _ = stop.send(());
    server.join().map_err(|_| "the server panicked")?;

    if broken.is_empty() {
        println!("all promises held");
        return Ok(ExitCode::SUCCESS);
    }
    for promise in broken {
        println!("BROKEN: {promise}");
    }
    Ok(ExitCode::FAILURE)
}

/// Looks at the server each second until the load has ended.
fn watch(
    options: &Options,
    records: &Records,
    load: &mut Load,
    told: &mut Told,
    course: &mut Course,
    broken: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    for second in 1.. {
        let end = begun + Duration::from_secs(second);
        thread::sleep(end.saturating_duration_since(Instant::now()));
        load.lines.try_iter().for_each(|line| told.note(&line));
        let sample = Sample::take();
        if second <= options.seconds {
            course.samples.push(sample);
        }
        for kind in records.overdue(options.slack) {
            broken.push(format!("{}: one is overdue", kind.promise().name));
        }
        if second % PERIOD == 0 {
            println!(
                "{second:>4} s  {} peers, heap {} MiB, resident {} MiB; honest: {}",
                records.live(),
                mebibytes(sample.heap),
                mebibytes(sample.resident),
                told.progress()
            );
            std::io::stdout().flush()?;
        }
        if load.process.try_wait()?.is_some() {
            break;
        }
        if begun.elapsed() > Duration::from_secs(options.seconds) + PATIENCE {
            broken.push("the load takes too long".into());
            break;
        }
    }
    load.process.kill()?;
    // The rest, up to the end of its output.
    load.lines.iter().for_each(|line| told.note(&line));
    broken.sort();
    broken.dedup();
    Ok(())
}

/// The process with the peers.
struct Load {
    process: Child,
    lines: Receiver<String>,
}

impl Load {
    fn start(port: u16, options: &Options) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(options.arguments_for_load(port))
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().ok_or("no pipe")?).lines();
        let (sender, receiver) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Self { process, lines: receiver })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().unwrap_or_default();
        let _ = self.process.wait();
    }
}
