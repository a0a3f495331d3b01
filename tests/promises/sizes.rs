//! Whatever is stored can be read by a client with the limits that clients have.

use prost::Message as _;
use redress::proto::v1::{self, Channel, Complaint};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::service::{Service, act, filing, refusal};

/// What clients accept unless they are told otherwise; the client of these tests is one of them.
const ACCEPTED: usize = 4 << 20;

/// The longest issue that is taken, of characters of four bytes.
fn longest_issue() -> v1::Issue {
    v1::Issue {
        description: "𝄞".repeat(10_000),
        desired_outcome: "𝄞".repeat(2_000),
        ..filing(Channel::Form).issues.remove(0)
    }
}

/// The largest complaint that one filing makes.
pub(crate) fn largest() -> v1::FileComplaintRequest {
    let mut largest = filing(Channel::Form);
    largest.issues = vec![longest_issue(); 20];
    largest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_the_largest_complaints_can_be_received_and_leads_to_the_next() {
    let mut service = Service::start().await;
    let mut filed = Vec::new();
    for second in 0..7 {
        let now = jiff::Timestamp::from_second(1_780_408_800 + second).unwrap();
        service.time.set(now);
        filed.push(service.file_as(largest()).await.name);
    }
    // In any order; all fall due at the same time but for the seconds between them.
    for (order_by, backwards) in [
        ("create_time", false),
        ("create_time desc", true),
        ("received_time desc", true),
        ("due_time", false),
        ("last_contact_time", false),
    ] {
        let (seen, pages) = in_pages(&mut service, order_by).await;
        let mut expected = filed.clone();
        if backwards {
            expected.reverse();
        }
        assert_eq!(seen, expected, "{order_by}");
        assert_eq!(pages, [3, 3, 1], "{order_by}");
    }
    service.stop().await;
}

/// The names of all complaints in this order, and how many were on each page, all of them with all their words.
async fn in_pages(service: &mut Service, order_by: &str) -> (Vec<String>, Vec<usize>) {
    let mut request = v1::ListComplaintsRequest {
        page_size: 1_000,
        order_by: order_by.to_owned(),
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["*".to_owned()],
        }),
        ..Default::default()
    };
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = service.client.list_complaints(request.clone()).await;
        let page = page.expect("a page that a client accepts").into_inner();
        assert!(page.encoded_len() < ACCEPTED);
        let all_whole = page.complaints.iter().all(|complaint| whole(complaint, 20));
        assert!(all_whole, "{order_by}");
        pages.push(page.complaints.len());
        seen.extend(page.complaints.into_iter().map(|complaint| complaint.name));
        if page.next_page_token.is_empty() {
            return (seen, pages);
        }
        request.page_token = page.next_page_token;
    }
}

