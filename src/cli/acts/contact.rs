//! `redress contact`.

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
A contact from the customer ends a pause that waits for the customer. A contact that reached the customer counts as an update if the \
policy says so. What is recorded cannot be deleted.

Examples:
  redress contact RD-DCNNM-Y6G1W --channel phone --direction from-customer --summary 'Asks when the technician comes.'
  redress contact RD-DCNNM-Y6G1W --channel phone --direction to-customer --not-reached --summary 'Nobody answered.'
  redress contact RD-DCNNM-Y6G1W --channel mail --direction from-customer --dissatisfied --summary - < letter.txt";

/// A contact in either direction.
#[derive(Debug, Args)]
pub struct Contact {
    /// The channel of the contact.
    #[arg(long, value_parser = AnySpelling::<v1::Channel>::new())]
    channel: v1::Channel,
    /// Who contacted, or tried to contact, whom.
    #[arg(long, value_parser = AnySpelling::<v1::Direction>::new())]
    direction: v1::Direction,
    /// What was said; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    summary: Typed,
    /// The customer is dissatisfied with how the matter is handled, and the complaint may be escalated.
    #[arg(long, conflicts_with = "not_reached")]
    dissatisfied: bool,
    /// The customer was not reached; only with --direction to-customer.
    #[arg(long)]
    not_reached: bool,
    /// When it took place [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Contact {
    type Request = v1::RecordContactRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::RecordContactRequest {
            channel: self.channel.into(),
            direction: self.direction.into(),
            summary: self.summary.text()?,
            contact_time: said.time(self.at.as_ref())?,
            dissatisfied: self.dissatisfied,
            not_reached: self.not_reached,
            ..Default::default()
        })
    }
}
