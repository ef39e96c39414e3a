//! §7  How a connection ends: every cause in every state, in both roles, and what comes of it.
//!
//! A state is what can be seen of a connection: its `State`, what `transmit` asks for, what is known of the close,
//! and whether the peer's messages are still delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Buf;
use websocket_proto::{
    CloseCode, CloseStatus, Config, Connection, Event, Role, SendError, State, Transmit,
};

use crate::{Edges, Label};

const SECOND: Duration = Duration::from_secs(1);

/// What was found.
pub(crate) struct Life {
    pub(crate) edges: Edges,
    /// Of each state, what can be seen in it.
    pub(crate) facts: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// The application queues a message.
    Send,
    /// The transport takes everything.
    Write,
    Close,
    PeerClose,
    Violation,
    Abort,
    PeerEnd,
    ShutDown,
    IdleDeadline,
    PongDeadline,
    CloseDeadline,
    WriteStallDeadline,
}

/// Those that need no deadline, of which ways to a state are made.
const STEPS: [Cause; 8] = [
    Cause::Send,
    Cause::Write,
    Cause::Close,
    Cause::PeerClose,
    Cause::Violation,
    Cause::Abort,
    Cause::PeerEnd,
    Cause::ShutDown,
];

const DEADLINES: [Cause; 4] =
    [Cause::IdleDeadline, Cause::PongDeadline, Cause::CloseDeadline, Cause::WriteStallDeadline];

/// A state, and what else may make a difference to what comes next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Situation {
    state: &'static str,
    is_client: bool,
    is_written: bool,
    is_clean: bool,
    /// Both of these were said before.
    peer_ended: bool,
    shut_down: bool,
}

/// Tries every cause behind every way of up to three steps.
pub(crate) fn explore() -> Life {
    let mut outcomes: BTreeMap<(Situation, Cause), &'static str> = BTreeMap::new();
    let mut facts: BTreeMap<String, Facts> = BTreeMap::new();
    for role in [Role::Server, Role::Client] {
        for way in ways(3) {
            let situation = Situation::of(role, &way);
            facts.entry(situation.state.to_owned()).or_default().add(role, &way);
            for cause in STEPS.into_iter().chain(DEADLINES) {
                let mut connection = after(role, &way, Some(cause));
                let outcome = state(&mut connection);
                let before = outcomes.insert((situation.clone(), cause), outcome);
                assert!(
                    before.is_none_or(|before| before == outcome),
                    "{situation:?} leads by {cause:?} to {before:?} or to {outcome:?}: \
                     it is more than one state, and the diagram needs to tell them apart"
                );
            }
        }
    }
    Life {
        edges: edges(&outcomes),
        facts: facts.into_iter().map(|(state, facts)| (state, facts.lines())).collect(),
    }
}

/// All sequences of so many steps and of fewer.
fn ways(most: usize) -> Vec<Vec<Cause>> {
    let mut ways = vec![Vec::new()];
    let mut longest = ways.clone();
    for _ in 0..most {
        longest =
            longest.iter().flat_map(|way| STEPS.map(|step| [&way[..], &[step]].concat())).collect();
        ways.extend_from_slice(&longest);
    }
    ways
}

/// A new connection, when all this has happened to it. Of the deadlines only the one that is the cause is set.
fn after(role: Role, way: &[Cause], cause: Option<Cause>) -> Connection {
    let mut config = Config::client();
    let timeouts = &mut config.timeouts;
    let set = |deadline| (cause == Some(deadline)).then_some(SECOND);
    timeouts.close = set(Cause::CloseDeadline);
    timeouts.write_stall = set(Cause::WriteStallDeadline);
    timeouts.idle = set(Cause::IdleDeadline);
    timeouts.ping_interval = set(Cause::PongDeadline);
    timeouts.pong = set(Cause::PongDeadline);
    let mut connection = match role {
        Role::Server => Connection::server(config),
        Role::Client => Connection::client(config, [7; 32]),
    };
    for cause in way.iter().copied().chain(cause) {
        happen(&mut connection, cause);
    }
    connection
}

