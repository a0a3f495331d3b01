//! A quarter of real complaints, played through the port of a running service: what it promises holds at their numbers.

mod book;
mod report;
mod script;
mod stage;

use std::sync::Arc;

use diesel::RunQueryDsl as _;
use redress::{
    app,
    calendar::CalendarBook,
    domain::{Identity, State, explain},
    engine::{Summary, Verification, Verified},
    proto::v1::{self, FigureDimension, figure_service_client::FigureServiceClient},
    store::{Coverage, History, HistoryPlace, Store, StoreError},
    telemetry::Metrics,
    time_source::{ManualTime, SystemTime, TimeSource as _},
};

use self::{
    book::Status,
    report::Report,
    stage::{MOVE, Stage},
};
use crate::{
    figures::counting,
    support::{
        database::TestDatabase,
        ledger::Ledger,
        office::instant,
        service::{Service, at},
        watchdog,
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarter_of_real_complaints_keeps_every_promise_of_the_record() {
    watchdog::watch_hard_work();
    let Some(entries) = book::entries() else {
        eprintln!("the complaint book is not at hand: nothing was replayed");
        return;
    };
    let calendars = CalendarBook::builtin().unwrap();
    let calendar = calendars.get("ca-federal").unwrap();
    let scenes = entries.iter().enumerate();
    let scenes = scenes.flat_map(|(number, entry)| {
        let scenes = script::scenes(number, entry, calendar);
        scenes.into_iter().map(move |scene| (number, scene))
    });
    let scenes: Vec<_> = scenes.collect();

    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant("2015-04-01T04:00:00Z")));
    let mut service = Service::beside(Arc::clone(&database), Arc::clone(&time)).await;
    let told = watch_breaches(&mut service).await;
    let mut stage = Stage {
        client: service.client.clone(),
        time: Arc::clone(&time),
        store: Store::connect(&database.url, 1, Metrics::off()).unwrap(),
        database: Arc::clone(&database),
        calendar,
        entries: &entries,
        names: vec![String::new(); entries.len()],
    };
    let played = stage.play(scenes).await;

    let ledger = Ledger::read(&mut database.connect());
    ledger.check(time.now());
    let report = Report::of(&ledger, played, time.now());
    println!("{report}");
    assert_eq!(count_through_the_port(&mut service).await, entries.len());
    let compared = counted_by_another_program(&mut service, &database).await;
    println!("{compared} figures counted again");
    balanced(&report, &entries);
    let verified = follows_from_the_logs(&database);
    println!("verified: {verified:?}");
    assert_eq!(verified.complaints, entries.len());
    assert_eq!(explained_from_the_logs(&database), verified.clocks);
    service.stop().await;
    assert_eq!(
        told.await.unwrap(),
        report.count("breached"),
        "whoever watched was told of every breach"
    );
}

/// Every complaint and every clock is what its log gives.
fn follows_from_the_logs(database: &TestDatabase) -> Summary {
    let (store, policies) = app::open_to_read(&database.url).unwrap();
    let summary = Verification::new(&store, &policies, &SystemTime).each::<StoreError>(
        Coverage::All,
        |verified| {
            let Verified {
                tracking_number,
                findings,
                ..
            } = verified;
            assert_eq!(findings, &[], "{tracking_number}");
            Ok(())
        },
    );
    summary.unwrap()
}

/// Explains every cycle of every clock; how many there are.
fn explained_from_the_logs(database: &TestDatabase) -> usize {
    let (store, policies) = app::open_to_read(&database.url).unwrap();
    let (mut explained, mut after) = (0, None::<HistoryPlace>);
    loop {
        let page = store.histories(Coverage::All, after.as_ref(), 100).unwrap();
        let Some(last) = page.last() else {
            return explained;
        };
        after = Some(last.place.clone());
        for found in page {
            let History { case, log, .. } = found.history.unwrap();
            let identity = Identity {
                id: case.complaint.id,
                tracking_number: case.complaint.tracking_number,
            };
            for clock in case.clocks {
                let cycle = Some(clock.cycle);
                let explanation = explain(&identity, &log, &policies, &clock.name, cycle).unwrap();
                assert_eq!(explanation.clock, clock, "{}", found.tracking_number);
                let total = &explanation.total;
                assert!(total.balanced, "{} {explanation:#?}", found.tracking_number);
                explained += 1;
            }
        }
    }
}

/// Counts the breaches that a watcher is told of, until the service drains.
async fn watch_breaches(service: &mut Service) -> tokio::task::JoinHandle<usize> {
    let request = v1::WatchEventsRequest {
        from_beginning: true,
        kinds: vec![v1::EventKind::Breached.into()],
        ..Default::default()
    };
    let mut breaches = service
        .client
        .watch_events(request)
        .await
        .unwrap()
        .into_inner();
    tokio::spawn(async move {
        let mut told = std::collections::BTreeSet::new();
        while let Ok(Some(message)) = breaches.message().await {
            if let Some(event) = message.event {
                told.insert((event.complaint, event.sequence));
            }
        }
        told.len()
    })
}

async fn count_through_the_port(service: &mut Service) -> usize {
    let (mut count, mut page_token) = (0, String::new());
    loop {
        let request = v1::ListComplaintsRequest {
            page_size: 1_000,
            page_token,
            ..Default::default()
        };
        let page = service
            .client
            .list_complaints(request)
            .await
            .unwrap()
            .into_inner();
        count += page.complaints.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return count;
        }
    }
}

