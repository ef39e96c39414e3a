//! A chat with rooms: a page and its WebSocket from one port.
//!
//! ```text
//! cargo run --example chat -- [--port N]
//! ```
//!
//! `/` is the page, `/chat?room=NAME` its WebSocket; `http://127.0.0.1:PORT/?room=tea` opens the room `tea`.
//!
//! Each member has two threads: one reads from it, the other writes to it what its queue holds. A message is
//! encoded once, for all members. Nobody waits for a slow one: when its queue is full, it is dropped.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use websocket_proto::adapter::blocking::{self, Message, Writer, accept_with};
use websocket_proto::handshake::{Acceptance, HandshakeError, Response};
use websocket_proto::{CloseCode, Config, Prepared};

/// Messages that may wait for one member.
const QUEUE: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let port = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => 0,
        [name, port] if name == "--port" => port.parse()?,
        _ => return Err("usage: chat [--port N]".into()),
    };
    let mut config = Config::server();
    config.limits.max_message_size = 4096; // nobody types more
    let chat = Arc::new(Chat {
        config: Arc::new(config),
        // Only our own page may open the WebSocket: `SameHost`, the default.
        acceptance: Acceptance::new(),
        page: Response::new(200)?.header("Content-Type", "text/html; charset=utf-8")?.body(PAGE),
        not_found: Response::new(404)?.header("Content-Type", "text/plain")?.body("not found\n"),
        rooms: Mutex::default(),
        next: AtomicU64::new(1),
    });

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("listening on http://{}", listener.local_addr()?);
    io::stdout().flush()?;
    for stream in listener.incoming() {
        let (stream, chat) = (stream?, chat.clone());
        thread::spawn(move || match chat.serve(stream) {
            // The everyday life of a server: a page was asked for, or the browser went away. (Browsers also
            // open connections in advance and then ask for nothing.)
            Ok(())
            | Err(
                blocking::Error::Rejected { .. }
                | blocking::Error::ConnectionLost
                | blocking::Error::Handshake(
                    HandshakeError::ConnectionEnded | HandshakeError::Timeout,
                ),
            ) => {}
            Err(error) => eprintln!("{error}"),
        });
    }
    Ok(())
}

struct Chat {
    config: Arc<Config>,
    acceptance: Acceptance,
    page: Response,
    not_found: Response,
    rooms: Mutex<HashMap<String, Room>>,
    /// The number of the next guest.
    next: AtomicU64,
}

/// The members of a room by their numbers.
type Room = HashMap<u64, Member>;

/// The way to one member.
struct Member {
    queue: SyncSender<Prepared>,
    writer: Writer<TcpStream>,
}

