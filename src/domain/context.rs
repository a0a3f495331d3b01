//! What a decision rests on beside the complaint.

use jiff::Timestamp;

use super::{complaint::Complaint, customer::Customer, notice::NoticeTexts};
use crate::policy::Policy;

/// What a decision needs to know beside the complaint.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The one reading of time, in whole microseconds as the database keeps them. A complaint is never decided as of a
    /// time before its last event.
    pub now: Timestamp,
    /// The version of the policy that the complaint keeps.
    pub policy: &'a Policy,
    /// The texts of the complaint's brand.
    pub texts: &'a NoticeTexts,
    /// What is done for the customer by the outcome that was proposed last, for commands that
    /// [restate it](super::Command::restates_remedy). `None` where there is nothing to do, or its words were erased.
    pub remedy: Option<&'a str>,
    /// The customer as on record, for a command that corrects something; `None` for all others, and where it was erased.
    pub customer: Option<&'a Customer>,
    /// The second complaint, for a command that [changes two](super::Command::other); `None` for all others.
    pub other: Option<&'a Complaint>,
}

impl<'a> Context<'a> {
    /// What every decision needs to know.
    #[must_use]
    pub const fn new(now: Timestamp, policy: &'a Policy, texts: &'a NoticeTexts) -> Self {
        Context {
            now,
            policy,
            texts,
            remedy: None,
            customer: None,
            other: None,
        }
    }
}
