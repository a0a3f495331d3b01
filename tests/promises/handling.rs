//! What staff do while a complaint is under way, and what follows.

use redress::proto::v1::{
    self, Acknowledgement, Channel, ClockState, Direction, EscalationReason, PauseReason, State,
};

use crate::support::{
    office::instant,
    service::{Service, act, at, filing, payload, refusal},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_gives_the_targets_date_unless_another_is_promised() {
    let mut service = Service::start().await;
    let by_target = service.file(Channel::Form).await.name;
    let acknowledged = act!(
        service.client,
        by_target,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    );
    let acknowledged = acknowledged.unwrap();
    assert_eq!(acknowledged.state(), State::InReview);
    assert_eq!(acknowledged.promised_time, Some(at("2026-06-16T21:00:00Z")));
    let update = service.clock(&by_target, "customer_update").await;
    assert_eq!(update.due_time, Some(at("2026-06-09T21:00:00Z")));

    let promised = service.file(Channel::Form).await.name;
    let soon = Acknowledgement {
        promised_time: Some(at("2026-06-04T16:00:00Z")),
        ..Default::default()
    };
    let acknowledged = act!(
        service.client,
        promised,
        acknowledge_complaint(AcknowledgeComplaintRequest {
            acknowledgement: soon
        })
    );
    let date = acknowledged.unwrap().promised_time;
    assert_eq!(date, Some(at("2026-06-04T16:00:00Z")));
    let resolution = service.clock(&promised, "resolution").await;
    assert_eq!(
        resolution.due_time, date,
        "the clock times what was promised"
    );
    assert_eq!(resolution.target, "promised");

    let again = act!(
        service.client,
        promised,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    );
    let (_, reason) = refusal(&again.unwrap_err());
    assert_eq!(reason, "NOT_POSSIBLE_NOW");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn account_data_are_disclosed_only_once_the_identity_was_checked() {
    let mut service = Service::start().await;
    let mut with_account = filing(Channel::Phone);
    with_account.customer.as_mut().unwrap().account_number = "4711-0815".to_owned();
    let name = service.file_as(with_account).await.name;
    let before = service.get(&name).await;
    assert_eq!(before.customer.unwrap().account_number, "");
    assert_eq!(before.identity, None);

    let verified = act!(
        service.client,
        name,
        verify_identity(VerifyIdentityRequest {
            method: "security questions"
        })
    );
    assert!(verified.unwrap().customer.is_none());
    let after = service.get(&name).await;
    assert_eq!(after.customer.unwrap().account_number, "4711-0815");
    assert!(after.identity.is_some());
    // How is personal data: it stands with the event's text, and in no payload.
    let events = service.events(&name).await;
    let event = events
        .iter()
        .find(|event| event.kind() == v1::EventKind::IdentityVerified);
    let event = event.unwrap();
    assert_eq!(event.text, "security questions");
    assert!(!payload(event).contains("security questions"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_on_record_when_it_took_place_and_dissatisfaction_flags_the_complaint() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    service.time.set(instant("2026-06-02T18:00:00Z"));
    act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Mail,
            direction: Direction::ToCustomer,
            summary: "Sent the plan of the street."
        })
    )
    .unwrap();
    let contact = act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Phone,
            direction: Direction::FromCustomer,
            summary: "Wants it sooner.",
            contact_time: at("2026-06-02T17:00:00Z"),
            dissatisfied: true
        })
    );
    let reasons: Vec<_> = contact.unwrap().escalation_reasons().collect();
    assert_eq!(reasons, [EscalationReason::CustomerDissatisfied]);

    let events = service.events(&name).await;
    let contacts: Vec<_> = events
        .iter()
        .filter(|event| event.kind() == v1::EventKind::ContactRecorded)
        .collect();
    assert_eq!(contacts[0].text, "Sent the plan of the street.");
    assert_eq!(contacts[1].event_time, Some(at("2026-06-02T18:00:00Z")));
    let recorded: serde_json::Value = serde_json::from_str(payload(contacts[1])).unwrap();
    assert_eq!(recorded["contact_at"], "2026-06-02T17:00:00Z");
    assert_eq!(recorded["from_customer"], true);
    assert!(
        !payload(contacts[1]).contains("sooner"),
        "nothing personal in it"
    );

    // One that nobody had told of when it was filed.
    let earlier = act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Phone,
            direction: Direction::FromCustomer,
            summary: "Asked before that.",
            contact_time: at("2026-06-02T13:00:00Z")
        })
    );
    let first = earlier.unwrap().first_contact_time;
    assert_eq!(first, Some(at("2026-06-02T13:00:00Z")));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_restarts_its_clock_and_a_new_date_keeps_the_first() {
    let mut service = Service::start().await;
    let first = service.under_review().await;
    let name = first.name;
    service.time.set(instant("2026-06-04T15:00:00Z"));
    let updated = act!(
        service.client,
        name,
        send_update(SendUpdateRequest {
            message: "The part is ordered."
        })
    );
    assert_eq!(updated.unwrap().promised_time, first.promised_time);
    let clocks = service.clocks(&name).await;
    let cycles: Vec<_> = clocks
        .iter()
        .filter(|clock| clock.clock == "customer_update")
        .map(|clock| (clock.cycle, clock.state(), clock.due_time))
        .collect();
    assert_eq!(
        cycles,
        [
            (2, ClockState::Running, Some(at("2026-06-11T21:00:00Z"))),
            (1, ClockState::Met, Some(at("2026-06-09T21:00:00Z"))),
        ]
    );
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "update");
    assert!(text.contains("The part is ordered."), "{text}");

    let moved = act!(
        service.client,
        name,
        send_update(SendUpdateRequest {
            message: "It comes later.",
            new_promised_time: at("2026-06-19T21:00:00Z"),
            reason: "The part is on a ship."
        })
    );
    let moved = moved.unwrap();
    assert_eq!(moved.first_promised_time, first.first_promised_time);
    assert_eq!(moved.promised_time, Some(at("2026-06-19T21:00:00Z")));
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "promise_changed");
    for told in ["The part is on a ship.", "June 16, 2026", "June 19, 2026"] {
        assert!(text.contains(told), "{told} in {text}");
    }
    assert_eq!(service.clock(&name, "customer_update").await.cycle, 3);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_stops_what_may_stop_and_gives_the_time_back_when_it_ends() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let paused = act!(
        service.client,
        name,
        pause_complaint(PauseComplaintRequest {
            reason: PauseReason::Appointment,
            end_time: at("2026-06-05T14:00:00Z")
        })
    );
    let pause = paused.unwrap().pause.unwrap();
    assert_eq!(pause.reason(), PauseReason::Appointment);
    assert_eq!(pause.end_time, Some(at("2026-06-05T14:00:00Z")));
    assert_eq!(service.last_notice(&name).await.0, "paused");
    for clock in service.clocks(&name).await {
        let stops = clock.clock == "resolution";
        assert_eq!(clock.pausable, stops, "{clock:?}");
        assert_eq!(clock.state() == ClockState::Paused, stops, "{clock:?}");
    }
    let resolution = service.clock(&name, "resolution").await;
    assert_eq!(resolution.due_time, None);

    // Of the first day, which is not counted, the pause takes nothing; of the next one, an hour.
    service.time.set(instant("2026-06-03T14:00:00Z"));
    let resumed = act!(
        service.client,
        name,
        resume_complaint(ResumeComplaintRequest {})
    );
    let resumed = resumed.unwrap();
    assert_eq!(resumed.pause, None);
    assert_eq!(resumed.promised_time, Some(at("2026-06-17T14:00:00Z")));
    assert_eq!(
        resumed.first_promised_time,
        Some(at("2026-06-16T21:00:00Z"))
    );
    let resolution = service.clock(&name, "resolution").await;
    assert_eq!(resolution.due_time, resumed.promised_time);
    assert_eq!(service.last_notice(&name).await.0, "resumed");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_ends_with_the_customers_answer_or_by_itself() {
    let mut service = Service::start().await;
    let mut watch = service.watch(&["resumed"]).await;
    let answered = service.under_review().await.name;
    let forgotten = service.under_review().await.name;
    for name in [&answered, &forgotten] {
        act!(
            service.client,
            name,
            pause_complaint(PauseComplaintRequest {
                reason: PauseReason::WaitingForCustomer
            })
        )
        .unwrap();
    }
    let contact = act!(
        service.client,
        answered,
        record_contact(RecordContactRequest {
            channel: Channel::Chat,
            direction: Direction::FromCustomer,
            summary: "Here is the photograph."
        })
    );
    assert_eq!(contact.unwrap().pause, None);
    let resumed = watch.event().await;
    assert_eq!(
        (&resumed.complaint, resumed.actor.as_str()),
        (&answered, "ada")
    );

    // The longest pause is ten working days.
    service.time.set(instant("2026-06-16T21:00:01Z"));
    let resumed = watch.event().await;
    assert_eq!(
        (&resumed.complaint, resumed.actor.as_str()),
        (&forgotten, "redress")
    );
    assert_eq!(service.get(&forgotten).await.pause, None);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assignments_issues_and_references_are_added_and_kept_in_order() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Form).await.name;
    for assignee in ["grace", "joan"] {
        let request = act!(
            service.client,
            name,
            assign_complaint(AssignComplaintRequest { assignee: assignee })
        );
        assert_eq!(request.unwrap().assignee, assignee);
    }
    let mut second = filing(Channel::Form).issues.remove(0);
    second.description = "The bill is wrong too.".to_owned();
    act!(
        service.client,
        name,
        add_issue(AddIssueRequest { issue: second })
    )
    .unwrap();
    for reference in ["CRM-1", "CRM-2"] {
        act!(
            service.client,
            name,
            add_case_reference(AddCaseReferenceRequest {
                case_reference: reference
            })
        )
        .unwrap();
    }
    let got = service.get(&name).await;
    assert_eq!(got.case_references, ["CRM-1", "CRM-2"]);
    let issues: Vec<_> = got
        .issues
        .iter()
        .map(|issue| (issue.number, issue.description.as_str()))
        .collect();
    assert_eq!(
        issues,
        [
            (1, "The line drops every evening."),
            (2, "The bill is wrong too.")
        ]
    );
    assert_eq!(
        service.kinds(&name).await,
        [
            "filed",
            "assigned",
            "assigned",
            "issue_added",
            "case_reference_added",
            "case_reference_added"
        ]
    );
    service.stop().await;
}
