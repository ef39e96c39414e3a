//! The command line.

use std::path::PathBuf;

use crate::settings::Settings;

pub(crate) const USAGE: &str = "\
usage: transports [--port N] [--rate R] [--size S] [--interval MS] [--clients N]
       transports --report [--seconds N] [--output FILE] [--capture FOLDER] [the same]

  --port N          where the page is (default 0: the system chooses)
  --rate R          updates per second, 0.1 to 1000 (default 10)
  --size S          characters of data in each update, 0 to 65536 (default 100)
  --interval MS     milliseconds between two short polls, 50 to 60000 (default 1000)
  --clients N       clients of each transport without a browser, 0 to 1000 (default 0; of a report 1 to 1000, 100)
  --report          measures, prints a table, writes a chart, and ends
  --seconds N       how long updates are measured, 2 to 600 (default 20); messages upwards take 10 more
  --output FILE     where the chart goes (default transports.svg)
  --capture FOLDER  writes every byte that the clients receive and send to files in there";

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) settings: Settings,
    pub(crate) task: Task,
}

#[derive(Debug)]
pub(crate) enum Task {
    Help,
    /// At this port.
    Page(u16),
    Report(Reporting),
}

#[derive(Clone, Debug)]
pub(crate) struct Reporting {
    pub(crate) seconds: u64,
    pub(crate) output: PathBuf,
    pub(crate) capture: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments;
        let mut settings = Settings::default();
        let (mut report, mut help, mut of_report) = (false, false, false);
        let mut port = 0;
        let mut clients = None;
        let mut reporting =
            Reporting { seconds: 20, output: "transports.svg".into(), capture: None };
        while let Some(name) = arguments.next() {
            of_report |= ["--seconds", "--output", "--capture"].contains(&name.as_str());
            let mut value =
                || arguments.next().ok_or_else(|| format!("{name} needs a value\n\n{USAGE}"));
            match name.as_str() {
                "--report" => report = true,
                "--help" | "-h" => help = true,
                "--rate" | "--size" | "--interval" => {
                    settings = settings.changed(&format!("{}={}", &name[2..], value()?))?;
                }
                "--port" => {
                    let number = value()?;
                    port = number.parse().map_err(|_| {
                        format!("--port is a number from 0 to 65535, not '{number}'")
                    })?;
                }
                "--clients" => clients = Some(value()?),
                "--output" => reporting.output = value()?.into(),
                "--capture" => reporting.capture = Some(value()?.into()),
                "--seconds" => {
                    let seconds = value()?;
                    reporting.seconds = match seconds.parse() {
                        Ok(seconds @ 2..=600) => seconds,
                        _ => {
                            return Err(format!(
                                "--seconds is a number from 2 to 600, not '{seconds}'"
                            ));
                        }
                    };
                }
                _ => return Err(format!("there is no option '{name}'\n\n{USAGE}")),
            }
        }
        let clients = clients.unwrap_or_else(|| if report { "100" } else { "0" }.into());
        for transport in crate::transport::Transport::ALL {
            settings = settings
                .changed(&format!("{}={clients}", transport.name()))
                .map_err(|_| format!("--clients is a number from 0 to 1000, not '{clients}'"))?;
        }
        let task = match (help, report) {
            (true, _) => Task::Help,
            (_, true) if settings.clients[0] == 0 => return Err("a report needs clients".into()),
            (_, true) => Task::Report(reporting),
            _ if of_report => {
                return Err(format!(
                    "--seconds, --output and --capture are of --report\n\n{USAGE}"
                ));
            }
            _ => Task::Page(port),
        };
        Ok(Self { settings, task })
    }
}

/// Both ends of each connection are in this process: where the system allows more open files than it gives, begins again
/// with as many.
pub(crate) fn more_sockets() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        use std::process::Command;

        const ASKED: &str = "TRANSPORTS_HAS_MORE_SOCKETS";
        const MORE: &str =
            "{ ulimit -n \"$(ulimit -Hn)\" || ulimit -n 10240; } 2>/dev/null; exec \"$0\" \"$@\"";
        if std::env::var_os(ASKED).is_some() {
            return;
        }
        if let Ok(program) = std::env::current_exe() {
            // Comes back only if it cannot be done; then there are as many as there are.
            let error = Command::new("sh")
                .args(["-c", MORE])
                .arg(program)
                .args(std::env::args_os().skip(1))
                .env(ASKED, "1")
                .exec();
            eprintln!("no more open files were asked for: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn options_are_read() {
        let options = parse("--report --rate 5 --seconds 2 --output x.svg").unwrap();
        assert_eq!((options.settings.rate, options.settings.clients), (5.0, [100; 4]));
        assert!(matches!(options.task, Task::Report(Reporting { seconds: 2, .. })));
        assert_eq!(parse("").unwrap().settings, Settings::default());
        for wrong in [
            "--rate",
            "--rate x",
            "--report --seconds 1",
            "--report --clients 0",
            "--seconds 5",
            "--clients 1001",
            "--port -1",
            "--what",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
