//! Calendars of one's own: a folder of files, of which a wrong one stops nobody from complaining.

use std::{cell::Cell, fs, path::Path, sync::Arc};

use jiff::SignedDuration;
use redress::{
    app::{App, AppError},
    proto::v1::{self, Channel},
    time_source::ManualTime,
};
use tempfile::TempDir;

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{Service, at, config, connect},
};

/// The calendar of the default policy, as it is built in.
const FEDERAL: &str = include_str!("../../calendars/ca-federal.toml");
const JIVE: &str = include_str!("../../policies/ca-jive.toml");
const BRAND: &str = include_str!("../../brands/jive.toml");

/// A complaint by form is acknowledged within a working day: by Wednesday, as the calendar is built in.
const WEDNESDAY: &str = "2026-06-03T21:00:00Z";
const THURSDAY: &str = "2026-06-04T21:00:00Z";
const FRIDAY: &str = "2026-06-05T21:00:00Z";

/// The built-in calendar with these dates closed.
fn closed(dates: &[&str]) -> String {
    let overrides = dates.iter().map(|date| {
        format!("\n[[override]]\ndate = \"{date}\"\nwindows = []\nname = \"Company day\"\n")
    });
    FEDERAL.to_owned() + &overrides.collect::<String>()
}

struct Office {
    database: Arc<TestDatabase>,
    starts: Cell<i64>,
    calendars: TempDir,
    policies: TempDir,
    brands: TempDir,
}

impl Office {
    fn new() -> Office {
        Office {
            database: Arc::new(TestDatabase::create()),
            starts: Cell::new(0),
            calendars: tempfile::tempdir().unwrap(),
            policies: tempfile::tempdir().unwrap(),
            brands: tempfile::tempdir().unwrap(),
        }
    }

    fn give(&self, file: &str, text: impl AsRef<[u8]>) {
        fs::write(self.calendars.path().join(file), text).unwrap();
    }

    async fn start(&self, calendar_dir: &Path, policy: &str) -> Result<Service, AppError> {
        // Each start is a minute after the one before: which text was used last goes by time.
        self.starts.set(self.starts.get() + 1);
        let now = instant(START) + SignedDuration::from_mins(self.starts.get());
        let time = Arc::new(ManualTime::at(now));
        let mut config = config(&self.database.url, Arc::clone(&time));
        config.calendar_dir = Some(calendar_dir.to_path_buf());
        config.policy_dir = Some(self.policies.path().to_path_buf());
        let brand = BRAND.replacen("\"ca-jive\"", &format!("{policy:?}"), 1);
        fs::write(self.brands.path().join("jive.toml"), brand).unwrap();
        config.brand_dir = Some(self.brands.path().to_path_buf());
        let app = App::start(config).await?;
        let client = connect(&app).await;
        Ok(Service {
            app,
            client,
            time,
            database: Arc::clone(&self.database),
        })
    }

    /// Files a complaint with a service that starts now, and tells its first clock.
    async fn promised_under(&self, policy: &str) -> v1::Clock {
        let mut service = self.start(self.calendars.path(), policy).await.unwrap();
        let filed = service.file(Channel::Form).await;
        let clock = service.clock(&filed.name, "acknowledgement").await;
        service.stop().await;
        clock
    }

    async fn promised(&self) -> v1::Clock {
        self.promised_under("ca-jive").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_count_in_the_calendar_of_the_folder_instead_of_the_built_in_one_of_its_name() {
    let office = Office::new();
    let built_in = office.promised().await;
    assert_eq!(built_in.due_time, Some(at(WEDNESDAY)));
    office.give("ca-federal.toml", closed(&["2026-06-03"]));
    let own = office.promised().await;
    assert_eq!(own.due_time, Some(at(THURSDAY)));
    assert_eq!(own.calendar, "ca-federal");
    assert_ne!(own.calendar_version, built_in.calendar_version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_calendar_never_stops_a_filing_and_the_last_good_one_stays_in_use() {
    let office = Office::new();
    // Never good yet: the built-in one serves.
    office.give("ca-federal.toml", closed(&["2026-06-31"]));
    office.give("other.toml", "no calendar at all");
    assert_eq!(office.promised().await.due_time, Some(at(WEDNESDAY)));

    office.give("ca-federal.toml", closed(&["2026-06-03", "2026-06-04"]));
    let good = office.promised().await;
    assert_eq!(good.due_time, Some(at(FRIDAY)));
    let misspelt = closed(&["2026-06-03"]).replace("windows", "widows");
    let bytes = [closed(&[]).as_bytes(), b"\xff\xfe"].concat();
    for wrong in [misspelt.into_bytes(), bytes, Vec::new()] {
        office.give("ca-federal.toml", wrong);
        let still = office.promised().await;
        assert_eq!(still.due_time, Some(at(FRIDAY)));
        assert_eq!(still.calendar_version, good.calendar_version);
    }
    office.give("ca-federal.toml", closed(&["2026-06-03"]));
    assert_eq!(office.promised().await.due_time, Some(at(THURSDAY)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_counts_in_a_calendar_of_the_folder_even_after_its_file_is_wrong_or_gone() {
    let office = Office::new();
    let policy = JIVE
        .replacen("name = \"ca-jive\"", "name = \"own\"", 1)
        .replacen("calendar = \"ca-federal\"", "calendar = \"office\"", 1);
    assert_ne!(policy, JIVE);
    fs::write(office.policies.path().join("own.toml"), policy).unwrap();
    let calendar = closed(&["2026-06-03"]).replacen("\"ca-federal\"", "\"office\"", 1);
    // A policy that counts in nothing is no policy, and a brand without one takes no complaints.
    assert!(matches!(
        office.start(office.calendars.path(), "own").await,
        Err(AppError::NoBrand)
    ));

    office.give("office.toml", &calendar);
    let clock = office.promised_under("own").await;
    assert_eq!(
        (clock.calendar.as_str(), clock.due_time),
        ("office", Some(at(THURSDAY)))
    );
    office.give("office.toml", &calendar[..calendar.len() / 2]);
    assert_eq!(
        office.promised_under("own").await.due_time,
        Some(at(THURSDAY))
    );
    fs::remove_file(office.calendars.path().join("office.toml")).unwrap();
    assert_eq!(
        office.promised_under("own").await.due_time,
        Some(at(THURSDAY))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_calendars_that_is_not_there_is_named_when_the_service_starts() {
    let office = Office::new();
    let missing = office.calendars.path().join("missing");
    let Err(error) = office.start(&missing, "ca-jive").await else {
        panic!("there is no such folder");
    };
    assert!(matches!(error, AppError::Folder { .. }));
    assert!(error.to_string().contains("missing"), "{error}");
}