/// Counts the quarter again, in every way in which figures can be divided.
async fn counted_by_another_program(service: &mut Service, database: &TestDatabase) -> usize {
    let address = format!("http://{}", service.app.address);
    let mut figures = FigureServiceClient::connect(address).await.unwrap();
    let quarter = |zone: &str, by: &[FigureDimension]| v1::GetFiguresRequest {
        from_time: Some(at("2015-04-01T04:00:00Z")),
        to_time: Some(at("2015-07-01T04:00:00Z")),
        time_zone: zone.to_owned(),
        by: by.iter().map(|dimension| (*dimension).into()).collect(),
        ..Default::default()
    };
    let month = |month: &str, zone: &str| v1::GetFiguresRequest {
        month: month.to_owned(),
        from_time: None,
        to_time: None,
        ..quarter(zone, &[FigureDimension::Clock])
    };
    use FigureDimension as By;
    let mut questions = vec![
        month("2015-06", "America/Toronto"),
        month("2015-06", "Europe/Berlin"),
        month("2015-06", "Pacific/Auckland"),
        quarter("America/Toronto", &[]),
        quarter("America/Toronto", &[By::Clock, By::Policy]),
        quarter("America/Toronto", &[By::Clock, By::Channel, By::Month]),
        quarter("America/Toronto", &[By::Assignee, By::Level]),
        quarter("Europe/Berlin", &[By::Month]),
        quarter("Pacific/Auckland", &[By::Month, By::Channel, By::Level]),
        quarter("America/Toronto", &[By::Day]),
    ];
    // Until everything can be read: other sessions of the cluster may keep the end of the log from being.
    let position = position_of_all(service, database).await;
    for question in &mut questions {
        question.position.clone_from(&position);
    }
    let compared = counting::agrees(&mut service.client, &mut figures, questions).await;
    assert!(compared > 1_000, "{compared}");
    compared
}

/// The position behind the last event.
async fn position_of_all(service: &mut Service, database: &TestDatabase) -> String {
    let count = diesel::dsl::sql::<diesel::sql_types::BigInt>("(select count(*) from event)");
    let count: i64 = diesel::select(count)
        .get_result(&mut database.connect())
        .unwrap();
    let from_beginning = v1::WatchEventsRequest {
        from_beginning: true,
        ..Default::default()
    };
    let watched = service.client.watch_events(from_beginning).await;
    let (mut watched, mut seen, mut position) = (watched.unwrap().into_inner(), 0, String::new());
    while seen < count {
        let told = watched.message().await.unwrap().unwrap();
        seen += i64::from(told.event.is_some());
        position = told.position;
    }
    position
}

/// The figures agree with one another and with the book, and every part of the promises had its turn.
fn balanced(report: &Report, entries: &[book::Entry]) {
    let of_status = |status| {
        entries
            .iter()
            .filter(|entry| entry.status == status)
            .count()
    };
    let settled = of_status(Status::Closed) + of_status(Status::Solved);
    assert_eq!(report.count("filed"), entries.len());
    assert_eq!(report.state(State::Closed), settled);
    assert_eq!(report.state(State::Withdrawn), 0);
    let in_hand =
        [State::Received, State::InReview, State::Proposed].map(|state| report.state(state));
    assert_eq!(
        in_hand.iter().sum::<usize>(),
        of_status(Status::Open) + of_status(Status::Pending)
    );

    assert_eq!(report.clocks["acknowledgement"].total(), entries.len());
    for name in [
        "acknowledgement",
        "customer_update",
        "resolution",
        "outcome_notice",
        "implementation",
    ] {
        let kept = &report.clocks[name];
        assert!(
            kept.met > kept.missed && kept.missed > 0,
            "{name}: {kept:?}"
        );
    }
    let late: usize = report
        .clocks
        .values()
        .map(|kept| kept.missed + kept.running_late)
        .sum();
    // Fewer by what was done in time and entered late.
    assert!(report.count("breached") >= late, "{late}");
    // The time moves by half hours, which is longer than "at once"; what counts is that the next move tells it by itself.
    // Who is dissatisfied and escalates within one move is told once.
    let told = report.firings["notice_issued"].count;
    let mut promised = 0;
    for name in ["recourse_notice", "dissatisfaction_notice"] {
        let recourse = &report.clocks[name];
        assert_eq!(recourse.total(), recourse.met + recourse.missed, "{name}");
        promised += recourse.total();
    }
    assert!(
        told <= promised && told > promised / 2,
        "{told} of {promised}"
    );
    assert_eq!(report.firings["breached"].count, report.count("breached"));
    for kind in ["reminder", "breached", "notice_issued"] {
        let firings = &report.firings[kind];
        assert!(
            firings.count > 0 && firings.latest <= MOVE,
            "{kind}: {firings:?}"
        );
    }
    for kind in [
        "escalation_eligible",
        "escalated",
        "promise_changed",
        "paused",
        "resumed",
        "referred",
    ] {
        assert!(report.count(kind) > 10, "{kind}: {}", report.count(kind));
    }
    assert!(report.flagged > 100, "{}", report.flagged);
}
