//! Personal data are kept for as long as the policy says, and no longer.

use std::sync::Arc;

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::BigInt};
use redress::{
    brand::BrandBook,
    calendar::CalendarBook,
    domain::{Command, Complaint, ErasureReason, Fact, LegalHoldReason, Refusal, SYSTEM_ACTOR},
    engine::{EngineError, RetentionReport, Rules, Verification},
    policy::{Channel, Policy, PolicyBook},
    store::{Coverage, StoreError},
    time_source::ManualTime,
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    database::TestDatabase,
    office::{Office, START, content, filing, instant},
    policies::trusting,
};

/// More than two pages.
const COMPLAINTS: usize = 230;

fn policy(terms: &str, calendars: &CalendarBook) -> Policy {
    let jive = include_str!("../../policies/ca-jive.toml");
    let jive = trusting(jive);
    let text = format!("{jive}\n[retention]\n{terms}\nsource = \"the provider\"\n");
    Policy::parse("ca-jive.toml", &text, calendars).unwrap()
}

/// An office under `ca-jive` with the last of these terms, which knows the versions with the others as former ones.
fn office(database: &Arc<TestDatabase>, time: &Arc<ManualTime>, terms: &[&str]) -> Office {
    let calendars = CalendarBook::builtin().unwrap();
    let mut policies = PolicyBook::builtin(&calendars).unwrap();
    let (present, former) = terms.split_last().unwrap();
    for terms in former {
        policies.insert_former(policy(terms, &calendars));
    }
    policies.insert(policy(present, &calendars));
    let brands = BrandBook::builtin().unwrap();
    let rules = Arc::new(Rules::new(policies, calendars, brands));
    Office::with_rules(Arc::clone(database), Arc::clone(time), rules)
}

fn withdrawal() -> Command {
    Command::Withdraw {
        channel: Channel::Phone,
        statement: "Never mind.".to_owned(),
        withdrawn_at: None,
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    complaints: i64,
}

impl Office {
    /// How many complaints have anything personal.
    fn with_personal_data(&self) -> usize {
        let counted: Count = sql_query(
            "select count(*) as complaints from complaint c where exists (select from personal p where p.complaint_id = c.id)",
        )
        .get_result(&mut self.database.connect())
        .unwrap();
        usize::try_from(counted.complaints).unwrap()
    }

    async fn erase_retained(&self) -> RetentionReport {
        let engine = self.engine.clone();
        let never = CancellationToken::new();
        let done = tokio::task::spawn_blocking(move || engine.erase_retained(&never));
        done.await.unwrap().unwrap()
    }

    async fn withdrawn(&self) -> Complaint {
        let complaint = self.file(filing(Channel::Form)).await;
        self.change(&complaint, withdrawal()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_passed_its_maximum_is_erased_page_by_page_by_the_time_and_what_is_held_or_open_is_not()
 {
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let office = office(&database, &time, &["maximum = \"30 calendar days\""]);
    let filed = (0..COMPLAINTS).map(|_| office.withdrawn());
    let withdrawn = futures_util::future::join_all(filed).await;
    let open = office.file(filing(Channel::Form)).await;
    let hold = Command::PlaceLegalHold {
        reason: LegalHoldReason::Litigation,
    };
    office.change(&withdrawn[7], hold).await.unwrap();
    assert_eq!(office.with_personal_data(), COMPLAINTS + 1);

    // The last of the thirty days ends at midnight in Toronto.
    time.set(instant("2026-07-03T04:00:00Z"));
    office.drain().await;
    let early = office.erase_retained().await;
    assert_eq!((early.erased, early.failed), (0, 0), "{early:?}");
    assert_eq!(office.with_personal_data(), COMPLAINTS + 1);
    time.set(instant("2026-07-03T04:00:00.000001Z"));
    let swept = office.erase_retained().await;
    let expected = RetentionReport {
        erased: COMPLAINTS - 1,
        kept: 1,
        failed: 0,
    };
    assert_eq!(swept, expected);
    assert_eq!(office.with_personal_data(), 2, "the held and the open one");
    // By the command that anybody erases with, and on record.
    let events = office.events(&withdrawn[0]).await;
    let last = content(events.last().unwrap());
    let reason = ErasureReason::RetentionEnded;
    assert_eq!(last.fact, Some(Fact::PersonalDataErased { reason }));
    assert_eq!(last.actor, SYSTEM_ACTOR);
    assert!(office.erase_retained().await.erased == 0, "once");
    assert!(open.closed_at.is_none());
    let policies = office.engine.rules().policies();
    let verification = Verification::new(&office.store, &policies, &*office.time);
    let proved = verification.each::<StoreError>(Coverage::All, |verified| {
        assert_eq!(verified.findings, []);
        Ok(())
    });
    assert_eq!(proved.unwrap().complaints, COMPLAINTS + 1);

    let release = Command::ReleaseLegalHold {
        reason: LegalHoldReason::Litigation,
    };
    office.change(&withdrawn[7], release).await.unwrap();
    assert_eq!(office.erase_retained().await.erased, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_data_are_kept_goes_by_the_version_that_is_in_force_now() {
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let (former_terms, present_terms) = ("minimum = \"10 years\"", "maximum = \"7 calendar days\"");
    let former = office(&database, &time, &[former_terms]);
    let complaint = former.withdrawn().await;
    former.drain().await;
    let request = Command::ErasePerson {
        reason: ErasureReason::Request,
    };
    let refused = former.change(&complaint, request).await;
    let Err(EngineError::Refused(refused)) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(*refused, Refusal::Retained { .. }), "{refused}");
    let present = office(&database, &time, &[former_terms, present_terms]);
    time.set(instant("2026-06-20T12:00:00Z"));
    assert_eq!(present.erase_retained().await.erased, 1);
    assert_eq!(present.with_personal_data(), 0);
}
