//! The command line of an echo server: `[--port N] [--origin ORIGIN] [--connections N]`.

use std::error::Error;

use websocket_proto::handshake::{Acceptance, InvalidOrigin, OriginPolicy};

/// What the command line says.
pub(crate) struct Options {
    pub(crate) port: u16,
    origin: Option<String>,
    pub(crate) connections: usize,
}

impl Options {
    pub(crate) fn from_arguments() -> Result<Self, Box<dyn Error>> {
        let mut options = Self { port: 0, origin: None, connections: usize::MAX };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--port" => options.port = value.parse()?,
                "--origin" => options.origin = Some(value),
                "--connections" => options.connections = value.parse()?,
                _ => return Err(format!("unknown option {name}").into()),
            }
        }
        Ok(options)
    }

    /// Whom to let in, and the subprotocols to choose from.
    pub(crate) fn acceptance(&self) -> Result<Acceptance, InvalidOrigin> {
        let origin = match &self.origin {
            Some(origin) => OriginPolicy::list([origin])?,
            // Everybody may talk to an echo. A server with cookies keeps the default, `SameHost`.
            None => OriginPolicy::Any,
        };
        let subprotocols = ["chat", "superchat", "echo"];
        Ok(Acceptance::new().origin(origin).subprotocols(subprotocols))
    }
}
