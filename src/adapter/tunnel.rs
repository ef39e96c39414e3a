//! §4.1 step 2  The way through a proxy, which ends in a tunnel to the server or in an error.

use alloc::sync::Arc;
use core::time::Duration;

use bytes::{Buf, BytesMut};

use crate::handshake::{HandshakeError, Proxy, ProxyConnect, Refusal, Uri};
use crate::{Config, Output, State, Transmit};

pub(super) struct Tunnel {
    output: BytesMut,
    answer: ProxyConnect,
    deadline: Option<Duration>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Asking,
    Aborting(HandshakeError),
    Over(HandshakeError),
}

impl Tunnel {
    /// To the server of this URI. The time for it began at zero.
    pub(super) fn new(proxy: &Proxy, uri: &Uri, config: &Arc<Config>) -> Self {
        Self {
            output: BytesMut::from(&*proxy.connect_request(uri)),
            answer: ProxyConnect::new(config.clone()),
            deadline: config.timeouts.handshake,
            step: Step::Asking,
        }
    }

    /// Takes bytes of the proxy's answer. `true`: what is written from now on, the server gets.
    pub(super) fn receive(&mut self, input: &mut &mut [u8]) -> bool {
        match self.answer.receive(input) {
            Ok(None) => false,
            // Whoever speaks before being asked is not the server.
            Ok(Some(_)) if !input.is_empty() || self.output.has_remaining() => {
                self.step = Step::Aborting(HandshakeError::EarlyResponse);
                false
            }
            Ok(Some(_)) => true,
            Err(error) => {
                self.step = Step::Aborting(error);
                false
            }
        }
    }

    pub(super) fn tick(&mut self, now: Duration) -> Option<Duration> {
        let Step::Asking = self.step else {
            return None;
        };
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.step = Step::Aborting(self.end(HandshakeError::Timeout));
            return None;
        }
        self.deadline
    }

    pub(super) fn transmit(&mut self) -> Transmit<'_> {
        match self.step {
            Step::Asking if self.output.has_remaining() => {
                Transmit::Write(Output::plain(&mut self.output))
            }
            Step::Aborting(_) => Transmit::Abort,
            Step::Asking | Step::Over(_) => Transmit::Idle,
        }
    }

    pub(super) fn transport_shut_down(&mut self) {
        if let Step::Aborting(error) = self.step {
            self.step = Step::Over(error);
        }
    }

    pub(super) fn receive_eof(&mut self) {
        self.step = Step::Over(match self.step {
            Step::Asking => self.end(HandshakeError::ConnectionEnded),
            Step::Aborting(error) | Step::Over(error) => error,
        });
    }

    pub(super) fn state(&self) -> State {
        match self.step {
            Step::Asking => State::Open,
            Step::Aborting(_) => State::Closing,
            Step::Over(_) => State::Closed,
        }
    }

    /// Why there is no tunnel.
    pub(super) fn error(&self) -> Option<HandshakeError> {
        match self.step {
            Step::Asking => None,
            Step::Aborting(error) | Step::Over(error) => Some(error),
        }
    }

    /// The proxy's answer, if it was a refusal.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        self.answer.refusal()
    }

    /// A refusal that has begun tells more than how it ended.
    fn end(&mut self, error: HandshakeError) -> HandshakeError {
        self.answer.receive_eof();
        match self.answer.error() {
            Some(refused @ HandshakeError::Refused { .. }) => refused,
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tunnel() -> Tunnel {
        let proxy = Proxy::new("localhost", 3128).expect("a proxy");
        let uri = Uri::parse("ws://localhost/").expect("a URI");
        Tunnel::new(&proxy, &uri, &Arc::new(Config::client()))
    }

    /// Whatever a driver calls, in whatever order.
    #[test]
    fn what_went_wrong_first_stays() {
        let mut tunnel = tunnel();
        assert_eq!((tunnel.state(), tunnel.error()), (State::Open, None));
        // Before the proxy was asked.
        assert!(!tunnel.receive(&mut &mut b"HTTP/1.1 200 x\r\n\r\n".to_vec()[..]));
        let early = Some(HandshakeError::EarlyResponse);
        assert_eq!((tunnel.state(), tunnel.error()), (State::Closing, early));
        assert!(matches!(tunnel.transmit(), Transmit::Abort));
        for _ in 0..2 {
            tunnel.receive_eof();
            tunnel.transport_shut_down();
            assert_eq!((tunnel.state(), tunnel.error()), (State::Closed, early));
            assert!(matches!(tunnel.transmit(), Transmit::Idle));
        }
    }
}
