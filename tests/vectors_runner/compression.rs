//! RFC 7692  `config compression` lines, and the parameters that they name.

use super::text::number;
use super::vector::Side;

/// What the `config compression` lines of a vector say. There is compression if there is one.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "deflate"), allow(dead_code, reason = "checked, and not played"))]
pub(crate) struct Compression {
    /// A connection that is open from the start has agreed on this.
    pub(crate) agreed: Option<Parameters>,
    offers: Vec<Parameters>,
    preferences: Parameters,
    required: bool,
    choice: Option<Choice>,
    level: Option<u8>,
    memory_level: Option<u8>,
}

/// Which messages the application wants to be compressed.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "deflate"), allow(dead_code, reason = "checked, and not played"))]
pub(crate) enum Choice {
    Always,
    Never,
    Above(usize),
}

/// An offer, an answer, or what a server prefers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) server_no_context_takeover: bool,
    pub(crate) client_no_context_takeover: bool,
    pub(crate) server_max_window_bits: Option<u8>,
    /// `Some(None)`: there, without a value.
    pub(crate) client_max_window_bits: Option<Option<u8>>,
}

impl Compression {
    /// Of the `config` lines of a vector; `None`: without compression.
    pub(crate) fn parse(settings: &[(String, String)]) -> Result<Option<Self>, String> {
        let mut compression = None;
        for (_, line) in settings.iter().filter(|(key, _)| key == "compression") {
            let (word, value) = line.split_once(' ').unwrap_or((line, ""));
            let to: &mut Self = compression.get_or_insert_default();
            to.set(word, value.trim())
                .map_err(|reason| format!("config compression {word}: {reason}"))?;
        }
        Ok(compression)
    }

    fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        match word {
            "on" if value.is_empty() => {}
            "agreed" => self.agreed = Some(Parameters::parse(value)?),
            "offer" => self.offers.push(Parameters::parse(value)?),
            "prefer" => self.preferences = Parameters::list(value.split(';'))?,
            "required" if value.is_empty() => self.required = true,
            "compress" => self.choice = Some(Choice::parse(value)?),
            "level" => self.level = Some(number(value)?),
            "memory_level" => self.memory_level = Some(number(value)?),
            _ => return Err(format!("not understood: {value:?}")),
        }
        Ok(())
    }
}

impl Choice {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            None if text == "always" => Ok(Self::Always),
            None if text == "never" => Ok(Self::Never),
            Some(("above", least)) => Ok(Self::Above(number(least.trim())?)),
            _ => Err(format!("{text:?}: always, never or above N")),
        }
    }
}

impl Parameters {
    /// `permessage-deflate; name; name=value`, as in the header.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(';');
        match parts.next().map(str::trim) {
            Some("permessage-deflate") => Self::list(parts),
            other => Err(format!("{other:?}: permessage-deflate")),
        }
    }

    fn list<'a>(parts: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut parameters = Self::default();
        for part in parts {
            let (name, value) = match part.trim().split_once('=') {
                Some((name, bits)) => (name, Some(number(bits)?)),
                None => (part.trim(), None),
            };
            match (name, value) {
                ("server_no_context_takeover", None) => {
                    parameters.server_no_context_takeover = true;
                }
                ("client_no_context_takeover", None) => {
                    parameters.client_no_context_takeover = true;
                }
                ("server_max_window_bits", Some(_)) => parameters.server_max_window_bits = value,
                ("client_max_window_bits", _) => parameters.client_max_window_bits = Some(value),
                _ => return Err(format!("{part:?} is no parameter")),
            }
        }
        Ok(parameters)
    }

    /// Window bits of what `side` sends, and whether its messages refer to those before.
    pub(crate) fn sending(&self, side: Side) -> (u8, bool) {
        let (window, forgets) = match side {
            Side::Server => (self.server_max_window_bits, self.server_no_context_takeover),
            Side::Client => {
                (self.client_max_window_bits.flatten(), self.client_no_context_takeover)
            }
        };
        (window.unwrap_or(15), !forgets)
    }
}

/// The same in the crate's types.
#[cfg(feature = "deflate")]
mod typed {
    use websocket_proto::deflate::{
        Agreement, ClientWindow, Compress, Compression, Offer, Preferences, WindowBits,
    };

    use super::{Choice, Parameters};

    fn bits(bits: u8) -> Result<WindowBits, String> {
        WindowBits::new(bits).map_err(|error| error.to_string())
    }

    impl super::Compression {
        pub(crate) fn typed(&self) -> Result<Compression, String> {
            let mut compression = Compression::default();
            if !self.offers.is_empty() {
                compression.offers =
                    self.offers.iter().map(Parameters::offer).collect::<Result<_, _>>()?;
            }
            compression.preferences = self.preferences.preferences()?;
            compression.required = self.required;
            compression.compress = self.choice.map_or(compression.compress, Choice::typed);
            compression.level = self.level.unwrap_or(compression.level);
            compression.memory_level = self.memory_level.unwrap_or(compression.memory_level);
            Ok(compression)
        }
    }

    impl Choice {
        pub(crate) fn typed(self) -> Compress {
            match self {
                Self::Always => Compress::Always,
                Self::Never => Compress::Never,
                Self::Above(least) => Compress::Above(least),
            }
        }
    }

    impl Parameters {
        pub(crate) fn agreement(&self) -> Result<Agreement, String> {
            let mut agreement = Agreement::default();
            agreement.server_no_context_takeover = self.server_no_context_takeover;
            agreement.client_no_context_takeover = self.client_no_context_takeover;
            agreement.server_max_window_bits = self.server_max_window_bits.map(bits).transpose()?;
            agreement.client_max_window_bits =
                self.client_max_window_bits.flatten().map(bits).transpose()?;
            Ok(agreement)
        }

        fn offer(&self) -> Result<Offer, String> {
            let mut offer = Offer::default();
            offer.server_no_context_takeover = self.server_no_context_takeover;
            offer.client_no_context_takeover = self.client_no_context_takeover;
            offer.server_max_window_bits = self.server_max_window_bits.map(bits).transpose()?;
            offer.client_max_window_bits = match self.client_max_window_bits {
                None => ClientWindow::Fixed,
                Some(None) => ClientWindow::Limitable,
                Some(Some(most)) => ClientWindow::AtMost(bits(most)?),
            };
            Ok(offer)
        }

        fn preferences(&self) -> Result<Preferences, String> {
            let mut preferences = Preferences::default();
            preferences.server_no_context_takeover = self.server_no_context_takeover;
            preferences.client_no_context_takeover = self.client_no_context_takeover;
            if let Some(most) = self.server_max_window_bits {
                preferences.server_max_window_bits = bits(most)?;
            }
            if let Some(most) = self.client_max_window_bits.flatten() {
                preferences.client_max_window_bits = bits(most)?;
            }
            Ok(preferences)
        }
    }
}
