//! What the fuzz targets share: how they read their input, and what they hold the crate to.

mod frames;
mod machine;
mod observed;
mod reference;
mod script;
mod settings;
mod wire;

pub use frames::frame;
pub use machine::drive_connection;
pub use observed::{Observed, observe};
pub use reference::decode_all;
pub use script::Script;
pub use settings::config;
pub use wire::Wire;
