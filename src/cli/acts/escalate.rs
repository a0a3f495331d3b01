//! `redress escalate`.

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
The customer may ask for it at any time, without a reason; a complaint that is over is reopened by the same act. A complaint never \
goes back to a lower level.

Examples:
  redress escalate RD-DCNNM-Y6G1W --channel phone
  redress escalate RD-DCNNM-Y6G1W --channel mail --assignee bea --at 2026-05-12T09:30";

/// An escalation.
#[derive(Debug, Args)]
pub struct Escalate {
    /// The channel of the customer's request.
    #[arg(long, value_parser = AnySpelling::<v1::Channel>::new())]
    channel: v1::Channel,
    /// To which level [default: the next one].
    #[arg(long)]
    level: Option<i32>,
    /// The customer's words; - reads them from standard input.
    #[arg(long, value_name = "TEXT")]
    statement: Option<Typed>,
    /// Who handles it from now on: somebody who has not handled it at a lower level [default: nobody yet].
    #[arg(long, value_name = "NAME")]
    assignee: Option<String>,
    /// When the customer asked for it [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Escalate {
    type Request = v1::EscalateComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::EscalateComplaintRequest {
            channel: self.channel.into(),
            statement: Typed::of(self.statement.as_ref())?,
            assignee: self.assignee.clone().unwrap_or_default(),
            level: self.level.unwrap_or_default(),
            requested_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
