//! One call says of each complaint in a list what has to be done next, and a list is what somebody would pick out by hand.

pub(crate) mod book;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{Bool, Nullable, Text},
};
use jiff::SignedDuration;
use rand::{RngExt as _, rngs::StdRng, seq::IndexedRandom as _};
use redress::{
    access::Caller,
    proto::v1::{self, Channel},
    time_source::TimeSource as _,
};
use tonic_types::StatusExt as _;

use self::book::{HANDLERS, REGIONS, Whole, book, micros, random, read_one_by_one, seed};
use crate::support::{
    callers::{Desk, of_brands, of_queues},
    office::instant,
    service::{Service, act, filing, violated},
};

/// How many lists are compared.
const LISTS: usize = 120;

const ORDERS: [&str; 9] = [
    "create_time",
    "create_time desc",
    "due_time",
    "received_time",
    "received_time desc",
    "level desc",
    "last_contact_time",
    "closed_time",
    "closed_time desc",
];

/// Something that a list can be asked for, and whether a complaint passes it.
type Passing = Box<dyn Fn(&Whole) -> bool>;

/// A filter that sometimes asks for this.
fn filters(random: &mut StdRng, request: &mut v1::ListComplaintsRequest) -> Vec<Passing> {
    let mut passing: Vec<Passing> = Vec::new();
    let some = |random: &mut StdRng| random.random_bool(0.15);
    if some(random) {
        let brand = *["jive", "harbour"].choose(random).unwrap();
        request.brand = brand.to_owned();
        passing.push(Box::new(move |it| it.complaint.brand == brand));
    }
    if some(random) {
        let open = [
            v1::State::Received,
            v1::State::InReview,
            v1::State::Proposed,
        ];
        request.states = open.iter().map(|state| (*state).into()).collect();
        passing.push(Box::new(move |it| open.contains(&it.complaint.state())));
    }
    match random.random_range(0..10) {
        0 => {
            let name = *HANDLERS.choose(random).unwrap();
            request.assignee = name.to_uppercase();
            passing.push(Box::new(move |it| it.complaint.assignee == name));
        }
        1 => {
            request.assignee = "-".to_owned();
            passing.push(Box::new(|it| {
                it.complaint.assignee.is_empty() && !it.is_over()
            }));
        }
        2 => {
            let names = [HANDLERS[0], HANDLERS[2]];
            request.assignees = names.map(str::to_owned).to_vec();
            passing.push(Box::new(move |it| {
                names.contains(&it.complaint.assignee.as_str())
            }));
        }
        _ => {}
    }
    if some(random) {
        let region = *REGIONS[..2].choose(random).unwrap();
        request.region = region.to_owned();
        passing.push(Box::new(move |it| it.complaint.region == region));
    }
    if some(random) {
        request.languages = vec![v1::Language::French.into()];
        passing.push(Box::new(|it| {
            it.complaint.language() == v1::Language::French
        }));
    }
    let (service, category) = (v1::ServiceKind::Internet, v1::IssueCategory::Billing);
    let (of_service, of_category) = (some(random), some(random));
    if of_service || of_category {
        request.services = of_service.then_some(service.into()).into_iter().collect();
        request.categories = of_category.then_some(category.into()).into_iter().collect();
        passing.push(Box::new(move |it| {
            it.complaint.issues.iter().any(|issue| {
                (!of_service || issue.service() == service)
                    && (!of_category || issue.category() == category)
            })
        }));
    }
    if some(random) {
        request.channels = vec![Channel::Phone.into()];
        passing.push(Box::new(|it| it.complaint.channel() == Channel::Phone));
    }
    if some(random) {
        let level = random.random_range(0..2);
        request.level = Some(level);
        passing.push(Box::new(move |it| it.complaint.level == level));
    }
    if some(random) {
        request.escalation_eligible = true;
        passing.push(Box::new(|it| !it.complaint.escalation_reasons.is_empty()));
    }
    if some(random) {
        request.referred = true;
        passing.push(Box::new(Whole::is_referred));
    }
    if some(random) {
        request.labels = vec![v1::Label {
            key: "outage".to_owned(),
            value: "O-17".to_owned(),
        }];
        passing.push(Box::new(|it| {
            it.complaint
                .labels
                .iter()
                .any(|label| label.value == "O-17")
        }));
    }
    if some(random) {
        let from = instant("2026-06-02T12:00:00Z").as_second() + random.random_range(0..50_000);
        let before = from + 100_000;
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        (request.received_from, request.received_before) = (at(from), at(before));
        passing.push(Box::new(move |it| {
            let received = it.complaint.received_time.unwrap().seconds;
            (from..before).contains(&received)
        }));
    }
    passing
}

