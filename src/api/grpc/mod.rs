//! The API over gRPC: the server, its layers, and its methods.

mod answer;
mod brands;
mod call_error;
mod complaints;
mod health;
mod policies;
mod server;
mod status;
mod wire;

pub use self::{
    health::{LIVENESS, Readiness},
    server::{ServeError, serve},
    wire::{CallerLimits, MethodsError},
};
