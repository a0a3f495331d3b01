//! A version is put into use while the service runs.

use std::sync::Arc;

use diesel::RunQueryDsl as _;
use redress::{
    calendar::CalendarBook,
    policy::{Channel, Policy},
    proto::v1,
    scheduler::Scheduler,
    store::{ActivatedText, Store, StoreError, StoredPolicy},
    telemetry::Metrics,
    time_source::ManualTime,
};
use tonic::Code;

use super::{activate, builtin_jive, file, jive_with, migrate, policies_of, stricter};
use crate::support::{
    database::TestDatabase,
    office::{Office, START, filing, instant},
    service::{Service, refusal, violated},
};

async fn in_force(service: &Service) -> v1::Policy {
    let mut policies = policies_of(service).await;
    let listed = policies
        .list_policies(v1::ListPoliciesRequest::default())
        .await;
    let listed = listed.unwrap().into_inner().policies.into_iter();
    let mut ruling = listed.filter(|policy| policy.policy == "ca-jive" && policy.in_force);
    ruling.next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activated_version_rules_new_complaints_at_every_replica_and_open_ones_keep_theirs() {
    let mut here = Service::start().await;
    let there = Office::beside(Arc::clone(&here.database), Arc::clone(&here.time));
    let (engine, store) = (there.engine.clone(), there.store.clone());
    let time: Arc<ManualTime> = Arc::clone(&there.time);
    let schedule = Scheduler::start(
        engine,
        store,
        time,
        Metrics::off(),
        jiff::SignedDuration::MAX,
    );
    let schedule = schedule.await.unwrap();
    let mut learnt = there.engine.activations();
    let open = here.file(v1::Channel::Form).await;
    let answer = activate(&mut policies_of(&here).await, stricter()).await;
    let activated = answer.policy.unwrap();
    assert!(!answer.already_active && activated.in_force && activated.in_use);
    assert_eq!(activated.activated_by, "ada");
    assert_ne!(activated.version, open.policy_version);

    let new = here.file(v1::Channel::Form).await;
    assert_eq!(new.policy_version, activated.version);
    assert_eq!(
        here.get(&open.name).await.policy_version,
        open.policy_version
    );
    // What was received before its first day still comes under the version before it.
    let mut letter = crate::support::service::filing(v1::Channel::Mail);
    letter.received_time = Some(crate::support::service::at("2026-05-28T14:00:00Z"));
    let letter = here.file_as(letter).await;
    assert_eq!(letter.policy_version, open.policy_version);

    learnt.wait_for(|number| *number > 0).await.unwrap();
    let new = there.file(filing(Channel::Form)).await;
    assert_eq!(new.policy.version, activated.version);

    // One that starts later knows it from the first moment.
    let mut later = Service::beside(Arc::clone(&here.database), Arc::clone(&here.time)).await;
    let new = later.file(v1::Channel::Form).await;
    assert_eq!(new.policy_version, activated.version);
    schedule.stop().await;
    for service in [here, later] {
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activating_the_same_again_changes_nothing() {
    let service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let first = activate(&mut policies, stricter()).await;
    service.time.set("2026-06-02T15:00:00Z".parse().unwrap());
    let again = activate(&mut policies, stricter()).await;
    assert!(again.already_active);
    assert_eq!(
        again.policy, first.policy,
        "the same time and the same name"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_for_a_later_day_waits_for_it() {
    let mut service = Service::start().await;
    let text = jive_with(&[("effective_from = 2015-01-01", "effective_from = 2026-06-03")]);
    let answer = activate(&mut policies_of(&service).await, text).await;
    let activated = answer.policy.unwrap();
    assert!(activated.in_use && !activated.in_force);
    let before = service.file(v1::Channel::Form).await;
    assert_ne!(before.policy_version, activated.version);
    service.time.set("2026-06-03T04:00:00Z".parse().unwrap());
    let on_the_day = service.file(v1::Channel::Form).await;
    assert_eq!(on_the_day.policy_version, activated.version);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_cannot_be_used_is_refused_with_its_place_and_changes_nothing() {
    let service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let mut refused = async |policy: &str, policy_file: Option<v1::TextFile>, calendars| {
        let request = v1::ActivatePolicyRequest {
            policy: policy.to_owned(),
            policy_file,
            calendars,
            actor: "ada".to_owned(),
        };
        policies.activate_policy(request).await.unwrap_err()
    };
    let wrong = jive_with(&[("silence = ", "silense = ")]);
    let line = wrong.lines().position(|line| line.starts_with("silense"));
    let status = refused("", Some(file(wrong)), Vec::new()).await;
    assert_eq!(violated(&status), ["policy_file"]);
    let place = format!("proposed.toml:{}:1: unknown field", line.unwrap() + 1);
    assert!(status.message().contains(&place), "{status:?}");

    let status = refused("ca-jive", None, vec![file("name = 1")]).await;
    assert_eq!(violated(&status), ["calendars[0]"]);
    let other = CalendarBook::builtin().unwrap();
    let other = other.get("ca-qc").unwrap().text().to_owned();
    let status = refused("ca-jive", None, vec![file(other)]).await;
    assert_eq!(violated(&status), ["calendars[0]"]);
    assert!(
        status.message().contains("would change nothing"),
        "{status:?}"
    );
    assert_eq!(
        violated(&refused("", None, Vec::new()).await),
        ["policy_file"]
    );
    let unknown = refused("ca-nobody", None, vec![file(OFFICE)]).await;
    assert_eq!(violated(&unknown), ["policy"]);

    let over = jive_with(&[(
        "effective_from = 2015-01-01",
        "effective_from = 2015-01-01\neffective_until = 2026-06-01",
    )]);
    let status = refused("", Some(file(over)), Vec::new()).await;
    let (code, reason) = refusal(&status);
    assert_eq!(code, Code::FailedPrecondition);
    assert_eq!(reason, "POLICY_CANNOT_RULE");
    assert_eq!(in_force(&service).await.version, builtin_jive().version());
    service.stop().await;
}

const OFFICE: &str = "name = \"office\"\ntitle = \"Office\"\nsource = \"none\"\nzone = \"America/Toronto\"\n\
                      [week]\nmonday = [\"09:00-17:00\"]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_alone_makes_another_version_and_a_text_after_it_goes_on_counting_in_it() {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let calendars = CalendarBook::builtin().unwrap();
    let federal = calendars.get("ca-federal").unwrap().text();
    let closed = format!("{federal}\n[[override]]\ndate = \"2026-06-05\"\nwindows = []\n");
    let request = v1::ActivatePolicyRequest {
        policy: "ca-jive".to_owned(),
        calendars: vec![file(closed)],
        actor: "ada".to_owned(),
        ..Default::default()
    };
    let calendar_alone = policies.activate_policy(request).await.unwrap();
    let first = calendar_alone.into_inner().policy.unwrap();
    assert_ne!(first.version, builtin_jive().version());
    let second = activate(&mut policies, stricter()).await.policy.unwrap();
    assert_eq!(second.calendars, first.calendars);
    let complaint = service.under_review().await;
    assert_eq!(complaint.policy_version, second.version);
    let update = service.clock(&complaint.name, "customer_update").await;
    let due: jiff::Timestamp = "2026-06-10T21:00:00Z".parse().unwrap();
    assert_eq!(update.due_time.unwrap().seconds, due.as_second());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activated_text_that_a_replica_cannot_read_leaves_the_last_good_version_in_use_there() {
    let mut service = Service::start().await;
    let good = activate(&mut policies_of(&service).await, stricter()).await;
    let good = good.policy.unwrap().version;
    // As a newer program might write it.
    for statement in [
        "insert into rule_text values ('policy', 'ca-jive', 'newer', '2026-06-02Z', 'newer = true', '{}')",
        "insert into activation values (2, 'policy', 'ca-jive', 'newer', 'eve', '2026-06-02Z')",
    ] {
        diesel::sql_query(statement)
            .execute(&mut service.database.connect())
            .unwrap();
    }
    let mut later = Service::beside(Arc::clone(&service.database), Arc::clone(&service.time)).await;
    // A migration looks first for what others have put into use.
    assert_eq!(
        migrate(&mut policies_of(&service).await).await.version,
        good
    );
    for service in [&mut service, &mut later] {
        let filed = service.file(v1::Channel::Form).await;
        assert_eq!(filed.policy_version, good);
    }
    service.stop().await;
    later.stop().await;
}

#[test]
fn what_was_loaded_together_is_found_together_whatever_was_activated_since() {
    let database = TestDatabase::create();
    let store = Store::connect(&database.url, 1, Metrics::off()).unwrap();
    let calendars = CalendarBook::builtin().unwrap();
    let stored =
        |text: String| StoredPolicy::of(&Policy::parse("a.toml", &text, &calendars).unwrap());
    let former = stored(jive_with(&[(
        "effective_from = 2015-01-01",
        "effective_from = 2015-01-01\neffective_until = 2026-06-30",
    )]));
    let next = stored(jive_with(&[(
        "effective_from = 2015-01-01",
        "effective_from = 2026-07-01",
    )]));
    let mut loaded = vec![former, next.clone()];
    store.keep_texts(&loaded, &[], instant(START)).unwrap();
    let later = [
        (next, "2026-06-03T14:00:00Z"),
        (stored(stricter()), "2026-06-04T14:00:00Z"),
    ];
    for (policy, at) in later {
        let activated = store.transaction(|transaction| {
            transaction.lock_activations()?;
            transaction.activate(&ActivatedText::Policy(policy), "ada", instant(at))
        });
        activated.map_err(|error: StoreError| error).unwrap();
    }
    loaded.sort_by(|a, b| a.version.cmp(&b.version));
    assert_eq!(store.last_loaded("ca-jive").unwrap(), loaded);
    assert_eq!(store.kept_policies().unwrap().len(), 3);
}
