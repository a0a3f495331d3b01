//! `redress label`.

use clap::Args;

use super::act::{Act, Said};
use crate::{
    cli::{Failure, label::label},
    proto::v1,
};

pub(super) const HELP: &str = "\
Other labels stay as they are. A label of a key that the complaint has already replaces it. Labels are part of the audit trail, and \
must not be personal data.

Examples:
  redress label RD-DCNNM-Y6G1W team=north outage=O-17
  redress label RD-DCNNM-Y6G1W --remove outage";

/// Labels to add and to remove.
#[derive(Debug, Args)]
pub struct Label {
    /// The labels, for example team=north.
    #[arg(value_name = "KEY=VALUE", value_parser = label, required_unless_present = "remove")]
    labels: Vec<v1::Label>,
    /// The key of a label to remove; may be repeated.
    #[arg(long, value_name = "KEY")]
    remove: Vec<String>,
}

impl Label {
    /// The labels as they are to be, in the order of their keys.
    fn wanted(&self, before: &v1::Complaint) -> Vec<v1::Label> {
        let given = |key: &str| self.labels.iter().any(|label| label.key == key);
        let kept = before.labels.iter();
        let kept = kept.filter(|label| !given(&label.key) && !self.remove.contains(&label.key));
        let mut wanted: Vec<v1::Label> = kept.chain(&self.labels).cloned().collect();
        wanted.sort_by(|one, other| one.key.cmp(&other.key));
        wanted
    }
}

impl Act for Label {
    type Request = v1::UpdateComplaintRequest;

    fn request(&self, said: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::UpdateComplaintRequest {
            complaint: Some(v1::Complaint {
                labels: self.wanted(said.before),
                // The labels are replaced as a whole, so none that somebody else adds meanwhile may get lost.
                etag: said.before.etag.clone(),
                ..v1::Complaint::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["labels".to_owned()],
            }),
            ..Default::default()
        })
    }

    fn is_done(&self, before: &v1::Complaint) -> bool {
        self.wanted(before) == before.labels
    }
}
