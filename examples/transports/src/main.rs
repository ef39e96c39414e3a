//! The transport lab: the same stream of updates by short polling, long polling, Server-Sent Events and WebSocket.
//!
//! ```text
//! cargo run --release --example transports                 a page that shows them at once
//! cargo run --release --example transports -- --report     the same without a browser: a table, and a chart
//! ```
//!
//! `--help` lists the options. The first three are served by hyper, WebSocket by this crate, each on a thread and a
//! port of its own, so that bytes, requests, processor time and memory are told apart.

mod access;
mod account;
mod clients;
mod clock;
mod heap;
mod histogram;
mod inspect;
mod lab;
mod messages;
mod options;
mod report;
mod serve;
mod settings;
mod socket;
mod transport;
mod updates;

use std::process::ExitCode;

use lab::{Error, Lab};
use options::{Options, Task, more_sockets};

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = run(options) {
        eprintln!("transports: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(options: Options) -> Result<(), Error> {
    match options.task {
        Task::Help => println!("{}", options::USAGE),
        Task::Page(port) => {
            more_sockets();
            let (lab, listener) = Lab::start(options.settings, port)?;
            println!("the page is at http://{}", listener.local_addr()?);
            serve::page::run(lab, listener)?;
        }
        Task::Report(task) => {
            more_sockets();
            let report = report::measure(options.settings, &task)?;
            print!("{}", report.table());
            std::fs::write(&task.output, report::svg::draw(&report))?;
            println!("\nthe chart is in {}", task.output.display());
        }
    }
    Ok(())
}
