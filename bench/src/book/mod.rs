//! The book of open complaints: how many are open, and when a step of each falls due.
//!
//! It is filed by the engine itself, in this process, so its rows are those of the service. It is laid out in *waves*: the
//! complaints of a wave were filed together, and their first step falls due together. Firing a wave plans the step after
//! it, hours later; so all waves lie within one forenoon, and none is disturbed by what another one left behind.

mod filling;
mod layout;
mod library;
mod people;
mod scale;
mod shelf;
mod wave;

pub(crate) use self::{
    library::{Library, fill_one},
    people::{COMMON, COMMON_FIRST, family, phone},
    scale::{MILLION, Scale},
    shelf::{Shelf, connect, settings},
    wave::{Wave, sql_instant},
};
