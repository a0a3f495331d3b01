//! The API over gRPC: the server, its layers, and its methods.

mod brands;
mod call_error;
mod caller;
mod complaints;
mod dispatches;
mod figures;
mod health;
mod over_quota;
mod personal;
mod policies;
mod privacy;
mod reply;
mod server;
mod status;
mod subscriptions;
mod wire;

pub use self::{
    health::{LIVENESS, Readiness},
    server::{Callers, Listeners, ServeError, serve},
    wire::{Allowance, CallerLimits, ClientAuthorities, MethodsError, Tls, TlsError, TlsFiles},
};
