//! Does it cost more to keep the promises of many complaints than of few? The same number of steps is fired in books of every
//! size; the service is watched while nothing is due; and several replicas share a wave.

mod idle;
mod process;
mod run;

pub(crate) use self::run::{AtSize, Growth, Shared, run};
