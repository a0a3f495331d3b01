//! What an acknowledgement says, by itself or with a filing.

use super::check::{Check, LINE, SENTENCES};
use crate::{domain::Acknowledgement, proto::v1};

/// Reads what an acknowledgement says. Left out, it says what the approved text does.
pub(super) fn acknowledgement(
    check: &mut Check,
    given: Option<v1::Acknowledgement>,
) -> Acknowledgement {
    let given = given.unwrap_or_default();
    Acknowledgement {
        review: check.optional("acknowledgement.review", &given.review, SENTENCES),
        promised_at: check.time("acknowledgement.promised_time", given.promised_time),
        override_reason: check.optional(
            "acknowledgement.override_reason",
            &given.override_reason,
            LINE,
        ),
        acknowledged_at: check.time("acknowledgement.acknowledged_time", given.acknowledged_time),
        told_by: check.choice_if_any("acknowledgement.told_by", given.told_by),
    }
}

/// Whether this reason to override what bounds a promise was given: one of white space alone was not.
pub(super) fn overrides(reason: &str) -> bool {
    !reason.trim().is_empty()
}
