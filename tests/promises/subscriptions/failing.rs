//! Receivers that fail: how often they are tried, and what becomes of what they do not take.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering},
};

use jiff::SignedDuration;
use redress::proto::v1::{
    DeadLetters, Delivery, DeliveryState, PauseSubscriptionRequest, ResumeSubscriptionRequest,
    Subscription, SubscriptionChangeKind, SubscriptionState, UpdateSubscriptionRequest,
};

use super::{Sending, of_notes, seconds, sequences};
use crate::support::receiver::{Reaction, Received, Receiver};

/// One that answers with whatever status is set.
async fn answering(status: &Arc<AtomicU16>) -> Receiver {
    let status = Arc::clone(status);
    Receiver::start(move |received| match received.word().as_str() {
        "subscription.verification" => Reaction::Answer(200),
        _ => Reaction::Answer(status.load(Ordering::Relaxed)),
    })
    .await
}

fn attempts(count: i32) -> impl Fn(&[Delivery]) -> bool {
    move |all| {
        all.iter().any(|it| {
            it.attempt_count == count && it.attempts.len() == usize::try_from(count).unwrap()
        })
    }
}

/// What becomes due at the latest after each failure.
const WAITS: [i64; 9] = [
    7, 361, 2_161, 8_641, 21_601, 43_201, 60_481, 86_401, 103_681,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_ten_times_is_given_up_and_passed_over_or_holds_its_line() {
    let dead_ones = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&dead_ones);
    let receiver = Receiver::start(move |received| {
        // The second event of each complaint is poison.
        let poison = received.event()["data"]["text"] == "poison";
        match poison && fails.load(Ordering::Relaxed) {
            true => Reaction::Answer(422),
            false => Reaction::Answer(200),
        }
    })
    .await;
    for (dead_letters, state) in [
        (DeadLetters::Skip, DeliveryState::Dead),
        (DeadLetters::Hold, DeliveryState::Held),
    ] {
        dead_ones.store(true, Ordering::Relaxed);
        let mut sending = Sending::to(&[&receiver]).await;
        let wanted = Subscription {
            include_text: true,
            dead_letters: dead_letters.into(),
            ..of_notes(&receiver)
        };
        let (subscribed, _) = sending.subscribe_as(wanted).await;
        let (complaint, other) = (sending.file().await, sending.file().await);
        sending.note(&complaint, "poison").await;
        sending.note(&complaint, "after").await;
        for (failures, wait) in (1..).zip(WAITS) {
            sending
                .once_deliveries(&subscribed.name, attempts(failures))
                .await;
            // Something arrives meanwhile, so it is not the receiver that fails.
            sending.note(&other, "well").await;
            let arrived = |all: &[Delivery]| {
                all.iter()
                    .filter(|it| it.state() == DeliveryState::Delivered)
                    .count()
                    == usize::try_from(failures).unwrap()
            };
            sending.once_deliveries(&subscribed.name, arrived).await;
            sending.advance(seconds(wait));
        }
        let given_up = |all: &[Delivery]| all.iter().any(|it| it.state() == state);
        let all = sending.once_deliveries(&subscribed.name, given_up).await;
        let given_up = all.iter().find(|it| it.state() == state).unwrap();
        assert_eq!(given_up.attempt_count, 10);
        assert!(
            given_up
                .attempts
                .iter()
                .all(|it| it.status_code == 422 && !it.delivered)
        );
        if dead_letters == DeadLetters::Hold {
            // The line waits; it goes on once what holds it is sent again and taken.
            let filter = redress::proto::v1::DeliveryFilter::Unfinished;
            let waiting = sending.deliveries(&subscribed.name, filter).await;
            assert_eq!(waiting.len(), 2);
            assert!(waiting.iter().all(|it| it.next_attempt_time.is_none()));
            dead_ones.store(false, Ordering::Relaxed);
            let request = redress::proto::v1::ReplayDeliveriesRequest {
                name: subscribed.name.clone(),
                actor: "ada".to_owned(),
                ..Default::default()
            };
            let replayed = sending.client.replay_deliveries(request).await.unwrap();
            assert_eq!(replayed.into_inner().replayed_count, 1);
        }
        let over = |all: &[Delivery]| all.iter().all(|it| it.finish_time.is_some());
        sending.once_deliveries(&subscribed.name, over).await;
        let events = receiver.events();
        let last = sequences(&events, &complaint);
        let (poison, after) = (&last[last.len() - 2], &last[last.len() - 1]);
        assert!(poison < after, "{last:?}");
        sending.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_takes_nothing_is_only_probed_and_that_costs_no_attempt() {
    let status = Arc::new(AtomicU16::new(503));
    let mut receiver = answering(&status).await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let mut complaints = Vec::new();
    for _ in 0..12 {
        complaints.push(sending.file().await);
    }
    for complaint in &complaints {
        sending.note(complaint, "1").await;
    }
    let open = |it: &Subscription| it.next_probe_time.is_some();
    let opened = sending.once(&subscribed.name, open).await;
    assert!(opened.failing_since_time.is_some());
    let before = receiver.events().len();
    assert!((10..=12).contains(&before), "{before}");
    // One probe after half a minute, and not before; then one after a minute.
    sending.advance(seconds(31));
    receiver.count(before + 1).await;
    let later = |it: &Subscription| {
        it.next_probe_time.map(|at| at.seconds) > opened.next_probe_time.map(|at| at.seconds)
    };
    sending.once(&subscribed.name, later).await;
    sending.note(&complaints[0], "2").await;
    status.store(200, Ordering::Relaxed);
    sending.advance(seconds(61));
    let closed =
        |it: &Subscription| it.failing_since_time.is_none() && it.next_probe_time.is_none();
    sending.once(&subscribed.name, closed).await;
    sending.advance(seconds(10));
    let all = |all: &[Delivery]| {
        all.len() == 13 && all.iter().all(|it| it.state() == DeliveryState::Delivered)
    };
    let all = sending.once_deliveries(&subscribed.name, all).await;
    // Each failed once when it was tried at first, and one or two of them were probed with.
    assert!(all.iter().all(|it| it.attempt_count <= 4));
    let events = receiver.events();
    assert!(
        complaints
            .iter()
            .all(|it| !sequences(&events, it).is_empty())
    );
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_a_receiver_rejects_never_hold_up_others() {
    let is_down = Arc::new(AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let receiver = Receiver::start(move |received| {
        if received.word() == "subscription.verification" {
            return Reaction::Answer(200);
        }
        let poison = received.event()["data"]["text"] == "poison";
        match (down.load(Ordering::Relaxed), poison) {
            (true, _) => Reaction::Answer(503),
            (false, true) => Reaction::Answer(422),
            (false, false) => Reaction::Answer(200),
        }
    })
    .await;
    let mut sending = Sending::to(&[&receiver]).await;
    let wanted = Subscription {
        include_text: true,
        ..of_notes(&receiver)
    };
    let (subscribed, _) = sending.subscribe_as(wanted).await;
    let mut complaints = Vec::new();
    for _ in 0..12 {
        complaints.push(sending.file().await);
    }
    // More are rejected in a row than may fail before only probes are sent.
    for complaint in &complaints {
        sending.note(complaint, "poison").await;
    }
    let all_tried =
        |all: &[Delivery]| all.len() == 12 && all.iter().all(|it| it.attempt_count == 1);
    sending.once_deliveries(&subscribed.name, all_tried).await;
    let other = sending.file().await;
    sending.note(&other, "well").await;
    let arrived = |all: &[Delivery]| all.iter().any(|it| it.state() == DeliveryState::Delivered);
    sending.once_deliveries(&subscribed.name, arrived).await;
    assert!(
        sending
            .get(&subscribed.name)
            .await
            .next_probe_time
            .is_none()
    );
    // While the receiver is down only probes are sent; one that is rejected shows that it is up again.
    is_down.store(true, Ordering::Relaxed);
    sending.advance(seconds(7));
    let open = |it: &Subscription| it.next_probe_time.is_some();
    sending.once(&subscribed.name, open).await;
    is_down.store(false, Ordering::Relaxed);
    sending.note(&other, "well again").await;
    sending.advance(seconds(31));
    let two = |all: &[Delivery]| {
        let arrived = all
            .iter()
            .filter(|it| it.state() == DeliveryState::Delivered);
        arrived.count() == 2
    };
    sending.once_deliveries(&subscribed.name, two).await;
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_twice_within_more_than_a_minute_that_it_is_gone_gets_nothing_more() {
    let status = Arc::new(AtomicU16::new(410));
    let receiver = answering(&status).await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    sending.once_deliveries(&subscribed.name, attempts(1)).await;
    // Seconds later it may be a proxy before a receiver that is down.
    sending.advance(seconds(7));
    sending.once_deliveries(&subscribed.name, attempts(2)).await;
    let still = sending.get(&subscribed.name).await;
    assert_eq!(still.state(), SubscriptionState::Active);
    sending.advance(seconds(361));
    let disabled = |it: &Subscription| it.state() == SubscriptionState::Disabled;
    let disabled = sending.once(&subscribed.name, disabled).await;
    let change = &disabled.changes[0];
    assert_eq!(change.kind(), SubscriptionChangeKind::Disabled);
    assert_eq!(change.actor, "redress");
    assert!(change.detail.contains("410"), "{}", change.detail);
    // Once it works again, it goes on where it stood.
    sending.note(&complaint, "2").await;
    status.store(200, Ordering::Relaxed);
    let request = ResumeSubscriptionRequest {
        name: subscribed.name.clone(),
        actor: "ada".to_owned(),
    };
    sending.client.resume_subscription(request).await.unwrap();
    sending.advance(SignedDuration::from_hours(1));
    let both = |all: &[Delivery]| {
        all.len() == 2 && all.iter().all(|it| it.state() == DeliveryState::Delivered)
    };
    sending.once_deliveries(&subscribed.name, both).await;
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_former_endpoint_said_does_not_count_against_a_new_one() {
    let status = Arc::new(AtomicU16::new(410));
    let (receiver, other) = (answering(&status).await, answering(&status).await);
    let mut sending = Sending::to(&[&receiver, &other]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    let failing = |it: &Subscription| it.failing_since_time.is_some();
    sending.once(&subscribed.name, failing).await;
    let request = UpdateSubscriptionRequest {
        subscription: Some(Subscription {
            endpoint: other.url(),
            ..subscribed.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["endpoint".to_owned()],
        }),
        actor: "ada".to_owned(),
    };
    let updated = sending.client.update_subscription(request).await;
    assert_eq!(updated.unwrap().into_inner().failing_since_time, None);
    // A process that knows nothing but the new endpoint goes on, long enough after the word of the former one.
    let (database, time) = (
        Arc::clone(&sending.service.database),
        Arc::clone(&sending.service.time),
    );
    let receivers = sending.receivers.clone();
    sending.service.stop().await;
    let mut sending = Sending::beside(database, time, receivers).await;
    sending.advance(seconds(361));
    sending.once_deliveries(&subscribed.name, attempts(2)).await;
    let now = sending.once(&subscribed.name, failing).await;
    assert_eq!(now.state(), SubscriptionState::Active);
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_five_days_without_an_arrival_a_subscription_is_disabled() {
    let status = Arc::new(AtomicU16::new(500));
    let receiver = answering(&status).await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    sending.once_deliveries(&subscribed.name, attempts(1)).await;
    sending
        .once(&subscribed.name, |it| it.failing_since_time.is_some())
        .await;
    sending.advance(SignedDuration::from_hours(5 * 24));
    let disabled = |it: &Subscription| it.state() == SubscriptionState::Disabled;
    sending.once(&subscribed.name, disabled).await;
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_asks_for_it_is_left_alone_for_longer() {
    let times = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&times);
    let mut receiver = Receiver::start(move |received| {
        if received.word() == "subscription.verification" {
            return Reaction::Answer(200);
        }
        match counted.fetch_add(1, Ordering::Relaxed) {
            0 => Reaction::With(503, "retry-after: 3600"),
            _ => Reaction::Answer(200),
        }
    })
    .await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    let failed = sending.once_deliveries(&subscribed.name, attempts(1)).await;
    let (due, tried) = (
        failed[0].next_attempt_time.unwrap(),
        failed[0].attempts[0].attempt_time.unwrap(),
    );
    assert_eq!(due.seconds - tried.seconds, 3_600);
    sending.advance(seconds(3_600));
    receiver.count(2).await;
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_while_a_subscription_is_paused_is_sent_afterwards() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let request = PauseSubscriptionRequest {
        name: subscribed.name.clone(),
        actor: "ada".to_owned(),
    };
    let paused = sending.client.pause_subscription(request).await.unwrap();
    assert_eq!(paused.into_inner().state(), SubscriptionState::Paused);
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    sending.note(&complaint, "2").await;
    assert!(receiver.events().is_empty());
    let request = ResumeSubscriptionRequest {
        name: subscribed.name.clone(),
        actor: "ada".to_owned(),
    };
    sending.client.resume_subscription(request).await.unwrap();
    let events: Vec<Received> = receiver.count(2).await;
    assert_eq!(sequences(&events, &complaint).len(), 2);
    sending.service.stop().await;
}
