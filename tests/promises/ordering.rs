//! A list comes in the order that was asked for, however it is divided into pages.

use redress::proto::v1::{self, Channel, ListComplaintsRequest};

use crate::support::service::{Service, at, filing, violated};

async fn listed(service: &Service, request: &ListComplaintsRequest) -> Vec<v1::Complaint> {
    let (mut request, mut client) = (request.clone(), service.client.clone());
    let mut complaints = Vec::new();
    loop {
        let page = client.list_complaints(request.clone()).await;
        let page = page.unwrap().into_inner();
        complaints.extend(page.complaints);
        if page.next_page_token.is_empty() {
            return complaints;
        }
        request.page_token = page.next_page_token;
    }
}

/// Five complaints, of which the later filed were received earlier, two of them at one instant.
async fn filed(service: &mut Service) -> Vec<v1::Complaint> {
    let mut complaints = Vec::new();
    for received in [
        "2026-05-29T14:00:00Z",
        "2026-05-28T14:00:00Z",
        "2026-05-28T14:00:00Z",
        "2026-05-26T14:00:00Z",
        "2026-05-27T14:00:00Z",
    ] {
        let mut request = filing(Channel::Mail);
        request.received_time = Some(at(received));
        complaints.push(service.file_as(request).await);
    }
    complaints
}

fn numbers(complaints: &[v1::Complaint]) -> Vec<&str> {
    let numbers = complaints
        .iter()
        .map(|complaint| complaint.tracking_number.as_str());
    numbers.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_in_the_order_that_was_asked_for_on_pages_of_any_size() {
    let mut service = Service::start().await;
    let mut filed = filed(&mut service).await;
    filed.sort_by_key(|complaint| {
        let at = complaint.create_time.unwrap();
        (at.seconds, at.nanos, complaint.name.clone())
    });
    let mut newest = filed.clone();
    newest.reverse();
    let mut received = filed.clone();
    received.sort_by_key(|complaint| {
        let at = complaint.received_time.unwrap();
        (at.seconds, at.nanos, complaint.name.clone())
    });
    let open = vec![v1::State::Received.into()];
    for page_size in [1, 2, 3, 50] {
        for (order, expected) in [
            ("", &filed),
            ("create_time", &filed),
            ("create_time desc", &newest),
            ("received_time", &received),
        ] {
            for states in [Vec::new(), open.clone()] {
                let request = ListComplaintsRequest {
                    page_size,
                    order_by: order.to_owned(),
                    policy: "ca-jive".to_owned(),
                    states,
                    ..Default::default()
                };
                let found = listed(&service, &request).await;
                assert_eq!(numbers(&found), numbers(expected), "{order} by {page_size}");
            }
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_first_can_be_listed_first() {
    let mut service = Service::start().await;
    let filed = filed(&mut service).await;
    for clock in ["", "resolution"] {
        let mut expected = Vec::new();
        for complaint in &filed {
            let clocks = service.clocks(&complaint.name).await;
            let running = clocks
                .iter()
                .filter(|c| c.state() == v1::ClockState::Running);
            let wanted = running.filter(|c| clock.is_empty() || c.clock == clock);
            let due = wanted
                .filter_map(|c| c.due_time)
                .map(|due| (due.seconds, due.nanos));
            expected.push((due.min().unwrap(), complaint.name.clone()));
        }
        expected.sort();
        let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
        for page_size in [1, 2, 50] {
            let request = ListComplaintsRequest {
                page_size,
                due_before: Some(at("2027-01-01T00:00:00Z")),
                clock: clock.to_owned(),
                order_by: "due_time".to_owned(),
                ..Default::default()
            };
            let found = listed(&service, &request).await;
            let found: Vec<String> = found.into_iter().map(|complaint| complaint.name).collect();
            assert_eq!(found, expected, "{clock} by {page_size}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_has_no_index_is_refused() {
    let mut service = Service::start().await;
    for order in ["level", "state", "create_time asc desc"] {
        let request = ListComplaintsRequest {
            order_by: order.to_owned(),
            ..Default::default()
        };
        let refused = service.client.list_complaints(request).await.unwrap_err();
        assert_eq!(violated(&refused), ["order_by"], "{order}");
    }
    service.stop().await;
}
