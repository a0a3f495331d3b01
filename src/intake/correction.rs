//! A correction of what was entered about a complaint, read from its request.

use super::{
    check::{Check, LINE, SHORT},
    customer::{ENVELOPE, representative},
    mutation::{Header, Mutation},
};
use crate::{
    domain::{Command, CommandKind, Correction, CustomerCorrection},
    engine::Work,
    proto::v1,
};

/// What can be corrected, by its path in a complaint.
const PATHS: [&str; 15] = [
    "customer_type",
    "language",
    "urgent",
    "region",
    "labels",
    "customer",
    "customer.full_name",
    "customer.email",
    "customer.phone",
    "customer.postal_address",
    "customer.account_number",
    "customer.representative",
    "customer.preferred_means",
    "customer.accessibility_needs",
    "customer.urgency_reasons",
];

impl Mutation for v1::UpdateComplaintRequest {
    const METHOD: &'static str = CommandKind::Update.as_str();

    fn header(&self) -> Header<'_> {
        Header {
            request_id: &self.request_id,
            actor: &self.actor,
            overrides: false,
        }
    }

    fn work(self, check: &mut Check) -> Option<Work> {
        let given = self.complaint.unwrap_or_default();
        let complaint = check.complaint_in("complaint.name", &given.name);
        let version = check.etag_at("complaint.etag", &given.etag);
        let paths = self.update_mask.unwrap_or_default().paths;
        if paths.is_empty() {
            check.violation("update_mask", "is required: it names what is corrected");
        }
        let mut correction = Correction::default();
        let customer = given.customer.clone().unwrap_or_default();
        // A complaint has no more fields than these.
        for (place, path) in paths.iter().take(100).enumerate() {
            if !PATHS.contains(&path.as_str()) {
                let field = format!("update_mask.paths[{place}]");
                check.violation(field, format!("must be one of {}", PATHS.join(", ")));
            }
            let whole = path == "customer";
            for part in PATHS
                .iter()
                .filter(|part| *part == path || (whole && part.starts_with("customer.")))
            {
                read(check, part, (&given, &customer), &mut correction);
            }
        }
        Some(Work::Change {
            complaint: complaint?,
            version,
            command: Box::new(Command::Update(Box::new(correction))),
        })
    }
}

/// Reads the value at a path.
fn read(
    check: &mut Check,
    path: &str,
    (given, customer): (&v1::Complaint, &v1::Customer),
    correction: &mut Correction,
) {
    let at = format!("complaint.{path}");
    let who: &mut CustomerCorrection = &mut correction.customer;
    match path {
        "customer_type" => correction.customer_type = check.choice(&at, given.customer_type),
        "language" => correction.language = check.choice(&at, given.language),
        "urgent" => correction.urgent = Some(given.urgent),
        "region" => correction.region = Some(check.region(&at, &given.region)),
        "labels" => correction.labels = Some(check.labels(&at, &given.labels)),
        "customer.full_name" => who.full_name = check.required(&at, &customer.full_name, LINE),
        "customer.email" => who.email = Some(check.email(&at, &customer.email)),
        "customer.phone" => who.phone = Some(check.phone_of_any(&at, &customer.phone)),
        "customer.postal_address" => {
            who.postal_address = Some(check.optional(&at, &customer.postal_address, ENVELOPE));
        }
        "customer.account_number" => {
            who.account_number = Some(check.optional(&at, &customer.account_number, SHORT));
        }
        "customer.representative" => {
            let given = customer.representative.as_ref();
            who.representative = Some(given.and_then(|given| representative(check, &at, given)));
        }
        "customer.preferred_means" => {
            who.preferred_means = Some(check.choice_if_any(&at, customer.preferred_means));
        }
        "customer.accessibility_needs" => {
            who.accessibility_needs = Some(check.distinct(&at, &customer.accessibility_needs));
        }
        "customer.urgency_reasons" => {
            who.urgency_reasons = Some(check.distinct(&at, &customer.urgency_reasons));
        }
        _ => {}
    }
}

#[cfg(test)]
#[path = "correction_tests.rs"]
mod tests;
