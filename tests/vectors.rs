//! Plays the language-neutral vectors of `tests/vectors` against the crate.
#![cfg(feature = "alloc")]
#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod vectors_runner;

use std::io::Write;

use vectors_runner::{Count, files, parse, play_all};

/// One test a file, so that they run side by side and name what fails.
macro_rules! vector_files {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $name() {
                play_file($file);
            }
        )*

        #[test]
        fn every_vector_file_is_played() {
            let played = [$($file),*];
            let found: Vec<String> = files().iter().map(|path| name(path)).collect();
            assert_eq!(found, played, "the files of tests/vectors, in order");
        }
    };
}

vector_files! {
    section_10_4_limits: "10.4-limits.txt",
    section_3_uri: "3-uri.txt",
    section_4_1_client: "4.1-client.txt",
    section_4_2_1_server_reads: "4.2.1-server-reads.txt",
    section_4_2_2_server_answers: "4.2.2-server-answers.txt",
    section_5_1_masking: "5.1-masking.txt",
    section_5_2_framing: "5.2-framing.txt",
    section_5_3_masking_algorithm: "5.3-masking-algorithm.txt",
    section_5_4_fragmentation: "5.4-fragmentation.txt",
    section_5_5_control_frames: "5.5-control-frames.txt",
    section_5_6_data_frames: "5.6-data-frames.txt",
    section_6_sending_receiving: "6-sending-receiving.txt",
    section_7_closing: "7-closing.txt",
    section_7_4_status_codes: "7.4-status-codes.txt",
    compression_5_framework: "7692-5-framework.txt",
    compression_7_1_negotiation: "7692-7.1-negotiation.txt",
    compression_7_2_payload: "7692-7.2-payload.txt",
    compression_8_threats: "7692-8-threats.txt",
    section_8_1_utf8: "8.1-utf8.txt",
    section_9_extensions: "9-extensions.txt",
    http_9110_9112: "9110-9112.txt",
    deadlines: "deadlines.txt",
}

