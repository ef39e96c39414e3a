//! §4  The opening handshake: what the application of a play wants, and what it sees.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use websocket_proto::handshake::{
    self, Acceptance, ClientRequest, HandshakeError, OriginPolicy, Request, Response, Uri,
};
use websocket_proto::{Config, Connection};

use super::compression::Parameters;
use super::player::{Player, Seen};
use super::stage::{self, SEED, Stage, error_name};
use super::text::{Token, number, tokens, unescape};
use super::vector::{Action, Fields, Vector};

/// Whether the vector starts with an opening handshake.
pub(crate) fn is_about_it(vector: &Vector) -> bool {
    !vector.app.is_empty()
        || vector.steps.iter().any(|step| {
            matches!(step.action, Action::Head(_) | Action::Connect(_) | Action::Uri(_))
        })
}

pub(crate) fn server(config: Arc<Config>) -> Stage {
    Stage::Server(Box::new(handshake::Server::new(config)))
}

/// The value of `Sec-WebSocket-Accept` for this key (§4.2.2), computed here once more.
pub(crate) fn accept(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

fn field(name: &str, value: impl Into<String>) -> (String, String) {
    (name.into(), value.into())
}

fn or_none(value: Option<&str>) -> String {
    value.unwrap_or("none").into()
}

pub(crate) fn parse_uri(uri: &str) -> Result<Seen, String> {
    let text = String::from_utf8(unescape(uri)?).map_err(|e| e.to_string())?;
    Ok(match Uri::parse(&text) {
        Err(error) => Seen::Error(error_name(&error)),
        Ok(uri) => Seen::Uri(vec![
            field("secure", if uri.secure() { "yes" } else { "no" }),
            field("host", uri.host()),
            field("port", uri.port().to_string()),
            field("resource", uri.resource_name()),
            field("host-header", uri.host_header().to_string()),
        ]),
    })
}

/// The values of an `app` line: words or quoted texts.
fn values(value: &str) -> Result<Vec<String>, String> {
    let value_of = |token| match token {
        Token::Word(word) => Ok(word),
        Token::Text(bytes) => String::from_utf8(bytes).map_err(|e| e.to_string()),
        other => Err(format!("{other:?} is no value")),
    };
    tokens(value)?.into_iter().map(value_of).collect()
}

/// The client starts its handshake.
pub(crate) fn connect(player: &mut Player<'_>, vector: &Vector, uri: &str) -> Result<(), String> {
    match request(vector, uri)? {
        Err(name) => player.observed.seen.push(Seen::Error(name)),
        Ok(request) => {
            let client = handshake::Client::new(&request, player.config.clone(), SEED);
            player.stage = Stage::Client(Box::new(client));
        }
    }
    Ok(())
}

type Refused<T> = Result<T, String>;

fn request(vector: &Vector, uri: &str) -> Result<Refused<ClientRequest>, String> {
    let text = String::from_utf8(unescape(uri)?).map_err(|e| e.to_string())?;
    let mut request = match Uri::parse(&text) {
        Ok(uri) => ClientRequest::new(uri),
        Err(error) => return Ok(Err(error_name(&error))),
    };
    for (key, value) in &vector.app {
        let changed = match key.as_str() {
            "subprotocols" => request.subprotocols(values(value)?).map_err(|e| error_name(&e)),
            "origin" => request.origin(unescape(value)?).map_err(|e| error_name(&e)),
            "header" => {
                let (name, value) = header(value)?;
                request.header(&name, &value).map_err(|e| error_name(&e))
            }
            other => return Err(format!("app {other} is for servers")),
        };
        request = match changed {
            Ok(request) => request,
            Err(name) => return Ok(Err(name)),
        };
    }
    Ok(Ok(request))
}

/// `Name: value`, with escapes in the value.
fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(": ").ok_or("app header Name: value")?;
    let value = String::from_utf8(unescape(value)?).map_err(|e| e.to_string())?;
    let name = String::from_utf8(unescape(name)?).map_err(|e| e.to_string())?;
    Ok((name, value))
}