/// Whether all the words of all the issues are there.
fn whole(complaint: &Complaint, issues: usize) -> bool {
    let longest = longest_issue();
    let is_whole = |issue: &v1::Issue| {
        issue.description == longest.description && issue.desired_outcome == longest.desired_outcome
    };
    complaint.issues.len() == issues && complaint.issues.iter().all(is_whole)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_with_as_much_as_it_may_have_is_read_whole_and_takes_no_more() {
    let mut service = Service::start().await;
    let mut largest = largest();
    let reference = "𝄞".repeat(100);
    largest.case_references = vec![reference.clone(); 20];
    let name = service.file_as(largest).await.name;
    let client = &mut service.client;
    for _ in 20..50 {
        act!(
            client,
            name,
            add_issue(AddIssueRequest {
                issue: longest_issue()
            })
        )
        .unwrap();
    }
    let refused = act!(
        client,
        name,
        add_issue(AddIssueRequest {
            issue: longest_issue()
        })
    );
    limit_is_told(&refused.unwrap_err(), "issues", "50");
    for _ in 20..200 {
        act!(
            client,
            name,
            add_case_reference(AddCaseReferenceRequest {
                case_reference: reference.clone()
            })
        )
        .unwrap();
    }
    let refused = act!(
        client,
        name,
        add_case_reference(AddCaseReferenceRequest {
            case_reference: reference
        })
    );
    limit_is_told(&refused.unwrap_err(), "case_references", "200");
    let complaint = service.get(&name).await;
    assert!(complaint.encoded_len() < ACCEPTED);
    assert!(whole(&complaint, 50));
    assert_eq!(complaint.case_references.len(), 200);
    service.stop().await;
}

fn limit_is_told(refused: &tonic::Status, field: &str, limit: &str) {
    let reached = (Code::FailedPrecondition, "LIMIT_REACHED".to_owned());
    assert_eq!(refusal(refused), reached);
    let metadata = refused.get_details_error_info().unwrap().metadata;
    assert_eq!((&*metadata["field"], &*metadata["limit"]), (field, limit));
}

/// Each page is read to its end with the largest size, and again one by one: both tell the same, and nothing twice, though all
/// clocks begin at one instant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_grows_with_a_complaint_comes_in_pages_that_a_client_accepts() {
    const UPDATES: usize = 110;
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let client = &mut service.client;
    for _ in 0..UPDATES {
        act!(
            client,
            name,
            send_update(SendUpdateRequest {
                message: "𝄞".repeat(10_000)
            })
        )
        .unwrap();
    }
    act!(
        client,
        name,
        add_issue(AddIssueRequest {
            issue: longest_issue()
        })
    )
    .unwrap();

    /// Follows the pages of a method; the items, and how many pages there were.
    macro_rules! all {
        ($method:ident, $request:ident { $($field:ident: $value:expr),* }, $items:ident, $size:expr) => {{
            let mut request = v1::$request {
                parent: name.clone(),
                page_size: $size,
                $($field: $value,)*
                ..Default::default()
            };
            let (mut items, mut pages) = (Vec::new(), 0);
            loop {
                let page = client.$method(request.clone()).await;
                let page = page.expect("a page that a client accepts").into_inner();
                assert!(page.encoded_len() < ACCEPTED);
                assert!(!page.$items.is_empty());
                items.extend(page.$items);
                pages += 1;
                if page.next_page_token.is_empty() {
                    break (items, pages);
                }
                request.page_token = page.next_page_token;
            }
        }};
    }
    let (events, pages) = all!(
        list_events,
        ListEventsRequest { include_text: true },
        events,
        1_000
    );
    assert!(pages > 1, "the texts of the updates alone are over 4 MiB");
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    assert!(
        sequences
            .iter()
            .copied()
            .eq(1..=i64::try_from(events.len()).unwrap())
    );
    let added = events
        .iter()
        .find(|event| event.kind() == v1::EventKind::IssueAdded);
    assert_eq!(added.unwrap().text, longest_issue().description);
    let (one_by_one, pages) = all!(
        list_events,
        ListEventsRequest { include_text: true },
        events,
        1
    );
    assert_eq!((&one_by_one, pages), (&events, events.len()));

    let (notices, pages) = all!(list_notices, ListNoticesRequest {}, notices, 1_000);
    assert!(pages > 1 && notices.len() == UPDATES + 1);
    let (one_by_one, _) = all!(list_notices, ListNoticesRequest {}, notices, 1);
    assert_eq!(one_by_one, notices);

    let (clocks, _) = all!(list_clocks, ListClocksRequest {}, clocks, 1_000);
    assert!(clocks.len() > UPDATES);
    let (one_by_one, pages) = all!(list_clocks, ListClocksRequest {}, clocks, 1);
    assert_eq!((&one_by_one, pages), (&clocks, clocks.len()));

    // A token goes with its list, and with its complaint.
    let token = client
        .list_events(v1::ListEventsRequest {
            parent: name.clone(),
            page_size: 1,
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    let elsewhere = v1::ListNoticesRequest {
        parent: name,
        page_token: token,
        ..Default::default()
    };
    let refused = client.list_notices(elsewhere).await.unwrap_err();
    assert_eq!(crate::support::service::violated(&refused), ["page_token"]);
    service.stop().await;
}