fn name(path: &std::path::Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

/// Plays a file and says how much there was.
fn play_file(file: &str) -> Count {
    let files = files();
    let path = files.iter().find(|path| name(path) == file).expect("the file exists");
    let content = std::fs::read_to_string(path).expect("the file can be read");
    match play_all(file, &content) {
        Ok(count) => {
            let Count { vectors, plays, skipped } = count;
            assert!(vectors + skipped > 0, "{file} holds vectors");
            assert!(skipped == 0 || !cfg!(feature = "deflate"), "{file}: nothing is left out");
            println!("{file}: {vectors} vectors, {plays} plays");
            if skipped > 0 {
                // Not `println!`, which nobody sees of a test that passes.
                let _ = writeln!(
                    std::io::stderr(),
                    "{file}: {skipped} vectors SKIPPED: they need the feature `deflate`"
                );
            }
            count
        }
        Err(failures) => panic!("\n{failures}\n"),
    }
}

/// Plays one vector that is wrong in some way, and returns what the runner says about it.
fn complaint(steps: &str) -> String {
    let vector = format!("# R6455-5.4-01  a vector to try the runner with\n{steps}\n");
    play_all("wrong.txt", &vector).expect_err("the runner finds fault with it")
}

#[test]
fn an_outcome_that_is_not_met_is_found() {
    for (wrong, says) in [
        ("recv text \"a\" -> event text \"b\"", "came text \"a\""),
        ("recv text \"a\" -> event binary 61", "came text \"a\""),
        ("recv text \"a\"", "not expected: text \"a\""),
        ("recv text fin=0 \"a\" -> event text \"a\"", "came nothing"),
        ("recv ping \"p\" -> event ping \"p\"", "not expected in the output"),
        ("recv ping \"p\" -> event ping \"p\", send pong \"q\"", "came Frame(frame 8A \"p\")"),
        ("recv ping \"p\" -> send pong \"p\"", "not expected: ping \"p\""),
        ("recv frame 83 00 -> fail 1003 ReservedOpcode", "expected in the output"),
        ("recv frame 83 00 -> fail 1002 ReservedBits", "came Error(\"ReservedOpcode\")"),
        ("recv frame 83 00 -> error ReservedOpcode, send close 1002", "Shutdown"),
        ("recv close 1000 -> event close 1001, send close 1000, server: shutdown", "came Close"),
        ("recv close 1000 -> event close 1000, send close 1000, client: shutdown", "Shutdown"),
        ("do send text \"a\" -> send text \"a\", send text \"b\"", "came nothing"),
        ("do send text \"a\" -> error Closed", "came nothing"),
        ("do send text \"a\" -> send hex 81 02 61", "expected in the output"),
        ("eof -> closed code=1000", "code=1000"),
        ("eof -> closed clean=yes", "clean=yes"),
        ("eof", "not expected in the output"),
        ("do send text \"a\" -> send text \"a\"\n  -> state closing", "it is open"),
        (
            "config release_after 3600s\ndo close 1000 -> send close 1000\n  -> deadline 11s",
            "deadline Some(10s)",
        ),
        ("tick 1s -> abort", "came nothing"),
    ] {
        let complaint = complaint(&format!("role both\n{wrong}"));
        assert!(complaint.contains(says), "{wrong}: {complaint}");
        assert!(complaint.contains("wrong.txt:"), "{complaint}");
        assert!(complaint.contains("as Server") && complaint.contains("as Client"), "{complaint}");
    }
}

#[test]
fn a_handshake_that_is_not_as_expected_is_found() {
    for (wrong, says) in [
        ("role server\nrequest -> refuse 400", "expected status 400"),
        ("role server\nrequest\n  - Host\n-> accept", "came Error(\"Host\")"),
        ("role server\nrequest\n  - Host\n-> refuse 400 Key", "came Error(\"Host\")"),
        ("role server\nrequest -> accept\n-> header Upgrade: h2c", "h2c"),
        ("role server\nrequest -> accept\n-> no-header Upgrade", "expected no Upgrade"),
        ("role server\nrequest -> request, open", "not expected"),
        ("role server\nrequest -> accept subprotocol=chat", "came Open"),
        ("role client\nconnect ws://h/", "not expected"),
        ("role client\nconnect ws://h/\n-> line GET /x HTTP/1.1", "GET /x"),
        ("role client\nconnect ws://h/\n-> exact\n| GET / HTTP/1.1", "expected exactly"),
        ("role client\nparse ws://h/ -> uri port=81", "port"),
    ] {
        let complaint = complaint(wrong);
        assert!(complaint.contains(says), "{wrong}: {complaint}");
    }
}

#[cfg(feature = "deflate")]
#[test]
fn compression_that_is_not_as_expected_is_found() {
    for (wrong, says) in [
        ("recv text rsv=4 F248CDC9C90700 -> event text \"hello\"", "came text \"Hello\""),
        ("do send text \"Hello\" -> send text \"Hello\"", "came Compressed"),
        ("do send text \"Hello\" -> send compressed text \"hello\"", "came Compressed"),
        ("do send text \"Hello\" -> send compressed binary \"Hello\"", "came Compressed"),
        ("do compress never\ndo send text \"a\" -> send compressed text \"a\"", "came Frame"),
    ] {
        let agreed =
            "config compression agreed permessage-deflate\nconfig compression compress always";
        let complaint = complaint(&format!("role both\n{agreed}\n{wrong}"));
        assert!(complaint.contains(says), "{wrong}: {complaint}");
    }
    let offer = "  + Sec-WebSocket-Extensions: permessage-deflate";
    let answer =
        format!("role server\nconfig compression on\nrequest\n{offer}\n-> accept compression=none");
    assert!(complaint(&answer).contains("came Open"));
}

#[test]
fn a_vector_that_needs_compression_is_counted_without_it() {
    let vector = "# R7692-7.2.2-01  a message\nrole both\nconfig compression agreed permessage-deflate\n\
                  recv text rsv=4 F248CDC9C90700 -> event text \"Hello\"\n";
    let count = play_all("right.txt", vector).expect("it is right");
    let played = usize::from(cfg!(feature = "deflate"));
    assert_eq!((count.vectors, count.skipped), (played, 1 - played));
}

#[test]
fn a_file_that_is_not_understood_is_refused() {
    for wrong in [
        "role both\nrevc text \"a\"",
        "role both\nrecv txet \"a\"",
        "role both\nrecv text \"a",
        "role both\nrecv text 0",
        "role both\nrecv text 0g",
        "role both\nrecv text fin=2 \"a\"",
        "role both\nrecv text key=01 \"a\"",
        "role both\nrecv text \"\\q\"",
        "role both\nrecv text repeat(61)",
        "role both\nrecv text repeat(61, x)",
        "role both\nrecv text \"a\" -> evnet text \"a\"",
        "role both\nrecv text \"a\" -> event txet \"a\"",
        "role both\nrecv text \"a\" -> event text \"a\", closed when=now",
        "role both\nrecv text \"a\" -> state shut",
        "role both\ntick 10",
        "role both\neof now",
        "role both\ndo sned text \"a\"",
        "role both\ndo close 70000",
        "role both\nconfig max_frame 10\neof",
        "role both\nconfig max_frame_size ten\neof",
        "role both\napp except\neof",
        "role everybody\neof",
        "role both",
        "recv text \"a\"",
        "role server\nrequest\n  ~ Host: x",
        "role server\nrequest\n  - Nothing",
        "role server\nrequest REQ",
        "role both\n| stray line",
        "role both\n-> event text \"a\"",
        "role both\nconfig compression\neof",
        "role both\nconfig compression off\neof",
        "role both\nconfig compression agreed deflate\neof",
        "role both\nconfig compression offer permessage-deflate; x\neof",
        "role both\nconfig compression offer permessage-deflate; server_max_window_bits\neof",
        "role both\nconfig compression prefer permessage-deflate\neof",
        "role both\nconfig compression compress often\neof",
        "role both\nconfig compression level ten\neof",
        "role both\ndo compress above",
        "role both\ndo send text \"a\" -> send compressed",
    ] {
        let vector = format!("# R6455-5.4-01  malformed\n{wrong}\n");
        let error = parse("malformed.txt", &vector).expect_err(wrong);
        assert!(error.starts_with("malformed.txt:"), "{error}");
    }
    for header in
        ["# R6455-5.4-01 one space", "# a summary  without ids", "# R6455-5.4-01", "role both"]
    {
        assert!(
            parse("malformed.txt", &format!("{header}\nrole both\neof\n")).is_err(),
            "{header}"
        );
    }
}

#[test]
fn every_vector_is_played_in_many_ways() {
    let fewest = if vectors_runner::plays_few() { 2 * 3 } else { 2 * 30 + 6 + 10 };
    let vector =
        "# R6455-5.4-01  a message\nrole both\nrecv text \"Hello\" -> event text \"Hello\"\n";
    let count = play_all("right.txt", vector).expect("it is right");
    assert_eq!(count.vectors, 1);
    // The input has 7 bytes for a client and 11 for a server: 6 and 10 cuts beside the other modes.
    assert!(count.plays > fewest, "{count:?}");
}
