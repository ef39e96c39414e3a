//! Certificates made on the spot, for the examples and tests of TLS: an authority that nobody knows, and servers
//! that it vouches for.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use websocket_proto::adapter::rustls::crypto::ring;
use websocket_proto::adapter::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use websocket_proto::adapter::rustls::{ClientConfig, RootCertStore, ServerConfig};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Who vouches for servers.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug)]
pub enum Valid {
    Now,
    NoMore,
    NotYet,
}

impl Authority {
    /// # Errors
    /// If no key can be made.
    pub fn new(name: &str) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key)?;
        Ok(Self { issuer: Issuer::new(parameters, key), certificate })
    }

    /// The certificate to trust, as text.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// The settings of a server with these names, or IP addresses.
    ///
    /// # Errors
    /// If a name is none.
    pub fn server(&self, names: &[&str], valid: Valid) -> Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let certificate = parameters(names, valid)?.signed_by(&key, &self.issuer)?;
        server_config(certificate.der().clone(), &key)
    }

    /// The settings of a client that trusts this authority and nobody else.
    ///
    /// # Errors
    /// None with what is built here.
    pub fn client(&self) -> Result<Arc<ClientConfig>> {
        client_trusting(self.certificate.der().clone())
    }
}

/// The settings of a server for which nobody vouches but itself.
///
/// # Errors
/// If a name is none.
pub fn self_signed(names: &[&str]) -> Result<Arc<ServerConfig>> {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    server_config(cert.der().clone(), &signing_key)
}

/// The settings of a client that trusts the authority with this certificate and nobody else.
///
/// # Errors
/// If it is no certificate of an authority.
pub fn client_trusting(root: CertificateDer<'static>) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(root)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn parameters(names: &[&str], valid: Valid) -> Result<CertificateParams> {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut parameters = CertificateParams::new(names)?;
    (parameters.not_before, parameters.not_after) = match valid {
        Valid::Now => (date_time_ymd(2020, 1, 1), date_time_ymd(4096, 1, 1)),
        Valid::NoMore => (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1)),
        Valid::NotYet => (date_time_ymd(4095, 1, 1), date_time_ymd(4096, 1, 1)),
    };
    Ok(parameters)
}

fn server_config(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<Arc<ServerConfig>> {
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
