//! Firing what is due: the service beside set-based SQL that writes the same rows, in turns, each on a wave of its own.

mod example;
mod held;
mod plain;
mod record;
mod script;
mod sweepers;
mod turns;

pub(crate) use self::{
    record::Fired,
    sweepers::{StandBy, Sweepers, fire},
    turns::{Firing, run},
};
