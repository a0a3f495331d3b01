#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use uuid::Uuid;

use super::*;
use crate::{
    access::{Caller, Scope},
    calendar::CalendarBook,
    domain::{IssueCategory, State, notice::Language},
    intake::{check::tests::check, page_token::token},
    policy::{Channel, ServiceKind},
};

fn book() -> PolicyBook {
    let calendars = CalendarBook::builtin().unwrap();
    PolicyBook::builtin(&calendars).unwrap()
}

/// The fields that were refused, in order.
fn refused(request: v1::ListComplaintsRequest) -> Vec<String> {
    let violations = List::of(check(), request, &book()).unwrap_err().violations;
    violations.into_iter().map(|found| found.field).collect()
}

fn moment(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

#[test]
fn a_list_without_anything_is_the_first_fifty_without_personal_data() {
    let list = List::of(check(), v1::ListComplaintsRequest::default(), &book()).unwrap();
    assert_eq!(list.filter, Filter::default());
    assert_eq!((list.size, list.after), (50, None));
    assert!(!list.mask.wants_personal_data());
}

#[test]
fn every_filter_is_read() {
    let list = List::of(
        check(),
        v1::ListComplaintsRequest {
            states: vec![v1::State::InReview.into(), v1::State::Withdrawn.into()],
            level: Some(0),
            channels: vec![v1::Channel::Mail.into()],
            assignee: "-".to_owned(),
            policy: "ca-jive".to_owned(),
            due_before: moment(1_000),
            clock: "resolution".to_owned(),
            escalation_eligible: true,
            undelivered: true,
            referred: true,
            region: "CA-QC".to_owned(),
            languages: vec![v1::Language::French.into()],
            services: vec![v1::ServiceKind::Tv.into()],
            categories: vec![v1::IssueCategory::Billing.into()],
            received_from: moment(10),
            received_before: moment(20),
            labels: vec![v1::Label {
                key: "team".to_owned(),
                value: "north".to_owned(),
            }],
            order_by: " due_time ".to_owned(),
            ..v1::ListComplaintsRequest::default()
        },
        &book(),
    );
    let filter = Filter {
        brand: None,
        states: vec![State::InReview, State::Withdrawn],
        level: Some(0),
        channels: vec![Channel::Mail],
        assignee: Some("-".to_owned()),
        policy: Some("ca-jive".to_owned()),
        due_before: Some(jiff::Timestamp::from_second(1_000).unwrap()),
        clock: Some("resolution".to_owned()),
        escalation_eligible: true,
        undelivered: true,
        referred: true,
        assignees: Vec::new(),
        region: Some("CA-QC".to_owned()),
        languages: vec![Language::French],
        services: vec![ServiceKind::Tv],
        categories: vec![IssueCategory::Billing],
        received: Period {
            from: Some(jiff::Timestamp::from_second(10).unwrap()),
            before: Some(jiff::Timestamp::from_second(20).unwrap()),
        },
        closed: Period::default(),
        labels: vec!["team=north".to_owned()],
        order: Order::Due,
        scope: Scope::default(),
    };
    assert_eq!(list.unwrap().filter, filter);
}

#[test]
fn late_means_due_before_now_and_the_earlier_instant_wins() {
    let now = check().now();
    let due_before = |late, before| {
        let request = v1::ListComplaintsRequest {
            overdue: late,
            due_before: before,
            ..v1::ListComplaintsRequest::default()
        };
        List::of(check(), request, &book())
            .unwrap()
            .filter
            .due_before
    };
    let (earlier, later) = (now.as_second() - 60, now.as_second() + 60);
    let at = |seconds| Some(jiff::Timestamp::from_second(seconds).unwrap());
    assert_eq!(due_before(true, None), Some(now));
    assert_eq!(due_before(true, moment(earlier)), at(earlier));
    assert_eq!(due_before(true, moment(later)), Some(now));
    assert_eq!(due_before(false, moment(later)), at(later));
    assert_eq!(due_before(false, None), None);
}

#[test]
fn every_violation_of_a_list_is_named_at_once() {
    let request = v1::ListComplaintsRequest {
        page_size: -1,
        page_token: "?".to_owned(),
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["shoe_size".to_owned()],
        }),
        states: vec![1, 0, 99],
        level: Some(-1),
        channels: vec![99],
        assignee: "a".repeat(101),
        policy: "\u{1}".to_owned(),
        due_before: moment(i64::MAX),
        ..v1::ListComplaintsRequest::default()
    };
    let mut fields = refused(request);
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "assignee",
            "channels[0]",
            "due_before",
            "level",
            "page_size",
            "page_token",
            "policy",
            "read_mask.paths[0]",
            "states[1]",
            "states[2]",
        ]
    );
}

#[test]
fn a_clock_alone_limits_nothing_and_is_refused() {
    let mut request = v1::ListComplaintsRequest {
        clock: "resolution".to_owned(),
        ..v1::ListComplaintsRequest::default()
    };
    assert_eq!(refused(request.clone()), ["clock"]);
    request.overdue = true;
    assert!(List::of(check(), request, &book()).is_ok());
}

