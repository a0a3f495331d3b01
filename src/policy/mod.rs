//! Codes of practice as data: the clocks that a provider promised, their reminders, the escalation rules and the
//! recourse. A policy is immutable: its version is the digest of its text.

mod book;
mod check;
mod clock_rule;
mod code;
mod combined_policy;
mod cross_checks;
mod error;
mod escalation;
mod file;
pub mod known;
mod parse;
mod places;
mod proposal;
mod recourse;
mod retention;
mod step;
mod taking_up;
#[cfg(test)]
mod tests;
mod version;
mod words;

pub(crate) use self::words::words;
pub use self::{
    book::PolicyBook,
    clock_rule::{Circumstances, ClockRule, KnownFor, TargetKind},
    code::{Code, PolicyRef},
    error::PolicyError,
    escalation::{EligibleRule, EscalationRules},
    known::UnknownPolicy,
    proposal::{CannotRule, FileText, Proposal, ProposalError},
    recourse::{RecourseBody, RecourseRules},
    retention::{Retention, RetentionRule},
    step::{Repeat, Step, StepPoint},
    version::{PauseRules, Policy},
    words::{
        Action, Channel, CustomerType, EscalationReason, Missed, Role, ServiceKind, Told, Trigger,
        UnknownWord,
    },
};
