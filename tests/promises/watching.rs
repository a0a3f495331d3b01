//! What happens is seen by those who watch: what people do, and what falls due by itself.

use redress::proto::v1::{self, Channel, ClockState, EscalationReason};
use tonic::Code;

use crate::support::{
    office::instant,
    service::{Reading, Service, act, at, clock_of, filing, refusal},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_time_passes_the_reminder_the_breach_and_the_flag_come_by_themselves() {
    let mut service = Service::start().await;
    let mut watch = service
        .watch(&["reminder", "breached", "escalation_eligible"])
        .await;
    let name = service.file(Channel::Form).await.name;

    service.time.set(instant("2026-06-03T14:30:00Z"));
    let reminder = watch.event().await;
    assert_eq!(
        (reminder.word().as_str(), clock_of(&reminder)),
        ("reminder", ("acknowledgement", 1))
    );
    assert_eq!(
        (&reminder.complaint, reminder.actor.as_str()),
        (&name, "redress")
    );

    // Still in time at the last instant; so nothing comes before the breach.
    service.time.set(instant("2026-06-03T21:00:00Z"));
    service.time.set(instant("2026-06-03T21:00:30Z"));
    let breach = watch.event().await;
    assert_eq!(breach.word(), "breached");
    assert_eq!(
        breach.clock_step.as_ref().unwrap().due_time,
        Some(at("2026-06-03T21:00:00Z"))
    );
    assert_eq!(
        breach.event_time,
        Some(at("2026-06-03T21:00:30Z")),
        "the log says how late it fired"
    );
    assert_eq!(watch.event().await.word(), "escalation_eligible");

    let flagged = service.get(&name).await;
    let reasons: Vec<_> = flagged.escalation_reasons().collect();
    assert_eq!(reasons, [EscalationReason::AcknowledgementOverdue]);
    assert_eq!(
        flagged.escalation_eligible_time,
        Some(at("2026-06-03T21:00:30Z"))
    );
    let listed = service.client.list_complaints(v1::ListComplaintsRequest {
        escalation_eligible: true,
        ..Default::default()
    });
    assert_eq!(listed.await.unwrap().into_inner().complaints.len(), 1);
    let clock = service.clock(&name, "acknowledgement").await;
    assert_eq!(clock.state(), ClockState::Running);
    assert_eq!(clock.breach_time, breach.event_time);

    act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let clock = service.clock(&name, "acknowledgement").await;
    assert_eq!(
        (clock.state(), clock.next_fire_time),
        (ClockState::Missed, None)
    );
    service.stop().await;
}

/// zammad #3140: a ticket escalated by its update time though the agent had answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_keeps_the_customer_informed_is_not_reminded_of_the_update_before() {
    let mut service = Service::start().await;
    let mut watch = service.watch(&["reminder", "breached"]).await;
    let name = service.under_review().await.name;
    service.time.set(instant("2026-06-05T15:00:00Z"));
    act!(
        service.client,
        name,
        send_update(SendUpdateRequest {
            message: "We are at it."
        })
    )
    .unwrap();
    // The first cycle would have reminded on the 8th and been late on the 9th; the second is due on the 12th.
    let mut seen = Vec::new();
    for (to, clock) in [
        ("2026-06-10T15:00:00Z", "resolution"),
        ("2026-06-11T21:00:01Z", "customer_update"),
        ("2026-06-12T21:00:01Z", "customer_update"),
    ] {
        service.time.set(instant(to));
        let last = loop {
            let event = watch.event().await;
            seen.push((
                event.word(),
                clock_of(&event).0.to_owned(),
                clock_of(&event).1,
            ));
            if clock_of(&event).0 == clock {
                break event;
            }
        };
        assert_eq!(last.event_time, Some(at(to)));
    }
    let updates: Vec<_> = seen
        .iter()
        .filter(|(_, clock, _)| clock == "customer_update")
        .map(|(kind, _, cycle)| (kind.as_str(), *cycle))
        .collect();
    assert_eq!(updates, [("reminder", 2), ("breached", 2)], "{seen:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_fire_once_and_a_watcher_of_either_sees_it() {
    let mut one = Service::start().await;
    let mut other = Service::beside(one.database.clone(), one.time.clone()).await;
    let mut watches = [
        one.watch(&["filed", "breached"]).await,
        other.watch(&["filed", "breached"]).await,
    ];
    let name = one.file(Channel::Form).await.name;
    one.time.set(instant("2026-06-03T21:00:01Z"));
    for watch in &mut watches {
        assert_eq!(watch.event().await.word(), "filed");
        assert_eq!(watch.event().await.word(), "breached");
    }
    other.file(Channel::Form).await;
    for watch in &mut watches {
        assert_eq!(
            watch.event().await.word(),
            "filed",
            "there was one breach only"
        );
    }
    let kinds = one.kinds(&name).await;
    assert_eq!(kinds, ["filed", "breached", "escalation_eligible"]);
    other.stop().await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_from_the_last_position_misses_nothing() {
    let mut service = Service::start().await;
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(service.file(Channel::Form).await.name);
    }
    let mut position = String::new();
    let mut seen: Vec<String> = Vec::new();
    // A watcher that loses its stream after every event.
    while seen.len() < names.len() {
        let request = v1::WatchEventsRequest {
            from_beginning: position.is_empty(),
            after_position: position.clone(),
            kinds: vec![v1::EventKind::Filed.into()],
            ..Default::default()
        };
        let stream = service.client.watch_events(request).await;
        let mut stream = stream.unwrap().into_inner();
        let response = stream.message().await.unwrap().unwrap();
        assert_ne!(response.position, position, "it goes on");
        position = response.position;
        seen.push(response.event.unwrap().complaint);
    }
    assert_eq!(seen, names);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_sees_what_is_committed_from_now_on_in_order_with_its_words() {
    let mut service = Service::start().await;
    let mut earlier = service.watch(&["filed"]).await;
    let name = service.file(Channel::Form).await.name;
    // Committed is not yet readable: the log ends before the oldest transaction that still runs, whoever's it is.
    assert_eq!(earlier.event().await.complaint, name);
    let mut watch = service.watch(&[]).await;
    act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Phone,
            direction: v1::Direction::FromCustomer,
            summary: "It drops at nine."
        })
    )
    .unwrap();
    let mut phone = filing(Channel::Phone);
    phone.acknowledgement = Some(v1::Acknowledgement::default());
    let second = service.file_as(phone).await.name;
    let contact = watch.event().await;
    assert_eq!(
        (contact.complaint.as_str(), contact.sequence),
        (name.as_str(), 2)
    );
    let mut kinds = vec![contact.word()];
    for sequence in 1..=3 {
        let event = watch.event().await;
        assert_eq!(
            (event.complaint.as_str(), event.sequence),
            (second.as_str(), sequence)
        );
        kinds.push(event.word());
    }
    assert_eq!(
        kinds,
        ["contact_recorded", "filed", "acknowledged", "notice_issued"]
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_the_service_and_says_to_go_on_elsewhere() {
    let mut service = Service::start().await;
    let mut watch = service.watch(&["filed"]).await;
    service.file(Channel::Form).await;
    assert_eq!(watch.event().await.word(), "filed");
    service.stop().await;
    let (code, reason) = refusal(&watch.next().await.unwrap_err());
    assert_eq!(
        (code, reason.as_str()),
        (Code::Unavailable, "SHUTTING_DOWN")
    );
}
