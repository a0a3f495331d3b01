//! Corrections of what was entered about the customer and the complaint. They hold from now on: what was done before, such as
//! a letter in another language, was done.

use std::collections::BTreeMap;

use super::{
    correction::{Changed, Corrected, Correction},
    customer::Customer,
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    field::Field,
    personal::Personal,
};

/// The most labels of a complaint.
pub const MOST_LABELS: usize = 32;

/// Records what differs from what was entered before. Nothing happens where nothing does.
pub(super) fn correct(draft: &mut Draft<'_>, correction: &Correction) -> Result<(), Refusal> {
    let complaint = &draft.case.complaint;
    let changes = correction.label_changes.as_ref();
    let changed = changes.map(|changes| changes.applied_to(&complaint.labels));
    if changed.as_ref().is_some_and(|all| all.len() > MOST_LABELS) {
        return Err(Refusal::LimitReached {
            field: Field::Labels,
            limit: MOST_LABELS,
        });
    }
    let labels = correction.labels.as_ref().or(changed.as_ref());
    let corrected = Corrected {
        customer_type: Changed::of(&complaint.customer_type, correction.customer_type.as_ref()),
        language: Changed::of(&complaint.language, correction.language.as_ref()),
        urgent: Changed::of(&complaint.urgent, correction.urgent.as_ref()),
        region: Changed::of(&complaint.region, correction.region.as_ref()),
        labels: Changed::of(&complaint.labels, labels),
    };
    let urgent = correction.urgent.unwrap_or(complaint.urgent);
    // Erased, nothing of the customer is known.
    let former = draft.context.customer.cloned().unwrap_or_default();
    let customer = correction.customer.applied_to(&former);
    if !urgent && !customer.urgency_reasons.is_empty() {
        return Err(Refusal::BadValue {
            field: Field::UrgencyReasons,
            why: "must be empty unless the complaint is urgent",
        });
    }
    if corrected != Corrected::default() {
        draft.record(Fact::Corrected(corrected))?;
    }
    let fields = differing(&former, &customer);
    if fields.is_empty() {
        return Ok(());
    }
    if customer.full_name.is_empty() {
        return Err(Refusal::BadValue {
            field: Field::CustomerName,
            why: "is required: nothing is on record of the customer any more",
        });
    }
    let reach = draft.reach_of(&customer);
    let personal = Personal {
        customer: Some(customer),
        ..Personal::default()
    };
    draft.record_with(Fact::CustomerCorrected { fields, reach }, personal)
}

/// The names of the fields in which they differ, as the API calls them.
fn differing(one: &Customer, other: &Customer) -> Vec<String> {
    let compared = BTreeMap::from([
        ("full_name", one.full_name != other.full_name),
        ("email", one.email != other.email),
        ("phone", one.phone != other.phone),
        ("postal_address", one.postal_address != other.postal_address),
        ("account_number", one.account_number != other.account_number),
        ("representative", one.representative != other.representative),
        (
            "preferred_means",
            one.preferred_means != other.preferred_means,
        ),
        (
            "accessibility_needs",
            one.accessibility_needs != other.accessibility_needs,
        ),
        (
            "urgency_reasons",
            one.urgency_reasons != other.urgency_reasons,
        ),
    ]);
    let differ = compared.into_iter().filter(|(_, differs)| *differs);
    differ.map(|(field, _)| field.to_owned()).collect()
}
