//! `redress ack`.

use clap::Args;

use super::act::{Act, Said};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1,
};

pub(super) const HELP: &str = "\
If an escalation is not acknowledged yet, this acknowledges the escalation. Nobody who handled the complaint at a lower level can do \
that. The customer is told the date by which an outcome is promised: it cannot be taken back, only changed by `redress update`.

Examples:
  redress ack RD-DCNNM-Y6G1W
  redress ack RD-DCNNM-Y6G1W --promised 2026-05-26T17:00 --told-by phone";

/// An acknowledgement.
#[derive(Debug, Args)]
pub struct Acknowledge {
    /// By when an outcome is promised [default: set by the policy].
    #[arg(long, value_name = "TIME")]
    promised: Option<String>,
    /// How the complaint is reviewed, in the customer's language [default: the approved text].
    #[arg(long, value_name = "TEXT")]
    review: Option<String>,
    /// Why the date must be later than the policy allows; for supervisors. Not personal data.
    #[arg(long, value_name = "TEXT", requires = "promised")]
    override_reason: Option<String>,
    /// The means by which somebody told the customer in person [default: the notice tells the customer].
    #[arg(long, value_name = "MEANS", value_parser = AnySpelling::<v1::ContactMeans>::new())]
    told_by: Option<v1::ContactMeans>,
    /// When the customer was told [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Acknowledge {
    type Request = v1::AcknowledgeComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::AcknowledgeComplaintRequest {
            acknowledgement: Some(v1::Acknowledgement {
                review: self.review.clone().unwrap_or_default(),
                promised_time: said.time(self.promised.as_ref())?,
                override_reason: self.override_reason.clone().unwrap_or_default(),
                acknowledged_time: said.time(self.at.as_ref())?,
                told_by: self.told_by.unwrap_or_default().into(),
            }),
            ..Default::default()
        })
    }
}
