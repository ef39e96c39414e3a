//! §3 §4 §9.1 §10  The opening handshake, one module a subject. Ids of requirements and threats stand with
//! what shows them.
#![cfg(feature = "alloc")]

// `cfg(test)`, so that clippy takes the functions that the tests share for tests, too.
#[cfg(test)]
mod client;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod random;
#[cfg(test)]
mod redirect;
#[cfg(test)]
mod server;
#[cfg(test)]
mod support;
#[cfg(test)]
mod uri;
