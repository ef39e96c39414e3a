//! The client that the Autobahn testsuite tests: in each case it echoes until the connection ends.
//!
//! ```text
//! autobahn_client ws://127.0.0.1:9001 [--agent NAME]
//! ```
//!
//! The suite is its `wstest -m fuzzingserver`; `tests/autobahn/run client` starts both.

use std::{env, error::Error};

use websocket_proto::{
    Config, Event,
    adapter::blocking::{self, ClientOptions, ClientStream, Message, WebSocket},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(server), option, agent) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("autobahn_client ws://HOST:PORT [--agent NAME]".into());
    };
    let agent = match (option.as_deref(), agent) {
        (None, _) => "websocket-proto".to_owned(),
        (Some("--agent"), Some(agent)) => agent,
        _ => return Err("autobahn_client ws://HOST:PORT [--agent NAME]".into()),
    };
    let server = server.trim_end_matches('/');
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "set with compression"))]
    let mut config = Config::client();
    #[cfg(feature = "deflate")]
    {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    let options = ClientOptions::new().config(config);

    let cases = count(&mut connect(&format!("{server}/getCaseCount"), &options)?)?;
    for case in 1..=cases {
        let url = format!("{server}/runCase?case={case}&agent={agent}");
        let mut socket = connect(&url, &options)?;
        if let Err(error) = echo(&mut socket) {
            println!("case {case}: {error}");
        }
    }
    println!("{cases} cases");
    // Writes the report and ends the suite, which may be gone before it has answered.
    let url = format!("{server}/updateReports?agent={agent}&shutdownOnComplete=true");
    if let Ok(mut socket) = connect(&url, &options) {
        finish(&mut socket);
    }
    Ok(())
}

fn connect(url: &str, options: &ClientOptions) -> Result<WebSocket<ClientStream>, blocking::Error> {
    blocking::connect_with(url, options).map(|(socket, _)| socket)
}

/// Reads the number of cases, the one message of this connection.
fn count(socket: &mut WebSocket<ClientStream>) -> Result<u32, Box<dyn Error>> {
    let Some(Message::Text(number)) = socket.read()? else {
        return Err("no number of cases".into());
    };
    let number = number.parse()?;
    finish(socket);
    Ok(number)
}

/// Sends back each message with its type, until the connection has ended.
fn echo(socket: &mut WebSocket<ClientStream>) -> Result<(), blocking::Error> {
    socket.run(|event, batch| match event {
        Event::Text(text) => batch.feed_text(&text),
        Event::Binary(data) => batch.feed_binary(&data),
        _ => Ok(()),
    })
}

/// Reads to the end.
fn finish(socket: &mut WebSocket<ClientStream>) {
    while let Ok(Some(_)) = socket.read() {}
}
