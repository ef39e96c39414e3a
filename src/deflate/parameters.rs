//! RFC 7692 §7.1  The four parameters: as a client offers them, as a server answers, as both agreed.

use core::fmt;

use crate::frame::Role;
use crate::handshake::Extension;

/// The extension's name in `Sec-WebSocket-Extensions` (RFC 7692 §7).
pub(crate) const NAME: &str = "permessage-deflate";

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The size of an LZ77 window, as the base-2 logarithm of its bytes: 8 (256 bytes) to 15 (32 KiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowBits(u8);

impl WindowBits {
    /// 256 bytes. Our own compressor has no window that small: see [`Preferences`](super::Preferences).
    pub const MIN: Self = Self(8);
    /// 32 KiB: the window where nothing else is said.
    pub const MAX: Self = Self(15);
    /// 512 bytes, the least that our own compressor can do.
    pub(crate) const LEAST_OWN: Self = Self(9);

    /// A window of `2^bits` bytes.
    ///
    /// # Errors
    /// [`InvalidWindowBits`] below 8 and above 15 (RFC 7692 §7.1.2).
    pub const fn new(bits: u8) -> Result<Self, InvalidWindowBits> {
        if bits < 8 || bits > 15 { Err(InvalidWindowBits) } else { Ok(Self(bits)) }
    }

    /// The logarithm, 8 to 15.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The window in bytes, 256 to 32,768.
    #[must_use]
    pub const fn bytes(self) -> usize {
        1 << self.0
    }

    /// The least window, of those our compressor has, in which every distance inside `length` bytes fits.
    pub(crate) fn covering(length: usize) -> Self {
        let fits = |bits: &Self| bits.bytes() >= length;
        (Self::LEAST_OWN.0..Self::MAX.0).map(Self).find(fits).unwrap_or(Self::MAX)
    }

    /// RFC 7692 §7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15 inclusive".
    fn parse(value: crate::handshake::ParameterValue<'_>) -> Option<Self> {
        (Self::MIN.0..)
            .zip(["8", "9", "10", "11", "12", "13", "14", "15"])
            .find_map(|(bits, text)| (value == text).then_some(Self(bits)))
    }
}

/// A window outside 8 to 15 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidWindowBits;

impl fmt::Display for InvalidWindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("window bits are 8 to 15")
    }
}

impl core::error::Error for InvalidWindowBits {}

/// What a client says of the window that it compresses with (RFC 7692 §7.1.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ClientWindow {
    /// Nothing: the server cannot limit it.
    Fixed,
    /// `client_max_window_bits`: the server may limit it.
    #[default]
    Limitable,
    /// `client_max_window_bits=N`: the server may limit it, and it will be `N` at most anyway. (8 is
    /// offered as 8; our compressor has no window below 9 bits, but refers back no further than 250 bytes
    /// then.)
    AtMost(WindowBits),
}

/// One offer of a client (RFC 7692 §5.1, §7.1). The default is that of browsers:
/// `permessage-deflate; client_max_window_bits`.
///
/// ```
/// use websocket_proto::deflate::{Offer, WindowBits};
///
/// let mut offer = Offer::default();
/// offer.server_max_window_bits = Some(WindowBits::new(10)?);
/// assert_eq!(
///     offer.to_string(),
///     "permessage-deflate; server_max_window_bits=10; client_max_window_bits"
/// );
/// # Ok::<(), websocket_proto::deflate::InvalidWindowBits>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Offer {
    /// The server must begin each message with an empty window (§7.1.1.1), which spares us a window.
    pub server_no_context_takeover: bool,
    /// We begin each message with an empty window (§7.1.1.2), which spares the server a window.
    pub client_no_context_takeover: bool,
    /// The greatest window that the server may compress with (§7.1.2.1).
    pub server_max_window_bits: Option<WindowBits>,
    /// What the server is told of our window.
    pub client_max_window_bits: ClientWindow,
}

impl Offer {
    /// As a server reads it; `None`: to be declined (§7: unknown, repeated, or with an invalid value).
    pub(super) fn parse(extension: &Extension<'_>) -> Option<Self> {
        let fields = Fields::parse(extension)?;
        Some(Self {
            server_no_context_takeover: fields.server_no_context_takeover,
            client_no_context_takeover: fields.client_no_context_takeover,
            server_max_window_bits: match fields.server_max_window_bits {
                None => None,
                Some(value) => Some(value?),
            },
            client_max_window_bits: match fields.client_max_window_bits {
                None => ClientWindow::Fixed,
                Some(None) => ClientWindow::Limitable,
                Some(Some(bits)) => ClientWindow::AtMost(bits),
            },
        })
    }

    /// Whether a server may answer this offer so (§7.1).
    pub(super) fn allows(&self, agreement: &Agreement) -> bool {
        let server_window = match (self.server_max_window_bits, agreement.server_max_window_bits) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(offered), Some(agreed)) => agreed <= offered,
        };
        let client_window = agreement.client_max_window_bits.is_none()
            || self.client_max_window_bits != ClientWindow::Fixed;
        let takeover = agreement.server_no_context_takeover || !self.server_no_context_takeover;
        server_window && client_window && takeover
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        flag(f, SERVER_NO_CONTEXT_TAKEOVER, self.server_no_context_takeover)?;
        flag(f, CLIENT_NO_CONTEXT_TAKEOVER, self.client_no_context_takeover)?;
        window(f, SERVER_MAX_WINDOW_BITS, self.server_max_window_bits)?;
        match self.client_max_window_bits {
            ClientWindow::Fixed => Ok(()),
            ClientWindow::Limitable => flag(f, CLIENT_MAX_WINDOW_BITS, true),
            ClientWindow::AtMost(bits) => window(f, CLIENT_MAX_WINDOW_BITS, Some(bits)),
        }
    }
}

