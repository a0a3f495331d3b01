//! Events that are sent again, under the ids that they had.

use redress::proto::v1::{
    Delivery, EventKind, ReplayDeliveriesRequest, RotateSubscriptionSecretRequest,
};

use super::{Sending, of_notes, seconds, subscription};
use crate::support::{
    receiver::{Received, Receiver, is_signed},
    service::refusal,
};

async fn replay(sending: &mut Sending, request: ReplayDeliveriesRequest) -> i32 {
    let replayed = sending.client.replay_deliveries(request).await;
    replayed.unwrap().into_inner().replayed_count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_sent_again_by_name_by_kind_and_by_time_under_the_same_ids() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, _) = sending.subscribe(&receiver).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    // Found in the log before the time moves on.
    receiver
        .until(|events| events.iter().any(|it| it.word() == "note_added"))
        .await;
    sending.advance(seconds(100));
    let middle = redress::time_source::TimeSource::now(&*sending.service.time);
    sending.note(&complaint, "2").await;
    let log = sending.service.events(&complaint).await;
    let all_over =
        |all: &[Delivery]| all.len() == log.len() && all.iter().all(|it| it.finish_time.is_some());
    sending.once_deliveries(&subscribed.name, all_over).await;
    let first = receiver.events();
    let base = ReplayDeliveriesRequest {
        name: subscribed.name.clone(),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    // Nothing was given up.
    assert_eq!(replay(&mut sending, base.clone()).await, 0);
    let by_name = ReplayDeliveriesRequest {
        events: vec![log[0].name.clone()],
        ..base.clone()
    };
    assert_eq!(replay(&mut sending, by_name.clone()).await, 1);
    let events = receiver.count(first.len() + 1).await;
    assert_eq!(
        events.last().map(Received::id),
        first.first().map(Received::id)
    );
    sending.once_deliveries(&subscribed.name, all_over).await;
    let by_kind = ReplayDeliveriesRequest {
        include_delivered: true,
        kinds: vec![EventKind::NoteAdded.into()],
        ..base.clone()
    };
    assert_eq!(replay(&mut sending, by_kind).await, 2);
    let events = receiver.count(first.len() + 3).await;
    let again: Vec<String> = events[first.len() + 1..]
        .iter()
        .map(Received::word)
        .collect();
    assert_eq!(again, ["note_added", "note_added"]);
    sending.once_deliveries(&subscribed.name, all_over).await;
    let since = ReplayDeliveriesRequest {
        include_delivered: true,
        start_time: Some(prost_types::Timestamp {
            seconds: middle.as_second(),
            nanos: 0,
        }),
        ..base.clone()
    };
    assert_eq!(replay(&mut sending, since).await, 1);
    receiver.count(first.len() + 4).await;
    // What is not in the log is not sent, and what was named with it neither.
    let missing = ReplayDeliveriesRequest {
        events: vec![log[0].name.clone(), format!("{complaint}/events/999")],
        ..base
    };
    let refused = sending.client.replay_deliveries(missing).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "EVENT_NOT_FOUND");
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_a_day_after_a_rotation_both_secrets_verify_what_arrives() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (subscribed, former) = sending.subscribe_as(of_notes(&receiver)).await;
    let request = RotateSubscriptionSecretRequest {
        name: subscribed.name.clone(),
        actor: "ada".to_owned(),
    };
    let rotated = sending.client.rotate_subscription_secret(request).await;
    let present = rotated.unwrap().into_inner().secret;
    assert_ne!(present, former);
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    let [one] = receiver.count(1).await.try_into().unwrap();
    assert!(is_signed(&one, &present) && is_signed(&one, &former));
    sending.advance(seconds(24 * 3_600));
    sending.note(&complaint, "2").await;
    let events = receiver.count(2).await;
    assert!(is_signed(&events[1], &present) && !is_signed(&events[1], &former));
    // Nobody is shown a secret again, nor is it in the database as it is.
    let got = format!("{:?}", sending.get(&subscribed.name).await);
    assert!(!got.contains("whsec_"));
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_event_of_a_kind_that_was_not_wanted_is_sent_all_the_same() {
    let mut receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let complaint = sending.file().await;
    // Filed before there was a subscription.
    let (subscribed, _) = sending.subscribe_as(subscription(&receiver)).await;
    let request = ReplayDeliveriesRequest {
        name: subscribed.name.clone(),
        actor: "ada".to_owned(),
        events: vec![format!("{complaint}/events/1")],
        ..Default::default()
    };
    assert_eq!(replay(&mut sending, request).await, 1);
    let events = receiver.count(1).await;
    assert_eq!(events[0].word(), "filed");
    sending.service.stop().await;
}
