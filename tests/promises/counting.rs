//! One call counts what each queue has to do, and every count is what somebody would count by hand.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use redress::{access::Caller, proto::v1, time_source::TimeSource as _};

use crate::{
    support::{
        callers::{Desk, of_brands, of_queues},
        service::{Service, violated},
    },
    worklist::book::{Whole, book, random, read_one_by_one, seed},
};

/// Open, overdue, due within the hour, today, tomorrow.
type Board = BTreeMap<String, [i32; 5]>;

fn told(response: v1::CountComplaintsResponse) -> Board {
    let count = |cell: Option<v1::CountCell>| {
        let cell = cell.unwrap();
        assert!(!cell.more, "few are counted");
        cell.count
    };
    let counts = response.counts.into_iter().map(|it| {
        let cells = [
            count(it.open),
            count(it.overdue),
            count(it.due_within_hour),
            count(it.due_today),
            count(it.due_tomorrow),
        ];
        (it.group, cells)
    });
    counts.collect()
}

fn by_hand<'w>(
    all: impl Iterator<Item = &'w Whole>,
    groups: impl Fn(&Whole) -> Vec<String>,
    (now, zone): (Timestamp, &TimeZone),
) -> Board {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let mut board = Board::new();
    for it in all {
        if it.is_over() && it.next().is_none() {
            continue;
        }
        let due = it
            .next_due()
            .map(|due| Timestamp::from_microsecond(due).unwrap());
        let hour = now + SignedDuration::from_hours(1);
        let is = |wanted: &dyn Fn(Timestamp) -> bool| i32::from(due.is_some_and(wanted));
        let cells = [
            1,
            is(&|due| due < now),
            is(&|due| due >= now && due < hour),
            is(&|due| due >= now && day(due) == day(now)),
            is(&|due| day(due) == day(now).tomorrow().unwrap()),
        ];
        for group in groups(it) {
            let counted = board.entry(group).or_default();
            for (sum, cell) in counted.iter_mut().zip(cells) {
                *sum += cell;
            }
        }
    }
    board
}

fn word(name: &str, prefix: &str) -> Vec<String> {
    vec![name.trim_start_matches(prefix).to_lowercase()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_count_is_what_somebody_would_count_by_hand() {
    let mut random = random(seed());
    let desk = Desk::open();
    book(&desk, &mut random).await;
    let all = read_one_by_one(&desk).await;
    let zone = TimeZone::get("America/Toronto").unwrap();
    use v1::CountGroup as G;
    type Groups = fn(&Whole) -> Vec<String>;
    let groups: [(G, Groups); 8] = [
        (G::Unspecified, |_| vec![String::new()]),
        (G::Queue, |it| vec![it.complaint.assignee.clone()]),
        (G::State, |it| {
            word(it.complaint.state().as_str_name(), "STATE_")
        }),
        (G::Brand, |it| vec![it.complaint.brand.clone()]),
        (G::Level, |it| vec![it.complaint.level.to_string()]),
        (G::Region, |it| vec![it.complaint.region.clone()]),
        (G::Service, |it| {
            let issues = it.complaint.issues.iter();
            let names = issues.map(|issue| issue.service().as_str_name());
            let names: std::collections::BTreeSet<_> = names.collect();
            names
                .iter()
                .flat_map(|name| word(name, "SERVICE_KIND_"))
                .collect()
        }),
        (G::Label, |it| {
            let labels = it.complaint.labels.iter();
            let value = labels.filter(|it| it.key == "outage").map(|it| &it.value);
            vec![value.cloned().collect()]
        }),
    ];
    let mut overdue = 0;
    for hours in [0, 5, 30] {
        let later = desk.office.time.now() + SignedDuration::from_hours(hours);
        desk.office.time.set(later);
        for (group, of) in groups {
            type Passing = fn(&Whole) -> bool;
            let everything: Passing = |_| true;
            let cases: [(Caller, v1::CountComplaintsRequest, Passing); 4] = [
                (Caller::Anyone, Default::default(), everything),
                (of_brands(&["jive"]), Default::default(), |it| {
                    it.complaint.brand == "jive"
                }),
                (of_queues(&["ana"], true), Default::default(), |it| {
                    ["", "ana"].contains(&it.complaint.assignee.as_str())
                }),
                (
                    Caller::Anyone,
                    v1::CountComplaintsRequest {
                        languages: vec![v1::Language::French.into()],
                        ..Default::default()
                    },
                    |it| it.complaint.language() == v1::Language::French,
                ),
            ];
            for (caller, request, passes) in cases {
                let request = v1::CountComplaintsRequest {
                    group_by: group.into(),
                    label_key: match group {
                        G::Label => "outage".to_owned(),
                        _ => String::new(),
                    },
                    time_zone: "America/Toronto".to_owned(),
                    ..request
                };
                let counted = desk.client(&caller).count_complaints(request.clone()).await;
                let counted = counted.unwrap().into_inner();
                assert_eq!(counted.time_zone, "America/Toronto");
                let wanted = by_hand(all.values().filter(|it| passes(it)), of, (later, &zone));
                let told = told(counted);
                assert_eq!(told, wanted, "{request:?}");
                overdue += told.values().map(|cells| cells[1]).sum::<i32>();
            }
        }
    }
    assert!(overdue > 50, "{overdue}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn today_is_a_day_where_the_only_brand_works() {
    let mut service = Service::start().await;
    let request = v1::CountComplaintsRequest::default();
    let counted = service.client.count_complaints(request).await.unwrap();
    assert_eq!(counted.into_inner().time_zone, "America/Toronto");
    let wrong = v1::CountComplaintsRequest {
        time_zone: "Toronto".to_owned(),
        label_key: "outage".to_owned(),
        ..Default::default()
    };
    let refused = service.client.count_complaints(wrong).await.unwrap_err();
    let mut fields = violated(&refused);
    fields.sort_unstable();
    assert_eq!(fields, ["label_key", "time_zone"]);
    service.stop().await;
}
