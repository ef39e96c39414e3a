//! §4.1  What a client asks for.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::{BufMut, BytesMut};

use super::credentials::{self, InvalidCredentials};
use super::grammar::{is_field_value, is_token};
use super::headers::{ExtraHeaders, InvalidHeader};
use super::key::Key;
use super::negotiation::InvalidSubprotocol;
use super::uri::{InvalidUri, Uri};
use crate::Config;

/// What a client asks for: made once, used for any number of attempts, each with a key of its own (§4.1).
///
/// ```
/// use websocket_proto::handshake::{ClientRequest, Uri};
///
/// let request = ClientRequest::new(Uri::parse("ws://example.com/chat")?)
///     .subprotocols(["chat.v2", "chat"])?
///     .header("Authorization", "Bearer 42")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientRequest {
    uri: Uri,
    subprotocols: Vec<Arc<str>>,
    origin: Option<Vec<u8>>,
    headers: ExtraHeaders,
}

impl ClientRequest {
    /// Asks for the resource and nothing else.
    #[must_use]
    pub fn new(uri: Uri) -> Self {
        Self { uri, subprotocols: Vec::new(), origin: None, headers: ExtraHeaders::default() }
    }

    /// Offers subprotocols as well, the one liked best first (§4.1).
    ///
    /// # Errors
    /// [`InvalidSubprotocol`] for a name that is no token or is there twice.
    pub fn subprotocols<I>(mut self, names: I) -> Result<Self, InvalidSubprotocol>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        for name in names {
            let name = name.as_ref();
            if !is_token(name.as_bytes()) {
                return Err(InvalidSubprotocol::NotAToken(name.into()));
            }
            if self.subprotocols.iter().any(|other| **other == *name) {
                return Err(InvalidSubprotocol::Duplicate(name.into()));
            }
            self.subprotocols.push(name.into());
        }
        Ok(self)
    }

    /// Sends `Origin`, as a browser would: the origin of the page on whose behalf this is (§4.1).
    ///
    /// # Errors
    /// [`InvalidHeader::Value`] for a value that no header can have.
    pub fn origin(mut self, origin: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        let origin = origin.as_ref();
        if !is_field_value(origin) {
            return Err(InvalidHeader::Value);
        }
        self.origin = Some(origin.to_vec());
        Ok(self)
    }

    /// Adds a header line, such as a cookie or credentials.
    ///
    /// # Errors
    /// [`InvalidHeader`] for a name that is no token or belongs to the crate (`Origin` has
    /// [a method](Self::origin)), or a value with control characters in it.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, InvalidHeader> {
        if name.eq_ignore_ascii_case("origin") {
            return Err(InvalidHeader::Reserved);
        }
        self.headers.push(name, value.as_ref())?;
        Ok(self)
    }

    /// Sends a user name and a password (`Authorization: Basic`, RFC 7617) instead of any other `Authorization`.
    /// Whoever reads the bytes reads the password: for `wss`.
    ///
    /// # Errors
    /// [`InvalidCredentials::Colon`] in the user name, [`InvalidCredentials::ControlCharacter`] in either.
    ///
    /// ```
    /// use websocket_proto::handshake::{ClientRequest, Uri};
    ///
    /// let request = ClientRequest::new(Uri::parse("wss://example.com/")?)
    ///     .basic_authorization("Aladdin", "open sesame")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn basic_authorization(
        self,
        user: &str,
        password: &str,
    ) -> Result<Self, InvalidCredentials> {
        Ok(self.authorization(&credentials::basic(user, password)?))
    }

    /// Sends a token (`Authorization: Bearer`, RFC 6750) instead of any other `Authorization`. Whoever reads the
    /// bytes can use the token: for `wss`.
    ///
    /// # Errors
    /// [`InvalidCredentials::Token`] for what is none by RFC 6750.
    pub fn bearer_authorization(self, token: &str) -> Result<Self, InvalidCredentials> {
        Ok(self.authorization(&credentials::bearer(token)?))
    }

    /// What is asked for.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    fn authorization(mut self, value: &[u8]) -> Self {
        self.remove_header("Authorization");
        self.headers.append("Authorization", value);
        self
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        self.headers.remove(name);
    }

    /// The same for another resource.
    pub(crate) fn with_uri(&self, uri: Uri) -> Self {
        Self { uri, ..self.clone() }
    }

    /// The names offered.
    pub(crate) fn offered(&self) -> &[Arc<str>] {
        &self.subprotocols
    }

    #[cfg(feature = "http")]
    pub(crate) fn origin_bytes(&self) -> Option<&[u8]> {
        self.origin.as_deref()
    }

    /// The headers that the application adds to the request.
    #[cfg(feature = "http")]
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter()
    }

    /// The head of the request (§4.1). Every part was checked when it was made.
    pub(crate) fn render(&self, key: &Key, config: &Config) -> BytesMut {
        let uri = &self.uri;
        let names: usize = self.subprotocols.iter().map(|name| name.len().saturating_add(2)).sum();
        let sizes = [
            256,
            uri.resource_name().len(),
            uri.host_header().len(),
            names,
            self.origin.as_ref().map_or(0, Vec::len),
            self.headers.lines().len(),
        ];
        let mut output = BytesMut::with_capacity(sizes.iter().sum());
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| output.put_slice(part));
        put(&[b"GET ", uri.resource_name().as_bytes(), b" HTTP/1.1\r\n"]);
        put(&[b"Host: ", uri.host_header().as_bytes(), b"\r\n"]);
        put(&[b"Upgrade: websocket\r\nConnection: Upgrade\r\n"]);
        put(&[b"Sec-WebSocket-Key: ", key, b"\r\n"]);
        put(&[b"Sec-WebSocket-Version: 13\r\n"]);
        for (index, name) in self.subprotocols.iter().enumerate() {
            let before: &[u8] = match index {
                0 => b"Sec-WebSocket-Protocol: ",
                _ => b", ",
            };
            put(&[before, name.as_bytes()]);
        }
        if !self.subprotocols.is_empty() {
            put(&[b"\r\n"]);
        }
        if let Some(origin) = &self.origin {
            put(&[b"Origin: ", origin, b"\r\n"]);
        }
        put_offers(&mut put, config);
        put(&[self.headers.lines(), b"\r\n"]);
        output
    }
}

