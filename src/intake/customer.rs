//! Who complains, as a filing or a correction says it.

use super::check::{Check, LINE, SHORT, TextRule};
use crate::{
    brand::Brand,
    domain::{Customer, Invoices, Representative},
    proto::v1,
};

/// What fits on an envelope.
pub(super) const ENVELOPE: TextRule = TextRule::lines(500);

/// Reads the customer of a filing.
pub(super) fn customer(
    check: &mut Check,
    given: Option<v1::Customer>,
    brand: Option<&Brand>,
) -> Option<Customer> {
    let Some(given) = given else {
        check.violation("customer", "is required");
        return None;
    };
    let full_name = check.required("customer.full_name", &given.full_name, LINE);
    let email = check.email("customer.email", &given.email);
    let phone = check.phone("customer.phone", &given.phone, brand);
    let postal_address = check.optional("customer.postal_address", &given.postal_address, ENVELOPE);
    let account_number = check.optional("customer.account_number", &given.account_number, SHORT);
    let representative = given
        .representative
        .and_then(|given| representative(check, "customer.representative", &given));
    let preferred_means = check.choice_if_any("customer.preferred_means", given.preferred_means);
    let needs = "customer.accessibility_needs";
    let accessibility_needs = check.distinct(needs, &given.accessibility_needs);
    let urgency_reasons = check.distinct("customer.urgency_reasons", &given.urgency_reasons);
    Some(Customer {
        full_name: full_name?,
        email,
        phone,
        postal_address,
        account_number,
        representative,
        invoices: Invoices::default(),
        preferred_means,
        accessibility_needs,
        urgency_reasons,
    })
}

/// Reads who speaks for the customer, from the field `at`.
pub(super) fn representative(
    check: &mut Check,
    at: &str,
    given: &v1::Representative,
) -> Option<Representative> {
    let full_name = check.required(&format!("{at}.full_name"), &given.full_name, LINE);
    let authority = check.required(&format!("{at}.authority"), &given.authority, LINE);
    Some(Representative {
        full_name: full_name?,
        authority: authority?,
    })
}
