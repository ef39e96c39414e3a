//! The client of `tests/interop/run deflate`: talks to a server that echoes, with every setting of context
//! takeover and window that it can offer.
//!
//! ```text
//! deflate_client ws://HOST:PORT
//! ```

use std::{env, error::Error};

use websocket_proto::{
    Config, MessageKind,
    adapter::blocking::{self, ClientOptions, Message},
    deflate::{ClientWindow, Compress, Compression, Offer, WindowBits},
    frame::CloseCode,
};

fn main() -> Result<(), Box<dyn Error>> {
    let server = env::args().nth(1).ok_or("deflate_client ws://HOST:PORT")?;
    let windows = || (9..=15).map(|bits| WindowBits::new(bits).ok()).chain([None]);
    let mut count = 0;
    for server_window in windows() {
        for client_window in windows() {
            for takeover in 0..4 {
                let mut offer = Offer::default();
                offer.server_no_context_takeover = takeover & 1 != 0;
                offer.client_no_context_takeover = takeover & 2 != 0;
                offer.server_max_window_bits = server_window;
                offer.client_max_window_bits =
                    client_window.map_or(ClientWindow::Limitable, ClientWindow::AtMost);
                talk(&server, offer).map_err(|error| format!("{offer}: {error}"))?;
                count += 1;
            }
        }
    }
    println!("{count} settings");
    Ok(())
}

fn talk(server: &str, offer: Offer) -> Result<(), Box<dyn Error>> {
    let mut config = Config::client();
    let mut compression = Compression::default();
    compression.offers = vec![offer];
    compression.compress = Compress::Always;
    config.compression = Some(compression);

    let options = ClientOptions::new().config(config);
    let (mut socket, _) = blocking::connect_with(server, &options)?;
    let agreement = socket.compression().ok_or("declined")?;
    if agreement.server_no_context_takeover != offer.server_no_context_takeover {
        return Err(format!("agreed on {agreement}").into());
    }
    // Text that compresses, twice, so that there is something to refer to; noise; nothing; more than a window.
    let words: String =
        (0..400).map(|word| format!("{} bottles of beer, ", word * word % 97)).collect();
    let noise: Vec<u8> =
        (0..3_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for _ in 0..2 {
        socket.send_text(&words)?;
        expect(&socket.read()?, words.as_bytes())?;
        socket.send_binary(&noise)?;
        expect(&socket.read()?, &noise)?;
        socket.send_text("")?;
        expect(&socket.read()?, b"")?;
    }
    let large = words.repeat(10);
    for (part, fin) in [(&large[..30_000], false), ("", false), (&large[30_000..], true)] {
        socket.feed_with(|outgoing| outgoing.fragment(MessageKind::Text, part.as_bytes(), fin))?;
    }
    socket.flush()?;
    expect(&socket.read()?, large.as_bytes())?;
    socket.close(CloseCode::NORMAL, "")?;
    while socket.read()?.is_some() {}
    Ok(())
}

fn expect(message: &Option<Message>, data: &[u8]) -> Result<(), Box<dyn Error>> {
    let is_right = match message {
        Some(Message::Text(text)) => text.as_bytes() == data,
        Some(Message::Binary(bytes)) => bytes == data,
        None => false,
    };
    if is_right { Ok(()) } else { Err("the echo differs".into()) }
}
