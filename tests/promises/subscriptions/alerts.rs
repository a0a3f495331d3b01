//! Somebody is told when a subscription is disabled: by mail whoever answers for it, and else staff.

use std::sync::Arc;

use jiff::SignedDuration;
use redress::{
    app::{AppConfig, StaffConfig, StaffWays},
    dispatch::mail::Mailbox,
    proto::v1::{Subscription, SubscriptionState, UpdateSubscriptionRequest},
    time_source::ManualTime,
};
use tempfile::TempDir;

use super::{Sending, creation, of_notes, sending_to, subscription};
use crate::{
    staff::desk::directory_file,
    support::{
        database::TestDatabase,
        office::{START, instant},
        receiver::{Reaction, Receiver},
        relay::{Answer, Relay, Taken},
        service::violated,
    },
};

const CONTACT: &str = "ops@crm.example";

const DESK: &str = r#"
fallback = "desk"

[[team]]
name = "desk"
mail = "desk@example.org"
calendar = "ca-federal"
at_once = true
"#;

/// One whose endpoint is verified, and takes nothing afterwards.
async fn failing() -> Receiver {
    Receiver::start(|received| match received.word().as_str() {
        "subscription.verification" => Reaction::Answer(200),
        _ => Reaction::Answer(503),
    })
    .await
}

/// A service that mails by this relay, with a directory of staff.
async fn mailing(relay: &Relay, receiver: &Receiver) -> (TempDir, Sending) {
    let (folder, directory) = directory_file(DESK);
    let staff = StaffConfig {
        directory,
        url: None,
        ways: StaffWays::Own { webhook: None },
    };
    (folder, mailing_with(relay, receiver, Some(staff)).await)
}

async fn mailing_with(relay: &Relay, receiver: &Receiver, staff: Option<StaffConfig>) -> Sending {
    let receivers = vec![format!("http://{}", receiver.address)];
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let config = AppConfig {
        mail: Some(relay.settings()),
        staff,
        staff_from: Some(Mailbox {
            name: None,
            address: "redress@example.org".to_owned(),
        }),
        ..sending_to(&database, &time, &receivers)
    };
    Sending::of(config, database, time, receivers).await
}

/// Has nothing arrive at a subscription for five days. Returns it as it is then.
async fn disable(sending: &mut Sending, wanted: Subscription) -> Subscription {
    let (subscribed, _) = sending.subscribe_as(wanted).await;
    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    let failing = |it: &Subscription| it.failing_since_time.is_some();
    sending.once(&subscribed.name, failing).await;
    sending.advance(SignedDuration::from_hours(5 * 24 + 1));
    let disabled = |it: &Subscription| it.state() == SubscriptionState::Disabled;
    sending.once(&subscribed.name, disabled).await
}

