//! The server over real sockets on loopback, with everything that the kernel has and with less.
//!
//! Where `io_uring` may not be used, nothing passes: the tests are reported as skipped, with the reason.

mod ends;
mod messages;
mod permission;
mod support;

use std::panic::catch_unwind;
use std::process::ExitCode;

use io_uring_example::Capabilities;

type Test = (&'static str, fn(Capabilities));

macro_rules! tests {
    ($($module:ident::$test:ident),+ $(,)?) => { [$((stringify!($test), $module::$test)),+] };
}

const TESTS: [Test; 14] = tests![
    messages::messages_of_all_sizes_come_back,
    messages::many_clients_at_once,
    messages::bytes_may_come_one_by_one,
    messages::a_client_that_does_not_read_loses_nothing,
    messages::a_client_that_does_not_read_hinders_nobody,
    messages::a_client_that_sends_without_end_starves_nobody,
    ends::other_requests_get_a_page,
    ends::a_close_is_answered_and_the_server_ends_first,
    ends::answers_go_out_though_the_client_has_ended,
    ends::a_violation_is_told,
    ends::clients_that_vanish_leave_nothing,
    ends::deadlines_pass_though_nothing_happens,
    ends::a_client_that_takes_nothing_is_left,
    ends::a_server_may_be_dropped_at_any_time,
];

fn main() -> ExitCode {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let mut summary = Summary { filter, ..Summary::default() };

    summary.run("a_program_that_is_not_permitted_says_so", permission::it_says_so);
    match Capabilities::find() {
        Ok(found) => {
            println!("{found}");
            for (means, kind) in variants(found) {
                for (name, test) in TESTS {
                    summary.run(&format!("{name} ({kind})"), move || test(means));
                }
            }
        }
        Err(unavailable) => {
            println!("SKIPPED: {unavailable}");
            summary.skipped += TESTS.len();
        }
    }
    let Summary { passed, failed, skipped, .. } = summary;
    let outcome = if failed > 0 { "FAILED" } else { "ok" };
    println!(
        "\ntest result: {outcome}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out"
    );
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What the kernel has, and what older ones have.
fn variants(found: Capabilities) -> Vec<(Capabilities, &'static str)> {
    let mut variants = vec![(found, "all that there is"), (Capabilities::NONE, "plain")];
    let single = Capabilities { multishot_receive: false, ..found };
    if found.multishot_receive {
        variants.push((single, "single receives"));
    }
    variants
}

#[derive(Default)]
struct Summary {
    filter: Option<String>,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Summary {
    fn run(&mut self, name: &str, test: impl FnOnce() + std::panic::UnwindSafe) {
        if self.filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            return;
        }
        match catch_unwind(test) {
            Ok(()) => {
                self.passed += 1;
                println!("test {name} ... ok");
            }
            Err(_) => {
                self.failed += 1;
                println!("test {name} ... FAILED");
            }
        }
    }
}
