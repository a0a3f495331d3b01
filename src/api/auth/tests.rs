//! Tokens of every kind of forgery, keys that come and go, and certificates.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod forged;
mod issuer;
mod keys;
mod scopes;
mod subjects;
