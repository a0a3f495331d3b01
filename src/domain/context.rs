//! What a decision rests on beside the complaint.

use jiff::Timestamp;

use super::{
    complaint::Complaint,
    customer::{ContactMeans, Customer},
    notice::NoticeTexts,
};
use crate::policy::Policy;

/// The means by which a brand writes that names none.
pub const WRITTEN: [ContactMeans; 2] = [ContactMeans::Email, ContactMeans::Letter];

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
    /// The means by which the complaint's brand writes to its customers, the first one first.
    pub means: &'a [ContactMeans],
    /// Which attempt holds the dispatch that waits, for a command that [reports on one](super::Command::RecordDispatch).
    pub attempt: Option<i32>,
    /// The last attempt to send the notice by the means of which a command [reports](super::Command::RecordDispatch) that it came
    /// back, or the next one where it waits for that.
    pub last_attempt: Option<i32>,
    /// The version by which is judged how long personal data are kept: for a command that erases them the one in force now,
    /// since that is a matter of the present, as what was promised is not.
    pub retention: &'a Policy,
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
            means: &WRITTEN,
            attempt: None,
            last_attempt: None,
            retention: policy,
        }
    }
}
