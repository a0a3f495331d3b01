//! What is on its way to one subscription of one complaint: in order, whoever sends it, and whatever becomes of the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::SignedDuration;
use redress::{
    store::{DeliveryFate, DeliveryRoom, FinishedDelivery, Store, SubscriptionState},
    telemetry::Metrics,
    time_source::TimeSource as _,
};

use super::{Sending, of_notes, ordered, seconds, sequences, subscription};
use crate::support::receiver::{Reaction, Received, Receiver};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_event_of_a_complaint_fails_those_after_it_wait_and_those_of_others_do_not() {
    let failing = Arc::new(AtomicBool::new(true));
    let (fails, first) = (Arc::clone(&failing), Arc::new(std::sync::Mutex::new(None)));
    let held = Arc::clone(&first);
    let mut receiver = Receiver::start(move |received| {
        // Whichever complaint comes first fails.
        let mut first = first.lock().unwrap();
        let (source, _) = received.place();
        let is_first = first.get_or_insert_with(|| source.clone()) == &source;
        match is_first && fails.load(Ordering::Relaxed) && !received.word().contains("subscription")
        {
            true => Reaction::Answer(500),
            false => Reaction::Answer(200),
        }
    })
    .await;
    let mut sending = Sending::to(&[&receiver]).await;
    sending.subscribe_as(of_notes(&receiver)).await;
    *held.lock().unwrap() = None;
    let (one, other) = (sending.file().await, sending.file().await);
    sending.note(&one, "1").await;
    receiver.count(1).await;
    sending.note(&one, "2").await;
    sending.note(&one, "3").await;
    for note in ["1", "2", "3"] {
        sending.note(&other, note).await;
    }
    let events = receiver
        .until(|events| sequences(events, &other).len() == 3)
        .await;
    assert_eq!(sequences(&events, &one).len(), 1);
    assert!(ordered(&sequences(&events, &other)));
    // Tried again by the schedule: five seconds, a fifth more or less.
    sending.advance(seconds(3));
    failing.store(false, Ordering::Relaxed);
    sending.advance(seconds(4));
    let events = receiver
        .until(|events| sequences(events, &one).len() == 4)
        .await;
    let all = sequences(&events, &one);
    assert_eq!(all[0], all[1]);
    assert!(ordered(&all[1..]), "{all:?}");
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_hangs_delays_no_other() {
    let mut hanging = Receiver::start(|received| match received.word().as_str() {
        "subscription.verification" => Reaction::Answer(200),
        _ => Reaction::Hang,
    })
    .await;
    let mut well = Receiver::well().await;
    let mut sending = Sending::to(&[&hanging, &well]).await;
    sending.subscribe_as(subscription(&hanging)).await;
    sending.subscribe_as(subscription(&well)).await;
    let mut complaints = Vec::new();
    for _ in 0..30 {
        complaints.push(sending.file().await);
    }
    // Of the hanging one nothing is answered before it has taken all that is under way to it at once.
    hanging.count(8).await;
    let all = |events: &[Received]| {
        let filed = complaints.iter();
        filed
            .clone()
            .all(|complaint| !sequences(events, complaint).is_empty())
    };
    well.until(all).await;
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_send_every_event_once_and_in_order() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    sending.subscribe_as(of_notes(&receiver)).await;
    let mut other = sending.replica().await;
    let mut complaints = Vec::new();
    for _ in 0..10 {
        complaints.push(sending.file().await);
    }
    for note in 0..10 {
        for complaint in &complaints {
            let replica = if note % 2 == 0 {
                &mut sending
            } else {
                &mut other
            };
            replica.note(complaint, "A note.").await;
        }
    }
    let events = receiver.count(100).await;
    assert_eq!(events.len(), 100);
    let ids: BTreeSet<&str> = events.iter().map(Received::id).collect();
    assert_eq!(ids.len(), 100);
    for complaint in &complaints {
        let sequences = sequences(&events, complaint);
        assert!(
            sequences.len() == 10 && ordered(&sequences),
            "{sequences:?}"
        );
    }
    other.service.stop().await;
    sending.service.stop().await;
}

/// What a replica that is killed between sending and recording leaves behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_and_not_recorded_is_sent_again_under_the_same_id() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    receiver.count(1).await;
    let all_over =
        |all: &[redress::proto::v1::Delivery]| all.iter().all(|it| it.finish_time.is_some());
    sending.once_deliveries(&subscribed.name, all_over).await;

    // A replica that is not there any more has claimed the next one: as if it had sent it.
    let (database, time) = (
        Arc::clone(&sending.service.database),
        Arc::clone(&sending.service.time),
    );
    sending.service.app.stop().await.unwrap();
    let receivers = sending.receivers.clone();
    let store = Store::connect(&database.url, 2, Metrics::off()).unwrap();
    let stopped =
        crate::support::service::Service::beside(Arc::clone(&database), Arc::clone(&time)).await;
    let mut silent = stopped;
    let request = redress::proto::v1::AddNoteRequest {
        name: complaint.clone(),
        actor: "ada".to_owned(),
        note: "2".to_owned(),
        ..Default::default()
    };
    silent.client.add_note(request).await.unwrap();
    silent.stop().await;
    let now = time.now();
    loop {
        let subscriptions = store.subscriptions().unwrap();
        assert_eq!(subscriptions[0].state, SubscriptionState::Active);
        let wants = |_: &redress::store::Subscription, event: &redress::store::StoredEvent| {
            event.kind.is_some_and(|kind| kind.as_str() == "note_added")
        };
        if !store.fan_out(&subscriptions, now, wants).unwrap().more {
            break;
        }
    }
    let id = store.subscriptions().unwrap()[0].id;
    let room = DeliveryRoom {
        subscription: id,
        deliveries: 8,
    };
    let lease = now + seconds(60);
    let claim = || {
        store
            .turn_over_deliveries(&[], &[room], now, lease)
            .unwrap()
    };
    let [claimed] = claim().claimed.try_into().unwrap();
    // Nobody else has it meanwhile.
    assert!(claim().claimed.is_empty());

    let sending = Sending::beside(database, time, receivers).await;
    sending.advance(seconds(61));
    let events = receiver.count(2).await;
    assert_eq!(
        events[1].id(),
        redress::outbox::event_id(claimed.line.complaint, claimed.sequence)
    );
    // The late result of the replica that lost the lease counts for nothing.
    let late = FinishedDelivery {
        fate: DeliveryFate::Dead,
        attempts: "[]".to_owned(),
        answer: None,
        claimed,
    };
    let recorded = store.turn_over_deliveries(&[late], &[], lease, lease);
    assert!(recorded.unwrap().recorded.is_empty());
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_receivers_do_everything_arrives_in_order() {
    // Answers differ by what was received, and not by chance, so that each run is the same.
    let mut tried: BTreeMap<String, u32> = BTreeMap::new();
    let mut receiver = Receiver::start(move |received| {
        if received.word().starts_with("subscription.") {
            return Reaction::Answer(200);
        }
        let times = tried.entry(received.id().to_owned()).or_default();
        *times += 1;
        let sum: u32 = received.id().bytes().map(u32::from).sum();
        match (*times, sum % 6) {
            (1, 0) => Reaction::Answer(500),
            (1, 1) => Reaction::Reset,
            (1, 2) => Reaction::With(302, "location: http://127.0.0.1:1/"),
            (1, 3) => Reaction::With(429, "retry-after: 1"),
            _ => Reaction::Answer(202),
        }
    })
    .await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let other = sending.replica().await;
    let mut complaints = Vec::new();
    for _ in 0..8 {
        let complaint = sending.file().await;
        for note in ["1", "2", "3", "4"] {
            sending.note(&complaint, note).await;
        }
        complaints.push(complaint);
    }
    let delivered = async {
        loop {
            let filter = redress::proto::v1::DeliveryFilter::Unspecified;
            let all = sending.deliveries(&subscribed.name, filter).await;
            if all.len() == 32 && all.iter().all(|it| it.finish_time.is_some()) {
                return all;
            }
            // Whatever waits comes due.
            sending.advance(SignedDuration::from_mins(1));
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let delivered = tokio::time::timeout(std::time::Duration::from_secs(90), delivered).await;
    let delivered = delivered.expect("all of it arrives");
    let arrived = redress::proto::v1::DeliveryState::Delivered;
    assert!(delivered.iter().all(|it| it.state() == arrived));
    let events = receiver.count(32).await;
    for complaint in &complaints {
        let mut sequences = sequences(&events, complaint);
        sequences.dedup();
        assert!(sequences.len() == 4 && ordered(&sequences), "{sequences:?}");
    }
    other.service.stop().await;
    sending.service.stop().await;
}
