//! §4  The opening handshake.
