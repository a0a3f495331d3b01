#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::{
    domain::{IssueCategory, notice::Language},
    intake::{check::tests::check, mutation::tests::envelope},
    policy::{Channel, CustomerType},
};

fn filing() -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        request_id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        actor: "agent 7".to_owned(),
        channel: v1::Channel::Phone.into(),
        customer: Some(v1::Customer {
            full_name: " Jane Doe ".to_owned(),
            phone: "514 555 0142".to_owned(),
            postal_address: "1 Main St\r\nMontréal".to_owned(),
            ..v1::Customer::default()
        }),
        customer_type: v1::CustomerType::Consumer.into(),
        issues: vec![v1::Issue {
            number: 9,
            service: v1::ServiceKind::Internet.into(),
            category: v1::IssueCategory::Billing.into(),
            description: "Charged twice".to_owned(),
            desired_outcome: String::new(),
            ..v1::Issue::default()
        }],
        ..v1::FileComplaintRequest::default()
    }
}

/// The fields that were refused, in order.
fn refused(request: v1::FileComplaintRequest) -> Vec<String> {
    let violations = envelope(request, check()).unwrap_err().violations;
    violations.into_iter().map(|found| found.field).collect()
}

#[test]
fn a_filing_is_read_into_the_words_of_the_domain() {
    let envelope = envelope(filing(), check()).unwrap();
    assert_eq!(envelope.actor.name, "agent 7");
    assert!(envelope.request.is_some());
    let Work::File { filing, policy } = envelope.work else {
        panic!("{:?}", envelope.work);
    };
    assert_eq!(policy, None);
    assert_eq!(filing.channel, Channel::Phone);
    assert_eq!(filing.customer_type, CustomerType::Consumer);
    assert_eq!(filing.language, Language::English);
    assert_eq!(filing.customer.full_name, "Jane Doe");
    assert_eq!(filing.customer.phone.as_deref(), Some("+15145550142"));
    let address = filing.customer.postal_address.as_deref();
    assert_eq!(address, Some("1 Main St\nMontréal"));
    assert_eq!(filing.issues[0].category, IssueCategory::Billing);
    assert_eq!(filing.issues[0].desired_outcome, None);
    assert!(filing.acknowledgement.is_none());
    assert_eq!((filing.received_at, filing.first_contact_at), (None, None));
}

#[test]
fn every_violation_of_a_filing_is_named_at_once() {
    let too_far = Some(prost_types::Timestamp {
        seconds: 0,
        nanos: 0,
    });
    let request = v1::FileComplaintRequest {
        request_id: "7".to_owned(),
        brand: String::new(),
        actor: "redress".to_owned(),
        channel: 77,
        customer: Some(v1::Customer {
            full_name: "  ".to_owned(),
            email: "nobody".to_owned(),
            phone: "12".to_owned(),
            postal_address: "x".repeat(501),
            account_number: "47\0".to_owned(),
            representative: Some(v1::Representative::default()),
            preferred_means: 99,
            accessibility_needs: vec![1, 99],
            urgency_reasons: vec![99],
        }),
        customer_type: 0,
        language: 9,
        issues: vec![
            filing().issues[0].clone(),
            v1::Issue {
                desired_outcome: "x".repeat(2_001),
                ..v1::Issue::default()
            },
        ],
        case_references: vec!["CRM-1".to_owned(), "\u{1}".to_owned()],
        received_time: too_far,
        first_contact_time: too_far,
        enquiry: true,
        urgent: true,
        policy: "p".repeat(101),
        assignee: "-".to_owned(),
        acknowledgement: Some(v1::Acknowledgement {
            review: "x".repeat(2_001),
            promised_time: too_far,
            override_reason: "x".repeat(201),
            ..Default::default()
        }),
        monthly_invoice_cents: Some(-1),
        average_invoice_cents: Some(i64::MIN),
        region: "Quebec".to_owned(),
        labels: vec![v1::Label::default()],
    };
    assert_eq!(
        refused(request),
        [
            "request_id",
            "actor",
            "channel",
            "customer.full_name",
            "customer.email",
            "customer.phone",
            "customer.postal_address",
            "customer.account_number",
            "customer.representative.full_name",
            "customer.representative.authority",
            "customer.preferred_means",
            "customer.accessibility_needs[1]",
            "customer.urgency_reasons[0]",
            "customer_type",
            "language",
            "issues[1].service",
            "issues[1].category",
            "issues[1].description",
            "issues[1].desired_outcome",
            "case_references[1]",
            "received_time",
            "first_contact_time",
            "policy",
            "assignee",
            "acknowledgement",
            "acknowledgement.review",
            "acknowledgement.promised_time",
            "acknowledgement.override_reason",
            "monthly_invoice_cents",
            "average_invoice_cents",
            "region",
            "labels[0].key",
            "labels[0].value",
        ]
    );
}

