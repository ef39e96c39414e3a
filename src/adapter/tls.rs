//! §10.6, RFC 8446  TLS: whom a client trusts.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec;
use core::fmt;
use std::sync::OnceLock;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, OtherError, RootCertStore};

use super::Error;
use crate::handshake::{InvalidUri, Uri};

/// Whose word about a server's certificate is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Roots {
    /// The authorities that Mozilla trusts, as of the crate `webpki-roots`: the same everywhere.
    #[default]
    Mozilla,
    /// Those that the platform trusts, the administrator's own among them.
    Platform,
}

/// What TLS with one server begins with.
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
}

/// What TLS is set up with.
#[derive(Clone)]
pub(super) enum Trust {
    Roots(Roots, Arc<OnceLock<Arc<ClientConfig>>>),
    Config(Arc<ClientConfig>),
}

impl Trust {
    pub(super) fn roots(roots: Roots) -> Self {
        Self::Roots(roots, Arc::default())
    }

    /// What a connection to the server of this URI begins with.
    pub(super) fn of_server(&self, uri: &Uri) -> Result<Tls, Error> {
        let name = ServerName::try_from(uri.host().to_string());
        let name = name.map_err(|_| Error::Uri(InvalidUri::Host))?;
        Ok(Tls { config: self.config().map_err(Error::from)?, name })
    }

    fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        match self {
            Self::Config(config) => Ok(config.clone()),
            Self::Roots(roots, config) => match config.get() {
                Some(config) => Ok(config.clone()),
                None => {
                    let loaded = client_config(*roots)?;
                    Ok(config.get_or_init(|| Arc::new(loaded)).clone())
                }
            },
        }
    }
}

fn client_config(roots: Roots) -> Result<ClientConfig, rustls::Error> {
    // What the process has chosen. To leave the choice to rustls may panic.
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(root_store(roots)?)
        .with_no_client_auth();
    // The opening handshake is one of HTTP/1.1, also where HTTP/2 is to be had.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn root_store(roots: Roots) -> Result<RootCertStore, rustls::Error> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Mozilla => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Roots::Platform => {
            let loaded = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(loaded.certs);
            // Some that cannot be read are no reason to do without the others.
            if store.is_empty() {
                let error = loaded.errors.into_iter().next();
                return Err(error.map_or_else(
                    || rustls::Error::General("the platform trusts nobody".to_string()),
                    |error| rustls::Error::Other(OtherError(Arc::new(error))),
                ));
            }
        }
    }
    Ok(store)
}

impl Default for Trust {
    fn default() -> Self {
        Self::roots(Roots::default())
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roots(roots, _) => f.debug_tuple("Roots").field(roots).finish(),
            Self::Config(_) => f.write_str("ClientConfig"),
        }
    }
}
