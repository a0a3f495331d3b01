//! Whatever the scope and the filter, a caller gets what a caller who sees everything would pick out by hand.

use std::collections::BTreeMap;

use proptest::{
    option,
    prelude::any,
    sample::{select, subsequence},
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use redress::{
    access::{Caller, Queues, Scope},
    proto::v1::{self, Channel, State},
};
use tonic::Code;

use crate::support::{
    callers::{Desk, of_brands, of_queues, within},
    office::START,
    service::{act, at, filing, told},
};

/// Who handles complaints. The last handles the last ones of the log, and everybody sees what is of that queue.
const HANDLERS: [&str; 4] = ["Ana", "Équipe Facturation", "bo", "Zoe"];
/// Other spellings of these.
const SPELLED: [&str; 4] = ["ANA", "équipe  FACTURATION", "Bo", "zoe"];
const BRANDS: [(&str, &str); 2] = [("jive", "ca-jive"), ("harbour", "uk-ofcom")];
const CASES: u32 = 24;
const SEED: u64 = 20_260_602;

/// Complaints of both brands in the hands of all handlers and of nobody, some of them handed on, some over.
async fn book(desk: &Desk) {
    let mut client = desk.client(&Caller::Anyone);
    for number in 0..24_usize {
        let (brand, _) = BRANDS[number % 2];
        let handler = HANDLERS.get(number / 2 % 4).filter(|name| **name != "Zoe");
        let filing = v1::FileComplaintRequest {
            brand: brand.to_owned(),
            assignee: handler.map(|&name| name.to_owned()).unwrap_or_default(),
            acknowledgement: (number % 3 > 0).then(v1::Acknowledgement::default),
            // In another order than they are filed.
            received_time: Some(prost_types::Timestamp {
                seconds: at(START).seconds - i64::try_from(number * 7 % 24).unwrap() * 60,
                nanos: 0,
            }),
            ..filing(Channel::Phone)
        };
        let name = client
            .file_complaint(filing)
            .await
            .unwrap()
            .into_inner()
            .name;
        if number % 4 == 1 {
            let next = SPELLED[number % 3];
            act!(
                client,
                name,
                assign_complaint(AssignComplaintRequest { assignee: next })
            )
            .unwrap();
        }
        if number % 5 == 0 {
            let never_mind = act!(
                client,
                name,
                withdraw_complaint(WithdrawComplaintRequest {
                    statement: "Never mind.",
                    channel: Channel::Phone
                })
            );
            never_mind.unwrap();
        }
    }
    for (brand, _) in BRANDS {
        let filing = v1::FileComplaintRequest {
            brand: brand.to_owned(),
            assignee: "Zoe".to_owned(),
            ..filing(Channel::Phone)
        };
        client.file_complaint(filing).await.unwrap();
    }
}

/// What somebody may ask for.
#[derive(Debug, Clone)]
struct Asked {
    scope: Scope,
    brand: Option<usize>,
    assignee: Option<usize>,
    states: Vec<State>,
    order: &'static str,
    page_size: i32,
}

fn asked() -> impl Strategy<Value = Asked> {
    let brands = option::of(subsequence(BRANDS.to_vec(), 1..=2));
    // Everybody sees what Zoe handles: with that the log ends.
    let queues = option::of((subsequence(vec![0, 1, 2], 0..=3), any::<bool>()));
    let scope = (brands, queues).prop_map(|(brands, queues)| Scope {
        brands: brands.map(|brands| brands.iter().map(|(name, _)| (*name).to_owned()).collect()),
        queues: queues.map(|(names, unassigned)| {
            let names = names
                .into_iter()
                .chain([3])
                .map(|name: usize| SPELLED[name]);
            let mut queues = Queues::of(names);
            queues.unassigned = unassigned;
            queues
        }),
    });
    let states = vec![State::Received, State::InReview, State::Withdrawn];
    let states = subsequence(states, 0..=3);
    let order = select(vec![
        "create_time",
        "create_time desc",
        "received_time",
        "due_time",
    ]);
    let assignee = option::weighted(0.3, select(vec![0, 1, 2, 3, 4]));
    (
        scope,
        option::weighted(0.4, 0..2_usize),
        assignee,
        states,
        order,
        1..9_i32,
    )
        .prop_map(|(scope, brand, assignee, states, order, page_size)| {
            let sees = |brand: &usize| scope.includes_brand(BRANDS[*brand].0);
            // A brand of another scope is refused; of nobody's complaints there is no list but that of the open ones.
            let over = states.as_slice() == [State::Withdrawn];
            Asked {
                brand: brand
                    .filter(sees)
                    .or((order == "received_time").then_some(0).filter(sees)),
                assignee: assignee.filter(|assignee| *assignee < 4 || !over),
                order: match order {
                    "received_time" if !sees(&0) && brand.filter(sees).is_none() => "create_time",
                    order => order,
                },
                scope,
                states,
                page_size,
            }
        })
}

impl Asked {
    fn request(&self) -> v1::ListComplaintsRequest {
        let brand = self.brand.map(|brand| BRANDS[brand]);
        let assignee = self.assignee.map(|name| *SPELLED.get(name).unwrap_or(&"-"));
        v1::ListComplaintsRequest {
            page_size: self.page_size,
            states: self.states.iter().map(|&state| state.into()).collect(),
            brand: brand.map(|(name, _)| name.to_owned()).unwrap_or_default(),
            assignee: assignee.unwrap_or_default().to_owned(),
            policy: match brand {
                Some((_, policy)) if self.order == "received_time" => policy.to_owned(),
                _ => String::new(),
            },
            due_before: (self.order == "due_time").then(|| at("2026-12-31T00:00:00Z")),
            order_by: self.order.to_owned(),
            ..Default::default()
        }
    }

    /// What of everything, in the order of the list, is to be listed.
    fn picked(&self, everything: &[v1::Complaint]) -> Vec<String> {
        let queue = |name: &str| Queues::of([name]);
        let is_picked = |complaint: &&v1::Complaint| {
            let assignee = Some(complaint.assignee.as_str()).filter(|name| !name.is_empty());
            let is_over = complaint.state() == State::Withdrawn;
            self.scope.includes(&complaint.brand, assignee)
                && self
                    .brand
                    .is_none_or(|brand| BRANDS[brand].0 == complaint.brand)
                && (self.states.is_empty() || self.states.contains(&complaint.state()))
                && self.assignee.is_none_or(|name| match SPELLED.get(name) {
                    Some(name) => assignee.is_some() && queue(name).include(assignee),
                    None => assignee.is_none() && !is_over,
                })
        };
        let picked = everything.iter().filter(is_picked);
        picked.map(|complaint| complaint.name.clone()).collect()
    }
}

/// All pages of a list.
async fn listed(
    desk: &Desk,
    caller: &Caller,
    mut request: v1::ListComplaintsRequest,
) -> Vec<v1::Complaint> {
    let (mut client, mut all) = (desk.client(caller), Vec::new());
    loop {
        let page = client
            .list_complaints(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.unreachable.is_empty());
        all.extend(page.complaints);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// The names of the first events of the log that a caller is told.
async fn watched(desk: &Desk, caller: &Caller, count: usize) -> Vec<v1::Event> {
    let watch = v1::WatchEventsRequest {
        from_beginning: true,
        ..Default::default()
    };
    let stream = desk.client(caller).watch_events(watch).await;
    let (mut stream, mut events) = (stream.unwrap().into_inner(), Vec::new());
    while events.len() < count {
        events.push(told(&mut stream).await.unwrap().event.unwrap());
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_look_ups_and_streams_hold_what_lies_within_the_scope_and_nothing_else() {
    let desk = Desk::open();
    book(&desk).await;
    let anyone = Caller::Anyone;
    let everything = listed(&desk, &anyone, v1::ListComplaintsRequest::default()).await;
    assert_eq!(everything.len(), 26);
    let mut events = 0;
    for complaint in &everything {
        events += super::recorded(&desk, &complaint.name).await;
    }
    let log = watched(&desk, &anyone, events).await;
    // Each order in which there is a list, of everything.
    let mut orders = BTreeMap::new();
    for order in ["create_time", "create_time desc", "due_time"] {
        let of_all = v1::ListComplaintsRequest {
            order_by: order.to_owned(),
            due_before: (order == "due_time").then(|| at("2026-12-31T00:00:00Z")),
            ..Default::default()
        };
        orders.insert(order, listed(&desk, &anyone, of_all).await);
    }
    let mut received = everything.clone();
    received.sort_by_key(|it| it.received_time.map(|at| (at.seconds, at.nanos)));
    orders.insert("received_time", received);

    let mut runner = TestRunner::new(Config {
        cases: CASES,
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    let runtime = tokio::runtime::Handle::current();
    let compare = async |asked: Asked| {
        let caller = within(asked.scope.clone());
        let list = listed(&desk, &caller, asked.request()).await;
        let list: Vec<String> = list.into_iter().map(|complaint| complaint.name).collect();
        same(&list, &asked.picked(&orders[asked.order]))?;
        for complaint in &everything {
            let assignee = Some(complaint.assignee.as_str()).filter(|name| !name.is_empty());
            let is_seen = asked.scope.includes(&complaint.brand, assignee);
            let number = format!("complaints/{}", complaint.tracking_number);
            let by_either = [&complaint.name, &number];
            let name = by_either[usize::from(asked.page_size % 2 == 0)];
            let got = desk.client(&caller).get_complaint(super::get(name)).await;
            let unseen = got.as_ref().err().map(tonic::Status::code);
            same(&unseen, &(!is_seen).then_some(Code::NotFound))?;
        }
        let is_told = |event: &&v1::Event| {
            let after = event.complaint_after.as_ref().unwrap();
            let assignee = Some(after.assignee.as_str()).filter(|name| !name.is_empty());
            asked.scope.includes(&after.brand, assignee)
        };
        let told: Vec<v1::Event> = log.iter().filter(is_told).cloned().collect();
        same(&watched(&desk, &caller, told.len()).await, &told)
    };
    tokio::task::block_in_place(|| {
        let compared = runner.run(&asked(), |asked| runtime.block_on(compare(asked)));
        if let Err(failed) = compared {
            panic!("{failed}");
        }
    });
}

fn same<T: PartialEq + std::fmt::Debug>(got: &T, expected: &T) -> Result<(), TestCaseError> {
    if got == expected {
        return Ok(());
    }
    let told = format!("got {got:?}, expected {expected:?}");
    Err(TestCaseError::fail(told))
}

/// A stream that tells nothing for long has read on all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_reads_on_past_whatever_lies_outside_the_scope() {
    let desk = Desk::open();
    let caller = of_brands(&["harbour"]);
    let mut client = desk.client(&caller);
    let watch = client.watch_events(v1::WatchEventsRequest::default());
    let mut stream = watch.await.unwrap().into_inner();
    let mut anyone = desk.client(&Caller::Anyone);
    for _ in 0..300 {
        let filing = v1::FileComplaintRequest {
            brand: "jive".to_owned(),
            ..filing(Channel::Form)
        };
        anyone.file_complaint(filing).await.unwrap();
    }
    let seen = super::file(&desk, "harbour", "Bob").await;
    let mut own = Vec::new();
    while own.len() < super::recorded(&desk, &seen.name).await {
        own.push(told(&mut stream).await.unwrap());
    }
    let is_of_it = |message: &v1::WatchEventsResponse| {
        (message.event.as_ref()).is_some_and(|event| event.complaint == seen.name)
    };
    assert!(own.iter().all(is_of_it));
    // Whoever had a complaint is not told what becomes of it; whoever gets it is told that.
    let bob = of_queues(&["Bob"], false);
    let eve = of_queues(&["Eve"], false);
    let after = v1::WatchEventsRequest {
        after_position: own.pop().unwrap().position,
        ..Default::default()
    };
    let assign = act!(
        anyone,
        seen.name,
        assign_complaint(AssignComplaintRequest { assignee: "Eve" })
    );
    assign.unwrap();
    let last = super::file(&desk, "harbour", "Bob").await;
    let first = async |caller: &Caller| {
        let stream = desk.client(caller).watch_events(after.clone()).await;
        let mut stream = stream.unwrap().into_inner();
        told(&mut stream).await.unwrap().event.unwrap()
    };
    assert_eq!(first(&bob).await.complaint, last.name);
    let assigned = first(&eve).await;
    assert_eq!(assigned.complaint, seen.name);
    assert_eq!(assigned.complaint_after.unwrap().assignee, "Eve");
}
