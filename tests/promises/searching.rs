//! A complaint is found by whatever a customer or a colleague gives, by whoever may see it, and by nothing that is no longer so.

mod cost;
mod filled;
mod terminal;

use std::{collections::BTreeSet, sync::Arc};

use diesel::{RunQueryDsl as _, dsl::sql, sql_query, sql_types::BigInt};
use redress::{
    access::{Caller, Principal, Queues, Role, Scope},
    domain::Criterion,
    proto::v1::{self, SearchField},
};
use tonic::Code;

use crate::support::{
    callers::Desk,
    database::TestDatabase,
    office::instant,
    privacy::{erase, privacy, verified},
    service::{Service, act, filing, refusal, violated},
};

type Request = v1::SearchComplaintsRequest;

/// Somebody of whom everything is known.
fn ada() -> v1::Customer {
    v1::Customer {
        full_name: "Ada Łovelace-Müller".to_owned(),
        email: "Ada.Lovelace@Example.com".to_owned(),
        phone: "(514) 555-0142".to_owned(),
        postal_address: "1 Main Street\nOttawa ON K1A 0B1".to_owned(),
        account_number: "A-47 11".to_owned(),
        representative: Some(v1::Representative {
            full_name: "Bea O'Neill".to_owned(),
            authority: "power of attorney".to_owned(),
        }),
        ..Default::default()
    }
}

fn called(name: &str) -> v1::Customer {
    v1::Customer {
        full_name: name.to_owned(),
        ..Default::default()
    }
}

fn by_name(name: &str) -> Request {
    Request {
        name: name.to_owned(),
        ..Default::default()
    }
}

fn of(customer: v1::Customer) -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        customer: Some(customer),
        ..filing(v1::Channel::Form)
    }
}

async fn found(service: &mut Service, request: Request) -> v1::SearchComplaintsResponse {
    let found = service.client.search_complaints(request.clone()).await;
    let found = found.unwrap_or_else(|status| panic!("{request:?}: {status:?}"));
    found.into_inner()
}

/// The names of what is found, on one page.
async fn names(service: &mut Service, request: Request) -> Vec<String> {
    let found = found(service, request).await;
    assert!(found.unreachable.is_empty());
    found.complaints.into_iter().map(|it| it.name).collect()
}