/// Gives input to the handshake. `true`: the connection goes on with what is left.
pub(crate) fn receive(
    player: &mut Player<'_>,
    vector: &Vector,
    input: &mut &mut [u8],
) -> Result<bool, String> {
    let seen = &mut player.observed.seen;
    match &mut player.stage {
        Stage::Server(server) => match server.receive(input) {
            Ok(Some(request)) => {
                seen.push(Seen::Request(request_fields(&request)));
                decide(player, vector, request)?;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(error) => {
                seen.push(Seen::Error(error_name(&error)));
                Ok(false)
            }
        },
        Stage::Client(client) => match client.receive(input) {
            Ok(Some(established)) => {
                opened(player, established.connection)?;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(HandshakeError::Refused { status }) => {
                seen.push(refused(client, status));
                Ok(false)
            }
            Err(error) => {
                seen.push(Seen::Error(error_name(&error)));
                Ok(false)
            }
        },
        Stage::Rejecting(rejection) => {
            rejection.receive(input);
            Ok(false)
        }
        _ => Err("input before the client connects".into()),
    }
}

/// The handshake is done: frames follow.
fn opened(player: &mut Player<'_>, connection: Connection) -> Result<(), String> {
    let agreed = stage::agreed(&connection);
    player.observed.seen.push(Seen::Open(vec![
        field("subprotocol", or_none(connection.subprotocol())),
        field("compression", or_none(agreed.as_deref())),
    ]));
    player.agree(agreed.as_deref().map(Parameters::parse).transpose()?);
    player.stage = Stage::opened(connection, player.mode.halves);
    Ok(())
}

fn request_fields(request: &Request) -> Fields {
    let origin = request.origin().map(|origin| String::from_utf8_lossy(origin).into_owned());
    let subprotocols: Vec<_> = request.subprotocols().collect();
    vec![
        field("method", request.method()),
        field("target", request.target()),
        field("path", request.path()),
        field("query", or_none(request.query())),
        field("host", or_none(request.host())),
        field("origin", or_none(origin.as_deref())),
        field("subprotocols", subprotocols.join(",")),
        field("upgrade", if request.is_upgrade() { "yes" } else { "no" }),
    ]
}

fn refused(client: &handshake::Client, status: u16) -> Seen {
    let refusal = client.refusal();
    let body = refusal.map_or(Vec::new(), |refusal| refusal.body().to_vec());
    let headers = refusal.map_or(Vec::new(), |refusal| {
        refusal
            .headers()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
            .collect()
    });
    let versions = refusal.map_or(Vec::new(), |refusal| refusal.versions().collect());
    let versions: Vec<_> = versions.iter().map(u8::to_string).collect();
    let mut fields = vec![
        field("status", status.to_string()),
        field("body", String::from_utf8_lossy(&body)),
        field("versions", versions.join(",")),
    ];
    fields.extend(headers.into_iter().map(|header| field("header", header)));
    Seen::Refused(fields)
}

/// What the application of this vector does with a request.
fn decide(player: &mut Player<'_>, vector: &Vector, request: Request) -> Result<(), String> {
    let rejects = vector.app.iter().find(|(key, _)| key == "reject");
    let decision = match rejects {
        Some((_, status)) => match response(vector, number(status)?)? {
            Ok(response) => Err(request.reject(&response)),
            Err(name) => {
                player.observed.seen.push(Seen::Error(name));
                Err(request.reject(&Response::new(500).map_err(|e| error_name(&e))?))
            }
        },
        None => match acceptance(vector)? {
            Ok(acceptance) => request.accept(&acceptance),
            Err(name) => {
                player.observed.seen.push(Seen::Error(name));
                Err(request.reject(&Response::new(500).map_err(|e| error_name(&e))?))
            }
        },
    };
    match decision {
        Ok(connection) => opened(player, connection)?,
        Err(rejection) => {
            let reason = rejection.reason().map(|reason| Seen::Error(error_name(&reason)));
            player.observed.seen.extend(reason);
            player.stage = Stage::Rejecting(Box::new(rejection));
        }
    }
    Ok(())
}

fn response(vector: &Vector, status: u16) -> Result<Refused<Response>, String> {
    let mut response = match Response::new(status) {
        Ok(response) => response,
        Err(error) => return Ok(Err(error_name(&error))),
    };
    for (key, value) in &vector.app {
        response = match key.as_str() {
            "header" => {
                let (name, value) = header(value)?;
                match response.header(&name, &value) {
                    Ok(response) => response,
                    Err(error) => return Ok(Err(error_name(&error))),
                }
            }
            "body" => response.body(unescape(value)?),
            _ => response,
        };
    }
    Ok(Ok(response))
}

fn acceptance(vector: &Vector) -> Result<Refused<Acceptance>, String> {
    let mut acceptance = Acceptance::new();
    for (key, value) in &vector.app {
        acceptance = match key.as_str() {
            "accept" => acceptance,
            "subprotocol" => acceptance.subprotocol(&values(value)?.concat()),
            "subprotocols" => acceptance.subprotocols(values(value)?),
            "hosts" => acceptance.allowed_hosts(values(value)?),
            "origin" => acceptance.origin(match value.as_str() {
                "any" => OriginPolicy::Any,
                "same-host" => OriginPolicy::SameHost,
                list => OriginPolicy::list(values(list)?).map_err(|e| error_name(&e))?,
            }),
            "header" => {
                let (name, value) = header(value)?;
                match acceptance.header(&name, &value) {
                    Ok(acceptance) => acceptance,
                    Err(error) => return Ok(Err(error_name(&error))),
                }
            }
            other => return Err(format!("app {other} does not go with accepting")),
        };
    }
    Ok(Ok(acceptance))
}
