//! What the handshakes and the connection have in common for whoever drives them.

use std::time::Duration;

use websocket_proto::handshake::{Client, Rejection, Server};
use websocket_proto::{Connection, State, Transmit};

pub(crate) trait Machine {
    fn transmit(&mut self) -> Transmit<'_>;
    fn transport_shut_down(&mut self);
    fn receive_eof(&mut self);
    fn tick(&mut self, now: Duration) -> Option<Duration>;
    fn state(&self) -> State;

    /// Whether to stop reading until more is written.
    fn is_full(&self) -> bool {
        false
    }
}

macro_rules! machine {
    ($Machine:ty $(, $is_full:ident)?) => {
        impl Machine for $Machine {
            fn transmit(&mut self) -> Transmit<'_> {
                <$Machine>::transmit(self)
            }

            fn transport_shut_down(&mut self) {
                <$Machine>::transport_shut_down(self);
            }

            fn receive_eof(&mut self) {
                <$Machine>::receive_eof(self);
            }

            fn tick(&mut self, now: Duration) -> Option<Duration> {
                <$Machine>::tick(self, now)
            }

            fn state(&self) -> State {
                <$Machine>::state(self)
            }

            $(fn $is_full(&self) -> bool {
                <$Machine>::$is_full(self)
            })?
        }
    };
}

machine!(Server);
machine!(Client);
machine!(Rejection);
machine!(Connection, is_full);
