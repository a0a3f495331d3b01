//! That what is stored follows from the logs is proved, and what was changed past the service is found and named.

use diesel::{Connection as _, RunQueryDsl as _, connection::SimpleConnection as _};
use redress::{
    app,
    cli::Failure,
    domain::{Acknowledgement, Command, Complaint, PauseReason},
    engine::{Summary, Verification},
    policy::{Channel, FileText, PolicyBook, Proposal},
    store::{Coverage, StoreError},
};

use crate::support::{
    command::command,
    office::{Office, filing, instant},
};

/// An office with one complaint that has been acknowledged, paused, resumed and missed.
async fn office() -> (Office, Complaint) {
    let office = Office::open();
    let complaint = office.file(filing(Channel::Form)).await;
    let acknowledge = Command::Acknowledge(Acknowledgement::default());
    office.change(&complaint, acknowledge).await.unwrap();
    office.time.set(instant("2026-06-03T16:00:00Z"));
    let pause = Command::Pause {
        reason: PauseReason::ThirdParty,
        until: None,
        question: None,
    };
    office.change(&complaint, pause).await.unwrap();
    office.time.set(instant("2026-06-05T16:00:00Z"));
    office
        .change(&complaint, Command::Resume { resumed_at: None })
        .await
        .unwrap();
    office.time.set(instant("2026-07-20T16:00:00Z"));
    office.drain().await;
    (office, complaint)
}

impl Office {
    /// What a look at every complaint finds, each finding after its tracking number.
    pub(crate) fn verified(&self) -> (Summary, Vec<String>) {
        let (store, policies) = app::open_to_read(&self.database.url).unwrap();
        let mut found = Vec::new();
        let summary = Verification::new(&store, &policies, &*self.time).each::<StoreError>(
            Coverage::All,
            |verified| {
                let findings = verified.findings.iter();
                found.extend(findings.map(|f| format!("{} {f}", verified.tracking_number)));
                Ok(())
            },
        );
        (summary.unwrap(), found)
    }

    fn tamper(&self, statement: &str) {
        let changed = diesel::sql_query(statement).execute(&mut self.database.connect());
        assert_eq!(changed.unwrap(), 1, "{statement}");
    }

