//! Callers, their permissions, and the complaints that they may see. Pure: tokens and certificates are handled at the edges.

mod acting;
mod caller;
mod overriding;
mod personal;
mod role;
mod rule;
mod scope;

pub use self::{
    acting::NotTheCaller,
    caller::{Caller, Principal},
    overriding::MayNotOverride,
    personal::PersonalKind,
    role::Role,
    rule::Rule,
    scope::{Queues, Scope},
};
