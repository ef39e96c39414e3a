//! The examples, run: each client with each server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A server that runs until it is dropped.
struct Server {
    program: Child,
    uri: String,
    certificate: PathBuf,
}

impl Server {
    fn start(program: &str) -> Self {
        let name = Path::new(program).file_stem().expect("a name").to_string_lossy();
        let file = format!("{name}-{}.pem", std::process::id());
        let certificate = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        let mut program = Command::new(program)
            .arg(&certificate)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a program");
        let mut uri = String::new();
        let output = program.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut uri).expect("a line");
        Self { program, uri: uri.trim().to_owned(), certificate }
    }

    fn visit(&self, client: &str, trusted: &str, text: &str) -> Output {
        Command::new(client)
            .args([&self.uri, trusted, text])
            .env("SSL_CERT_FILE", &self.certificate)
            .output()
            .expect("a program")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _: std::io::Result<()> = self.program.kill();
        let _: std::io::Result<std::process::ExitStatus> = self.program.wait();
        let _: std::io::Result<()> = fs::remove_file(&self.certificate);
    }
}

#[test]
fn each_client_trusts_whom_it_is_told_to() {
    for server in [env!("CARGO_BIN_EXE_server"), env!("CARGO_BIN_EXE_tokio_server")] {
        let server = Server::start(server);
        let file = server.certificate.to_string_lossy();
        for client in [env!("CARGO_BIN_EXE_client"), env!("CARGO_BIN_EXE_tokio_client")] {
            // The platform's authorities are those of a file that the environment names.
            for trusted in [&*file, "platform"] {
                let output = server.visit(client, trusted, "hello");
                let printed = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success(), "{output:?}");
                assert!(printed.contains("Text") && printed.contains("hello"), "{printed}");
            }
            let output = server.visit(client, "mozilla", "hello");
            assert!(!output.status.success());
            assert!(
                String::from_utf8_lossy(&output.stderr).contains("UnknownIssuer"),
                "{output:?}"
            );
        }
    }
}

#[test]
fn a_platform_that_trusts_nobody_is_told() {
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nobody.pem");
    fs::write(&empty, "").expect("a file");
    for client in [env!("CARGO_BIN_EXE_client"), env!("CARGO_BIN_EXE_tokio_client")] {
        for (file, reason) in
            [(Path::new("/nowhere/at/all.pem"), "Tls(Other("), (&empty, "trusts nobody")]
        {
            let output = Command::new(client)
                .args(["wss://localhost:1/", "platform", "hello"])
                .env("SSL_CERT_FILE", file)
                .env_remove("SSL_CERT_DIR")
                .output()
                .expect("a program");
            assert!(!output.status.success());
            let printed = String::from_utf8_lossy(&output.stderr);
            assert!(printed.contains(reason), "{printed}");
        }
    }
}