#[test]
fn an_empty_filing_lacks_what_is_required_and_nothing_else() {
    assert_eq!(
        refused(v1::FileComplaintRequest::default()),
        ["actor", "channel", "customer", "customer_type", "issues"]
    );
}

#[test]
fn what_a_caller_sent_is_never_said_back() {
    let mut request = filing();
    request.customer = Some(v1::Customer {
        full_name: "Jane Doe\u{7}".to_owned(),
        email: "jane.doe".to_owned(),
        phone: "jane".to_owned(),
        ..v1::Customer::default()
    });
    let status = envelope(request, check()).unwrap_err();
    let said = format!("{status:?}").to_lowercase();
    assert!(!said.contains("jane"), "{said}");
}

#[test]
fn twenty_issues_and_references_are_taken_and_one_more_is_not() {
    let mut request = filing();
    request.issues = vec![request.issues[0].clone(); MOST];
    request.case_references = vec!["CRM-1".to_owned(); MOST];
    assert!(envelope(request.clone(), check()).is_ok());
    request.issues.push(request.issues[0].clone());
    request.case_references.push("CRM-2".to_owned());
    assert_eq!(refused(request), ["issues", "case_references"]);
}

#[test]
fn each_text_is_taken_at_its_limit_and_refused_one_beyond() {
    type Field = fn(&mut v1::FileComplaintRequest) -> &mut String;
    fn customer(request: &mut v1::FileComplaintRequest) -> &mut v1::Customer {
        request.customer.get_or_insert_default()
    }
    fn representative(request: &mut v1::FileComplaintRequest) -> &mut v1::Representative {
        customer(request)
            .representative
            .get_or_insert_with(|| v1::Representative {
                full_name: "R".to_owned(),
                authority: "a form".to_owned(),
            })
    }
    let fields: [(usize, &str, Field); 12] = [
        (100, "actor", |r| &mut r.actor),
        (200, "customer.full_name", |r| &mut customer(r).full_name),
        (500, "customer.postal_address", |r| {
            &mut customer(r).postal_address
        }),
        (100, "customer.account_number", |r| {
            &mut customer(r).account_number
        }),
        (200, "customer.representative.full_name", |r| {
            &mut representative(r).full_name
        }),
        (200, "customer.representative.authority", |r| {
            &mut representative(r).authority
        }),
        (10_000, "issues[0].description", |r| {
            &mut r.issues[0].description
        }),
        (2_000, "issues[0].desired_outcome", |r| {
            &mut r.issues[0].desired_outcome
        }),
        (100, "case_references[0]", |r| {
            if r.case_references.is_empty() {
                r.case_references.push(String::new());
            }
            &mut r.case_references[0]
        }),
        (100, "policy", |r| &mut r.policy),
        (100, "assignee", |r| &mut r.assignee),
        (2_000, "acknowledgement.review", |r| {
            &mut r.acknowledgement.get_or_insert_default().review
        }),
    ];
    for (limit, name, field) in fields {
        let mut request = filing();
        let text = |length| "é".repeat(length);
        *field(&mut request) = text(limit);
        assert!(
            envelope(request.clone(), check()).is_ok(),
            "{name} at {limit}"
        );
        *field(&mut request) = text(limit + 1);
        assert_eq!(refused(request), [name], "{name} beyond {limit}");
    }
}

#[test]
fn the_largest_valid_filing_fits_into_a_request() {
    use prost::Message;
    let mut request = filing();
    request.issues = vec![
        v1::Issue {
            description: "🦀".repeat(10_000),
            desired_outcome: "🦀".repeat(2_000),
            ..request.issues[0].clone()
        };
        MOST
    ];
    request.case_references = vec!["🦀".repeat(100); MOST];
    assert!(envelope(request.clone(), check()).is_ok());
    assert!(
        request.encoded_len() < 1024 * 1024,
        "{}",
        request.encoded_len()
    );
}

#[test]
fn a_repeated_request_has_the_same_fingerprint_and_another_one_has_not() {
    let key = |request| envelope(request, check()).unwrap().request.unwrap();
    assert_eq!(key(filing()), key(filing()));
    let mut other = filing();
    other.urgent = true;
    assert_ne!(key(filing()).fingerprint, key(other).fingerprint);
    let mut without = filing();
    without.request_id.clear();
    assert_eq!(envelope(without, check()).unwrap().request, None);
}