/// How many keys lead to complaints.
fn keys(database: &TestDatabase) -> i64 {
    let count = sql::<BigInt>("(select count(*) from search_key)");
    diesel::select(count)
        .get_result(&mut database.connect())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_is_found_by_whatever_the_customer_gives_in_any_spelling() {
    let mut service = Service::start().await;
    let mut filing = of(ada());
    filing.case_references = vec!["T-4711/b".to_owned()];
    let complaint = service.file_as(filing).await;
    let name = complaint.name.clone();
    service.file_as(of(called("Bob Swan"))).await;
    act!(
        service.client,
        name,
        add_case_reference(AddCaseReferenceRequest {
            case_reference: "INC 0099"
        })
    )
    .unwrap();
    act!(
        service.client,
        name,
        refer_complaint(ReferComplaintRequest {
            body_reference: "CCTS-2026-17"
        })
    )
    .unwrap();
    let number = complaint.tracking_number;
    let spellings = [
        number.clone(),
        number.to_lowercase().replace('-', " "),
        number[3..].replace('-', ""),
        format!(
            "RD-{}",
            number[3..].replace(['D', 'Q'], "O").replace('1', "l")
        ),
    ];
    let by_number = spellings.map(|tracking_number| {
        let request = Request {
            tracking_number,
            ..Default::default()
        };
        (request, SearchField::TrackingNumber)
    });
    let mut requests: Vec<(Request, SearchField)> = by_number.into();
    for phone in [
        "+1 514 555 0142",
        "(514) 555-0142",
        "5145550142",
        "1-514-555-0142",
        "+15145550142",
        "001 514.555.0142",
    ] {
        let phone = phone.replace("001 ", "011 1 ");
        let request = Request {
            phone,
            ..Default::default()
        };
        requests.push((request, SearchField::Phone));
    }
    for text in ["ada.lovelace@example.com", "ADA.LOVELACE@EXAMPLE.COM"] {
        let request = Request {
            email: text.to_owned(),
            ..Default::default()
        };
        requests.push((request, SearchField::Email));
    }
    for text in ["A-47 11", "a4711", "A4711"] {
        let request = Request {
            account_number: text.to_owned(),
            ..Default::default()
        };
        requests.push((request, SearchField::AccountNumber));
    }
    for text in ["T-4711/b", "t4711B", "inc0099"] {
        let request = Request {
            case_reference: text.to_owned(),
            ..Default::default()
        };
        requests.push((request, SearchField::CaseReference));
    }
    let by_body = Request {
        body_reference: "ccts 2026 17".to_owned(),
        ..Default::default()
    };
    requests.push((by_body, SearchField::BodyReference));
    for text in ["K1A 0B1", "k1a0b1"] {
        let request = Request {
            postal_code: text.to_owned(),
            ..Default::default()
        };
        requests.push((request, SearchField::PostalCode));
    }
    for text in [
        "lovelace",
        "Ada Lovelace",
        "MÜLLER ada",
        "mueller ada",
        "muller  łovelace",
        "oneill",
        "O’Neill Bea",
    ] {
        requests.push((by_name(text), SearchField::Name));
    }
    for (request, field) in requests {
        let found = found(&mut service, request.clone()).await;
        let names: Vec<_> = found.complaints.iter().map(|it| &it.name).collect();
        assert_eq!(names, [&name], "{request:?}");
        assert_eq!(found.matches[0].complaint, name);
        assert_eq!(found.matches[0].fields, [i32::from(field)], "{request:?}");
        assert_eq!(
            (found.next_page_token.as_str(), found.stopped_early),
            ("", false)
        );
        assert_eq!(
            found.complaints[0].customer, None,
            "only if it is asked for"
        );
    }
    // Everything that is given must hold.
    let both = |name: &str, postal_code: &str| Request {
        postal_code: postal_code.to_owned(),
        phone: "514 555 0142".to_owned(),
        ..by_name(name)
    };
    assert_eq!(
        names(&mut service, both("ada", "K1A0B1")).await,
        std::slice::from_ref(&name)
    );
    for (other, code) in [
        ("bob", "K1A0B1"),
        ("ada", "K1A0B2"),
        ("ada oneill", "K1A0B1"),
    ] {
        assert!(names(&mut service, both(other, code)).await.is_empty());
    }
    let whole = Request {
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["*".to_owned()],
        }),
        ..by_name("ada")
    };
    let whole = found(&mut service, whole).await.complaints.remove(0);
    assert_eq!(whole.customer.unwrap().full_name, ada().full_name);
    assert_eq!(verified(&service), (2, Vec::new()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_come_first_page_by_page_and_filters_stand_beside() {
    let mut service = Service::start().await;
    let mut filed = Vec::new();
    for minute in 0..7 {
        service
            .time
            .set(instant(&format!("2026-06-02T14:0{minute}:00Z")));
        let customer = called(&format!("Smith Number{minute}"));
        filed.push(service.file_as(of(customer)).await.name);
    }
    act!(
        service.client,
        filed[2],
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    let newest: Vec<String> = filed.iter().rev().cloned().collect();
    let mut paged = Vec::new();
    let mut request = Request {
        page_size: 3,
        ..by_name("smith")
    };
    loop {
        let page = found(&mut service, request.clone()).await;
        assert!(page.complaints.len() <= 3 && !page.stopped_early);
        paged.extend(page.complaints.into_iter().map(|it| it.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(paged, newest);
    let from = |minute: i64| {
        Some(prost_types::Timestamp {
            seconds: instant("2026-06-02T14:00:00Z").as_second() + 60 * minute,
            nanos: 0,
        })
    };
    for (request, places) in [
        (
            Request {
                open: true,
                ..by_name("smith")
            },
            vec![6, 5, 4, 3, 1, 0],
        ),
        (
            Request {
                states: vec![v1::State::Withdrawn.into()],
                ..by_name("smith")
            },
            vec![2],
        ),
        (
            Request {
                received_from: from(2),
                received_before: from(5),
                ..by_name("smith")
            },
            vec![4, 3, 2],
        ),
        (
            Request {
                policy: "ca-jive".to_owned(),
                brand: "jive".to_owned(),
                ..by_name("smith number4")
            },
            vec![4],
        ),
    ] {
        let wanted: Vec<_> = places.iter().map(|place| filed[*place].clone()).collect();
        assert_eq!(
            names(&mut service, request.clone()).await,
            wanted,
            "{request:?}"
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_complaints_of_one_customer_are_found_by_one_of_them() {
    let mut service = Service::start().await;
    let first = service.file_as(of(ada())).await.name;
    service.time.set(instant("2026-06-02T14:01:00Z"));
    let by_phone = v1::Customer {
        phone: "514-555-0142".to_owned(),
        ..called("A. Lovelace")
    };
    let second = service.file_as(of(by_phone)).await.name;
    service.file_as(of(called("Ada Łovelace-Müller"))).await;
    let customer_of = |name: &str| Request {
        customer_of: name.to_owned(),
        ..Default::default()
    };
    for name in [&first, &second] {
        let found = found(&mut service, customer_of(name)).await;
        let names: Vec<_> = found.complaints.iter().map(|it| &it.name).collect();
        assert_eq!(names, [&second, &first]);
    }
    let of_first = found(&mut service, customer_of(&first)).await;
    let fields: Vec<_> = of_first
        .matches
        .iter()
        .map(|it| it.fields.clone())
        .collect();
    let [phone, email, account] = [
        SearchField::Phone,
        SearchField::Email,
        SearchField::AccountNumber,
    ]
    .map(i32::from);
    assert_eq!(fields, [vec![phone], vec![phone, email, account]]);
    let unknown = customer_of("complaints/01890a5d-ac96-774b-bcce-b302099a8057");
    let refused = service.client.search_complaints(unknown).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "COMPLAINT_NOT_FOUND");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_corrected_or_erased_is_found_no_more_and_leaves_no_key() {
    let mut service = Service::start().await;
    let mut filing = of(ada());
    filing.case_references = vec!["T-1".to_owned()];
    let name = service.file_as(filing).await.name;
    let correction = v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name: name.clone(),
            customer: Some(v1::Customer {
                full_name: "Ada Byron".to_owned(),
                phone: "+1 514 555 0199".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: ["customer.full_name", "customer.phone"]
                .map(str::to_owned)
                .into(),
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    service.client.update_complaint(correction).await.unwrap();
    let phone = |phone: &str| Request {
        phone: phone.to_owned(),
        ..Default::default()
    };
    for request in [
        by_name("byron ada"),
        phone("514 555 0199"),
        by_name("oneill"),
    ] {
        assert_eq!(
            names(&mut service, request).await,
            std::slice::from_ref(&name)
        );
    }
    for request in [
        by_name("lovelace"),
        by_name("ada muller"),
        phone("514 555 0142"),
    ] {
        assert!(names(&mut service, request).await.is_empty());
    }
    assert_eq!(
        verified(&service),
        (1, Vec::new()),
        "no key too many or too few"
    );

    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    let mut privacy = privacy(&service).await;
    erase(&mut privacy, &name, v1::ErasureReason::Order)
        .await
        .unwrap();
    assert!(names(&mut service, by_name("byron")).await.is_empty());
    assert!(names(&mut service, phone("514 555 0199")).await.is_empty());
    assert_eq!(keys(&service.database), 1, "that of the reference");
    let by_reference = Request {
        case_reference: "t1".to_owned(),
        ..Default::default()
    };
    assert_eq!(names(&mut service, by_reference).await, [name]);
    assert_eq!(verified(&service), (1, Vec::new()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_words_that_share_a_key_are_not_taken_for_one_another_and_a_wrong_key_is_reported() {
    let mut service = Service::start().await;
    let name = service.file_as(of(called("Ada"))).await.name;
    let smith = key("smith");
    let id = name.trim_start_matches("complaints/");
    sql_query(format!("insert into search_key values ({smith}, '{id}')"))
        .execute(&mut service.database.connect())
        .unwrap();
    assert!(names(&mut service, by_name("smith")).await.is_empty());
    let (_, wrong) = verified(&service);
    assert_eq!(
        wrong,
        ["search keys: 0 missing, 1 that nothing on record has"]
    );
    service.stop().await;
}

/// The key of a part of a name, with the first brand.
fn key(part: &str) -> i64 {
    Criterion::name(part)[0].terms()[0].key("jive")
}

/// Somebody with this role.
fn caller(role: Role, brands: Option<&[&str]>, queue: Option<&str>) -> Caller {
    let brands = brands.map(|brands| brands.iter().map(|&brand| brand.to_owned()).collect());
    Caller::Known(Arc::new(Principal {
        subject: "ada".to_owned(),
        roles: BTreeSet::from([role]),
        scope: Scope {
            brands,
            queues: queue.map(|queue| Queues::of([queue])),
        },
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_finds_what_lies_within_the_scope_and_reads_a_number_as_the_brand_does() {
    let desk = Desk::open();
    let anyone = Caller::Anyone;
    let file = async |brand: &str, phone: &str, assignee: &str| {
        let filing = v1::FileComplaintRequest {
            brand: brand.to_owned(),
            assignee: assignee.to_owned(),
            ..of(v1::Customer {
                phone: phone.to_owned(),
                ..called("Ada Lovelace")
            })
        };
        let filed = desk.client(&anyone).file_complaint(filing).await;
        filed.unwrap().into_inner().name
    };
    let jive = file("jive", "+1 514 555 0142", "Bea").await;
    let harbour = file("harbour", "020 7946 0958", "Cleo").await;
    let search = async |caller: &Caller, request: Request| {
        let found = desk.client(caller).search_complaints(request).await;
        let found = found.unwrap().into_inner().complaints.into_iter();
        found.map(|it| it.name).collect::<BTreeSet<_>>()
    };
    let phone = |phone: &str| Request {
        phone: phone.to_owned(),
        ..Default::default()
    };
    let all = BTreeSet::from([jive.clone(), harbour.clone()]);
    let only = |name: &String| BTreeSet::from([name.clone()]);
    assert_eq!(search(&anyone, by_name("ada")).await, all);
    assert_eq!(
        search(&anyone, phone("020 7946 0958")).await,
        only(&harbour)
    );
    assert_eq!(
        search(&anyone, phone("+44 20 7946 0958")).await,
        only(&harbour)
    );
    assert_eq!(search(&anyone, phone("514 555 0142")).await, only(&jive));
    let in_brand = Request {
        brand: "harbour".to_owned(),
        ..by_name("ada")
    };
    assert_eq!(search(&anyone, in_brand).await, only(&harbour));
    for (caller, seen) in [
        (caller(Role::Adviser, Some(&["jive"]), None), only(&jive)),
        (caller(Role::Adviser, None, Some("cleo")), only(&harbour)),
        (
            caller(Role::Adviser, Some(&["jive"]), Some("cleo")),
            BTreeSet::new(),
        ),
        (caller(Role::Adviser, Some(&[]), None), BTreeSet::new()),
    ] {
        assert_eq!(
            search(&caller, by_name("lovelace")).await,
            seen,
            "{caller:?}"
        );
        let customer_of = Request {
            customer_of: harbour.clone(),
            ..Default::default()
        };
        let found = desk.client(&caller).search_complaints(customer_of).await;
        match seen.contains(&harbour) {
            true => assert_eq!(found.unwrap().into_inner().complaints.len(), 1),
            false => assert_eq!(refusal(&found.unwrap_err()).1, "COMPLAINT_NOT_FOUND"),
        }
    }
    // To whom there is one brand, a number without a country code is of its region.
    let jives = caller(Role::Adviser, Some(&["jive"]), None);
    let refused = desk
        .client(&jives)
        .search_complaints(phone("020 7946 0958"))
        .await;
    assert_eq!(violated(&refused.unwrap_err()), ["phone"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_see_personal_data_finds_nothing_out_by_searching() {
    let desk = Desk::open();
    let filing = v1::FileComplaintRequest {
        brand: "jive".to_owned(),
        case_references: vec!["T-1".to_owned()],
        ..of(ada())
    };
    let filed = desk.client(&Caller::Anyone).file_complaint(filing).await;
    let filed = filed.unwrap().into_inner();
    let auditor = caller(Role::Auditor, None, None);
    let text = |text: &str| text.to_owned();
    for personal in [
        by_name("ada"),
        Request {
            phone: text("+15145550142"),
            ..Default::default()
        },
        Request {
            email: text("ada.lovelace@example.com"),
            case_reference: text("T-1"),
            ..Default::default()
        },
        Request {
            account_number: text("A4711"),
            ..Default::default()
        },
        Request {
            postal_code: text("K1A0B1"),
            tracking_number: filed.tracking_number.clone(),
            ..Default::default()
        },
        Request {
            customer_of: filed.name.clone(),
            ..Default::default()
        },
    ] {
        let refused = desk.client(&auditor).search_complaints(personal).await;
        let (code, reason) = refusal(&refused.unwrap_err());
        assert_eq!(
            (code, reason.as_str()),
            (Code::PermissionDenied, "ROLE_REQUIRED")
        );
    }
    let all = Some(prost_types::FieldMask {
        paths: vec!["*".to_owned()],
    });
    for by in [
        Request {
            case_reference: text("T-1"),
            ..Default::default()
        },
        Request {
            tracking_number: filed.tracking_number.to_lowercase(),
            ..Default::default()
        },
    ] {
        let request = Request {
            read_mask: all.clone(),
            ..by
        };
        let found = desk.client(&auditor).search_complaints(request).await;
        let found = found.unwrap().into_inner();
        assert_eq!(found.complaints[0].name, filed.name);
        assert_eq!(found.complaints[0].customer, None);
        assert_eq!(found.matches[0].fields.len(), 1, "no person's");
    }
}