/// What both ends agreed on: the parameters of the server's answer (RFC 7692 §7.1).
///
/// `server_*` is about what the server compresses and the client inflates, `client_*` about the other
/// direction.
/// The default is that of `permessage-deflate` without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Agreement {
    /// The server begins each message with an empty window.
    pub server_no_context_takeover: bool,
    /// The client begins each message with an empty window.
    pub client_no_context_takeover: bool,
    /// The greatest window that the server compresses with; `None`: 15 bits.
    pub server_max_window_bits: Option<WindowBits>,
    /// The greatest window that the client compresses with; `None`: 15 bits.
    pub client_max_window_bits: Option<WindowBits>,
}

impl Agreement {
    /// As a client reads it.
    pub(super) fn parse(extension: &Extension<'_>) -> Option<Self> {
        let fields = Fields::parse(extension)?;
        let valued = |field: Option<Option<WindowBits>>| match field {
            None => Some(None),
            Some(value) => value.map(Some),
        };
        Some(Self {
            server_no_context_takeover: fields.server_no_context_takeover,
            client_no_context_takeover: fields.client_no_context_takeover,
            server_max_window_bits: valued(fields.server_max_window_bits)?,
            client_max_window_bits: valued(fields.client_max_window_bits)?,
        })
    }
}

impl fmt::Display for Agreement {
    /// As it stands in the server's answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        flag(f, SERVER_NO_CONTEXT_TAKEOVER, self.server_no_context_takeover)?;
        flag(f, CLIENT_NO_CONTEXT_TAKEOVER, self.client_no_context_takeover)?;
        window(f, SERVER_MAX_WINDOW_BITS, self.server_max_window_bits)?;
        window(f, CLIENT_MAX_WINDOW_BITS, self.client_max_window_bits)
    }
}

/// What an agreement means to one of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) agreement: Agreement,
    pub(crate) sending: Direction,
    pub(crate) receiving: Direction,
}

impl Terms {
    /// What was agreed means to this end, which has made these offers if it is the client.
    pub(crate) fn new(agreement: Agreement, role: Role, offers: &[Offer]) -> Self {
        let from_server =
            Direction::new(agreement.server_max_window_bits, agreement.server_no_context_takeover);
        let mut from_client =
            Direction::new(agreement.client_max_window_bits, agreement.client_no_context_takeover);
        if role == Role::Server {
            return Self { agreement, sending: from_server, receiving: from_client };
        }
        // What we offered to do ourselves, we do, whatever the answer says of it: that is a limit only.
        if let Some(offer) = offers.iter().find(|offer| offer.allows(&agreement)) {
            if let ClientWindow::AtMost(bits) = offer.client_max_window_bits {
                from_client.window = from_client.window.min(bits.max(WindowBits::LEAST_OWN));
            }
            from_client.takeover &= !offer.client_no_context_takeover;
        }
        Self { agreement, sending: from_client, receiving: from_server }
    }
}

/// How the messages of one direction are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Direction {
    pub(crate) window: WindowBits,
    /// Whether a message may refer to those before it (§7.1.1).
    pub(crate) takeover: bool,
}

impl Direction {
    fn new(window: Option<WindowBits>, no_takeover: bool) -> Self {
        Self { window: window.unwrap_or(WindowBits::MAX), takeover: !no_takeover }
    }
}

/// The parameters as they stand in the head: absent, without a value or with one.
#[derive(Default)]
struct Fields {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<Option<WindowBits>>,
    client_max_window_bits: Option<Option<WindowBits>>,
}

impl Fields {
    /// `None` for what §7 has declined or failed: a parameter that is unknown, is there twice, or has
    /// a value that it cannot have.
    fn parse(extension: &Extension<'_>) -> Option<Self> {
        let mut fields = Self::default();
        for parameter in extension.parameters() {
            let set_flag = |flag: &mut bool| {
                (parameter.value().is_none() && !core::mem::replace(flag, true)).then_some(())
            };
            let set_window = |field: &mut Option<Option<WindowBits>>| {
                let value = match parameter.value() {
                    None => None,
                    Some(value) => Some(WindowBits::parse(value)?),
                };
                field.replace(value).is_none().then_some(())
            };
            match parameter.name() {
                SERVER_NO_CONTEXT_TAKEOVER => set_flag(&mut fields.server_no_context_takeover),
                CLIENT_NO_CONTEXT_TAKEOVER => set_flag(&mut fields.client_no_context_takeover),
                SERVER_MAX_WINDOW_BITS => set_window(&mut fields.server_max_window_bits),
                CLIENT_MAX_WINDOW_BITS => set_window(&mut fields.client_max_window_bits),
                _ => None,
            }?;
        }
        Some(fields)
    }
}

fn flag(f: &mut fmt::Formatter<'_>, name: &str, is_set: bool) -> fmt::Result {
    if is_set { write!(f, "; {name}") } else { Ok(()) }
}

fn window(f: &mut fmt::Formatter<'_>, name: &str, bits: Option<WindowBits>) -> fmt::Result {
    match bits {
        Some(bits) => write!(f, "; {name}={}", bits.bits()),
        None => Ok(()),
    }
}