/// What has reached somebody, once something was told, and nothing is to be told any more.
async fn told(sending: &Sending, relay: &Relay) -> Vec<Taken> {
    let noticed = "exists (select from subscription where state = 'disabled') \
                   and not exists (select from subscription_alert)";
    sending.service.database.until(noticed).await;
    // Five days after a Tuesday is a Sunday, on which staff are told nothing.
    sending.advance(SignedDuration::from_hours(2 * 24));
    let over = "not exists (select from staff_message where subscription_id is not null and send_at is not null)";
    sending.service.database.until(over).await;
    let taken = relay.taken().into_iter();
    taken
        .filter(|it| {
            it.header("Subject")
                .is_some_and(|it| it.starts_with("Subscription"))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contact_of_a_disabled_subscription_is_written_to_once() {
    let (relay, receiver) = (Relay::start().await, failing().await);
    let (_folder, mut sending) = mailing(&relay, &receiver).await;
    let wanted = Subscription {
        contact_email: CONTACT.to_owned(),
        ..of_notes(&receiver)
    };
    let disabled = disable(&mut sending, wanted).await;
    let [mail] = told(&sending, &relay).await.try_into().unwrap();
    assert!(mail.to.contains(CONTACT), "{}", mail.to);
    let subject = mail.header("Subject").unwrap();
    assert_eq!(subject, "Subscription disabled: Contact centre");
    let id = disabled.name.trim_start_matches("subscriptions/");
    for part in [
        "redress@example.org",
        "nothing has arrived for five days",
        &format!("redress subscriptions resume {id}"),
    ] {
        assert!(mail.message.contains(part), "no {part}:\n{}", mail.message);
    }
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_are_told_of_a_disabled_subscription_that_names_nobody() {
    let (relay, receiver) = (Relay::start().await, failing().await);
    let (_folder, mut sending) = mailing(&relay, &receiver).await;
    disable(&mut sending, of_notes(&receiver)).await;
    let [mail] = told(&sending, &relay).await.try_into().unwrap();
    assert!(mail.to.contains("desk@example.org"), "{}", mail.to);
    assert!(mail.message.contains("Contact centre"), "{}", mail.message);
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_are_told_where_mail_does_not_reach_the_contact() {
    let (relay, receiver) = (Relay::start().await, failing().await);
    let (_folder, mut sending) = mailing(&relay, &receiver).await;
    relay.does([Answer::Refuse("550 5.1.1 no such mailbox")]);
    let wanted = Subscription {
        contact_email: CONTACT.to_owned(),
        ..of_notes(&receiver)
    };
    disable(&mut sending, wanted).await;
    let [mail] = told(&sending, &relay).await.try_into().unwrap();
    assert!(mail.to.contains("desk@example.org"), "{}", mail.to);
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_are_no_staff_the_contact_is_tried_for_days() {
    let (relay, receiver) = (Relay::start().await, failing().await);
    let mut sending = mailing_with(&relay, &receiver, None).await;
    // For longer than the pauses before staff would be told.
    let failures = 12;
    relay.does((0..failures).map(|_| Answer::Refuse("451 4.3.0 not now")));
    let wanted = Subscription {
        contact_email: CONTACT.to_owned(),
        ..of_notes(&receiver)
    };
    disable(&mut sending, wanted).await;
    for failed in 1..=failures {
        let tried = format!("exists (select from subscription_alert where tries = {failed})");
        sending.service.database.until(&tried).await;
        sending.advance(SignedDuration::from_mins(80));
    }
    let over = "not exists (select from subscription_alert)";
    sending.service.database.until(over).await;
    let taken = relay.taken().into_iter();
    let to_it = taken.filter(|it| it.to.contains(CONTACT));
    assert_eq!(to_it.count(), 1);
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_an_address_of_mail_and_can_be_changed_and_removed() {
    let receiver = Receiver::well().await;
    let mut sending = Sending::to(&[&receiver]).await;
    let wanted = |contact: &str| Subscription {
        contact_email: contact.to_owned(),
        ..subscription(&receiver)
    };
    for wrong in [
        "ops",
        "ops@",
        "Ops <ops@crm.example>",
        "a@b.example, c@d.example",
    ] {
        let request = creation(wanted(wrong));
        let refused = sending.client.create_subscription(request).await;
        let field = "subscription.contact_email".to_owned();
        assert_eq!(violated(&refused.unwrap_err()), [field], "{wrong}");
    }
    let (created, _) = sending.subscribe_as(wanted(CONTACT)).await;
    assert_eq!(created.contact_email, CONTACT);
    for contact in ["other@crm.example", ""] {
        let request = UpdateSubscriptionRequest {
            subscription: Some(Subscription {
                name: created.name.clone(),
                contact_email: contact.to_owned(),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["contact_email".to_owned()],
            }),
            actor: "ada".to_owned(),
        };
        sending.client.update_subscription(request).await.unwrap();
        let now = sending.get(&created.name).await;
        assert_eq!(now.contact_email, contact);
        assert_eq!(now.title, created.title);
    }
    sending.service.stop().await;
}
