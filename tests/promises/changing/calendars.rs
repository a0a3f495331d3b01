//! A version of a policy stands for its calendars too.

use std::sync::Arc;

use redress::{
    brand::BrandBook,
    calendar::{Calendar, CalendarBook},
    domain::{Acknowledgement, Command},
    engine::Rules,
    policy::Channel,
    store::StoredPolicy,
    time_source::ManualTime,
};

use super::prove;
use crate::support::{
    database::TestDatabase,
    office::{Office, START, filing, instant, rules},
    policies::trusting_book,
    service::{Service, act},
};

/// The rules of a program of which the calendar closed one more day, the coming Friday.
fn former_rules() -> Arc<Rules> {
    let mut calendars = CalendarBook::builtin().unwrap();
    let federal = calendars.get("ca-federal").unwrap().text();
    let text = format!("{federal}\n[[override]]\ndate = \"2026-06-05\"\nwindows = []\n");
    calendars.insert(Calendar::parse("ca-federal.toml", &text).unwrap());
    let policies = trusting_book(&calendars);
    let brands = BrandBook::builtin().unwrap();
    Arc::new(Rules::new(policies, calendars, brands))
}

/// An office with the former calendar, which has kept its policies as every service does when it starts.
fn former_office() -> Office {
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let rules = former_rules();
    let kept: Vec<_> = rules
        .policies()
        .current()
        .map(|policy| StoredPolicy::of(policy))
        .collect();
    let office = Office::with_rules(database, time, rules);
    office.store.keep_texts(&kept, &[], instant(START)).unwrap();
    office
}

/// Five working days from Tuesday at ten, of which Friday is none.
const FIVE_DAYS_WITHOUT_FRIDAY: &str = "2026-06-10T21:00:00Z";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_change_of_a_calendar_a_complaint_goes_on_in_the_one_that_it_came_under() {
    let former = former_office();
    let complaint = former.file(filing(Channel::Form)).await;
    let (database, time) = (Arc::clone(&former.database), Arc::clone(&former.time));

    // A service that has the present calendar alone.
    let mut service = Service::beside(Arc::clone(&database), time).await;
    let name = format!("complaints/{}", complaint.id);
    act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let old = service.clock(&name, "customer_update").await;
    assert_eq!(
        old.due_time.unwrap().seconds,
        instant(FIVE_DAYS_WITHOUT_FRIDAY).as_second()
    );
    let new = service.under_review().await;
    assert_ne!(new.policy_version, complaint.policy.version);
    let new = service.clock(&new.name, "customer_update").await;
    assert!(new.due_time.unwrap().seconds < old.due_time.unwrap().seconds);
    service.stop().await;
    assert_eq!(prove(&database), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_learns_a_version_later_learns_its_calendars_with_it() {
    let former = former_office();
    let present = Office::with_rules(
        Arc::clone(&former.database),
        Arc::clone(&former.time),
        rules(),
    );
    let complaint = former.file(filing(Channel::Form)).await;
    let acknowledge = Command::Acknowledge(Acknowledgement::default());
    present.change(&complaint, acknowledge).await.unwrap();
    let clocks = present.clocks(&complaint).await;
    let update = clocks.iter().find(|clock| clock.name == "customer_update");
    assert_eq!(update.unwrap().due, Some(instant(FIVE_DAYS_WITHOUT_FRIDAY)));
}
