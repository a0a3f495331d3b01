//! A subscription with much of the log to catch up with.

use std::sync::Arc;

use diesel::{RunQueryDsl as _, dsl::sql, select, sql_types::BigInt};
use redress::{
    proto::v1::{self, AddNoteRequest},
    store::{Store, StoredEvent, Subscription, SubscriptionState},
    telemetry::Metrics,
    time_source::TimeSource as _,
};
use uuid::Uuid;

use super::{Sending, of_notes};
use crate::support::{database::TestDatabase, receiver::Receiver, service::Service};

/// More than are read of the log at a time.
const BEHIND: usize = 450;

fn count(database: &TestDatabase, of: &str) -> i64 {
    let count = format!("(select count(*) from {of})");
    let counted = select(sql::<BigInt>(&count)).get_result(&mut database.connect());
    counted.unwrap()
}

fn id_of(subscription: &v1::Subscription) -> Uuid {
    let id = subscription.name.trim_start_matches("subscriptions/");
    id.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_is_far_behind_delays_no_other() {
    let receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let (late, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let (other, _) = sending.subscribe_as(of_notes(&receiver)).await;
    let pausing = v1::PauseSubscriptionRequest {
        name: late.name.clone(),
        actor: "ada".to_owned(),
    };
    sending.client.pause_subscription(pausing).await.unwrap();
    let complaint = sending.file().await;
    let database = Arc::clone(&sending.service.database);
    while count(&database, "event") < i64::try_from(BEHIND).unwrap() {
        sending.note(&complaint, "one more").await;
    }
    let notes = count(&database, "event where kind = 'note_added'");
    let all = |all: &[v1::Delivery]| i64::try_from(all.len()) == Ok(notes);
    sending.once_deliveries(&other.name, all).await;
    let time = Arc::clone(&sending.service.time);
    sending.service.stop().await;

    // From here on nothing is read but by this test.
    let mut silent = Service::beside(Arc::clone(&database), Arc::clone(&time)).await;
    let note = AddNoteRequest {
        name: complaint,
        actor: "ada".to_owned(),
        note: "the latest".to_owned(),
        ..Default::default()
    };
    silent.client.add_note(note).await.unwrap();
    silent.stop().await;
    let store = Store::connect(&database.url, 2, Metrics::off()).unwrap();
    let (late, other) = (id_of(&late), id_of(&other));
    let resumed = store.change_subscription(late, |subscription| {
        subscription.state = SubscriptionState::Active;
        let change = redress::store::SubscriptionChange {
            kind: redress::store::SubscriptionChangeKind::Resumed,
            at: time.now(),
            actor: "ada".to_owned(),
            detail: String::new(),
        };
        Ok::<_, redress::store::StoreError>(((), Some(change)))
    });
    assert!(resumed.unwrap().is_some());

    let of = |id: Uuid| {
        count(
            &database,
            &format!("delivery where subscription_id = '{id}'"),
        )
    };
    let wants = |_: &Subscription, event: &StoredEvent| {
        event.kind.is_some_and(|kind| kind.as_str() == "note_added")
    };
    let pass = || {
        let subscriptions = store.subscriptions().unwrap();
        store.fan_out(&subscriptions, time.now(), wants).unwrap()
    };
    assert_eq!((of(late), of(other)), (0, notes));
    pass();
    // The first pass has got it what is new, and the other one a page.
    assert_eq!(of(other), notes + 1);
    assert!(of(late) > 0 && of(late) < notes, "{}", of(late));
    while pass().more {}
    assert_eq!((of(late), of(other)), (notes + 1, notes + 1));
}
