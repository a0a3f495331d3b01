//! From the conclusion of a review to its remedy: `redress conclude`, `propose`, `answer` and `implemented`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const CONCLUDE_HELP: &str = "\
For a review that ends before the customer is told: `redress propose` tells the customer, and may conclude the review itself. A \
conclusion cannot be changed before that.

Example:
  redress conclude RD-DCNNM-Y6G1W --conclusion 'The cabinet was wet.' --root-cause wet-cabinet";

pub(super) const PROPOSE_HELP: &str = "\
The customer is told, and asked to accept: what was sent cannot be taken back. `redress notice planned propose` shows it first.

Example:
  redress propose RD-DCNNM-Y6G1W --message 'We charged twice.' --remedy 'A credit of $50.00'";

pub(super) const ANSWER_HELP: &str = "\
An outcome that is accepted is resolved; after a refusal the review continues, and the complaint may be escalated. An answer cannot \
be undone.

Examples:
  redress answer RD-DCNNM-Y6G1W accepted
  redress answer RD-DCNNM-Y6G1W refused --comment 'Fifty dollars are not enough.'";

pub(super) const IMPLEMENTED_HELP: &str = "\
The customer is told that the remedy was carried out: it cannot be undone.

Example:
  redress implemented RD-DCNNM-Y6G1W --at 2026-05-12T09:30";

/// The conclusion of a review.
#[derive(Debug, Args)]
pub struct Conclude {
    /// The conclusion, for internal use; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    conclusion: Typed,
    /// The cause that was established. Not personal data.
    #[arg(long, value_name = "TEXT")]
    root_cause: Option<String>,
    /// When the review was concluded [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Conclude {
    type Request = v1::ConcludeReviewRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ConcludeReviewRequest {
            conclusion: self.conclusion.text()?,
            decided_time: said.time(self.at.as_ref())?,
            root_cause: self.root_cause.clone().unwrap_or_default(),
            ..Default::default()
        })
    }
}

/// An outcome.
#[derive(Debug, Args)]
pub struct Propose {
    /// The outcome, in the customer's language; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    message: Typed,
    /// What is done for the customer, in the customer's language [default: nothing].
    #[arg(long, value_name = "TEXT")]
    remedy: Option<String>,
    /// The cause that was established, unless `redress conclude` recorded it. Not personal data.
    #[arg(long, value_name = "TEXT")]
    root_cause: Option<String>,
    /// When the review was concluded, unless `redress conclude` recorded it [default: when the customer was told].
    #[arg(long, value_name = "TIME")]
    decided: Option<String>,
    /// The means by which somebody told the customer in person [default: the notice tells the customer].
    #[arg(long, value_name = "MEANS", value_parser = AnySpelling::<v1::ContactMeans>::new())]
    told_by: Option<v1::ContactMeans>,
    /// When the customer was told [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Propose {
    type Request = v1::ProposeOutcomeRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ProposeOutcomeRequest {
            message: self.message.text()?,
            remedy: self.remedy.clone().unwrap_or_default(),
            decided_time: said.time(self.decided.as_ref())?,
            root_cause: self.root_cause.clone().unwrap_or_default(),
            communicated_time: said.time(self.at.as_ref())?,
            told_by: self.told_by.unwrap_or_default().into(),
            ..Default::default()
        })
    }
}

/// The customer's answer to an outcome.
#[derive(Debug, Args)]
pub struct Answer {
    /// The answer.
    #[arg(value_name = "ANSWER", value_parser = AnySpelling::<v1::CustomerAnswer>::new())]
    answer: v1::CustomerAnswer,
    /// The customer's words; - reads them from standard input.
    #[arg(long, value_name = "TEXT")]
    comment: Option<Typed>,
    /// When the customer answered [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Answer {
    type Request = v1::RecordCustomerAnswerRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::RecordCustomerAnswerRequest {
            answer: self.answer.into(),
            comment: Typed::of(self.comment.as_ref())?,
            answered_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}

/// The remedy was carried out.
#[derive(Debug, Args)]
pub struct Implemented {
    /// When it was carried out [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Implemented {
    type Request = v1::ConfirmImplementationRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ConfirmImplementationRequest {
            implemented_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
