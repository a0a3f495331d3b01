//! What well-known job runners make of the same machine: so many jobs that are all due, from the start of the workers
//! until the last one is done.
//!
//! They run on Node. Where that is missing, [`Runners::install`] says so by an error of its own, and the rest can be
//! measured without them.

mod install;
mod node;
mod script;
mod turns;

pub(crate) use self::turns::Turns;
use self::{
    install::Runners,
    script::{Kind, Runner},
};
