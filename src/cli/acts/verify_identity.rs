//! `redress verify-identity`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{cli::Failure, proto::v1};

pub(super) const HELP: &str = "\
Account data are shown only after the identity was checked; nothing else depends on it. The record stays: it cannot be undone.

Example:
  redress verify-identity RD-DCNNM-Y6G1W --method 'security questions'";

/// A check of the customer's identity.
#[derive(Debug, Args)]
pub struct VerifyIdentity {
    /// How it was checked; - reads it from standard input.
    #[arg(long, value_name = "TEXT")]
    method: Typed,
    /// When it was checked [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for VerifyIdentity {
    type Request = v1::VerifyIdentityRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::VerifyIdentityRequest {
            method: self.method.text()?,
            verified_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
