//! What lies between a socket and the handlers: which connections are kept and for how long, how much of what callers send
//! is held at once, and what a call must look like before a handler sees it.
//!
//! Nothing here trusts a number that a caller announces: memory is taken for bytes that have arrived, and whatever may stay
//! open has an end.

mod answer;
mod call;
mod connections;
mod exchange;
mod gather;
mod head;
mod limits;
mod message;
mod methods;
mod peer;
mod quota;
mod room;
mod share;
mod tls;

pub(super) use self::{
    call::{CallService, Times},
    connections::serve,
    methods::Methods,
    peer::Peer,
    quota::Quotas,
};
pub use self::{
    limits::{Allowance, CallerLimits},
    methods::MethodsError,
    tls::{ClientAuthorities, Tls, TlsError, TlsFiles},
};

/// The largest request message, in bytes, uncompressed. The largest valid filing fits: 20 issues of 12 000 characters, each
/// character of four bytes.
const LARGEST_MESSAGE: usize = 1024 * 1024;
