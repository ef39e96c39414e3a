//! The client that the Autobahn testsuite tests, on tokio: in each case it echoes until the connection ends.
//!
//! ```text
//! tokio_autobahn_client ws://127.0.0.1:9001 [--agent NAME]
//! ```
//!
//! The suite is its `wstest -m fuzzingserver`; `tests/autobahn/run tokio-client` starts both.

use std::env;
use std::error::Error;

use websocket_proto::Config;
use websocket_proto::adapter::ClientOptions;
use websocket_proto::adapter::tokio::{self as adapter, ClientStream, Message, WebSocket};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(server), option, agent) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("tokio_autobahn_client ws://HOST:PORT [--agent NAME]".into());
    };
    let agent = match (option.as_deref(), agent) {
        (None, _) => "websocket-proto-tokio".to_owned(),
        (Some("--agent"), Some(agent)) => agent,
        _ => return Err("tokio_autobahn_client ws://HOST:PORT [--agent NAME]".into()),
    };
    let server = server.trim_end_matches('/');
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "set with compression"))]
    let mut config = Config::client();
    #[cfg(feature = "deflate")]
    {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    let options = ClientOptions::new().config(config);

    let mut socket = connect(&format!("{server}/getCaseCount"), &options).await?;
    let Some(Message::Text(cases)) = socket.next().await.transpose()? else {
        return Err("no number of cases".into());
    };
    finish(&mut socket).await;
    let cases: u32 = cases.parse()?;
    for case in 1..=cases {
        let url = format!("{server}/runCase?case={case}&agent={agent}");
        if let Err(error) = echo(connect(&url, &options).await?).await {
            println!("case {case}: {error}");
        }
    }
    println!("{cases} cases");
    // Writes the report and ends the suite, which may be gone before it has answered.
    let url = format!("{server}/updateReports?agent={agent}&shutdownOnComplete=true");
    if let Ok(mut socket) = connect(&url, &options).await {
        finish(&mut socket).await;
    }
    Ok(())
}

async fn connect(
    url: &str,
    options: &ClientOptions,
) -> Result<WebSocket<ClientStream>, adapter::Error> {
    adapter::connect_with(url, options).await.map(|(socket, _)| socket)
}

/// Sends back each message with its type, until the connection has ended.
async fn echo(mut socket: WebSocket<ClientStream>) -> Result<(), adapter::Error> {
    while let Some(message) = socket.next().await {
        socket.feed(message?).await?;
    }
    Ok(())
}

/// Reads to the end.
async fn finish(socket: &mut WebSocket<ClientStream>) {
    while let Some(Ok(_)) = socket.next().await {}
}
