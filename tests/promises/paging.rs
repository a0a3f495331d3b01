//! A list that is read in pages holds everything once, in each of its orders: also what shares an instant, and whatever becomes
//! meanwhile of what was read.

use std::collections::BTreeSet;

use redress::proto::v1::{self, Channel};

use crate::support::{
    office::instant,
    service::{Service, act, at},
};

/// To the microsecond: a place in a list must not be rounded.
const NOW: &str = "2026-06-02T14:00:00.123456Z";
/// After a complaint by telephone is to be acknowledged.
const AFTER_DUE: &str = "2026-06-02T20:00:00Z";

const ORDERS: [&str; 4] = [
    "create_time",
    "create_time desc",
    "received_time",
    "due_time",
];

fn page_of(order_by: &str, page_size: i32) -> v1::ListComplaintsRequest {
    v1::ListComplaintsRequest {
        order_by: order_by.to_owned(),
        page_size,
        states: vec![v1::State::Received.into()],
        policy: "ca-jive".to_owned(),
        due_before: (order_by == "due_time").then(|| at(AFTER_DUE)),
        ..Default::default()
    }
}

/// Complaints that came in at the same instant, and are due at the same instant.
async fn at_once(service: &mut Service, count: usize) -> BTreeSet<String> {
    service.time.set(instant(NOW));
    let mut names = BTreeSet::new();
    for _ in 0..count {
        names.insert(service.file(Channel::Phone).await.name);
    }
    names
}

/// The next page; the request goes on after it.
async fn turn(service: &mut Service, request: &mut v1::ListComplaintsRequest) -> Vec<String> {
    let page = service.client.list_complaints(request.clone()).await;
    let page = page.unwrap().into_inner();
    request.page_token = page.next_page_token;
    let complaints = page.complaints.into_iter();
    complaints.map(|complaint| complaint.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shares_an_instant_is_on_one_page_each() {
    let mut service = Service::start().await;
    let filed = at_once(&mut service, 5).await;
    for order_by in ORDERS {
        for page_size in 1..=6 {
            let mut request = page_of(order_by, page_size);
            let mut seen = Vec::new();
            loop {
                seen.extend(turn(&mut service, &mut request).await);
                if request.page_token.is_empty() {
                    break;
                }
            }
            let context = format!("{order_by}, {page_size} a page");
            assert_eq!(seen.len(), filed.len(), "{context}");
            assert_eq!(BTreeSet::from_iter(seen), filed, "{context}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_goes_on_after_a_complaint_that_has_left_it() {
    let mut service = Service::start().await;
    for order_by in ORDERS {
        at_once(&mut service, 5).await;
        let mut whole = page_of(order_by, 100);
        let all = turn(&mut service, &mut whole).await;
        assert_eq!(all.len(), 5, "{order_by}");
        let mut request = page_of(order_by, 2);
        assert_eq!(
            turn(&mut service, &mut request).await,
            all[..2],
            "{order_by}"
        );
        // The last of that page, and the first of the next.
        for name in &all[1..3] {
            withdraw(&mut service, name).await;
        }
        assert_eq!(
            turn(&mut service, &mut request).await,
            all[3..],
            "{order_by}"
        );
        assert!(request.page_token.is_empty());
        for name in [&all[0], &all[3], &all[4]] {
            withdraw(&mut service, name).await;
        }
    }
    service.stop().await;
}

async fn withdraw(service: &mut Service, name: &str) {
    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();
}