impl From<Uri> for ClientRequest {
    fn from(uri: Uri) -> Self {
        Self::new(uri)
    }
}

/// For what takes a request, and is tried more than once.
impl From<&Self> for ClientRequest {
    fn from(request: &Self) -> Self {
        request.clone()
    }
}

impl TryFrom<&str> for ClientRequest {
    type Error = InvalidUri;

    fn try_from(uri: &str) -> Result<Self, InvalidUri> {
        Uri::parse(uri).map(Self::new)
    }
}

impl TryFrom<&String> for ClientRequest {
    type Error = InvalidUri;

    fn try_from(uri: &String) -> Result<Self, InvalidUri> {
        Self::try_from(uri.as_str())
    }
}

impl TryFrom<String> for ClientRequest {
    type Error = InvalidUri;

    fn try_from(uri: String) -> Result<Self, InvalidUri> {
        Self::try_from(uri.as_str())
    }
}

/// RFC 7692 §5.1: one line, the offer that is liked best first.
#[cfg(feature = "deflate")]
fn put_offers(put: &mut impl FnMut(&[&[u8]]), config: &Config) {
    if let Some(offer) = config.compression.as_ref().and_then(crate::deflate::Compression::offer) {
        put(&[b"Sec-WebSocket-Extensions: ", offer.as_bytes(), b"\r\n"]);
    }
}

#[cfg(not(feature = "deflate"))]
fn put_offers(_put: &mut impl FnMut(&[&[u8]]), _config: &Config) {}
