//! The peers, in a process of their own, so that nothing of theirs is counted as the server's.
//!
//! Honest and hostile ones have a thread each. What they find is told in lines ([`crate::tidings`]).

mod attacks;
#[cfg(feature = "deflate")]
mod deflated;
mod delays;
mod floods;
mod honest;
mod hostile;
mod peer;

use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::random::Random;
use crate::tidings::{say_honest, say_hostile, say_progress};

pub(crate) use hostile::Met;

/// Runs until the time is over and every peer is gone.
pub(crate) fn run(port: u16, options: &Options) -> Result<(), Box<dyn Error>> {
    let until = Instant::now() + Duration::from_secs(options.seconds);
    let mut random = Random::new(options.seed);
    let findings = Arc::new(honest::Findings::default());

    let honest = honest::crowd(port, options.honest, until, random.another(), findings.clone());
    let honest = thread::spawn(|| block_on(honest));
    let kinds = hostile::kinds(options.only.as_deref())?;
    let hostile = hostile::crowd(port, options.hostile, kinds, until, random.another());
    let hostile = thread::spawn(|| block_on(hostile));
    while !honest.is_finished() || !hostile.is_finished() {
        thread::sleep(Duration::from_secs(1));
        say_progress(&findings.so_far());
    }
    honest.join().map_err(|_| "the honest peers panicked")??;
    let met = hostile.join().map_err(|_| "the hostile peers panicked")??;
    say_honest(&findings.so_far());
    met.iter().for_each(say_hostile);
    Ok(())
}

fn block_on<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}
