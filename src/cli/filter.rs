//! Which complaints are listed or counted.

use clap::Args;

use super::{Failure, any_spelling::AnySpelling, label::label};
use crate::{
    client::{Zone, api_time},
    proto::v1,
    time_source::{SystemTime, TimeSource as _},
};

/// Which complaints. All filters must match; several values of one filter are alternatives.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// In one of these states.
    #[arg(long = "state", value_parser = AnySpelling::<v1::State>::new(), value_delimiter = ',')]
    pub states: Vec<v1::State>,
    /// Exactly at this level of escalation.
    #[arg(long)]
    pub level: Option<i32>,
    /// Received through one of these channels.
    #[arg(long = "channel", value_parser = AnySpelling::<v1::Channel>::new(), value_delimiter = ',')]
    pub channels: Vec<v1::Channel>,
    /// Assigned to one of these people or teams; - for unassigned complaints.
    #[arg(long = "assignee", allow_hyphen_values = true, value_delimiter = ',')]
    pub assignees: Vec<String>,
    /// Of this brand.
    #[arg(long)]
    pub brand: Option<String>,
    /// Under this code of practice.
    #[arg(long)]
    pub policy: Option<String>,
    /// Flagged as eligible for escalation.
    #[arg(long)]
    pub eligible: bool,
    /// With a notice that did not reach the customer.
    #[arg(long)]
    pub undelivered: bool,
    /// With the independent body, or with findings of it to be carried out.
    #[arg(long)]
    pub referred: bool,
    /// Of customers in this region, such as CA-QC.
    #[arg(long)]
    pub region: Option<String>,
    /// In one of these languages.
    #[arg(long = "language", value_parser = AnySpelling::<v1::Language>::new(), value_delimiter = ',')]
    pub languages: Vec<v1::Language>,
    /// About one of these services.
    #[arg(long = "service", value_parser = AnySpelling::<v1::ServiceKind>::new(), value_delimiter = ',')]
    pub services: Vec<v1::ServiceKind>,
    /// Of one of these categories.
    #[arg(long = "category", value_parser = AnySpelling::<v1::IssueCategory>::new(), value_delimiter = ',')]
    pub categories: Vec<v1::IssueCategory>,
    /// With this label; if repeated, with all of them.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub labels: Vec<v1::Label>,
    /// Received at this time or later.
    #[arg(long, value_name = "TIME")]
    pub received_from: Option<String>,
    /// Received before this time.
    #[arg(long, value_name = "TIME")]
    pub received_before: Option<String>,
}

impl FilterArgs {
    /// The request for a list of these.
    pub(super) fn request(&self, zone: &Zone) -> Result<v1::ListComplaintsRequest, Failure> {
        let (assignee, assignees) = match self.assignees.as_slice() {
            [one] => (one.clone(), Vec::new()),
            several => (String::new(), several.to_vec()),
        };
        fn numbers<E: Copy + Into<i32>>(words: &[E]) -> Vec<i32> {
            words.iter().map(|word| (*word).into()).collect()
        }
        Ok(v1::ListComplaintsRequest {
            states: numbers(&self.states),
            level: self.level,
            channels: numbers(&self.channels),
            assignee,
            assignees,
            brand: self.brand.clone().unwrap_or_default(),
            policy: self.policy.clone().unwrap_or_default(),
            escalation_eligible: self.eligible,
            undelivered: self.undelivered,
            referred: self.referred,
            region: self.region.clone().unwrap_or_default(),
            languages: numbers(&self.languages),
            services: numbers(&self.services),
            categories: numbers(&self.categories),
            labels: self.labels.clone(),
            received_from: moment(self.received_from.as_deref(), zone)?,
            received_before: moment(self.received_before.as_deref(), zone)?,
            ..v1::ListComplaintsRequest::default()
        })
    }
}

/// A time as people say it, if one was given.
pub(super) fn moment(
    text: Option<&str>,
    zone: &Zone,
) -> Result<Option<prost_types::Timestamp>, Failure> {
    let now = SystemTime.now();
    let read = text.map(|text| zone.read_about(text, now)).transpose()?;
    Ok(read.map(api_time))
}
