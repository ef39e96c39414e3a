//! What the handshakes and the connection have in common for whoever drives them.

use core::time::Duration;

use super::tunnel::Tunnel;
use crate::handshake::{Client, Rejection, Server};
use crate::{Outgoing, State, Transmit};

/// Something whose output goes to a transport, and which time and the transport's end concern.
pub(super) trait Machine {
    fn tick(&mut self, now: Duration) -> Option<Duration>;
    fn transmit(&mut self) -> Transmit<'_>;
    fn transport_shut_down(&mut self);
    fn receive_eof(&mut self);
    fn state(&self) -> State;
}

macro_rules! machine {
    ($($Machine:ty),+) => {$(
        impl Machine for $Machine {
            fn tick(&mut self, now: Duration) -> Option<Duration> {
                <$Machine>::tick(self, now)
            }

            fn transmit(&mut self) -> Transmit<'_> {
                <$Machine>::transmit(self)
            }

            fn transport_shut_down(&mut self) {
                <$Machine>::transport_shut_down(self);
            }

            fn receive_eof(&mut self) {
                <$Machine>::receive_eof(self);
            }

            fn state(&self) -> State {
                <$Machine>::state(self)
            }
        }
    )+};
}

machine!(Outgoing, Server, Client, Rejection, Tunnel);
