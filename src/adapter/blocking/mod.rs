//! The WebSocket protocol over transports that block, such as `std::net::TcpStream`: one thread for each, or two.
//!
//! [`accept`] and [`connect`] do the opening handshake and give a [`WebSocket`].

mod batch;
mod closed;
mod error;
mod line;
mod machine;
mod message;
mod open;
mod read_buffer;
mod reader;
mod receiving;
mod shared;
mod transport;
mod web_socket;
mod writer;

pub use batch::Batch;
pub use closed::Closed;
pub use error::{Error, Refused};
pub use message::Message;
pub use open::{accept, accept_with, connect, connect_with};
pub use reader::Reader;
pub use transport::{Plain, Transport, TryClone};
pub use web_socket::WebSocket;
pub use writer::Writer;
