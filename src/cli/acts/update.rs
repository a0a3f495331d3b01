//! `redress update`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const HELP: &str = "\
The customer is told: what was sent cannot be taken back. `redress notice planned update` shows it first.

Examples:
  redress update RD-DCNNM-Y6G1W --message 'A technician comes on Monday.'
  redress update RD-DCNNM-Y6G1W --message 'The part is late.' --promised 2026-06-02T17:00 --reason 'a missing part'
  redress update RD-DCNNM-Y6G1W --message 'Told on the phone that we are at it.' --told-by phone --at 2026-05-12T09:30";

/// An update.
#[derive(Debug, Args)]
pub struct Update {
    /// Where the review stands, in the customer's language; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    message: Typed,
    /// A different date by which an outcome is promised.
    #[arg(long, value_name = "TIME", requires = "reason")]
    promised: Option<String>,
    /// Why the date changes, as the customer is told.
    #[arg(long, value_name = "TEXT", requires = "promised")]
    reason: Option<String>,
    /// Why the date must be later than the policy allows; for supervisors. The customer is not told. Not personal data.
    #[arg(long, value_name = "TEXT", requires = "promised")]
    override_reason: Option<String>,
    /// The means by which somebody told the customer in person [default: the notice tells the customer].
    #[arg(long, value_name = "MEANS", value_parser = AnySpelling::<v1::ContactMeans>::new())]
    told_by: Option<v1::ContactMeans>,
    /// When the customer was told [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Update {
    type Request = v1::SendUpdateRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::SendUpdateRequest {
            message: self.message.text()?,
            new_promised_time: said.time(self.promised.as_ref())?,
            reason: self.reason.clone().unwrap_or_default(),
            override_reason: self.override_reason.clone().unwrap_or_default(),
            sent_time: said.time(self.at.as_ref())?,
            told_by: self.told_by.unwrap_or_default().into(),
            ..Default::default()
        })
    }
}
