//! Webhooks to staff, from the whole service to a receiver that is there.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

use jiff::SignedDuration;
use redress::{
    app::{App, AppConfig, StaffConfig, StaffWays},
    outbox::egress::{EgressRules, EgressSettings},
    proto::v1,
    standard_webhooks::Secret,
    time_source::{ManualTime, TimeSource as _},
};
use tempfile::TempDir;

use super::{assign_complaint_to_ana, desk::directory_file};
use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    receiver::{Reaction, Receiver, is_signed},
    service::{Service, config, connect},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A service that tells Ana and the desk by webhooks alone, and may send where `allowed` says.
async fn telling(ana: &Receiver, desk: &Receiver, allowed: &[&Receiver]) -> (TempDir, Service) {
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let (folder, directory) = directory_file(&format!(
        r#"
        fallback = "desk"

        [[person]]
        name = "Ana"
        webhook = "{}"
        calendar = "ca-federal"
        at_once = true

        [[team]]
        name = "desk"
        webhook = "{}"
        calendar = "ca-federal"
        at_once = true
        "#,
        ana.url(),
        desk.url(),
    ));
    let allowed = allowed
        .iter()
        .map(|receiver| format!("http://{}", receiver.address).parse());
    let app = App::start(AppConfig {
        staff: Some(StaffConfig {
            directory,
            url: None,
            ways: StaffWays::Own {
                webhook: Secret::parse(SECRET),
            },
        }),
        egress: EgressSettings {
            rules: EgressRules::new(allowed.map(Result::unwrap).collect(), vec![443]),
            authorities: None,
        },
        ..config(&database.url, Arc::clone(&time))
    });
    let app = app.await.expect("a service");
    let client = connect(&app).await;
    let service = Service {
        app,
        client,
        time,
        database,
    };
    // It has begun to follow the log.
    let followed = "exists (select from staff_position)";
    service.database.until(followed).await;
    (folder, service)
}

/// Ana has a complaint of which half of a promise's time has passed.
async fn reminded(service: &mut Service) -> v1::Complaint {
    let complaint = service.file(v1::Channel::Form).await;
    assign_complaint_to_ana(service, &complaint.name).await;
    service.time.set(instant("2026-06-03T13:30:01Z"));
    complaint
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_arrives_signed_and_is_sent_again_under_its_id_where_it_was_not_taken() {
    let status = Arc::new(AtomicU16::new(503));
    let answer = Arc::clone(&status);
    let mut ana = Receiver::start(move |_| Reaction::Answer(answer.load(Ordering::Relaxed))).await;
    let desk = Receiver::well().await;
    let (_folder, mut service) = telling(&ana, &desk, &[&ana, &desk]).await;
    let complaint = reminded(&mut service).await;
    let [refused] = ana.count(1).await.try_into().unwrap();
    assert!(is_signed(&refused, SECRET));
    let failed = "exists (select from staff_message where tries = 1)";
    service.database.until(failed).await;
    status.store(204, Ordering::Relaxed);
    let later = service.time.now() + SignedDuration::from_secs(73);
    service.time.set(later);
    let [_, taken] = ana.count(2).await.try_into().unwrap();
    let sent = "exists (select from staff_message where state = 'sent')";
    service.database.until(sent).await;

    assert_eq!(taken.id(), refused.id(), "the same message");
    assert!(is_signed(&taken, SECRET));
    assert!(!is_signed(&taken, "whsec_bm9ib2R5"));
    assert_eq!(
        taken.headers["webhook-timestamp"],
        later.as_second().to_string()
    );
    assert_eq!(taken.headers["content-type"], "application/json");
    let message = taken.event();
    assert_eq!(message["type"], "redress.staff.reminder");
    let subject = message["subject"].as_str().unwrap();
    assert!(subject.contains(&complaint.tracking_number), "{subject}");
    assert_eq!(desk.everything().len(), 0, "nobody else had to be told");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_goes_nowhere_that_the_egress_rules_refuse_and_the_fallback_is_told() {
    let (ana, mut desk) = (Receiver::well().await, Receiver::well().await);
    let (_folder, mut service) = telling(&ana, &desk, &[&desk]).await;
    reminded(&mut service).await;
    let [told] = desk.count(1).await.try_into().unwrap();
    let message = told.event();
    let text = message["text"].as_str().unwrap();
    assert!(
        text.contains("nobody could be told whom it is for"),
        "{text}"
    );
    assert_eq!(ana.everything().len(), 0);
    service.stop().await;
}
