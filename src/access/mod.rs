//! Who calls, what they may do, and which complaints they may see. Pure: what a token or a certificate is belongs to the edges.

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
