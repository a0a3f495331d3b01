//! `redress resolve`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{cli::Failure, proto::v1};

pub(super) const HELP: &str = "\
For a complaint by phone or chat, with the customer's agreement, while the customer is still there. It is closed by the same act; only \
`redress reopen` opens it again.

Example:
  redress resolve RD-DCNNM-Y6G1W --message 'We took the second charge back.'";

/// Resolves and closes a complaint at the first contact.
#[derive(Debug, Args)]
pub struct Resolve {
    /// What was done, in the customer's language; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    message: Typed,
    /// When it was resolved [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Resolve {
    type Request = v1::ResolveAtFirstContactRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ResolveAtFirstContactRequest {
            message: self.message.text()?,
            resolved_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
