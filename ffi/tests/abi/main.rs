//! What C sees, called as C does. The usual case is tests/conversation.c.

mod calls;
mod order;
mod settings;
mod support;
