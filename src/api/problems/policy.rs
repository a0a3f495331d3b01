//! Problems of codes of practice, and of moving complaints from one version to another.

use super::{
    engine::{shutting_down, wrong_time},
    store::of_store,
    waits::LATER,
};
use crate::{
    engine::MigrationError,
    intake::{Code, Problem, reason},
    policy::ProposalError,
};

/// INVALID_ARGUMENT for a proposal that cannot be read: the place in the text stands in the violation.
pub(in crate::api) fn of_proposal(error: &ProposalError) -> Problem {
    let field = match error {
        ProposalError::Nothing | ProposalError::OtherPolicy { .. } | ProposalError::Policy(_) => {
            "policy_file".to_owned()
        }
        ProposalError::NoName | ProposalError::UnknownPolicy(_) => "policy".to_owned(),
        ProposalError::Calendar { place, .. } | ProposalError::UnusedCalendar { place, .. } => {
            format!("calendars[{place}]")
        }
    };
    Problem::of_field(field, error.to_string())
}

/// What a migration that was not begun tells the caller.
pub(in crate::api) fn of_migration(error: &MigrationError) -> Problem {
    let said = error.to_string();
    match error {
        MigrationError::UnknownPolicy(_) => Problem::of_field("policy", said),
        MigrationError::NoneInForce(_) => {
            Problem::new(Code::FailedPrecondition, reason::NO_POLICY_IN_FORCE, said)
                .precondition("policy")
        }
        MigrationError::Elsewhere(_) => {
            Problem::new(Code::Aborted, reason::MIGRATION_ELSEWHERE, said).retry(LATER)
        }
        MigrationError::Busy(_) => {
            Problem::new(Code::Aborted, reason::MIGRATION_BUSY, said).retry(LATER)
        }
        MigrationError::ShuttingDown => shutting_down(),
        MigrationError::WrongTime(wrong) => wrong_time(wrong),
        MigrationError::Store(error) => of_store(error),
    }
}

/// No version has this name, or none of the policy is in force.
pub(in crate::api) fn policy_not_found() -> Problem {
    let message = "no version of a policy has this name, or none of the policy is in force; ListPolicies has those at hand";
    Problem::new(Code::NotFound, reason::POLICY_NOT_FOUND, message)
}

/// No migration has this name.
pub(in crate::api) fn migration_not_found() -> Problem {
    let message = "no migration has this name; ListMigrations has those that there were";
    Problem::new(Code::NotFound, reason::MIGRATION_NOT_FOUND, message)
}
