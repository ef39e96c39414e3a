//! RFC 7692  The settings of compression, kept while it is off.

use websocket_proto::Config;
use websocket_proto::deflate::{self, ClientWindow, Compress, CompressionPool, WindowBits};

use crate::config::{flag, size};
use crate::wsp_option::{self, *};
use crate::wsp_result::{self, *};

const POOL: usize = 8;

/// Both roles have the same options: what a server prefers is what a client offers.
pub(crate) struct Compression {
    is_on: bool,
    above: usize,
    pool_size: usize,
    settings: deflate::Compression,
}

impl Compression {
    pub(crate) fn new() -> Self {
        // A pool of its own: whoever frees configuration and connections has freed everything.
        let settings = deflate::Compression::with_pool(CompressionPool::new(POOL));
        let above = match Compress::default() {
            Compress::Above(above) => above,
            Compress::Always => 0,
            Compress::Never => usize::MAX,
        };
        Self { is_on: false, above, pool_size: POOL, settings }
    }

    pub(crate) fn settings(&self) -> Option<&deflate::Compression> {
        self.is_on.then_some(&self.settings)
    }

    pub(crate) fn set(&mut self, option: wsp_option, value: u64) -> Result<(), wsp_result> {
        let settings = &mut self.settings;
        let preferences = &mut settings.preferences;
        match option {
            WSP_OPTION_COMPRESSION => self.is_on = flag(value)?,
            WSP_OPTION_COMPRESSION_LEVEL => settings.level = between(0, value, 9)?,
            WSP_OPTION_COMPRESSION_MEMORY_LEVEL => {
                settings.memory_level = between(1, value, 9)?;
            }
            WSP_OPTION_COMPRESSION_ABOVE => {
                self.above = usize::try_from(value).unwrap_or(usize::MAX);
            }
            WSP_OPTION_COMPRESSION_REQUIRED => settings.required = flag(value)?,
            WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER => {
                preferences.server_no_context_takeover = flag(value)?;
            }
            WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER => {
                preferences.client_no_context_takeover = flag(value)?;
            }
            WSP_OPTION_SERVER_MAX_WINDOW_BITS => {
                preferences.server_max_window_bits = window(value)?;
            }
            WSP_OPTION_CLIENT_MAX_WINDOW_BITS => {
                preferences.client_max_window_bits = window(value)?;
            }
            WSP_OPTION_COMPRESSION_POOL => {
                self.pool_size = usize::try_from(value).unwrap_or(usize::MAX);
                settings.pool = CompressionPool::new(self.pool_size);
            }
            _ => return Err(WSP_ARGUMENT),
        }
        settings.compress = Compress::Above(self.above);
        self.offer();
        Ok(())
    }

    fn offer(&mut self) {
        let preferences = &self.settings.preferences;
        let limited = |bits: WindowBits| (bits < WindowBits::MAX).then_some(bits);
        let mut offer = deflate::Offer::default();
        offer.server_no_context_takeover = preferences.server_no_context_takeover;
        offer.client_no_context_takeover = preferences.client_no_context_takeover;
        offer.server_max_window_bits = limited(preferences.server_max_window_bits);
        offer.client_max_window_bits = limited(preferences.client_max_window_bits)
            .map_or(ClientWindow::Limitable, ClientWindow::AtMost);
        self.settings.offers = vec![offer];
    }

    pub(crate) fn read(&self, option: wsp_option) -> Result<u64, wsp_result> {
        let settings = &self.settings;
        let preferences = &settings.preferences;
        Ok(match option {
            WSP_OPTION_COMPRESSION => self.is_on.into(),
            WSP_OPTION_COMPRESSION_LEVEL => settings.level.into(),
            WSP_OPTION_COMPRESSION_MEMORY_LEVEL => settings.memory_level.into(),
            WSP_OPTION_COMPRESSION_ABOVE => size(self.above),
            WSP_OPTION_COMPRESSION_REQUIRED => settings.required.into(),
            WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER => preferences.server_no_context_takeover.into(),
            WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER => preferences.client_no_context_takeover.into(),
            WSP_OPTION_SERVER_MAX_WINDOW_BITS => preferences.server_max_window_bits.bits().into(),
            WSP_OPTION_CLIENT_MAX_WINDOW_BITS => preferences.client_max_window_bits.bits().into(),
            WSP_OPTION_COMPRESSION_POOL => size(self.pool_size),
            _ => return Err(WSP_ARGUMENT),
        })
    }

    pub(crate) fn apply(&self, config: &mut Config) {
        config.compression = self.settings().cloned();
    }
}

fn between(least: u8, value: u64, most: u8) -> Result<u8, wsp_result> {
    let value = u8::try_from(value).map_err(|_| WSP_ARGUMENT)?;
    if (least..=most).contains(&value) { Ok(value) } else { Err(WSP_ARGUMENT) }
}

fn window(bits: u64) -> Result<WindowBits, wsp_result> {
    let bits = u8::try_from(bits).map_err(|_| WSP_ARGUMENT)?;
    WindowBits::new(bits).map_err(|_| WSP_ARGUMENT)
}
