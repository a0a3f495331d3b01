//! A new complaint or enquiry, read from its request.

use super::{
    acknowledgement::{acknowledgement, overrides},
    check::{Check, SHORT},
    customer::customer,
    issue::new_issue,
    mutation::{Header, Mutation},
};
use crate::{
    domain::{Customer, Filing, Invoices, NewIssue},
    engine::Work,
    proto::v1,
};

/// The most issues and the most case references that one filing brings.
const MOST: usize = 20;
impl Mutation for v1::FileComplaintRequest {
    const METHOD: &'static str = "FileComplaint";

    fn header(&self) -> Header<'_> {
        let mut given = self.acknowledgement.iter();
        Header {
            request_id: &self.request_id,
            actor: &self.actor,
            overrides: given.any(|given| overrides(&given.override_reason)),
        }
    }

    fn work(self, check: &mut Check) -> Option<Work> {
        let brand = check.brand("brand", &self.brand);
        let channel = check.choice("channel", self.channel);
        let customer = customer(check, self.customer, brand.as_deref());
        let customer_type = check.choice("customer_type", self.customer_type);
        let language = check.language("language", self.language, brand.as_deref());
        let issues = issues(check, self.issues);
        let case_references = case_references(check, &self.case_references);
        let received_at = check.time("received_time", self.received_time);
        let first_contact_at = check.time("first_contact_time", self.first_contact_time);
        let policy = check.optional("policy", &self.policy, SHORT);
        let assignee = check.assignee(&self.assignee);
        if self.enquiry && self.acknowledgement.is_some() {
            check.violation("acknowledgement", "must not be set for an enquiry");
        }
        let acknowledgement = self
            .acknowledgement
            .map(|given| acknowledgement(check, Some(given)));
        let invoices = Invoices {
            prior_month_cents: check.amount("monthly_invoice_cents", self.monthly_invoice_cents),
            average_cents: check.amount("average_invoice_cents", self.average_invoice_cents),
        };
        let region = check.region("region", &self.region);
        let labels = check.labels("labels", &self.labels);
        if !self.urgent
            && customer
                .as_ref()
                .is_some_and(|who| !who.urgency_reasons.is_empty())
        {
            check.violation("customer.urgency_reasons", "needs urgent");
        }
        let filing = Filing {
            brand: brand?.name().to_owned(),
            channel: channel?,
            customer: Customer {
                invoices,
                ..customer?
            },
            customer_type: customer_type?,
            language: language?,
            issues,
            case_references,
            received_at,
            first_contact_at,
            enquiry: self.enquiry,
            urgent: self.urgent,
            region,
            labels,
            assignee,
            acknowledgement,
        };
        Some(Work::File {
            filing: Box::new(filing),
            policy,
        })
    }
}

fn issues(check: &mut Check, given: Vec<v1::Issue>) -> Vec<NewIssue> {
    if given.is_empty() {
        check.violation("issues", "must have at least one");
    }
    at_most(check, "issues", given.len());
    let given = given.into_iter().take(MOST).enumerate();
    given
        .filter_map(|(place, issue)| new_issue(check, &format!("issues[{place}]"), Some(issue)))
        .collect()
}

fn case_references(check: &mut Check, given: &[String]) -> Vec<String> {
    at_most(check, "case_references", given.len());
    let given = given.iter().take(MOST).enumerate();
    given
        .filter_map(|(place, text)| {
            check.required(&format!("case_references[{place}]"), text, SHORT)
        })
        .collect()
}

fn at_most(check: &mut Check, field: &str, count: usize) {
    if count > MOST {
        check.violation(
            field,
            format!("must have at most {MOST}; there are {count}"),
        );
    }
}

#[cfg(test)]
#[path = "filing_tests.rs"]
mod tests;