impl Chat {
    /// One connection: a request for the page, or a member from coming to going.
    fn serve(&self, stream: TcpStream) -> Result<(), blocking::Error> {
        let mut room = String::new();
        let websocket = accept_with(stream, self.config.clone(), |request| {
            match (request.path(), request.is_upgrade()) {
                ("/chat", true) => {
                    room = room_name(request.query().unwrap_or_default());
                    request.accept(&self.acceptance)
                }
                ("/", false) => Err(request.reject(&self.page)),
                _ => Err(request.reject(&self.not_found)),
            }
        })?;
        let (mut reader, writer) = websocket.split()?;

        let (queue, queued) = sync_channel(QUEUE);
        let guest = self.next.fetch_add(1, Ordering::Relaxed);
        let sender = writer.clone();
        thread::spawn(move || write_queued(&queued, &sender));
        self.rooms().entry(room.clone()).or_default().insert(guest, Member { queue, writer });
        self.broadcast(&room, &format!("* guest {guest} joined"));

        let result = loop {
            match reader.read() {
                Ok(Some(Message::Text(text))) => {
                    self.broadcast(&room, &format!("guest {guest}: {text}"));
                }
                Ok(Some(Message::Binary(_))) => {
                    // Goes on until the browser has answered.
                    let _ = reader.writer().close(CloseCode::UNSUPPORTED_DATA, "text only");
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };

        // With the member goes the queue, and with the queue the thread that writes.
        if let Some(members) = self.rooms().get_mut(&room) {
            members.remove(&guest);
        }
        self.broadcast(&room, &format!("* guest {guest} left"));
        result
    }

    /// Queues one message for everyone in the room, and waits for nobody.
    fn broadcast(&self, room: &str, text: &str) {
        let mut rooms = self.rooms();
        let Some(members) = rooms.get_mut(room) else { return };
        // Encoded once; each member's output refers to the same bytes.
        let message = Prepared::text(text);
        members.retain(|guest, member| match member.queue.try_send(message.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                eprintln!("guest {guest} is too slow");
                member.writer.abort();
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        });
        if members.is_empty() {
            rooms.remove(room);
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what is queued for one member, as many messages at a time as there are.
fn write_queued(queued: &Receiver<Prepared>, writer: &Writer<TcpStream>) {
    while let Ok(first) = queued.recv() {
        let messages = std::iter::once(first).chain(queued.try_iter());
        for message in messages {
            // An error ends the connection, which the reader reports.
            if writer.feed_with(|outgoing| outgoing.send_prepared(&message)).is_err() {
                return;
            }
        }
        if writer.flush().is_err() {
            return;
        }
    }
}

/// The room that a query asks for: `room=tea`.
fn room_name(query: &str) -> String {
    let room = query.split('&').find_map(|pair| pair.strip_prefix("room=")).unwrap_or_default();
    // As it stands in the URI: to tell rooms apart, nothing has to be decoded.
    let room: String = room.chars().take(100).collect();
    if room.is_empty() { "lobby".into() } else { room }
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Chat</title>
<style>
  :root {
    --page: #f6f6f4; --card: #fff; --ink: #1d1d1f; --faint: #6b6b70; --line: #dcdcd8; --accent: #0a5bd3;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #161618; --card: #212124; --ink: #ececee; --faint: #98989f; --line: #38383d; --accent: #6aa5ff;
    }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0 auto; padding: 0 1rem; max-width: 40rem; height: 100dvh; display: flex; flex-direction: column;
    background: var(--page); color: var(--ink); font: 1rem/1.45 system-ui, sans-serif;
  }
  header { display: flex; align-items: baseline; gap: .75rem; padding: 1rem 0 .75rem; }
  h1 { margin: 0; font-size: 1.25rem; overflow-wrap: anywhere; }
  #state { color: var(--faint); font-size: .875rem; }
  #messages { flex: 1; min-height: 0; margin: 0; padding: 0; overflow-y: auto; list-style: none; }
  #messages li {
    width: fit-content; max-width: 100%; margin: 0 0 .5rem; padding: .4rem .75rem;
    background: var(--card); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere;
  }
  #messages .notice { padding: 0 .25rem; background: none; border: 0; color: var(--faint); font-size: .875rem; }
  #messages b { display: block; font-size: .75rem; font-weight: 600; color: var(--accent); }
  form { display: flex; gap: .5rem; padding: .75rem 0 max(1rem, env(safe-area-inset-bottom)); }
  input, button { font: inherit; padding: .6rem .9rem; border-radius: .75rem; border: 1px solid var(--line); }
  input { flex: 1; min-width: 0; background: var(--card); color: inherit; }
  button { background: var(--accent); border-color: var(--accent); color: var(--page); font-weight: 600; }
  button:disabled, input:disabled { opacity: .5; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
</style>
<header><h1 id="room"></h1><span id="state" role="status">connecting</span></header>
<ul id="messages" aria-live="polite"></ul>
<form id="send">
  <input id="text" name="text" aria-label="Message" placeholder="Message" maxlength="1000" autocomplete="off" disabled>
  <button disabled>Send</button>
</form>
<script>
  const room = new URLSearchParams(location.search).get("room") || "lobby";
  const [list, form, text, state] = ["messages", "send", "text", "state"].map((id) => document.getElementById(id));
  document.getElementById("room").textContent = room;
  document.title = room + " - Chat";

  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/chat?room=${encodeURIComponent(room)}`);

  function enable(on) {
    for (const element of form.elements) element.disabled = !on;
    if (on) text.focus();
  }

  socket.onopen = () => { state.textContent = "connected"; enable(true); };
  socket.onclose = (event) => {
    state.textContent = "disconnected (" + event.code + (event.reason ? " " + event.reason : "") + ")";
    enable(false);
  };
  socket.onmessage = (event) => {
    const item = document.createElement("li");
    const said = /^(guest \d+): ([^]*)$/.exec(event.data);
    if (said) {
      const name = document.createElement("b");
      name.textContent = said[1];
      item.append(name, said[2]);
    } else {
      item.className = "notice";
      item.textContent = event.data.replace(/^\* /, "");
    }
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(item);
    while (list.children.length > 500) list.firstChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    if (text.value && socket.readyState === WebSocket.OPEN) {
      socket.send(text.value);
      text.value = "";
    }
  };
</script>
</html>
"#;
