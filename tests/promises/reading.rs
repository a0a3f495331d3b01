//! What is read: complaints by filter and page, and the timeline of one.

use diesel::RunQueryDsl as _;
use redress::proto::v1::{self, Channel, Complaint, State};

use crate::support::{
    office::instant,
    service::{Service, act, at, filing, violated},
};

/// A list that asks for nothing in particular.
fn all() -> v1::ListComplaintsRequest {
    v1::ListComplaintsRequest::default()
}

fn mask(paths: &[&str]) -> Option<prost_types::FieldMask> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    Some(prost_types::FieldMask { paths })
}

async fn list(service: &mut Service, request: v1::ListComplaintsRequest) -> Vec<Complaint> {
    let listed = service.client.list_complaints(request).await;
    listed.unwrap().into_inner().complaints
}

/// Files one, a second after the one before, so that their order is known.
async fn file_next(service: &mut Service, filing: v1::FileComplaintRequest) -> String {
    let filed = service.file_as(filing).await;
    let filed_at = filed.create_time.unwrap();
    let next = jiff::Timestamp::from_second(filed_at.seconds + 1).unwrap();
    service.time.set(next);
    filed.name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_filter_leaves_what_it_says_and_all_of_them_must_hold() {
    let mut service = Service::start().await;
    let form = file_next(&mut service, filing(Channel::Form)).await;
    let mut on_phone = filing(Channel::Phone);
    on_phone.assignee = "grace".to_owned();
    on_phone.acknowledgement = Some(v1::Acknowledgement::default());
    let phone = file_next(&mut service, on_phone).await;
    let mut enquiry = filing(Channel::Chat);
    enquiry.enquiry = true;
    let chat = file_next(&mut service, enquiry).await;
    let mail = file_next(&mut service, filing(Channel::Mail)).await;
    act!(
        service.client,
        mail,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    let case = file_next(&mut service, filing(Channel::SupportCase)).await;
    act!(
        service.client,
        case,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();

    let states = |states: &[State]| v1::ListComplaintsRequest {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..all()
    };
    let cases: Vec<(v1::ListComplaintsRequest, Vec<&String>)> = vec![
        (all(), vec![&form, &phone, &chat, &mail, &case]),
        (states(&[State::InReview]), vec![&phone]),
        (
            states(&[State::Enquiry, State::Withdrawn]),
            vec![&chat, &case],
        ),
        (states(&[State::Resolved]), vec![]),
        (
            v1::ListComplaintsRequest {
                level: Some(1),
                ..all()
            },
            vec![&mail],
        ),
        (
            v1::ListComplaintsRequest {
                level: Some(0),
                ..all()
            },
            vec![&form, &phone, &chat, &case],
        ),
        (
            v1::ListComplaintsRequest {
                channels: vec![Channel::Form.into(), Channel::Mail.into()],
                ..all()
            },
            vec![&form, &mail],
        ),
        (
            v1::ListComplaintsRequest {
                assignee: "grace".to_owned(),
                ..all()
            },
            vec![&phone],
        ),
        (
            v1::ListComplaintsRequest {
                assignee: "-".to_owned(),
                ..all()
            },
            vec![&form, &chat, &mail],
        ),
        (
            v1::ListComplaintsRequest {
                policy: "ca-jive".to_owned(),
                level: Some(1),
                ..all()
            },
            vec![&mail],
        ),
        (
            v1::ListComplaintsRequest {
                policy: "ca-ccts".to_owned(),
                ..all()
            },
            vec![],
        ),
        (
            v1::ListComplaintsRequest {
                overdue: true,
                ..all()
            },
            vec![],
        ),
        (
            // The acknowledgement of the form and that of the escalation, at the close of the day after.
            v1::ListComplaintsRequest {
                due_before: Some(at("2026-06-03T21:00:01Z")),
                ..all()
            },
            vec![&form, &mail],
        ),
        (
            v1::ListComplaintsRequest {
                due_before: Some(at("2026-06-03T21:00:00Z")),
                ..all()
            },
            vec![],
        ),
        (
            v1::ListComplaintsRequest {
                due_before: Some(at("2026-06-09T21:00:01Z")),
                clock: "customer_update".to_owned(),
                ..all()
            },
            vec![&phone],
        ),
        (
            v1::ListComplaintsRequest {
                escalation_eligible: true,
                ..all()
            },
            vec![],
        ),
    ];
    for (request, wanted) in cases {
        let found = list(&mut service, request.clone()).await;
        let names: Vec<&String> = found.iter().map(|complaint| &complaint.name).collect();
        assert_eq!(names, wanted, "{request:?}");
    }

    // The acknowledgements of the form and of the letter, and the answer to the enquiry, are late, whether or not a sweep
    // came by.
    service.time.set(instant("2026-06-04T21:00:01Z"));
    for (clock, wanted) in [
        ("", vec![&form, &chat, &mail]),
        ("enquiry_answer", vec![&chat]),
        ("acknowledgement", vec![&form, &mail]),
        ("escalation_acknowledgement", vec![&mail]),
        ("resolution", vec![]),
    ] {
        let late = v1::ListComplaintsRequest {
            overdue: true,
            clock: clock.to_owned(),
            ..all()
        };
        let found = list(&mut service, late).await;
        let names: Vec<&String> = found.iter().map(|complaint| &complaint.name).collect();
        assert_eq!(names, wanted, "{clock:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_hold_every_complaint_once_in_the_order_of_filing_while_others_come_in() {
    let mut service = Service::start().await;
    let mut filed = Vec::new();
    for _ in 0..7 {
        filed.push(file_next(&mut service, filing(Channel::Form)).await);
    }
    let mut request = v1::ListComplaintsRequest {
        page_size: 3,
        channels: vec![Channel::Form.into()],
        ..all()
    };
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    loop {
        let page = service.client.list_complaints(request.clone()).await;
        let page = page.unwrap().into_inner();
        pages.push(page.complaints.len());
        seen.extend(page.complaints.into_iter().map(|complaint| complaint.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        if pages.len() < 3 {
            filed.push(file_next(&mut service, filing(Channel::Form)).await);
            // Another list's business.
            file_next(&mut service, filing(Channel::Chat)).await;
        }
    }
    assert_eq!(seen, filed);
    assert_eq!(
        pages,
        [3, 3, 3],
        "the last page is full, and says that it is the last"
    );

    let mut elsewhere = request.clone();
    elsewhere.channels.clear();
    let refused = service.client.list_complaints(elsewhere).await.unwrap_err();
    assert_eq!(violated(&refused), ["page_token"]);
    // How many, and which fields, may change from page to page.
    request.page_size = 1;
    request.read_mask = mask(&["name"]);
    let found = list(&mut service, request).await;
    assert_eq!(found[0].name, filed[6]);
    assert_eq!(found[0].tracking_number, "");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_tells_nothing_personal_unless_it_is_named() {
    let mut service = Service::start().await;
    let mut private = filing(Channel::Form);
    private.customer.as_mut().unwrap().account_number = "4711".to_owned();
    service.file_as(private).await;
    let read = async |service: &mut Service, read_mask| {
        let request = v1::ListComplaintsRequest { read_mask, ..all() };
        list(service, request).await.remove(0)
    };
    let plain = read(&mut service, None).await;
    assert_eq!(plain.customer, None);
    assert_eq!(plain.issues[0].description, "");
    assert_eq!(plain.issues[0].number, 1);
    let named = read(
        &mut service,
        mask(&["customer.full_name", "issues.description"]),
    )
    .await;
    assert_eq!(named.customer.unwrap().full_name, "Sample Customer");
    assert_eq!(named.issues[0].description, "The line drops every evening.");
    assert_eq!((named.issues[0].number, named.name.as_str()), (0, ""));
    let whole = read(&mut service, mask(&["*"])).await;
    assert_eq!(
        whole.customer.unwrap().account_number,
        "",
        "not before the identity was checked, however it is asked for"
    );
    let got = service
        .client
        .get_complaint(v1::GetComplaintRequest {
            name: whole.name,
            read_mask: mask(&["state", "tracking_number"]),
        })
        .await
        .unwrap()
        .into_inner();
    let expected = Complaint {
        state: State::Received.into(),
        tracking_number: whole.tracking_number,
        ..Default::default()
    };
    assert_eq!(got, expected);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_data_are_not_even_read_for_who_asks_for_other_things() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let mut lock = service.database.connect();
    for statement in ["begin", "lock table personal in access exclusive mode"] {
        diesel::sql_query(statement).execute(&mut lock).unwrap();
    }
    let get = |paths| v1::GetComplaintRequest {
        name: name.clone(),
        read_mask: mask(paths),
    };
    let got = service
        .client
        .get_complaint(get(&["state", "issues.service"]));
    let got = got.await.unwrap().into_inner();
    assert_eq!((got.state(), got.issues.len()), (State::InReview, 1));
    assert!(!service.clocks(&name).await.is_empty());
    // Who asks for them waits for the lock, in vain; as does who reads a letter, which begins with the customer's name.
    let refused = service.client.get_complaint(get(&["customer"])).await;
    assert_ne!(refused.unwrap_err().code(), tonic::Code::NotFound);
    let letters = v1::ListNoticesRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let refused = service.client.list_notices(letters).await;
    assert_ne!(refused.unwrap_err().code(), tonic::Code::NotFound);
    drop(lock);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timeline_has_no_gap_and_reads_the_same_in_pages_under_either_name() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    for number in 0..5 {
        act!(
            service.client,
            complaint.name,
            send_update(SendUpdateRequest {
                message: format!("Word {number}.")
            })
        )
        .unwrap();
    }
    let whole = service.events(&complaint.name).await;
    let sequences: Vec<i64> = whole.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=13).collect::<Vec<i64>>());
    assert!(
        whole
            .iter()
            .all(|event| event.record.as_ref().unwrap().hash.len() == 32)
    );

    let tracked = format!("complaints/{}", complaint.tracking_number);
    let mut request = v1::ListEventsRequest {
        page_size: 5,
        include_text: true,
        ..Default::default()
    };
    let (mut paged, mut page) = (Vec::new(), 0);
    loop {
        // A page token goes with the complaint, not with the name it was asked for by.
        let name = [&complaint.name, &tracked][page % 2];
        request.parent.clone_from(name);
        let listed = service.client.list_events(request.clone()).await;
        let listed = listed.unwrap().into_inner();
        paged.extend(listed.events);
        page += 1;
        if listed.next_page_token.is_empty() {
            break;
        }
        request.page_token = listed.next_page_token;
    }
    assert_eq!((paged, page), (whole, 3));

    request.parent = service.file(Channel::Form).await.name;
    let refused = service.client.list_events(request.clone()).await;
    assert_eq!(violated(&refused.unwrap_err()), ["page_token"]);
    request.page_token = "bm9uZQ".to_owned();
    // Every violation at once, and before anything is looked up.
    for (name, fields) in [
        (request.parent.as_str(), ["page_token"].as_slice()),
        (
            "complaints/01890a5d-ac96-774b-bcce-b302099a8057",
            &["page_token"],
        ),
        ("complaints/", &["page_token", "parent"]),
    ] {
        let mut request = request.clone();
        request.parent = name.to_owned();
        let refused = service.client.list_events(request).await;
        assert_eq!(violated(&refused.unwrap_err()), fields, "{name}");
    }
    service.stop().await;
}
