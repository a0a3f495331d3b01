//! `redress assign` and `redress unassign`.

use clap::Args;

use super::act::{Act, Said};
use crate::{cli::Failure, proto::v1};

pub(super) const ASSIGN_HELP: &str = "\
Whoever was assigned a complaint counts as having handled it, and cannot be assigned it again once it is escalated. That cannot be \
undone.

Example:
  redress assign RD-DCNNM-Y6G1W eve";

pub(super) const UNASSIGN_HELP: &str = "\
Example:
  redress unassign RD-DCNNM-Y6G1W";

/// An assignment.
#[derive(Debug, Args)]
pub struct Assign {
    /// The person or team that handles it from now on.
    #[arg(value_name = "NAME")]
    assignee: String,
}

impl Act for Assign {
    type Request = v1::AssignComplaintRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::AssignComplaintRequest {
            assignee: self.assignee.clone(),
            ..Default::default()
        })
    }
}

/// Takes a complaint from whoever has it.
#[derive(Debug, Args)]
pub struct Unassign {}

impl Act for Unassign {
    type Request = v1::UnassignComplaintRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::UnassignComplaintRequest::default())
    }
}
