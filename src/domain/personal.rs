//! The personal data of a complaint.

use serde::{Deserialize, Serialize};

use super::{customer::Customer, issue::IssueText};

/// The personal data that came with one event. Nothing else holds any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personal {
    /// The customer, with the filing and with each correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Customer>,
    /// The customer as before, with a correction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Customer>,
    /// The issues that this event brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<IssueText>,
    /// What was said or written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is done for the customer if the outcome is accepted, where the event proposed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
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
}
