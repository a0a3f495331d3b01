//! What happens is seen by those who watch: what people do, and what falls due by itself.

use std::{sync::Arc, time::Duration};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::{
    app::{App, AppConfig},
    proto::v1::{self, Channel, ClockState, EscalationReason},
    time_source::ManualTime,
};
use tonic::Code;

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{Reading, Service, act, at, clock_of, config, connect, filing, refusal, told},
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
        let response = told(&mut stream.unwrap().into_inner()).await.unwrap();
        assert_ne!(response.position, position, "it goes on");
        position = response.position;
        seen.push(response.event.unwrap().complaint);
    }
    assert_eq!(seen, names);
    service.stop().await;
}

/// Whichever message was the last one, and whatever of its transaction is still to come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_cut_anywhere_goes_on_with_the_very_next_event() {
    const COMPLAINTS: usize = 40;
    let mut service = Service::start().await;
    // Many at once, so that they are committed together.
    let files = (0..COMPLAINTS).map(|_| {
        let mut client = service.client.clone();
        async move {
            let mut filing = filing(Channel::Form);
            filing.acknowledgement = Some(v1::Acknowledgement::default());
            client.file_complaint(filing).await.unwrap();
        }
    });
    futures_util::future::join_all(files).await;
    let beginning = v1::WatchEventsRequest {
        from_beginning: true,
        ..Default::default()
    };
    let stream = service.client.watch_events(beginning.clone()).await;
    let (mut stream, mut whole) = (stream.unwrap().into_inner(), Vec::new());
    while whole.len() < 3 * COMPLAINTS {
        let message = told(&mut stream).await.unwrap();
        whole.push((message.position, message.event.unwrap().name));
    }
    let mut positions: Vec<_> = whole.iter().map(|(position, _)| position).collect();
    positions.sort();
    positions.dedup();
    assert_eq!(positions.len(), whole.len(), "each event has its own");

    let seed = std::env::var("REDRESS_WATCHING_SEED").ok();
    let seed = seed.map_or_else(|| rand::rng().random(), |seed| seed.parse().unwrap());
    println!("REDRESS_WATCHING_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (mut seen, mut request) = (Vec::new(), beginning);
    while seen.len() < whole.len() {
        let stream = service.client.watch_events(request.clone()).await;
        let mut stream = stream.unwrap().into_inner();
        for _ in 0..random.random_range(1..=7) {
            let message = stream.message().await.unwrap().unwrap();
            request = v1::WatchEventsRequest {
                after_position: message.position.clone(),
                ..Default::default()
            };
            if let Some(event) = message.event {
                seen.push((message.position, event.name));
            }
            if seen.len() == whole.len() {
                break;
            }
        }
    }
    assert_eq!(seen, whole);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_saw_nothing_can_resume_from_where_its_stream_began_and_from_each_heartbeat() {
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(AppConfig {
        heartbeat: Duration::from_millis(50),
        ..config(&database.url, time)
    });
    let app = app.await.unwrap();
    let mut client = connect(&app).await;
    client.file_complaint(filing(Channel::Form)).await.unwrap();
    let quiet = v1::WatchEventsRequest {
        kinds: vec![v1::EventKind::Closed.into()],
        ..Default::default()
    };
    let stream = client.watch_events(quiet).await.unwrap();
    let mut stream = stream.into_inner();
    let mut resumed = Vec::new();
    for _ in 0..3 {
        let message = stream.message().await.unwrap().unwrap();
        let alone = v1::WatchEventsResponse {
            position: message.position.clone(),
            ..Default::default()
        };
        assert_eq!(message, alone);
        let complaint = client.file_complaint(filing(Channel::Form)).await;
        resumed.push((message.position, complaint.unwrap().into_inner().name));
    }
    for (after_position, name) in resumed {
        let request = v1::WatchEventsRequest {
            after_position,
            ..Default::default()
        };
        let stream = client.watch_events(request).await;
        let mut stream = stream.unwrap().into_inner();
        // It was filed after that position was told.
        while told(&mut stream).await.unwrap().event.unwrap().complaint != name {}
    }
    app.stop().await.unwrap();
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
