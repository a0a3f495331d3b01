//! What staff have to know reaches whoever must act: once, when they may be told, and somebody else where they cannot be.

pub(crate) mod desk;
mod digests;
mod webhooks;

use std::{
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

use redress::{
    app::{App, AppConfig, StaffConfig, StaffWays},
    dispatch::mail::{MailSettings, Mailbox, Means},
    domain::Command,
    proto::v1,
    time_source::ManualTime,
};

use self::desk::{Desk, STAFF, directory_file, filed_with};
use crate::support::{
    database::{LOOK, TestDatabase},
    office::{START, instant},
    service::{Service, act, config, connect},
};

/// A breach is recorded as the day closes; whom the policy names is in the quiet hours by then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_at_night_comes_when_the_quiet_hours_end() {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("fay")).await;
    // Due on Wednesday at 17:00 in Toronto, an hour after Cora's quiet hours began.
    // With the breach comes the flag: the complaint may be escalated.
    desk.fires_at("2026-06-03T21:00:01Z", 2).await;
    desk.turn_at("2026-06-04T12:59:59Z").await;
    assert_eq!(desk.inbox.told(), [""; 0]);
    desk.turn_at("2026-06-04T13:00:00Z").await;
    assert_eq!(desk.inbox.told(), ["cora@example.org"; 2]);
    let letters = desk.inbox.letters();
    let breached = letters
        .iter()
        .find(|letter| letter.kind == "redress.staff.breached");
    let letter = breached.unwrap_or_else(|| panic!("{letters:?}"));
    let subject = &letter.subject;
    assert!(
        subject.contains("acknowledgement is late, it was due Wed 3 Jun 2026, 17:00"),
        "{subject}"
    );
    assert!(
        letter.text.contains("https://crm.example.org/RD-"),
        "{}",
        letter.text
    );
    desk.turn_at("2026-06-04T13:30:00Z").await;
    assert_eq!(desk.inbox.letters().len(), 2, "told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_reminded_of_a_promise_that_was_kept_in_the_meantime() {
    let desk = Desk::open(STAFF).await;
    let complaint = desk.office.file(filed_with("ben")).await;
    desk.fires_at("2026-06-03T21:00:01Z", 2).await;
    let acknowledged = desk
        .office
        .change(&complaint, Command::Acknowledge(Default::default()));
    acknowledged.await.expect("acknowledged");
    desk.turn_at("2026-06-04T14:00:00Z").await;
    let letters = desk.inbox.letters();
    assert!(
        letters
            .iter()
            .all(|letter| letter.kind != "redress.staff.breached"),
        "{letters:?}"
    );
    assert!(desk.states().contains(&"lapsed".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deputy_is_told_in_the_place_of_whoever_is_on_holiday() {
    let desk = Desk::open(STAFF).await;
    // Dan is away, and Ana stands in for him; at 9:30 on Wednesday half of the time has passed.
    desk.office.file(filed_with("dan")).await;
    desk.fires_at("2026-06-03T13:30:01Z", 1).await;
    assert_eq!(desk.inbox.told(), ["ana@example.org"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_unknown_has_falls_to_the_team_of_the_brand() {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("zoe")).await;
    desk.fires_at("2026-06-03T13:30:01Z", 2).await;
    assert_eq!(
        desk.inbox.told(),
        ["ana@example.org", "https://chat.example.org/eve"]
    );
    assert_eq!(desk.unreached.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reaches_nobody_is_counted_and_goes_to_the_fallback() {
    let alone = STAFF.replace("brands = [\"*\"]", "brands = [\"acme\"]");
    let desk = Desk::open(&alone).await;
    desk.office.file(filed_with("zoe")).await;
    desk.fires_at("2026-06-03T13:30:01Z", 1).await;
    let letters = desk.inbox.letters();
    assert_eq!(desk.inbox.told(), ["desk@example.org"]);
    assert!(
        letters[0]
            .text
            .contains("nobody could be told whom it is for"),
        "{letters:?}"
    );
    assert_eq!(desk.unreached.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_not_taken_is_tried_again_by_the_other_address_and_then_goes_to_the_fallback()
 {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("fay")).await;
    desk.inbox.refuses("fay@example.org");
    desk.inbox.refuses("https://chat.example.org/fay");
    desk.fires_at("2026-06-03T13:30:00.000001Z", 1).await;
    let tries = |address: &str| desk.inbox.tries(address);
    assert_eq!(tries("fay@example.org"), 1);
    // After a minute, five, a quarter of an hour and an hour, each a fifth more or less; then by the webhook, as often.
    for (at, mail, webhook) in [
        ("2026-06-03T13:30:47Z", 1, 0),
        ("2026-06-03T13:31:13Z", 2, 0),
        ("2026-06-03T13:35:12Z", 2, 0),
        ("2026-06-03T13:37:14Z", 3, 0),
        ("2026-06-03T13:49:13Z", 3, 0),
        ("2026-06-03T13:55:15Z", 4, 0),
        ("2026-06-03T14:43:14Z", 4, 0),
        ("2026-06-03T15:07:16Z", 5, 1),
        ("2026-06-03T15:08:29Z", 5, 2),
        ("2026-06-03T15:14:30Z", 5, 3),
        ("2026-06-03T15:32:31Z", 5, 4),
    ] {
        desk.turn_at(at).await;
        let tried = (
            tries("fay@example.org"),
            tries("https://chat.example.org/fay"),
        );
        assert_eq!(tried, (mail, webhook), "{at}");
    }
    assert_eq!(desk.unreached.load(Ordering::Relaxed), 0);
    desk.turn_at("2026-06-03T16:44:32Z").await;
    assert_eq!(desk.inbox.told(), ["desk@example.org"]);
    assert_eq!(desk.unreached.load(Ordering::Relaxed), 1);
    assert_eq!(desk.states(), ["handed_on", "sent"]);
    let ids = desk.inbox.ids_tried("fay@example.org");
    assert_eq!(ids.len(), 1, "the same message at each attempt: {ids:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_fallback_cannot_be_told_is_lost_and_counted() {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("desk")).await;
    desk.inbox.refuses_for_good("desk@example.org");
    desk.fires_at("2026-06-03T13:30:01Z", 1).await;
    assert_eq!(desk.unreached.load(Ordering::Relaxed), 1);
    assert_eq!(desk.states(), ["given_up"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_read_the_same_events_tell_them_once() {
    let desk = Desk::open(STAFF).await;
    let other = desk.replica();
    for _ in 0..50 {
        desk.office.file(filed_with("ana")).await;
    }
    desk.office.time.set(instant("2026-06-03T13:30:01Z"));
    assert_eq!(desk.office.drain().await, 50);
    while desk.inbox.letters().len() < 50 {
        let (one, another) = tokio::join!(desk.turn(), other.turn());
        one.expect("a turn");
        another.expect("a turn");
        tokio::time::sleep(LOOK).await;
    }
    desk.turn().await.expect("a turn");
    assert_eq!(desk.inbox.letters().len(), 50);
    assert_eq!(desk.inbox.ids_tried("ana@example.org").len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_is_exchanged_while_it_is_used_and_a_bad_one_is_refused() {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("ana")).await;
    desk.office.file(filed_with("ana")).await;
    // Not a word of it is used.
    desk.rewrite("fallback = \"nobody\"\n");
    desk.fires_at("2026-06-03T13:30:01Z", 2).await;
    assert_eq!(desk.inbox.told(), ["ana@example.org", "ana@example.org"]);
    desk.rewrite(&STAFF.replace("ana@example.org", "ana@elsewhere.example"));
    // The breaches of the others, and their flags, are Cora's.
    desk.office.file(filed_with("ana")).await;
    desk.fires_at("2026-06-04T14:00:01Z", 7).await;
    let told = desk.inbox.told();
    assert!(
        told.contains(&"ana@elsewhere.example".to_owned()),
        "{told:?}"
    );
}

/// The whole service, with a directory, and a folder in place of a mail relay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_a_directory_mails_staff_what_they_have_to_know() {
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let (folder, directory) = directory_file(STAFF);
    let mails = folder.path().join("mail");
    let from = Mailbox {
        name: None,
        address: "complaints@example.org".to_owned(),
    };
    let app = App::start(AppConfig {
        staff: Some(StaffConfig {
            directory,
            url: None,
            ways: StaffWays::Own { webhook: None },
        }),
        staff_from: Some(from),
        mail: Some(MailSettings {
            means: Means::Folder(mails.clone()),
            per_second: NonZeroU32::MIN,
        }),
        ..config(&database.url, Arc::clone(&time))
    });
    let app = app.await.expect("a service");
    let client = connect(&app).await;
    let mut service = Service {
        app,
        client,
        time,
        database,
    };
    // It has begun to follow the log.
    let followed = "exists (select from staff_position)";
    service.database.until(followed).await;
    let complaint = service.file(v1::Channel::Form).await;
    assign_complaint_to_ana(&mut service, &complaint.name).await;
    service.time.set(instant("2026-06-03T13:30:01Z"));
    let sent = "exists (select from staff_message where state = 'sent')";
    service.database.until(sent).await;
    let found = std::fs::read_dir(&mails).expect("a folder");
    let found = found.map(|entry| entry.expect("an entry").path());
    let is_for_staff = |file: &PathBuf| file.to_string_lossy().contains("/staff.");
    let found: Vec<PathBuf> = found.filter(is_for_staff).collect();
    let [mail] = &found[..] else {
        panic!("{found:?}");
    };
    let mail = std::fs::read_to_string(mail).expect("a mail");
    let number = &complaint.tracking_number;
    for part in [
        "ana@example.org",
        "complaints@example.org",
        "acknowledgement",
        number,
    ] {
        assert!(mail.contains(part), "no {part}:\n{mail}");
    }
    service.stop().await;
}

async fn assign_complaint_to_ana(service: &mut Service, name: &str) {
    act!(
        service.client,
        name,
        assign_complaint(AssignComplaintRequest { assignee: "Ana" })
    )
    .unwrap();
}
