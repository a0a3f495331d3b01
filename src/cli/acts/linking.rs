//! `redress link` and `redress unlink`.

use clap::Args;

use super::act::{Act, Said};
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    client::resource_name,
    proto::v1,
};

pub(super) const LINK_HELP: &str = "\
Both complaints show the link, each from its own side. It affects no clock, and the customer is not told. `redress unlink` removes it.

Example:
  redress link RD-DCNNM-Y6G1W RD-8S2GZ-T0K52 --kind duplicate-of";

pub(super) const UNLINK_HELP: &str = "\
Both logs still show that they were linked.

Example:
  redress unlink RD-DCNNM-Y6G1W RD-8S2GZ-T0K52";

/// A link to another complaint.
#[derive(Debug, Args)]
pub struct Link {
    /// The other complaint's tracking number or id; of the same brand.
    #[arg(value_name = "OTHER")]
    other: String,
    /// How the first complaint is related to the other.
    #[arg(long, value_parser = AnySpelling::<v1::LinkKind>::new())]
    kind: v1::LinkKind,
}

impl Act for Link {
    type Request = v1::LinkComplaintRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::LinkComplaintRequest {
            other_complaint: resource_name(&self.other),
            kind: self.kind.into(),
            ..Default::default()
        })
    }
}

/// The end of a link.
#[derive(Debug, Args)]
pub struct Unlink {
    /// The other complaint's tracking number or id.
    #[arg(value_name = "OTHER")]
    other: String,
}

impl Act for Unlink {
    type Request = v1::UnlinkComplaintRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::UnlinkComplaintRequest {
            other_complaint: resource_name(&self.other),
            ..Default::default()
        })
    }
}