    /// The one thing that is found once a statement has changed one row past the service.
    async fn found_after(statement: &str) -> String {
        let (office, complaint) = office().await;
        assert_eq!(office.verified().1, Vec::<String>::new());
        office.tamper(statement);
        let (summary, found) = office.verified();
        let [found] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((summary.differences, summary.by_zones), (1, 0));
        let number = format!("{} ", complaint.tracking_number);
        found.strip_prefix(&number).unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_service_stores_follows_from_its_logs() {
    let (office, _) = office().await;
    office.file(filing(Channel::Mail)).await;
    let (summary, found) = office.verified();
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(summary.complaints, 2);
    assert!(summary.events > 10 && summary.clocks > 6, "{summary:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_due_time_that_was_changed_is_found() {
    let found = Office::found_after(
        "update clock set due_at = due_at + interval '1 day' where name = 'ceiling'",
    );
    assert_eq!(
        found.await,
        "clock ceiling cycle 1: due: stored \"2026-07-04T04:00:00Z\", by the log \"2026-07-03T04:00:00Z\""
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_was_changed_is_found() {
    let found = Office::found_after(
        "update event set payload = replace(payload::text, 'third_party', 'appointment')::json \
         where kind = 'paused'",
    );
    let found = found.await;
    assert!(found.starts_with("event "), "{found}");
    assert!(found.ends_with("its hash does not match"), "{found}");
    let found = Office::found_after("update event set payload = '{}' where sequence = 1").await;
    assert!(found.contains("event 1: "), "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_was_deleted_is_found() {
    let found = Office::found_after("delete from event where sequence = 3").await;
    assert_eq!(found, "event 3 is missing: event 4 stands in its place");
    // The last one leaves no gap behind it, but the complaint knows its number and its hash, and what came of it.
    let (office, _) = office().await;
    office.tamper("delete from event where sequence = (select max(sequence) from event)");
    let (summary, found) = office.verified();
    // These four, and the five events of the same change that remain: each names the one that is gone as its last.
    assert_eq!(summary.differences, 9, "{found:?}");
    for (found, field) in found.iter().zip([
        "escalation_eligible_at",
        "escalation_reasons",
        "last_hash",
        "last_sequence",
    ]) {
        assert!(
            found.contains(&format!("complaint: {field}: stored ")),
            "{found}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_deleted_is_found() {
    let found = Office::found_after("delete from clock where name = 'acknowledgement'").await;
    assert_eq!(
        found,
        "clock acknowledgement cycle 1: stored missing, by the log there"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_added_is_found() {
    let found = Office::found_after(
        "insert into clock (complaint_id, name, cycle, state, started_at, due_at, target, stopped_at, segment_start, \
         counted_before, calendar, calendar_version, tzdb_version) \
         select complaint_id, name, 7, 'met', started_at, due_at, target, started_at, segment_start, 0, calendar, \
         calendar_version, tzdb_version from clock where name = 'acknowledgement'",
    );
    assert_eq!(
        found.await,
        "clock acknowledgement cycle 7: stored there, by the log missing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tz_database_moved_is_told_apart() {
    let (office, _) = office().await;
    office.tamper(
        "update clock set tzdb_version = '2025b', due_at = due_at + interval '1 hour' where name = 'ceiling'",
    );
    let (summary, found) = office.verified();
    assert_eq!((summary.differences, summary.by_zones), (0, 1));
    assert!(
        found[0].contains("counted with tz database 2025b"),
        "{found:?}"
    );
    // Rules of a zone move nothing so far.
    let found = Office::found_after(
        "update clock set tzdb_version = '2025b', due_at = due_at + interval '300 days' where name = 'ceiling'",
    );
    let found = found.await;
    assert!(
        found.starts_with("clock ceiling cycle 1: due: stored "),
        "{found}"
    );
    // Nor does what is no release of it.
    let found = Office::found_after(
        "update clock set tzdb_version = 'later', due_at = due_at + interval '1 hour' where name = 'ceiling'",
    );
    let found = found.await;
    assert!(
        found.starts_with("clock ceiling cycle 1: due: stored "),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_says_otherwise_than_the_body_is_found() {
    for (column, value) in [
        ("version", "version + 1"),
        ("state", "'resolved'"),
        ("channel", "'chat'"),
        ("level", "level + 1"),
        ("assignee", "'mallory'"),
        ("policy", "'uk-fca'"),
        ("policy_version", "'0123456789ab'"),
        ("received_at", "received_at - interval '1 day'"),
        ("filed_at", "filed_at + interval '1 day'"),
        ("escalation_eligible", "not escalation_eligible"),
        ("undelivered", "not undelivered"),
    ] {
        let statement = format!("update complaint set {column} = {value}");
        let found = Office::found_after(&statement).await;
        let named = format!("complaint: column {column}: ");
        assert!(found.starts_with(&named), "{found}");
    }
    let (office, _) = office().await;
    office.tamper("update complaint set state = 'closed', closed_at = '2026-07-01Z'");
    let (_, found) = office.verified();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("complaint: column state: \"closed\""),
        "{found:?}"
    );
    assert!(
        found[1].ends_with("complaint: column closed_at: \"2026-07-01T00:00:00Z\", and what it stands beside says null"),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_says_otherwise_where_its_complaint_stood_is_found() {
    let member = |member: &str, value: &str| {
        format!(
            "update event set standing = (standing::jsonb || '{{\"{member}\": {value}}}')::json where kind = 'paused'"
        )
    };
    for (statement, expected) in [
        (
            member("state", "\"closed\""),
            "event 4: standing: state: stored \"closed\", by the log \"in_review\"",
        ),
        (
            member("assignee", "\"eve\""),
            "event 4: standing: assignee: stored \"eve\", by the log null",
        ),
        (
            member("case_references", "1"),
            "event 4: standing: case_references: stored 1, by the log null",
        ),
        (
            "update event set standing = null where kind = 'paused'".to_owned(),
            "event 4: standing: stored missing, by the log there",
        ),
    ] {
        assert_eq!(Office::found_after(&statement).await, expected);
    }
    let (office, _) = office().await;
    office.tamper(&member("version", "7"));
    let (_, found) = office.verified();
    assert!(
        found
            .iter()
            .any(|found| found.contains("event 4: standing: version: stored 7, by the log 4")),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_is_not_that_of_its_event_is_found() {
    let found = Office::found_after("update event set kind = 'resumed' where kind = 'paused'");
    let found = found.await;
    assert!(
        found.ends_with(": column kind: \"resumed\", and what it stands beside says \"paused\""),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_silenced_is_found() {
    let found = Office::found_after(
        "update clock set put_aside_until = '2099-01-01Z' where name = 'resolution' and cycle = 1",
    );
    assert_eq!(
        found.await,
        "clock resolution cycle 1: put_aside_until: it fires nothing before 2099-01-01T00:00:00Z"
    );
    // As a sweep does it, it is nothing.
    let (office, _) = office().await;
    office.tamper(
        "update clock set put_aside_until = '2026-07-20T16:15:00Z' where name = 'resolution' and cycle = 1",
    );
    assert_eq!(office.verified().1, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_of_a_complaint_that_is_gone_is_found() {
    let (office, first) = office().await;
    let second = office.file(filing(Channel::Form)).await;
    for gone in [&second, &first] {
        office.tamper(&format!("delete from complaint where id = '{}'", gone.id));
        let (summary, found) = office.verified();
        let named = format!("{} the complaint is gone; ", gone.id);
        assert!(
            found.iter().any(|found| found.starts_with(&named)),
            "{found:?}"
        );
        assert_eq!(summary.differences, found.len(), "{found:?}");
    }
    let (summary, found) = office.verified();
    assert_eq!((found.len(), summary.events), (2, 0), "{found:?}");
    // Who looks at what is open looks at complaints alone.
    let url = format!("--database-url={}", office.database.url);
    command(&["verify", "--open", &url]).await.0.unwrap();
    let (done, text) = command(&["verify", "--all", &url]).await;
    assert_eq!(done.unwrap_err().exit_code(), 1);
    assert!(text.contains(" cycles of clocks and "), "{text}");
}

/// A new version of the default policy.
fn new_version() -> Proposal {
    let text = include_str!("../../policies/ca-jive.toml");
    let file = FileText {
        file: "ca-jive.toml".to_owned(),
        text: format!("{text}# As decided today.\n"),
    };
    Proposal {
        policy: Some(file),
        ..Proposal::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_activated_while_a_verification_runs_contradicts_nothing() {
    let (office, _) = office().await;
    let (store, before) = app::open_to_read(&office.database.url).unwrap();
    let activated = office
        .engine
        .activate_policy(&new_version(), "ada")
        .unwrap();
    let new = office.file(filing(Channel::Mail)).await;
    assert_eq!(new.policy, activated.version.reference());
    assert!(before.get(&new.policy).is_none());

    let verified = |book: &PolicyBook| {
        let mut told = Vec::new();
        let verification = Verification::new(&store, book, &*office.time);
        let summary = verification.each::<StoreError>(Coverage::All, |verified| {
            told.extend(verified.findings.iter().map(ToString::to_string));
            Ok(())
        });
        (summary.unwrap(), told)
    };
    let (summary, told) = verified(&before);
    assert_eq!(told, Vec::<String>::new());
    assert_eq!((summary.complaints, summary.unknown), (2, 0));

    // One that nobody has kept is told apart.
    let mut connection = office.database.connect();
    connection
        .batch_execute(
            "delete from activation; delete from rule_text where body like '%decided today%'",
        )
        .unwrap();
    let (_, now) = app::open_to_read(&office.database.url).unwrap();
    let (summary, told) = verified(&now);
    assert_eq!(
        told,
        [format!(
            "this release does not have the policy version {}",
            new.policy
        )]
    );
    assert_eq!((summary.differences, summary.unknown), (0, 1));
    let url = format!("--database-url={}", office.database.url);
    let (done, text) = command(&["verify", "--all", &url]).await;
    assert!(matches!(done, Err(Failure::NotVerified { unknown: 1 })));
    assert!(
        text.ends_with(" 1 under versions not known here\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_verify_alone_one_gives_way() {
    let (office, _) = office().await;
    let (store, policies) = app::open_to_read(&office.database.url).unwrap();
    let verified = || {
        let verification = Verification::new(&store, &policies, &*office.time);
        let summary = verification.alone::<StoreError>(Coverage::Open, |_| Ok(()));
        summary.unwrap().map(|summary| summary.complaints)
    };
    assert_eq!(verified(), Some(1));
    let mut other = office.database.connect();
    other
        .transaction::<_, diesel::result::Error, _>(|other| {
            other.batch_execute("select pg_advisory_xact_lock(7233735)")?;
            assert_eq!(verified(), None);
            Ok(())
        })
        .unwrap();
    assert_eq!(verified(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_tells_each_difference_with_its_tracking_number_and_ends_with_one() {
    let (office, complaint) = office().await;
    let other = office.file(filing(Channel::Form)).await;
    let url = format!("--database-url={}", office.database.url);
    let (done, text) = command(&["verify", "--all", &url]).await;
    done.unwrap();
    assert!(text.starts_with("2 complaints, "), "{text}");
    assert!(
        text.ends_with(" 0 differences, 0 moved by the tz database\n"),
        "{text}"
    );

    let statement = format!(
        "update clock set remaining = null, due_at = due_at + interval '1 second' \
         where name = 'resolution' and complaint_id = '{}'",
        complaint.id
    );
    office.tamper(&statement);
    for which in ["--all", "--open", complaint.tracking_number.as_str()] {
        let (done, text) = command(&["verify", which, &url]).await;
        let failure = done.unwrap_err();
        assert_eq!(failure.exit_code(), 1);
        let line = format!(
            "{}  clock resolution cycle 1: due: ",
            complaint.tracking_number
        );
        assert!(text.starts_with(&line), "{which}: {text}");
    }
    let (done, text) = command(&["verify", &other.id.to_string(), "--json", &url]).await;
    done.unwrap();
    let sums: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sums["complaints"], 1);
    assert_eq!(sums["differences"], 0);
    let (done, _) = command(&["verify", "RD-DCNNM-Y6G1W", &url]).await;
    assert!(matches!(done, Err(Failure::NoSuchComplaint(_))));
}
