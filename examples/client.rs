//! A WebSocket client for the terminal.
//!
//! ```text
//! cargo run --example client -- ws://127.0.0.1:9001/ [--subprotocol NAME] [--origin ORIGIN]
//! cargo run --features rustls --example client -- wss://example.com/
//! ```
//!
//! Each line that is typed is sent as a text message, and what arrives is printed. Lines that begin with a
//! slash are commands: `/ping [TEXT]`, `/binary HEX`, `/close [CODE] [REASON]`. The end of the input closes.
//!
//! One thread waits for the keyboard and one for the server: the WebSocket is split.

use std::error::Error;
use std::io::{self, BufRead};
use std::process::ExitCode;
use std::thread;

use websocket_proto::adapter::blocking::{self, ClientStream, Closed, Writer, connect};
use websocket_proto::handshake::{ClientRequest, Uri};
use websocket_proto::{CloseCode, Event, State};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let causes = std::iter::successors(error.source(), |&cause| cause.source());
            eprintln!(
                "{}",
                causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
            );
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let websocket = match connect(request_from_arguments()?) {
        Ok(websocket) => websocket,
        Err(blocking::Error::Refused(refused)) => {
            // Not a WebSocket: show what the server says instead.
            let location = refused.header("location").map(String::from_utf8_lossy);
            let location = location.map(|location| format!(" ({location})")).unwrap_or_default();
            let body = String::from_utf8_lossy(&refused.body);
            return Err(format!("refused: {}{location}\n{body}", refused.status).into());
        }
        Err(error) => return Err(error.into()),
    };
    match websocket.subprotocol() {
        Some(subprotocol) => println!("connected, subprotocol {subprotocol}"),
        None => println!("connected"),
    }

    // One half for each direction, so that neither waits for the other.
    let (mut reader, writer) = websocket.split()?;
    thread::spawn(move || {
        if let Err(error) = send_lines(&writer) {
            eprintln!("{error}");
        }
    });

    // Pings are answered and deadlines kept while this waits.
    let result = reader.run(|event, _batch| {
        match event {
            Event::Text(text) => println!("< {text}"),
            Event::Binary(data) => {
                println!("< binary, {} bytes: {}", data.len(), hexadecimal(&data));
            }
            Event::Pong(payload) => println!("< pong {:?}", String::from_utf8_lossy(&payload)),
            _ => {}
        }
        Ok::<(), blocking::Error>(())
    });
    if let Some(Closed { received, reason, clean, .. }) = reader.closed() {
        println!("closed code={} reason={reason:?} clean={clean}", received.as_u16());
    }
    // The other thread may still wait for a line; the program ends all the same.
    Ok(result?)
}

/// Sends what is typed until the input or the connection ends.
fn send_lines(writer: &Writer<ClientStream>) -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        if writer.state() != State::Open {
            return Ok(());
        }
        if let Err(error) = send_line(writer, &line) {
            // A refused command or message changes nothing: go on.
            eprintln!("{error}");
        }
    }
    match writer.close(CloseCode::NORMAL, "") {
        // Closed by a command, or by the server.
        Err(blocking::Error::Send(_)) => Ok(()),
        result => Ok(result?),
    }
}

fn send_line(writer: &Writer<ClientStream>, line: &str) -> Result<(), Box<dyn Error>> {
    let Some(command) = line.strip_prefix('/') else {
        return Ok(writer.send_text(line)?);
    };
    let (name, argument) = command.split_once(' ').unwrap_or((command, ""));
    match name {
        "ping" => writer.ping(argument.as_bytes())?,
        "binary" => writer.send_binary(&from_hexadecimal(argument).ok_or("not hexadecimal")?)?,
        "close" => {
            let (code, reason) = argument.split_once(' ').unwrap_or((argument, ""));
            let code = match code {
                "" => CloseCode::NORMAL,
                code => CloseCode::try_from(code.parse::<u16>()?)?,
            };
            writer.close(code, reason)?;
        }
        _ => return Err("commands: /ping [TEXT], /binary HEX, /close [CODE] [REASON]".into()),
    }
    Ok(())
}

fn request_from_arguments() -> Result<ClientRequest, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: client ws://HOST:PORT/PATH [--subprotocol NAME] [--origin ORIGIN]";
    let mut request = ClientRequest::new(Uri::parse(&arguments.next().ok_or(usage)?)?);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(usage)?;
        request = match name.as_str() {
            "--subprotocol" => request.subprotocols([value])?,
            "--origin" => request.origin(value)?,
            _ => return Err(usage.into()),
        };
    }
    Ok(request)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> =
        text.chars().filter(|digit| *digit != ' ').map(|digit| digit.to_digit(16)).collect();
    digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high << 4 | low).ok(),
            _ => None,
        })
        .collect()
}
