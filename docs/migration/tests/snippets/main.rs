//! The snippets do what the guide says, all over loopback, against each other where they can.
//!
//! What differs between the crates is asserted, too: if another version behaves otherwise, the guide is to be changed.

mod accepting;
mod closing;
mod ends;
mod messages;
mod support;
