//! What the fuzz targets share: how they read their input, and what they hold the crate to.

mod agreement;
mod allocator;
mod deflated;
mod frames;
mod machine;
mod memory;
mod naive;
mod observed;
mod peers;
mod reference;
mod reference_inflater;
mod script;
mod settings;
mod wire;

pub use agreement::{agreement, offer, preferences};
pub use allocator::{Ledger, held, peak_of};
pub use deflated::Deflated;
pub use frames::frame;
pub use machine::drive_connection;
pub use memory::receive_within_bounds;
pub use naive::{Deviation, Naive, Outcome, Stage};
pub use observed::{Observed, observe};
pub use peers::{FASTWEBSOCKETS, Known, Peer, TUNGSTENITE, Transport, close_in};
pub use reference::decode_all;
pub use reference_inflater::{Ending, Inflated, ReferenceInflater};
pub use script::Script;
pub use settings::{config, connection};
pub use wire::Wire;
