//! Who may ask: our own page, and what is no page at all.
//!
//! Any page that a browser shows can send requests to this machine. It cannot hide where it comes from: a foreign name
//! that was made to lead here stands in `Host`, and the page's own origin in `Origin`.

use hyper::Request;
use hyper::header::{HOST, HeaderValue, ORIGIN};
use websocket_proto::handshake::{Acceptance, OriginPolicy};

const HOSTS: [&str; 2] = ["127.0.0.1", "localhost"];

pub(crate) struct Access {
    origins: [String; 2],
}

impl Access {
    /// For the page at this port.
    pub(crate) fn new(port: u16) -> Self {
        Self { origins: HOSTS.map(|host| format!("http://{host}:{port}")) }
    }

    /// The origin of our page, as our own clients say it.
    pub(crate) fn origin(&self) -> &str {
        &self.origins[0]
    }

    /// The origin of a request that is let in; an empty one if it comes from no page. `None`: it is not let in.
    pub(crate) fn allowed<B>(&self, request: &Request<B>) -> Option<HeaderValue> {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok())?;
        if !HOSTS.contains(&host.rsplit_once(':').map_or(host, |(name, _)| name)) {
            return None;
        }
        match request.headers().get(ORIGIN) {
            None => Some(HeaderValue::from_static("")),
            Some(origin) => {
                self.origins.iter().any(|ours| origin == ours.as_str()).then(|| origin.clone())
            }
        }
    }

    /// The same for the opening handshake of a WebSocket.
    pub(crate) fn acceptance(
        &self,
    ) -> Result<Acceptance, Box<dyn std::error::Error + Send + Sync>> {
        let origins = OriginPolicy::list(&self.origins)?;
        Ok(Acceptance::new().allowed_hosts(HOSTS).origin(origins))
    }
}

#[test]
fn only_our_page_is_let_in() {
    let access = Access::new(1234);
    let allowed = |host: &str, origin: Option<&str>| {
        let mut request = Request::post("/").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        access.allowed(&request.body(()).unwrap()).is_some()
    };
    assert!(
        allowed("127.0.0.1:1234", None) && allowed("localhost:9", Some("http://localhost:1234"))
    );
    assert!(!allowed("evil.example:1234", None));
    for origin in ["http://evil.example", "http://localhost:1235", "null", "https://127.0.0.1:1234"]
    {
        assert!(!allowed("127.0.0.1:1234", Some(origin)), "{origin}");
    }
}
