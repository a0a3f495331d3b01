//! `redress pause` and `redress resume`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const PAUSE_HELP: &str = "\
Only the clocks that the policy allows are paused, from now on: a pause cannot be backdated. `redress resume` ends it.

Example:
  redress pause RD-DCNNM-Y6G1W --reason waiting-for-customer --question 'When does the line drop?'";

pub(super) const RESUME_HELP: &str = "\
The clocks continue with what remained of them.

Examples:
  redress resume RD-DCNNM-Y6G1W
  redress resume RD-DCNNM-Y6G1W --at 2026-05-12T09:30";

/// A pause.
#[derive(Debug, Args)]
pub struct Pause {
    /// What the review is waiting for.
    #[arg(long, value_parser = AnySpelling::<v1::PauseReason>::new())]
    reason: v1::PauseReason,
    /// When the pause ends at the latest [default: set by the policy].
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// What the customer is asked, in the customer's language; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    question: Option<Typed>,
}

impl Act for Pause {
    type Request = v1::PauseComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::PauseComplaintRequest {
            reason: self.reason.into(),
            end_time: said.time(self.until.as_ref())?,
            question: Typed::of(self.question.as_ref())?,
            ..Default::default()
        })
    }
}

/// The end of a pause.
#[derive(Debug, Args)]
pub struct Resume {
    /// When the review could continue [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Resume {
    type Request = v1::ResumeComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ResumeComplaintRequest {
            resumed_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
