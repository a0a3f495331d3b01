//! Erasing the personal data of a complaint, and holding them back from that.
//!
//! A record has to be kept for as long as the code of practice says, whoever asks for its erasure: the right to erasure ends
//! where the law obliges the provider to keep the data (Article 17(3)(b) of the GDPR). Only the order of a court or an
//! authority goes before that, and nothing goes before a hold.

use super::{
    command::CommandKind, decision::Refusal, decision_builder::Draft, erasure::ErasureReason,
    event::Fact, field::Field, legal_hold::LegalHoldReason, lifecycle::STILL_OPEN,
};

/// Erases whatever is personal of what was recorded so far.
pub(super) fn erase(draft: &mut Draft<'_>, reason: ErasureReason) -> Result<(), Refusal> {
    let Some(closed_at) = draft.case.complaint.closed_at else {
        return Err(draft.not_possible(CommandKind::ErasePerson, STILL_OPEN));
    };
    let retention = draft.context.retention.retention_of(closed_at)?;
    let until = match reason {
        ErasureReason::Request => retention.kept_until,
        ErasureReason::Order => None,
        ErasureReason::RetentionEnded if retention.erased_after.is_none() => {
            return Err(draft.not_possible(CommandKind::ErasePerson, UNLIMITED));
        }
        ErasureReason::RetentionEnded => retention.erased_after,
    };
    match until {
        Some(until) if draft.now() <= until => Err(Refusal::Retained { until }),
        _ => {
            draft.give_up_waiting()?;
            draft.record_erasure(reason)
        }
    }
}

const UNLIMITED: &str = "its policy sets no longest retention";

/// Holds it back from being erased.
pub(super) fn hold(draft: &mut Draft<'_>, reason: LegalHoldReason) -> Result<(), Refusal> {
    if draft.case.complaint.legal_holds.contains_key(&reason) {
        return Err(Refusal::BadValue {
            field: Field::HoldReason,
            why: "is that of a hold that is on it already",
        });
    }
    draft.record(Fact::LegalHoldPlaced { reason })
}

/// Lets go of one of the holds on it.
pub(super) fn release(draft: &mut Draft<'_>, reason: LegalHoldReason) -> Result<(), Refusal> {
    if !draft.case.complaint.legal_holds.contains_key(&reason) {
        return Err(Refusal::BadValue {
            field: Field::HoldReason,
            why: "is that of no hold that is on it",
        });
    }
    draft.record(Fact::LegalHoldReleased { reason })
}