#[test]
fn a_page_token_holds_for_any_size_and_mask_but_for_one_filter() {
    let mut request = v1::ListComplaintsRequest {
        overdue: true,
        page_size: 10,
        ..v1::ListComplaintsRequest::default()
    };
    let first = List::of(check(), request.clone(), &book()).unwrap();
    let last = ListPlace::of(Uuid::from_u128(7));
    request.page_token = token(last, first.digest);
    request.page_size = 20;
    request.read_mask = Some(prost_types::FieldMask {
        paths: vec!["state".to_owned()],
    });
    // A moment later `late` means a later instant: still the same list.
    let later = Check::at(
        check().now() + jiff::SignedDuration::from_secs(5),
        &std::sync::Arc::default(),
        &Caller::Anyone,
    );
    let second = List::of(later, request.clone(), &book()).unwrap();
    assert_eq!((second.after, second.size), (Some(last), 20));
    request.overdue = false;
    assert_eq!(refused(request), ["page_token"]);
}

/// What is wrong with the only field that is refused, and which.
fn only(request: v1::ListComplaintsRequest) -> (String, String) {
    let mut violations = List::of(check(), request, &book())
        .unwrap_err()
        .violations
        .into_vec();
    assert_eq!(violations.len(), 1, "{violations:?}");
    let violation = violations.remove(0);
    (violation.field, violation.description)
}

#[test]
fn a_misspelled_name_is_refused_with_those_that_are_known() {
    let late = || v1::ListComplaintsRequest {
        overdue: true,
        ..v1::ListComplaintsRequest::default()
    };
    for (request, field, says) in [
        (
            v1::ListComplaintsRequest {
                clock: "customer update".to_owned(),
                ..late()
            },
            "clock",
            "; did you mean customer_update?",
        ),
        (
            v1::ListComplaintsRequest {
                clock: "Resolution".to_owned(),
                ..late()
            },
            "clock",
            "; did you mean resolution?",
        ),
        (
            v1::ListComplaintsRequest {
                policy: "ca_jive".to_owned(),
                ..late()
            },
            "policy",
            "; did you mean ca-jive?",
        ),
        (
            v1::ListComplaintsRequest {
                policy: "wholesale".to_owned(),
                ..late()
            },
            "policy",
            "us-fcc",
        ),
    ] {
        let (refused, description) = only(request);
        assert_eq!(refused, field);
        assert!(description.starts_with("must be one of "), "{description}");
        assert!(description.ends_with(says), "{description}");
    }
}

#[test]
fn filters_that_nothing_meets_together_are_refused() {
    let over = vec![v1::State::Closed.into(), v1::State::Withdrawn.into()];
    for (request, field) in [
        (
            v1::ListComplaintsRequest {
                states: over.clone(),
                assignee: "-".to_owned(),
                ..v1::ListComplaintsRequest::default()
            },
            "assignee",
        ),
        (
            v1::ListComplaintsRequest {
                states: over,
                escalation_eligible: true,
                ..v1::ListComplaintsRequest::default()
            },
            "escalation_eligible",
        ),
        (
            v1::ListComplaintsRequest {
                states: vec![v1::State::Enquiry.into()],
                level: Some(1),
                ..v1::ListComplaintsRequest::default()
            },
            "level",
        ),
        // The clock is known, but no complaint under this policy has it.
        (
            v1::ListComplaintsRequest {
                policy: "us-fcc".to_owned(),
                clock: "customer_update".to_owned(),
                overdue: true,
                ..v1::ListComplaintsRequest::default()
            },
            "clock",
        ),
        (
            v1::ListComplaintsRequest {
                level: Some(99),
                ..v1::ListComplaintsRequest::default()
            },
            "level",
        ),
    ] {
        assert_eq!(only(request).0, field);
    }
}

#[test]
fn a_clock_of_a_code_beside_is_known_under_the_policy_that_it_stands_beside() {
    let beside = v1::ListComplaintsRequest {
        policy: "ca-jive".to_owned(),
        clock: "referral_report".to_owned(),
        overdue: true,
        ..v1::ListComplaintsRequest::default()
    };
    let list = List::of(check(), beside, &book()).unwrap();
    assert_eq!(list.filter.clock.as_deref(), Some("referral_report"));
}

#[test]
fn a_list_is_in_the_order_of_the_instants_that_bound_it_unless_another_is_asked_for() {
    let order = |request| List::of(check(), request, &book()).unwrap().filter.order;
    let request = v1::ListComplaintsRequest::default;
    assert_eq!(order(request()), Order::Filed);
    let received = v1::ListComplaintsRequest {
        received_from: moment(10),
        ..request()
    };
    assert_eq!(order(received.clone()), Order::Received);
    let closed = v1::ListComplaintsRequest {
        closed_before: moment(10),
        ..received.clone()
    };
    assert_eq!(order(closed.clone()), Order::Closed);
    let due = |request| v1::ListComplaintsRequest {
        order_by: "due_time".to_owned(),
        ..request
    };
    assert_eq!(order(due(received)), Order::Due);
    assert_eq!(refused(due(closed)), ["order_by"]);
}

#[test]
fn several_handlers_are_taken_in_any_spelling_and_each_once() {
    let request = |names: &[&str]| v1::ListComplaintsRequest {
        assignees: names.iter().map(|&name| name.to_owned()).collect(),
        ..v1::ListComplaintsRequest::default()
    };
    let list = List::of(check(), request(&["Ada", " ada", "BEA"]), &book()).unwrap();
    assert_eq!(list.filter.assignees, ["ada", "bea"]);
    assert_eq!(refused(request(&["-"])), ["assignees[0]"]);
    assert_eq!(refused(request(&["ada"; 101])), ["assignees"]);
}