fn happen(connection: &mut Connection, cause: Cause) {
    match cause {
        Cause::Send => {
            let sent = connection.send_text("message");
            assert_eq!(sent.is_ok(), connection.state() == State::Open, "{sent:?}");
        }
        Cause::Write => write(connection),
        Cause::Close => {
            let was_open = connection.state() == State::Open;
            let closed = connection.close(CloseCode::NORMAL, "");
            assert_eq!(closed, if was_open { Ok(()) } else { Err(SendError::Closed) });
        }
        Cause::PeerClose => {
            receive(connection, 0x88, &1000_u16.to_be_bytes());
        }
        // A reserved opcode.
        Cause::Violation => {
            receive(connection, 0x83, b"");
        }
        Cause::Abort => connection.abort(),
        Cause::PeerEnd => connection.receive_eof(),
        Cause::ShutDown => connection.transport_shut_down(),
        Cause::PongDeadline => {
            connection.tick(Duration::ZERO);
            connection.tick(SECOND);
            if connection.state() == State::Open {
                // The time of the Pong begins when the Ping is out.
                write(connection);
            }
            connection.tick(SECOND);
            connection.tick(2 * SECOND);
        }
        Cause::IdleDeadline | Cause::CloseDeadline | Cause::WriteStallDeadline => {
            connection.tick(Duration::ZERO);
            connection.tick(SECOND);
        }
    }
}

fn write(connection: &mut Connection) {
    while let Transmit::Write(mut output) = connection.transmit() {
        let count = output.chunk().len();
        output.advance(count);
    }
}

/// Has the connection receive a frame of the peer; whether a message was delivered.
fn receive(connection: &mut Connection, first: u8, payload: &[u8]) -> bool {
    let mut frame = vec![first, payload.len() as u8];
    if connection.role() == Role::Server {
        // Masked, with a key of zeros.
        frame[1] |= 0x80;
        frame.extend([0; 4]);
    }
    frame.extend_from_slice(payload);
    let mut input = &mut frame[..];
    let mut delivered = false;
    loop {
        match connection.receive(&mut input) {
            Ok(Some(Event::Text(_))) => delivered = true,
            Ok(Some(_)) | Err(_) => {}
            Ok(None) => return delivered,
        }
    }
}

fn delivers(connection: &mut Connection) -> bool {
    receive(connection, 0x81, b"probe")
}

/// The name of the box of the state that is seen.
fn state(connection: &mut Connection) -> &'static str {
    let end = connection.close_information();
    let is_clean = end.is_some_and(|end| end.clean);
    let is_answered = end.is_some_and(|end| end.received != CloseStatus::Abnormal);
    match connection.state() {
        State::Open => "Open",
        State::Closed if is_clean => "Closed, clean",
        State::Closed => "Closed, not clean",
        State::Closing if matches!(connection.transmit(), Transmit::Abort) => "Aborting",
        State::Closing if is_answered => "Both Closes",
        State::Closing if delivers(connection) => "Close sent",
        State::Closing => "Failed",
    }
}

impl Situation {
    fn of(role: Role, way: &[Cause]) -> Self {
        let mut connection = after(role, way, None);
        Self {
            state: state(&mut connection),
            is_client: role == Role::Client,
            is_written: connection.unsent() == 0,
            is_clean: connection.close_information().is_some_and(|end| end.clean),
            peer_ended: way.contains(&Cause::PeerEnd),
            shut_down: way.contains(&Cause::ShutDown),
        }
    }
}

