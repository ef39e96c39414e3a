//! §4.1  The way to a server, without a socket: where to connect to, what to ask for, and when to go elsewhere.
//!
//! ```text
//! first_hop ──▶ tunnel, if there is a proxy ──▶ TLS, for wss ──▶ client
//!     ▲                                                             │
//!     └──────────────────── follow: a redirect ─────────────────────┘
//! ```

use alloc::boxed::Box;
use core::time::Duration;

#[cfg(feature = "rustls")]
use super::tls::Tls;
use super::tunnel::Tunnel;
use super::{ClientOptions, Error, Refused, UnfollowedRedirect};
use crate::handshake::{Client, ClientRequest, HandshakeError, RedirectError};
use crate::{SeedError, Timeouts};

pub(super) struct Route<'o> {
    options: &'o ClientOptions,
    request: ClientRequest,
    redirects: u8,
}

impl<'o> Route<'o> {
    pub(super) fn new<R>(request: R, options: &'o ClientOptions) -> Result<Self, Error>
    where
        R: TryInto<ClientRequest>,
        R::Error: Into<Error>,
    {
        let request = request.try_into().map_err(Into::into)?;
        Ok(Self { options, request, redirects: 0 })
    }

    /// The times of the connection. That of the handshake is for the whole way, redirects included.
    pub(super) fn timeouts(&self) -> &'o Timeouts {
        &self.options.config.timeouts
    }

    /// The host and port that the TCP connection goes to.
    pub(super) fn first_hop(&self) -> (&str, u16) {
        match &self.options.proxy {
            Some(proxy) => (proxy.host(), proxy.port()),
            None => (self.request.uri().host(), self.request.uri().port()),
        }
    }

    /// What leads from there to the server.
    pub(super) fn tunnel(&self) -> Option<Tunnel> {
        let proxy = self.options.proxy.as_ref()?;
        Some(Tunnel::new(proxy, self.request.uri(), &self.options.config))
    }

    /// Whether TLS is next.
    pub(super) fn is_secure(&self) -> bool {
        self.request.uri().secure()
    }

    /// What TLS with the server begins with.
    #[cfg(feature = "rustls")]
    pub(super) fn tls(&self) -> Result<Tls, Error> {
        self.options.trust.of_server(self.request.uri())
    }

    /// The opening handshake, on a clock that began with the way.
    pub(super) fn client(&self) -> Result<Client, SeedError> {
        let mut client = Client::from_os(&self.request, self.options.config.clone())?;
        let _deadline = client.tick(Duration::ZERO);
        Ok(client)
    }

    /// Where to go after a failure; fails with it if there is nowhere to go.
    pub(super) fn follow(self, failure: Error) -> Result<Self, Error> {
        let Self { options, request, redirects } = self;
        let Error::Refused(refused) = failure else {
            return Err(failure);
        };
        match refused.redirect(&request) {
            Some(_) if options.max_redirects == 0 => Err(Error::Refused(refused)),
            None => Err(Error::Refused(refused)),
            Some(_) if redirects == options.max_redirects => {
                Err(unfollowed(RedirectError::TooMany, *refused))
            }
            Some(Err(reason)) => Err(unfollowed(reason, *refused)),
            Some(Ok(request)) => Ok(Self { options, request, redirects: redirects + 1 }),
        }
    }
}

fn unfollowed(reason: RedirectError, answer: Refused) -> Error {
    Error::Redirect(Box::new(UnfollowedRedirect { reason, answer }))
}

/// The way took too long.
pub(super) const LATE: Error = Error::Handshake(HandshakeError::Timeout);

/// What each of so many addresses gets of the time that is left.
pub(super) fn share(left: Duration, addresses: usize) -> Duration {
    u32::try_from(addresses).ok().and_then(|count| left.checked_div(count)).unwrap_or(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_share_the_time_that_is_left() {
        let ms = Duration::from_millis;
        assert_eq!(share(ms(100), 4), ms(25));
        // The first was quick, and the second took its share.
        assert_eq!(share(ms(99), 3), ms(33));
        assert_eq!(share(ms(66), 1), ms(66));
        assert_eq!(share(Duration::MAX, 1), Duration::MAX);
        assert_eq!(share(ms(1), usize::MAX), ms(1));
    }
}
