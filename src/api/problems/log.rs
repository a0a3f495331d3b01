//! Problems of the log of one complaint.

use super::engine::of_engine;
use crate::{
    domain::ReplayError,
    engine::EngineError,
    intake::{Code, Problem, reason},
};

/// The complaint has no such event.
pub(in crate::api) fn event_not_found() -> Problem {
    let message = "the complaint has no event with this number";
    Problem::new(Code::NotFound, reason::EVENT_NOT_FOUND, message)
}

/// The complaint has no such notice.
pub(in crate::api) fn notice_not_found() -> Problem {
    let message = "no notice was issued with the event of this number";
    Problem::new(Code::NotFound, reason::NOTICE_NOT_FOUND, message)
}

/// The complaint has no such clock, but these.
pub(in crate::api) fn clock_not_found(there_are: &[(String, i32)]) -> Problem {
    let clocks: Vec<String> = there_are
        .iter()
        .map(|(name, cycle)| format!("{name}/{cycle}"))
        .collect();
    let message = "the complaint has no such clock; the metadata name those that it has";
    Problem::new(Code::NotFound, reason::CLOCK_NOT_FOUND, message).with("clocks", clocks.join(","))
}

/// No cycle of a clock has this name.
pub(in crate::api) fn no_such_clock() -> Problem {
    let message = "the complaint has no such clock; ListClocks has those that it has";
    Problem::new(Code::NotFound, reason::CLOCK_NOT_FOUND, message)
}

/// The log of a complaint does not hold, so nothing can be proved from it.
pub(in crate::api) fn of_log(complaint: &uuid::Uuid, error: &ReplayError) -> Problem {
    match error {
        ReplayError::UnknownPolicy(policy) => of_engine(&EngineError::PolicyNotLoaded {
            name: policy.name.clone(),
            version: policy.version.clone(),
        }),
        ReplayError::OutOfRange(error) => Problem::internal(error),
        ReplayError::Cut { .. }
        | ReplayError::Gap { .. }
        | ReplayError::Broken { .. }
        | ReplayError::NotFiled => log_broken(complaint, error),
    }
}

/// An event is missing, was changed, or cannot be read.
pub(in crate::api) fn log_broken(complaint: &uuid::Uuid, why: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%complaint, %why, "the event log of a complaint was changed or is incomplete; compare it with a backup");
    let message =
        format!("the complaint's log is inconsistent, so nothing can be proved from it: {why}");
    Problem::new(Code::DataLoss, reason::LOG_BROKEN, message)
}
