//! TLS on the connections of callers: what the service shows of itself, and what it asks of them.

mod certificate;
mod endpoint;
mod files;
mod handshakes;

pub use self::{
    endpoint::Tls,
    files::{ClientAuthorities, TlsError, TlsFiles},
};
