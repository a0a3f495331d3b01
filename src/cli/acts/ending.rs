//! The ends of a complaint, and its new beginning: `redress withdraw`, `close` and `reopen`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const WITHDRAW_HELP: &str = "\
Only the customer can withdraw a complaint. Only `redress reopen` and `redress escalate` open it again.

Example:
  redress withdraw RD-DCNNM-Y6G1W --channel phone --statement 'It works again.'";

pub(super) const CLOSE_HELP: &str = "\
A customer who has not accepted an outcome is told about the independent body. An enquiry is closed with its answer. Only \
`redress reopen` and `redress escalate` open it again.

Examples:
  redress close RD-DCNNM-Y6G1W --reason accepted
  redress close RD-DCNNM-Y6G1W --reason no-answer
  redress close RD-DCNNM-Y6G1W --reason enquiry-answered --message 'The shop opens at nine.'";

pub(super) const REOPEN_HELP: &str = "\
Only supervisors may reopen a complaint. The customer is told why. Clocks that ended before stay as they are, and new ones begin.

Example:
  redress reopen RD-DCNNM-Y6G1W --reason 'The line drops again.'";

/// The customer's withdrawal.
#[derive(Debug, Args)]
pub struct Withdraw {
    /// The customer's words; - reads them from standard input.
    #[arg(long, value_name = "TEXT")]
    statement: Typed,
    /// The channel by which the customer withdrew it.
    #[arg(long, value_parser = AnySpelling::<v1::Channel>::new())]
    channel: v1::Channel,
    /// When the customer withdrew it [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Withdraw {
    type Request = v1::WithdrawComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::WithdrawComplaintRequest {
            statement: self.statement.text()?,
            channel: self.channel.into(),
            withdrawn_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}

/// The closing of a complaint, or the answer to an enquiry.
#[derive(Debug, Args)]
pub struct Close {
    /// Why it is closed.
    #[arg(long, value_parser = AnySpelling::<v1::ClosureReason>::new())]
    reason: v1::ClosureReason,
    /// The answer to an enquiry, in the customer's language; - reads it from standard input.
    #[arg(
        long,
        value_name = "TEXT",
        required_if_eq("reason", "enquiry-answered")
    )]
    message: Option<Typed>,
    /// The means by which somebody told the customer the answer in person; only for an enquiry.
    #[arg(long, value_name = "MEANS", value_parser = AnySpelling::<v1::ContactMeans>::new(), requires = "message")]
    told_by: Option<v1::ContactMeans>,
    /// When it was closed, or the enquiry answered [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Close {
    type Request = v1::CloseComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::CloseComplaintRequest {
            reason: self.reason.into(),
            message: Typed::of(self.message.as_ref())?,
            closed_time: said.time(self.at.as_ref())?,
            told_by: self.told_by.unwrap_or_default().into(),
            ..Default::default()
        })
    }
}

/// A new beginning.
#[derive(Debug, Args)]
pub struct Reopen {
    /// Why, as the customer is told, in the customer's language.
    #[arg(long, value_name = "TEXT")]
    reason: Typed,
    /// When it was reopened [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Reopen {
    type Request = v1::ReopenComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ReopenComplaintRequest {
            reason: self.reason.text()?,
            reopened_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
