//! A digest a day: what somebody has to act on, read off the clocks when it is sent.

use std::sync::Arc;

use redress::domain::Filing;

use super::desk::{Desk, STAFF, filed_with};

/// In Toronto, on Wednesday; Ben's is due at half past eight.
const BEFORE: &str = "2026-06-03T12:29:59Z";
const DUE: &str = "2026-06-03T12:30:00Z";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_lists_what_is_late_today_and_next_what_is_urgent_first() {
    let desk = Desk::open(STAFF).await;
    let urgent = Filing {
        urgent: true,
        ..filed_with("Ben")
    };
    let (plain, urgent) = (
        desk.office.file(filed_with("ben")).await,
        desk.office.file(urgent).await,
    );
    desk.office.file(filed_with("ana")).await;
    desk.turn_at(BEFORE).await;
    assert!(desk.inbox.letters().is_empty());
    desk.turn_at(DUE).await;
    let letters = desk.inbox.letters();
    let [digest] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert_eq!(digest.address, "ben@example.org");
    assert_eq!(digest.kind, "redress.staff.digest");
    // Both acknowledgements are due as the day closes; the urgent complaint is to be resolved by tomorrow.
    let text = &digest.text;
    assert!(
        digest.subject.starts_with("Complaints: 2 due today"),
        "{}",
        digest.subject
    );
    let place = |what: &str| {
        text.find(what)
            .unwrap_or_else(|| panic!("no {what:?}:\n{text}"))
    };
    let (first, second) = (
        format!(
            "- {}: urgent, acknowledgement, due Wed 3 Jun 2026, 17:00; received, level 0",
            urgent.tracking_number
        ),
        format!(
            "- {}: acknowledgement, due Wed 3 Jun 2026, 17:00; received, level 0",
            plain.tracking_number
        ),
    );
    assert!(place(&first) < place(&second));
    let soon = place("Due tomorrow (1)");
    let resolution = format!(
        "- {}: urgent, resolution, due Thu 4 Jun 2026",
        urgent.tracking_number
    );
    assert!(place(&second) < soon && soon < place(&resolution));
    assert_eq!(digest.data["due_today"]["count"], 2);
    assert!(!text.contains("Sample Customer") && !text.contains("drops every evening"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_late_stands_first_and_is_the_supervisor_s_as_well() {
    let staff = STAFF.replace(
        "quiet = \"16:00-09:00\"\nat_once = true",
        "digest = \"09:00\"",
    );
    let desk = Desk::open(&staff).await;
    desk.office.file(filed_with("ben")).await;
    // The next day: nobody has acknowledged it.
    desk.turn_at("2026-06-04T13:00:00Z").await;
    let mut told = desk.inbox.letters();
    told.sort_by(|one, other| one.address.cmp(&other.address));
    let [ben, cora] = &told[..] else {
        panic!("{told:?}");
    };
    for digest in [ben, cora] {
        assert!(
            digest.subject.starts_with("Complaints: 1 late"),
            "{}",
            digest.subject
        );
        assert!(
            digest.text.starts_with("Late (1):\n\n- RD-"),
            "{}",
            digest.text
        );
    }
    assert_eq!(cora.address, "cora@example.org");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_digest_comes_once_a_day_whatever_is_killed_and_however_many_replicas_there_are() {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("ben")).await;
    let (killed, other) = (desk.replica(), Arc::new(desk.replica()));
    desk.inbox.hang(true);
    desk.office
        .time
        .set("2026-06-03T12:30:00Z".parse().unwrap());
    let turn = tokio::spawn(async move { killed.turn().await.map(|_| ()) });
    desk.inbox.hanging().await;
    turn.abort();
    assert!(turn.await.unwrap_err().is_cancelled());
    desk.inbox.hang(false);
    // It is claimed still, by nobody who lives.
    desk.turn_at("2026-06-03T12:32:29Z").await;
    assert!(desk.inbox.letters().is_empty());
    desk.office
        .time
        .set("2026-06-03T12:32:31Z".parse().unwrap());
    for _ in 0..3 {
        let (one, another) = tokio::join!(desk.turn(), other.turn());
        one.unwrap();
        another.unwrap();
    }
    assert_eq!(desk.inbox.told(), ["ben@example.org"]);
    assert_eq!(desk.inbox.ids_tried("ben@example.org").len(), 1);
    // A process that has just started does not know of it.
    desk.replica().turn().await.unwrap();
    assert_eq!(desk.inbox.letters().len(), 1);
    // The next day has its own.
    desk.turn_at("2026-06-04T12:30:00Z").await;
    other.turn().await.unwrap();
    assert_eq!(desk.inbox.letters().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_digest_on_a_day_off_nor_of_nothing_nor_for_whoever_is_away() {
    let desk = Desk::open(STAFF).await;
    // Nothing is due.
    desk.turn_at(DUE).await;
    assert!(desk.inbox.letters().is_empty());
    // Ben's of Tuesday and of Wednesday; Dan is away, and has none.
    assert_eq!(desk.digests(), ["lapsed"; 2]);
    desk.office.file(filed_with("ben")).await;
    desk.turn_at("2026-06-06T15:00:00Z").await;
    assert!(desk.inbox.letters().is_empty(), "a Saturday");
    desk.turn_at("2026-06-08T12:30:00Z").await;
    assert_eq!(desk.inbox.told(), ["ben@example.org"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_digest_that_cannot_be_sent_goes_to_the_fallback() {
    let desk = Desk::open(STAFF).await;
    desk.office.file(filed_with("ben")).await;
    desk.inbox.refuses_for_good("ben@example.org");
    desk.turn_at(DUE).await;
    let letters = desk.inbox.letters();
    let [digest] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert_eq!(digest.address, "desk@example.org");
    assert!(
        digest.text.contains("This is the digest of Ben."),
        "{}",
        digest.text
    );
    assert!(digest.text.contains("Due today (1)"), "{}", digest.text);
}