/// What can be seen in a state: what becomes of messages, and what `transmit` asks for.
#[derive(Default)]
struct Facts {
    delivers: BTreeSet<bool>,
    writes: bool,
    /// When all is written, by role.
    then: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Facts {
    fn add(&mut self, role: Role, way: &[Cause]) {
        let mut connection = after(role, way, None);
        self.writes |= matches!(connection.transmit(), Transmit::Write(_));
        self.delivers.insert(delivers(&mut connection));
        let was_done = way.contains(&Cause::PeerEnd) || way.contains(&Cause::ShutDown);
        if was_done && connection.state() == State::Closing {
            // What there was to ask for has been done.
            return;
        }
        write(&mut connection);
        let then = match connection.transmit() {
            Transmit::Idle => "Idle",
            Transmit::Shutdown => "Shutdown",
            Transmit::Abort => "Abort",
            other => panic!("{other:?}, with everything written"),
        };
        let role = if role == Role::Client { "client" } else { "server" };
        self.then.entry(role).or_default().insert(then);
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self.delivers.iter().collect::<Vec<_>>()[..] {
            [true] => lines.push("messages are delivered".to_owned()),
            [false] => lines.push("input is discarded".to_owned()),
            _ => panic!("messages are delivered, and are not: it is more than one state"),
        }
        let first = if self.writes { "Write, " } else { "" };
        let then = |role| {
            let all: Vec<_> = self.then.get(role).into_iter().flatten().copied().collect();
            assert!(all.len() < 2, "transmit says {all:?}: it is more than one state");
            all.first().map(|then| format!("{first}{then}"))
        };
        match (then("server"), then("client")) {
            (Some(server), Some(client)) if server == client => {
                lines.push(format!("transmit: {server}"));
            }
            (server, client) => {
                lines.extend(server.map(|server| format!("server: {server}")));
                lines.extend(client.map(|client| format!("client: {client}")));
            }
        }
        lines
    }
}

fn edges(outcomes: &BTreeMap<(Situation, Cause), &'static str>) -> Edges {
    let mut ways: BTreeSet<(&str, &str, Cause)> = BTreeSet::new();
    for ((situation, cause), outcome) in outcomes {
        if situation.state != *outcome {
            ways.insert((situation.state, outcome, *cause));
        }
    }
    let mut edges = Edges::new();
    for (from, to, cause) in ways {
        let mut leads = Vec::new();
        let mut leads_elsewhere = Vec::new();
        for ((situation, _), outcome) in
            outcomes.iter().filter(|((from_there, by), _)| from_there.state == from && *by == cause)
        {
            if *outcome == to { &mut leads } else { &mut leads_elsewhere }.push(situation);
        }
        let edge: &mut Label = edges.entry((from.to_owned(), to.to_owned())).or_default();
        edge.causes.push(describe(cause, &leads, leads_elsewhere));
    }
    edges
}

/// A cause, and when it is one: where it leads elsewhere as well, what makes the difference.
fn describe(cause: Cause, leads: &[&Situation], mut leads_elsewhere: Vec<&Situation>) -> String {
    let mut needed = |aspect: fn(&Situation) -> bool| {
        let first = leads.first().map(|situation| aspect(situation))?;
        let differs = |situation: &&Situation| aspect(situation) != first;
        if leads.iter().any(differs) || !leads_elsewhere.iter().any(differs) {
            return None;
        }
        leads_elsewhere.retain(|situation| !differs(situation));
        Some(first)
    };
    let of_role = match needed(|situation| situation.is_client) {
        Some(true) => "client: ",
        Some(false) => "server: ",
        None => "",
    };
    let written = match needed(|situation| situation.is_written) {
        // These have it in their names.
        _ if matches!(cause, Cause::Write | Cause::WriteStallDeadline) => "",
        Some(true) => " with all written",
        Some(false) => " with output left",
        None => "",
    };
    let clean = match needed(|situation| situation.is_clean) {
        Some(true) => " after both Closes",
        Some(false) => " before both Closes",
        None => "",
    };
    let ended = match needed(|situation| situation.peer_ended) {
        Some(true) => " after receive_eof()",
        Some(false) => " before receive_eof()",
        None => "",
    };
    let shut = match needed(|situation| situation.shut_down) {
        Some(true) => " after transport_shut_down()",
        Some(false) => " before transport_shut_down()",
        None => "",
    };
    assert!(
        leads_elsewhere.is_empty(),
        "{cause:?} leads there from {leads:?}, and not from {leads_elsewhere:?}: \
         what makes the difference has no words yet"
    );
    let name = match cause {
        Cause::Send => "send_text()",
        Cause::Write => "the last byte written",
        Cause::Close => "close()",
        Cause::PeerClose => "peer's Close",
        Cause::Violation => "violation",
        Cause::Abort => "abort()",
        Cause::PeerEnd => "receive_eof()",
        Cause::ShutDown => "transport_shut_down()",
        Cause::IdleDeadline => "idle deadline",
        Cause::PongDeadline => "pong deadline",
        Cause::CloseDeadline => "close deadline",
        Cause::WriteStallDeadline => "write-stall deadline",
    };
    [of_role, name, written, clean, ended, shut].concat()
}
