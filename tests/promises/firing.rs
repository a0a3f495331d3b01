//! What is due fires: once, in order, whatever else happens.

use std::{collections::BTreeSet, sync::Arc};

use diesel::RunQueryDsl as _;
use redress::{
    domain::{Command, EventKind},
    policy::Channel,
    proto::v1,
};

use crate::support::{
    office::{Office, content, filing, instant},
    service::{Service, told},
};

/// airflow #64710: with two schedulers a missed deadline called back twice. libredesk and django-helpdesk are open
/// to the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sweepers_on_a_thousand_due_timers_fire_each_exactly_once() {
    let first = Office::open();
    let second = Office::beside(Arc::clone(&first.database), Arc::clone(&first.time));
    let filings = (0..1_000).map(|_| first.file(filing(Channel::Form)));
    let complaints = futures_util::future::join_all(filings).await;
    assert_eq!(complaints.len(), 1_000);
    assert_eq!(first.drain().await, 0, "nothing is due yet");

    // From Tuesday 10:00 to the close of Wednesday 15 hours are counted; half of them have passed on Wednesday at 9:30.
    first.time.set(instant("2026-06-03T14:30:00Z"));
    let (one, other) = tokio::join!(first.drain(), second.drain());
    assert_eq!(one + other, 1_000, "{one} and {other}");
    assert_eq!(
        first.drain().await + second.drain().await,
        0,
        "nothing fires twice"
    );

    let log = first.log(0, 2_000).await;
    let reminded: Vec<_> = log
        .iter()
        .filter(|event| event.kind == Some(EventKind::Reminder))
        .collect();
    assert_eq!(reminded.len(), 1_000);
    let keys: BTreeSet<_> = reminded.iter().map(|event| event.complaint).collect();
    assert_eq!(keys.len(), 1_000, "one for each complaint");
    assert!(
        reminded
            .iter()
            .map(|event| content(event))
            .all(|content| content.actor == "redress" && content.firing.is_some())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overdue_acknowledgement_is_reminded_before_at_and_after_its_due_time() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let mut seen = Vec::new();
    // Tuesday 10:00 in Toronto; due at the close of Wednesday; then two working hours later, then each working day.
    for at in [
        "2026-06-03T14:30:00Z",
        "2026-06-03T21:00:00Z",
        "2026-06-03T21:00:01Z",
        "2026-06-04T15:00:01Z",
    ] {
        office.time.set(instant(at));
        seen.push(office.drain().await);
    }
    assert_eq!(
        seen,
        [1, 0, 1, 1],
        "at the due time itself the promise is still kept"
    );
    let kinds: Vec<String> = office
        .events(&complaint)
        .await
        .into_iter()
        .map(|event| event.kind.unwrap().to_string())
        .collect();
    assert_eq!(
        kinds,
        [
            "filed",
            "reminder",
            "breached",
            "escalation_eligible",
            "reminder"
        ]
    );

    office
        .change(
            &complaint,
            Command::Acknowledge(redress::domain::Acknowledgement::default()),
        )
        .await
        .unwrap();
    let clocks = office.clocks(&complaint).await;
    let acknowledgement = clocks
        .iter()
        .find(|clock| clock.name == "acknowledgement")
        .unwrap();
    assert_eq!(acknowledgement.state.as_str(), "missed");
    assert_eq!(acknowledgement.next, None, "it reminds no more");
}

