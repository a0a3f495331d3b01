//! Problems of commands.

use super::{
    refusal::of_refusal,
    store::{database_away, locked, of_store},
    waits::{LATER, MUCH_LATER, SOON},
};
use crate::{
    domain::Field,
    engine::EngineError,
    intake::{Code, Problem, etag_of, path_of, reason},
    store::StoreError,
    time_source::WrongTime,
};

/// What a command that was not carried out tells the caller.
pub(in crate::api) fn of_engine(error: &EngineError) -> Problem {
    let said = error.to_string();
    match error {
        EngineError::Refused(refusal) => of_refusal(refusal),
        EngineError::Store(error) => match &**error {
            // The connection may have broken between the commit and the word of it.
            StoreError::Unavailable(why) => database_away(
                why,
                "the database is not available; whether the change was carried out is not known: \
                 repeat it with the same request_id",
            ),
            error => of_store(error),
        },
        EngineError::NotFound => not_found(),
        EngineError::OtherNotFound => {
            not_found_in(path_of(Field::OtherComplaint))
        }
        EngineError::VersionMismatch { expected, present } => Problem::new(
            Code::Aborted,
            reason::ETAG_MISMATCH,
            "the complaint has changed since; read it again",
        )
        .with("expected", etag_of(*expected))
        .with("present", etag_of(*present)),
        EngineError::RequestReused => Problem::new(
            Code::AlreadyExists,
            reason::REQUEST_ID_REUSED,
            "this request_id was already used for a different request; make up a new one",
        ),
        EngineError::UnknownPolicy(_) => Problem::of_field("policy", said),
        EngineError::UnknownBrand(_) => Problem::of_field("brand", said),
        EngineError::BrandNotLoaded { name } => {
            tracing::error!(brand = name, "a complaint is of a brand that is not loaded at this replica; add its file, or activate it");
            Problem::new(Code::Unavailable, reason::BRAND_NOT_LOADED, said)
                .with("brand", name)
                .retry(LATER)
        }
        EngineError::PolicyNotLoaded { name, version } => {
            tracing::error!(policy = name, version, "a complaint is under a version of a policy that is not loaded at this replica; a newer release may be needed to read it");
            // Another replica may know it already, and this one learns it within seconds.
            Problem::new(Code::Unavailable, reason::POLICY_NOT_LOADED, said)
                .with("policy", name)
                .with("version", version)
                .retry(LATER)
        }
        EngineError::Overloaded => Problem::new(Code::ResourceExhausted, reason::OVERLOADED, said)
            .retry(SOON)
            ,
        EngineError::Contended(_) => locked(),
        EngineError::WrongTime(wrong) => wrong_time(wrong),
        EngineError::NoRoom => Problem::new(
            Code::ResourceExhausted,
            reason::STORAGE_LOW,
            "the service is short of disk space, so it files nothing new for now; try again later with the same \
             request_id",
        )
        .retry(MUCH_LATER),
        EngineError::ShuttingDown => shutting_down(),
        EngineError::TimedOut => Problem::new(
            Code::Unavailable,
            reason::DATABASE_TIMEOUT,
            "the database did not answer in time; whether the change was carried out is not known: \
             repeat it with the same request_id",
        )
        .retry(LATER),
    }
}

/// No complaint has the name in this field.
pub(in crate::api) fn not_found_in(field: &str) -> Problem {
    let message = format!("no complaint has the name in {field}");
    Problem::new(Code::NotFound, reason::COMPLAINT_NOT_FOUND, message).with("field", field)
}

/// There is no complaint of this name, as far as the caller may know.
pub(in crate::api) fn not_found() -> Problem {
    let message = "no complaint has this name";
    Problem::new(Code::NotFound, reason::COMPLAINT_NOT_FOUND, message)
}

/// This machine's time is wrong.
pub(in crate::api) fn wrong_time(wrong: &WrongTime) -> Problem {
    let message = format!("{wrong}, so nothing is changed here; go on at another replica");
    Problem::new(Code::Unavailable, reason::WRONG_TIME, message)
        .with("seconds", format!("{:.3}", wrong.offset.as_secs_f64()))
        .retry(LATER)
}

/// This process is going down.
pub(in crate::api) fn shutting_down() -> Problem {
    let message = "the service is shutting down here; go on at another replica";
    Problem::new(Code::Unavailable, reason::SHUTTING_DOWN, message).retry(LATER)
}
