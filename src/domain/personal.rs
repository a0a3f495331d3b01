//! The personal data of a complaint.

use serde::{Deserialize, Serialize};

use super::{
    customer::Customer,
    issue::IssueText,
    notice::{Passage, Quoted},
};

/// The personal data that came with one event. Nothing else holds any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The customer, with the filing and with each correction: as corrected. As before, the customer stands with what came before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// The issues that this event brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<IssueText>,
    /// What was said or written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is done for the customer if the outcome is accepted, where the event proposed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The text of the notice that the event records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notice: Vec<Passage>,
}

impl Personal {
    /// Personal data that are a text alone.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Personal {
            text: Some(text.into()),
            ..Personal::default()
        }
    }

    /// Words of it that a notice may quote.
    #[must_use]
    pub fn quoted(&self, which: Quoted) -> Option<&str> {
        match which {
            Quoted::Text => self.text.as_deref(),
            Quoted::Remedy => self.remedy.as_deref(),
        }
    }
}