/// libredesk: an error in one template is tried again every 20 seconds, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_poisoned_complaint_holds_up_no_other() {
    let office = Office::open();
    let poisoned = office.file(filing(Channel::Form)).await;
    let sound = office.file(filing(Channel::Form)).await;
    // A version of the policy that nobody has: what would happen if its text were lost.
    let statement = format!(
        "update complaint set body = jsonb_set(body::jsonb, '{{policy,version}}', '\"lost\"')::json where id = '{}'",
        poisoned.id
    );
    diesel::sql_query(statement)
        .execute(&mut office.database.connect())
        .unwrap();

    office.time.set(instant("2026-06-03T14:30:00Z"));
    assert_eq!(office.drain().await, 1);
    assert_eq!(office.events(&sound).await.len(), 2);
    assert_eq!(office.events(&poisoned).await.len(), 1);
    // Put aside, not forgotten, and soon looked at again: another process may know the version.
    assert!(office.due_at("2026-06-03T14:30:05Z").is_empty());
    assert_eq!(office.due_at("2026-06-03T14:31:00Z"), [poisoned.id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_that_cannot_even_be_read_holds_up_no_other() {
    let office = Office::open();
    let unreadable = office.file(filing(Channel::Form)).await;
    let sound = office.file(filing(Channel::Form)).await;
    let statement = format!(
        "update complaint set body = '{{}}' where id = '{}'",
        unreadable.id
    );
    diesel::sql_query(statement)
        .execute(&mut office.database.connect())
        .unwrap();
    office.time.set(instant("2026-06-03T14:30:00Z"));
    assert_eq!(office.drain().await, 1);
    assert_eq!(office.events(&sound).await.len(), 2);
    // Put aside for a while, it does not cost every sweep anew; when it was due stays what it was.
    assert!(office.due_at("2026-06-03T14:31:00Z").is_empty());
    assert_eq!(office.due_at("2026-06-03T15:00:00Z"), [unreadable.id]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_for_days_a_breach_fires_once_with_how_late_and_repeats_collapse() {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    office.time.set(instant("2026-06-12T12:00:00Z"));
    office.drain().await;
    let events = office.events(&complaint).await;
    let of_clock = |kind: EventKind| {
        let hits = events.iter().filter(|event| event.kind == Some(kind));
        hits.filter(|event| {
            content(event)
                .firing
                .as_ref()
                .is_some_and(|firing| firing.clock == "acknowledgement")
        })
        .count()
    };
    assert_eq!(
        (of_clock(EventKind::Breached), of_clock(EventKind::Reminder)),
        (1, 1)
    );
    let breach = events
        .iter()
        .find(|event| event.kind == Some(EventKind::Breached))
        .unwrap();
    let due = content(breach).firing.as_ref().unwrap().due;
    assert_eq!(due, instant("2026-06-03T21:00:00Z"));
    assert_eq!(
        content(breach).at.duration_since(due).as_hours(),
        207,
        "the log says how late it fired"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_replica_planned_fires_at_the_next_heartbeat() {
    let service = Service::start().await;
    // A replica that does not sweep, and whose plans the service does not hear of.
    let other = Office::beside(Arc::clone(&service.database), Arc::clone(&service.time));
    let complaint = other.file(filing(Channel::Form)).await;
    let request = v1::WatchEventsRequest {
        from_beginning: true,
        kinds: vec![v1::EventKind::Reminder.into()],
        ..Default::default()
    };
    let mut stream = service
        .client
        .clone()
        .watch_events(request)
        .await
        .unwrap()
        .into_inner();
    service.time.set(instant("2026-06-03T14:30:00Z"));
    let reminder = told(&mut stream).await.unwrap().event.unwrap();
    assert_eq!(reminder.complaint, format!("complaints/{}", complaint.id));
    drop(stream);
    drop(other);
    service.stop().await;
}

/// Of the steps that were planned lately: a nearer one is not hidden by what is planned after it, nor a later one by what is past.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sweeper_is_told_of_the_nearest_step_that_is_still_ahead() {
    let office = Office::open();
    let planned = office.engine.planned();
    let first_step = async |channel| {
        let complaint = office.file(filing(channel)).await;
        let clocks = office.clocks(&complaint).await;
        let steps = clocks.iter().filter_map(|clock| clock.next);
        steps.map(|next| next.at).min().expect("a step")
    };
    let near = first_step(Channel::Phone).await;
    assert_eq!(*planned.borrow(), Some(near));
    let far = first_step(Channel::Form).await;
    assert!(near < far);
    assert_eq!(*planned.borrow(), Some(near));
    // It is not ahead any more from its own instant on.
    office.time.set(near);
    let later = first_step(Channel::Form).await;
    assert!(near < later);
    assert_eq!(*planned.borrow(), Some(later));
}
