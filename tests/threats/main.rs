//! Threats of `tests/requirements.txt` that need more than a vector, one module a kind of proof. Their ids stand with
//! what shows them.
#![cfg(feature = "alloc")]

#[cfg(test)]
mod ends;
#[cfg(test)]
mod first_bytes;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod held;
#[cfg(test)]
mod injection;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod reflection;
#[cfg(test)]
mod silence;
#[cfg(all(test, feature = "http"))]
mod streams;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;

#[global_allocator]
static ALLOCATOR: support::Counting = support::Counting;