/// What an order has, and by what it puts it.
fn key(order: &str, it: &Whole) -> Option<i64> {
    let open = !it.is_over();
    match order.trim_end_matches(" desc") {
        "create_time" => Some(0),
        "due_time" => it.next_due().or(open.then_some(i64::MAX)),
        "received_time" => Some(micros(it.complaint.received_time.unwrap())),
        "level" => open.then_some(-i64::from(it.complaint.level)),
        "last_contact_time" => open.then(|| it.last_contact()),
        "closed_time" => it.complaint.closed_time.map(micros),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_what_somebody_would_pick_out_by_hand_in_each_order_and_with_any_filters() {
    let seed = seed();
    let mut random = random(seed);
    let desk = Desk::open();
    book(&desk, &mut random).await;
    let all = read_one_by_one(&desk).await;
    let mut found = 0;
    for number in 0..LISTS {
        let order = ORDERS[number % ORDERS.len()];
        let mut request = v1::ListComplaintsRequest {
            order_by: order.to_owned(),
            page_size: *[1, 3, 50].choose(&mut random).unwrap(),
            ..Default::default()
        };
        let mut passing = filters(&mut random, &mut request);
        if order.starts_with("closed") {
            request.states.clear();
            passing.clear();
            request = v1::ListComplaintsRequest {
                order_by: request.order_by,
                page_size: request.page_size,
                closed_from: Some(crate::support::service::at("2026-06-02T20:00:00Z")),
                ..Default::default()
            };
            let from = instant("2026-06-02T20:00:00Z").as_microsecond();
            passing.push(Box::new(move |it| {
                it.complaint
                    .closed_time
                    .is_some_and(|at| micros(at) >= from)
            }));
        }
        let (caller, scope): (Caller, Passing) = match number % 4 {
            0 => (
                of_brands(&["jive"]),
                Box::new(|it| it.complaint.brand == "jive"),
            ),
            1 => (
                of_queues(&["Ana"], true),
                Box::new(|it| ["", "ana"].contains(&it.complaint.assignee.as_str())),
            ),
            _ => (Caller::Anyone, Box::new(|_| true)),
        };
        passing.push(scope);
        let mut client = desk.client(&caller);
        let mut listed = Vec::new();
        let mut asked = request.clone();
        let refused = loop {
            match client.list_complaints(asked.clone()).await {
                Err(status) => break Some(status),
                Ok(page) => {
                    let page = page.into_inner();
                    listed.extend(page.complaints.into_iter().map(|it| it.name));
                    if page.next_page_token.is_empty() {
                        break None;
                    }
                    asked.page_token = page.next_page_token;
                }
            }
        };
        if let Some(status) = refused {
            // A brand outside the scope is unknown.
            assert_eq!(violated(&status), ["brand"], "{request:?}: {status:?}");
            continue;
        }
        let picked = all
            .values()
            .filter(|it| passing.iter().all(|pass| pass(it)));
        let mut picked: Vec<(i64, &str)> = picked
            .filter_map(|it| Some((key(order, it)?, it.complaint.name.as_str())))
            .collect();
        picked.sort_unstable();
        // By level, the highest comes first by its key, and then what was filed first.
        if order.ends_with(" desc") && order != "level desc" {
            picked.reverse();
        }
        let picked: Vec<&str> = picked.into_iter().map(|(_, name)| name).collect();
        assert_eq!(listed, picked, "{request:?}");
        found += listed.len();
    }
    assert!(found > 400, "{found}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_row_says_what_falls_due_next_what_is_possible_and_why_it_needs_attention() {
    let mut random = random(seed());
    let desk = Desk::open();
    book(&desk, &mut random).await;
    desk.office
        .time
        .set(desk.office.time.now() + SignedDuration::from_hours(30));
    let all = read_one_by_one(&desk).await;
    let now = desk.office.time.now();
    let mut client = desk.client(&Caller::Anyone);
    let page = client.list_complaints(v1::ListComplaintsRequest {
        page_size: 1_000,
        ..Default::default()
    });
    let page = page.await.unwrap().into_inner();
    assert_eq!(page.entries.len(), page.complaints.len());
    assert_eq!(page.read_time.map(micros), Some(now.as_microsecond()));
    let (mut late, mut flagged) = (0, 0);
    for (complaint, entry) in page.complaints.iter().zip(&page.entries) {
        let whole = &all[&complaint.name];
        assert_eq!(entry.complaint, complaint.name);
        let next = entry.next_promise.as_ref();
        let wanted = whole.next();
        assert_eq!(next.map(|it| &it.clock), wanted.map(|it| &it.clock));
        if let Some((next, wanted)) = next.zip(wanted) {
            assert_eq!(next.due_time, wanted.due_time);
            assert_eq!((next.cycle, next.owner), (wanted.cycle, wanted.owner));
            let by_handler = wanted.owner() == v1::Role::Handler;
            let assignee = complaint.assignee.as_str();
            assert_eq!(next.assignee, if by_handler { assignee } else { "" });
            let since = now.as_microsecond() - micros(next.due_time.unwrap());
            let overdue = next
                .overdue_by
                .map(|by| by.seconds * 1_000_000 + i64::from(by.nanos) / 1_000);
            assert_eq!(overdue, (since > 0).then_some(since));
            late += usize::from(since > 0);
        }
        let kinds: Vec<_> = entry.flags.iter().map(v1::WorklistFlag::kind).collect();
        use v1::WorklistFlagKind as K;
        assert_eq!(
            kinds.contains(&K::EscalationEligible),
            !complaint.escalation_reasons.is_empty()
        );
        assert_eq!(kinds.contains(&K::Referred), whole.is_referred());
        for flag in &entry.flags {
            if flag.kind() == K::EscalationEligible {
                assert_eq!(flag.escalation_reasons, complaint.escalation_reasons);
                assert_eq!(flag.since_time, complaint.escalation_eligible_time);
            }
            flagged += 1;
        }
    }
    assert!(late > 5 && flagged > 3, "{late} late, {flagged} flagged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_possible_is_what_a_refusal_would_name() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Phone).await.name;
    let refused = act!(
        service.client,
        name,
        confirm_implementation(ConfirmImplementationRequest {})
    )
    .unwrap_err();
    let told = refused.get_details_error_info().unwrap().metadata;
    let told: Vec<&str> = told["possible"].split(',').collect();
    let page = service
        .client
        .list_complaints(v1::ListComplaintsRequest::default());
    let entries = page.await.unwrap().into_inner().entries;
    assert_eq!(entries[0].possible_methods, told);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_that_cannot_be_met_or_read_are_refused() {
    let mut service = Service::start().await;
    let request = v1::ListComplaintsRequest::default;
    let at = crate::support::service::at;
    for (asked, field) in [
        (
            v1::ListComplaintsRequest {
                assignee: "ada".to_owned(),
                assignees: vec!["eve".to_owned()],
                ..request()
            },
            "assignees",
        ),
        (
            v1::ListComplaintsRequest {
                assignees: vec!["-".to_owned()],
                ..request()
            },
            "assignees[0]",
        ),
        (
            v1::ListComplaintsRequest {
                received_from: Some(at("2026-06-02T14:00:00Z")),
                received_before: Some(at("2026-06-02T14:00:00Z")),
                ..request()
            },
            "received_before",
        ),
        (
            v1::ListComplaintsRequest {
                closed_from: Some(at("2026-06-02T14:00:00Z")),
                order_by: "due_time".to_owned(),
                ..request()
            },
            "order_by",
        ),
        (
            v1::ListComplaintsRequest {
                order_by: "level desc".to_owned(),
                states: vec![v1::State::Closed.into()],
                ..request()
            },
            "order_by",
        ),
        (
            v1::ListComplaintsRequest {
                region: "Quebec".to_owned(),
                ..request()
            },
            "region",
        ),
    ] {
        let refused = service.client.list_complaints(asked).await.unwrap_err();
        assert_eq!(violated(&refused), [field]);
    }
    service.stop().await;
}

/// Where few of many match, a page ends early and says where to go on; the pages together have all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rare_match_is_found_by_following_the_pages() {
    let mut service = Service::start().await;
    let mut rare = filing(Channel::Form);
    rare.region = "CA-NU".to_owned();
    let rare = service.file_as(rare).await;
    let mut connection = service.database.connect();
    crate::page_cost::copies(&mut connection, 9_000);
    let mut request = v1::ListComplaintsRequest {
        region: "CA-NU".to_owned(),
        order_by: "due_time".to_owned(),
        ..Default::default()
    };
    let (mut pages, mut names) = (0, Vec::new());
    loop {
        let page = service.client.list_complaints(request.clone()).await;
        let page = page.unwrap().into_inner();
        pages += 1;
        names.extend(page.complaints.into_iter().map(|it| it.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(names, [rare.name]);
    assert!((2..6).contains(&pages), "{pages}");
    service.stop().await;
}

/// A complaint's columns as text, and whether it is over.
#[derive(Debug, PartialEq, QueryableByName)]
struct Columns {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    next_due: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    last_contact: Option<String>,
    #[diesel(sql_type = Bool)]
    referred: bool,
}

/// A complaint that is over was in touch with nobody that would count.
fn columns(connection: &mut PgConnection) -> Vec<Columns> {
    sql_query(
        "select id::text, next_due_at::text as next_due, case when next_due_at is not null then last_contact_at end::text \
         as last_contact, referred from complaint order by id",
    )
    .load(connection)
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_there_before_the_columns_is_filled_in_as_the_service_would_have() {
    let desk = Desk::open();
    book(&desk, &mut random(seed())).await;
    let mut connection = desk.office.database.connect();
    let written = columns(&mut connection);
    assert!(written.iter().any(|row| row.referred));
    assert!(written.iter().any(|row| row.last_contact.is_some()));
    sql_query("update complaint set next_due_at = null, last_contact_at = null, referred = false")
        .execute(&mut connection)
        .unwrap();
    let fill = include_str!("../../migrations/2026-12-01-000411_worklist_known/up.sql");
    connection.batch_execute(fill).unwrap();
    assert_eq!(columns(&mut connection), written);
    // What is there is left as it is.
    connection.batch_execute(fill).unwrap();
    assert_eq!(columns(&mut connection), written);
}
