//! `redress convert`.

use clap::Args;

use super::act::{Act, Said};
use crate::{cli::Failure, proto::v1};

pub(super) const HELP: &str = "\
The promises about the complaint count from then. A complaint cannot be made an enquiry again.

Example:
  redress convert RD-DCNNM-Y6G1W";

/// Turns an enquiry into a complaint.
#[derive(Debug, Args)]
pub struct Convert {
    /// When it turned out to be a complaint [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Act for Convert {
    type Request = v1::ConvertEnquiryRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::ConvertEnquiryRequest {
            converted_time: said.time(self.at.as_ref())?,
            ..Default::default()
        })
    }
}
