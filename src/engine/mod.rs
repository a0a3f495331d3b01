//! The one write path. Commands queue here; a committer takes whatever is waiting, decides it in memory, and commits it in one
//! transaction. Nothing waits for a batch to fill: under load, batches grow by themselves because commands arrive during a
//! commit.

mod activation;
mod admission;
mod batch;
mod committer;
mod contended;
mod envelope;
mod handle;
mod ids;
mod limits;
mod migration;
mod preview;
mod pulse;
mod queued;
mod retention;
mod rules;
mod running_migration;
mod shared;
mod sweep;
mod verify;

pub(crate) use self::ids::time_ordered_id;
pub use self::{
    activation::{Activated, ActivationError},
    envelope::{EngineError, Envelope, RequestKey, Work},
    handle::{Committers, Engine},
    migration::MigrationError,
    preview::Preview,
    pulse::{Ailment, Pulse},
    retention::RetentionReport,
    rules::Rules,
    sweep::SweepReport,
    verify::{Finding, Summary, Verification, Verified, Weight},
};
