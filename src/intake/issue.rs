//! An issue in the customer's words, of a filing or added later.

use super::check::{Check, SENTENCES, STORY};
use crate::{domain::NewIssue, proto::v1};

/// Reads an issue that stands at `field`.
pub(super) fn new_issue(
    check: &mut Check,
    field: &str,
    given: Option<v1::Issue>,
) -> Option<NewIssue> {
    let Some(given) = given else {
        check.violation(field, "is required");
        return None;
    };
    let service = check.choice(&format!("{field}.service"), given.service);
    let category = check.choice(&format!("{field}.category"), given.category);
    let description = check.required(&format!("{field}.description"), &given.description, STORY);
    let desired_outcome = check.optional(
        &format!("{field}.desired_outcome"),
        &given.desired_outcome,
        SENTENCES,
    );
    Some(NewIssue {
        service: service?,
        category: category?,
        description: description?,
        desired_outcome,
    })
}
