//! What leaves the process about what is delivered: which event, of which complaint, to which subscription, and how it ended.

use super::{
    collect_from,
    collector::{number, text},
};
use crate::{
    subscriptions::Sending,
    support::receiver::{Reaction, Receiver},
};

#[tokio::test]
async fn an_attempt_to_deliver_an_event_is_told_by_the_complaint_the_event_and_its_outcome() {
    let (mut first, mut delivered, mut named) = (true, Vec::new(), String::new());
    let mut receiver = Receiver::start(move |received| {
        let fails = received.word() != "subscription.verification" && std::mem::take(&mut first);
        Reaction::Answer(if fails { 503 } else { 204 })
    })
    .await;
    let collected = collect_from(async |_| {
        let mut sending = Sending::to(&[&receiver]).await;
        named = sending.subscribe(&receiver).await.0.name;
        sending.file().await;
        receiver.count(1).await;
        let failed = "exists (select from delivery where failures = 1)";
        sending.service.database.until(failed).await;
        sending.advance(jiff::SignedDuration::from_secs(7));
        delivered = receiver
            .until(|events| {
                let first = events[0].id();
                events.iter().filter(|it| it.id() == first).count() == 2
            })
            .await;
        sending.service.stop().await;
    })
    .await;

    let (subscription, event) = (
        named.trim_start_matches("subscriptions/"),
        delivered[0].id(),
    );
    let attempts = collected.spans_named("webhook.deliver").into_iter();
    let attempts: Vec<_> = attempts
        .filter(|span| text(&span.attributes, "event") == event)
        .collect();
    let outcomes = attempts
        .iter()
        .map(|span| text(&span.attributes, "outcome"));
    assert_eq!(outcomes.collect::<Vec<_>>(), ["refused", "delivered"]);
    for (attempt, span) in (1..).zip(&attempts) {
        let of = |key| text(&span.attributes, key);
        assert_eq!(number(&span.attributes, "attempt"), attempt);
        assert_eq!(of("subscription"), subscription);
        let complaint = delivered[0].event()["partitionkey"].clone();
        assert_eq!(of("complaint"), complaint.as_str().unwrap());
    }
}
