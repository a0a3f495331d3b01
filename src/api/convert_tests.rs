#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::*;
use crate::{
    calendar::{CalendarBook, TimeBase},
    domain::{
        Answer, ClockState, Customer, IdentityCheck, Issue, IssueCategory, NextStep, Outcome,
        Personal, State, TrackingNumber, notice::NoticeKind,
    },
    policy::{Channel, CustomerType, EscalationReason, ServiceKind},
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(in crate::api) fn book() -> PolicyBook {
    PolicyBook::builtin(&CalendarBook::builtin().unwrap()).unwrap()
}

/// A complaint under the built-in policy, as it is right after its filing.
pub(in crate::api) fn filed(book: &PolicyBook) -> Complaint {
    let received = at("2026-09-23T12:00:00.000001Z");
    let policy = book.in_force("ca-jive", received).unwrap();
    Complaint {
        id: Uuid::from_u128(0x01890a5d_ac96_774b_bcce_b302099a8057),
        brand: "jive".to_owned(),
        tracking_number: TrackingNumber::from_random(&"RD".parse().unwrap(), 7),
        state: State::InReview,
        channel: Channel::Phone,
        level: 1,
        customer_type: CustomerType::Consumer,
        language: Language::French,
        urgent: false,
        region: None,
        labels: Default::default(),
        attachments: Vec::new(),
        links: Vec::new(),
        received_at: received,
        filed_at: received,
        first_contact_at: received,
        assignee: Some("maria".to_owned()),
        handlers: BTreeMap::new(),
        acknowledged_at: Some(received),
        first_promised_at: None,
        promised_at: Some(at("2026-10-07T21:00:00Z")),
        promise_told_at: None,
        identity: None,
        issues: [1, 2]
            .map(|number| Issue {
                number,
                service: ServiceKind::Internet,
                category: IssueCategory::Billing,
            })
            .to_vec(),
        case_references: vec!["CRM-1".to_owned()],
        conclusion: None,
        outcome: Some(Outcome {
            decided_at: received,
            told_at: received,
            level: 0,
            has_remedy: true,
            event: 4,
            root_cause: None,
            answer: Some((Answer::Refused, received)),
            implemented_at: None,
        }),
        pause: None,
        escalated_at: None,
        escalation_unacknowledged: false,
        escalation_answer_by: None,
        grievances: BTreeSet::new(),
        escalation_reasons: BTreeSet::from([EscalationReason::OutcomeRefused]),
        escalation_eligible_at: Some(received),
        referral: None,
        closed_at: None,
        closure_reason: None,
        withdrawn_as_enquiry: false,
        reopened_at: None,
        reopen_count: 0,
        reach: None,
        notices: BTreeMap::new(),
        legal_holds: BTreeMap::new(),
        erasure: None,
        policy: policy.reference(),
        additional_policies: Vec::new(),
        cycles: BTreeMap::new(),
        usual_starts: BTreeMap::new(),
        last_sequence: 4,
        last_event_at: received,
        last_hash: vec![0; 32],
    }
}

fn personal() -> Vec<Personal> {
    let words = |number| IssueText {
        number,
        description: format!("words {number}"),
        desired_outcome: None,
    };
    let customer = Customer {
        full_name: "Jane Doe".to_owned(),
        account_number: Some("4711".to_owned()),
        ..Customer::default()
    };
    vec![
        Personal {
            customer: Some(customer),
            issues: vec![words(1)],
            ..Personal::default()
        },
        // The second issue was added later; its words came with that event.
        Personal {
            issues: vec![words(2)],
            ..Personal::text("something said")
        },
    ]
}

#[test]
fn the_account_number_is_hidden_until_the_identity_was_checked() {
    let book = book();
    let mut read = StoredComplaint {
        complaint: filed(&book),
        personal: personal(),
    };
    let before = stored(&read, &book);
    let customer = before.customer.unwrap();
    assert_eq!(customer.full_name, "Jane Doe");
    assert_eq!(customer.account_number, "");
    assert_eq!(before.identity, None);

    read.complaint.identity = Some(IdentityCheck {
        at: read.complaint.filed_at,
    });
    let after = stored(&read, &book);
    assert_eq!(after.customer.unwrap().account_number, "4711");
    assert_eq!(
        after.identity.unwrap().verified_time,
        time(read.complaint.filed_at)
    );
}

#[test]
fn the_words_of_each_issue_stand_with_it_whenever_they_came() {
    let book = book();
    let read = StoredComplaint {
        complaint: filed(&book),
        personal: personal(),
    };
    let words: Vec<_> = stored(&read, &book)
        .issues
        .into_iter()
        .map(|issue| (issue.number, issue.description))
        .collect();
    assert_eq!(
        words,
        [(1, "words 1".to_owned()), (2, "words 2".to_owned())]
    );
}

#[test]
fn a_mutation_answers_without_personal_data() {
    let book = book();
    let message = complaint(&filed(&book), &book);
    assert_eq!(message.customer, None);
    assert!(!message.issues.is_empty());
    assert!(
        message
            .issues
            .iter()
            .all(|issue| issue.description.is_empty())
    );
    assert_eq!(
        message.name,
        "complaints/01890a5d-ac96-774b-bcce-b302099a8057"
    );
    assert_eq!(message.etag, "\"4\"");
    assert_eq!(message.level_title, "Support lead");
    assert_eq!(message.state, i32::from(v1::State::InReview));
    assert_eq!(
        message.escalation_reasons,
        [i32::from(v1::EscalationReason::OutcomeRefused)]
    );
    assert_eq!(message.closure_reason, 0);
    assert_eq!(message.first_promised_time, None);
    assert_eq!(message.received_time.unwrap().nanos, 1_000);
    assert_eq!(
        message.outcome.unwrap().answer,
        i32::from(v1::CustomerAnswer::Refused)
    );
}

#[test]
fn a_policy_version_that_is_not_at_hand_leaves_its_fields_empty() {
    let mut complaint_of_old = filed(&book());
    complaint_of_old.policy.version = "gone".to_owned();
    let message = complaint(&complaint_of_old, &book());
    assert_eq!(message.level_title, "");
    assert_eq!(message.policy_version, "gone");
    let message = clock(Uuid::nil(), running("resolution"), None);
    assert_eq!(
        (message.owner(), message.pausable),
        (v1::Role::Unspecified, false)
    );
}

fn running(name: &str) -> Clock {
    let start = at("2026-09-23T12:00:00Z");
    Clock {
        name: name.to_owned(),
        cycle: 2,
        state: ClockState::Running,
        start,
        due: Some(at("2026-10-07T21:00:00Z")),
        target: Target::Term("10 working days".parse().unwrap()),
        stop: None,
        breached_at: None,
        segment_start: start,
        counted_before: 0,
        remaining: None,
        next: Some(NextStep {
            step: 0,
            repetition: 0,
            at: at("2026-09-30T13:00:00Z"),
        }),
        calendar: "ca-federal".to_owned(),
        calendar_version: "abc".to_owned(),
        tzdb_version: "2026a".to_owned(),
    }
}

/// zammad #3140: whose turn it was could not be seen, and tickets escalated while the customer was to answer.
#[test]
fn a_clock_tells_who_must_act_and_whether_it_pauses() {
    let book = book();
    let policy = book.in_force("ca-jive", at("2026-09-23T12:00:00Z"));
    let policy = policy.map(|policy| &**policy);
    let message = clock(Uuid::nil(), running("resolution"), policy);
    assert_eq!(message.owner(), v1::Role::Handler);
    assert!(message.pausable);
    assert_eq!(message.target, "10 working days");
    assert_eq!(message.cycle, 2);
    assert_eq!(message.state, i32::from(v1::ClockState::Running));
    assert_eq!(
        message.next_fire_time.unwrap().seconds,
        at("2026-09-30T13:00:00Z").as_second()
    );
    let paused = Clock {
        state: ClockState::Paused,
        due: None,
        next: None,
        target: Target::Promised(TimeBase::Working),
        ..running("acknowledgement")
    };
    let message = clock(Uuid::nil(), paused, policy);
    assert!(!message.pausable);
    assert_eq!(message.target, "promised");
    assert_eq!((message.due_time, message.next_fire_time), (None, None));
}

#[test]
fn a_notice_tells_its_words_and_how_they_were_told() {
    let told = Notice {
        sequence: 3,
        kind: NoticeKind::Acknowledgement,
        text_version: "abc".to_owned(),
        language: Language::French,
        channel: Channel::SupportCase,
        at: Timestamp::UNIX_EPOCH,
        text: "Bonjour".to_owned(),
        addressee: Some("Jane Doe".to_owned()),
        fate: None,
        attempts: 0,
    };
    let message = notice(Uuid::from_u128(1), told);
    let complaint = "complaints/00000000-0000-0000-0000-000000000001";
    assert_eq!(message.name, format!("{complaint}/notices/3"));
    assert_eq!(message.event, format!("{complaint}/events/3"));
    assert_eq!(message.kind(), v1::NoticeKind::Acknowledgement);
    assert_eq!(message.language(), v1::Language::French);
    assert_eq!(message.channel(), v1::Channel::SupportCase);
    assert_eq!(message.addressee, "Jane Doe");
    assert_eq!(message.text, "Jane Doe\n\nBonjour");
}

#[test]
fn a_time_before_1970_keeps_its_microseconds() {
    let message = time(Timestamp::from_microsecond(-1).unwrap()).unwrap();
    assert_eq!((message.seconds, message.nanos), (-1, 999_999_000));
}

#[test]
fn a_complaint_with_more_issues_than_are_taken_today_stays_readable() {
    let mut large = stored_with(230);
    let message = stored(&large, &PolicyBook::default());
    assert!(message.encoded_len() < 4 << 20);
    let told = |issue: &&v1::Issue| !issue.texts_omitted;
    let whole = message.issues.iter().take_while(told).count();
    assert!((50..230).contains(&whole), "{whole}");
    let (whole, omitted) = message.issues.split_at(whole);
    assert!(whole.iter().all(|issue| !issue.description.is_empty()));
    assert!(
        omitted
            .iter()
            .all(|issue| issue.texts_omitted && issue.description.is_empty())
    );
    large = stored_with(50);
    let message = stored(&large, &PolicyBook::default());
    assert!(message.issues.iter().all(|issue| !issue.texts_omitted));
}

/// This many issues, each with the longest possible texts at four bytes per character.
fn stored_with(issues: usize) -> StoredComplaint {
    let mut complaint = filed(&book());
    let kind = complaint.issues[0].clone();
    let numbers = 1..=u32::try_from(issues).unwrap();
    complaint.issues = numbers
        .clone()
        .map(|number| Issue {
            number,
            ..kind.clone()
        })
        .collect();
    let words = |number| Personal {
        issues: vec![IssueText {
            number,
            description: "𝄞".repeat(10_000),
            desired_outcome: Some("𝄞".repeat(2_000)),
        }],
        ..Personal::default()
    };
    StoredComplaint {
        personal: numbers.map(words).collect(),
        complaint,
    }
}
