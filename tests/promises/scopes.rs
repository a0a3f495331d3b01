//! To a caller, a complaint outside its scope does not exist.

use std::sync::Arc;

use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use redress::{
    access::{Caller, Principal, Queues, Role, Scope},
    proto::v1::{self, Channel},
};
use serde_json::json;
use tonic::{Code, Status};

use crate::support::{
    callers::{Desk, of_brands, of_queues, within},
    requests::methods,
    service::{act, filing, refusal, violated},
};

mod compared;

/// No complaint has it.
const UNKNOWN: &str = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";

/// Methods that name no complaint, or answer for each that they name, and what becomes of complaints in them.
const NAME_NONE: [(&str, &str); 33] = [
    ("GetFigures", "counts complaints, and is tried with figures"),
    ("ListFigureComplaints", "is tried with figures"),
    ("FindPerson", "tried below"),
    ("FileComplaint", "names a brand: tried below"),
    ("ListComplaints", "compared with a plain list of everything"),
    ("CountComplaints", "compared with counts by hand"),
    (
        "BatchAssignComplaints",
        "has a result for each: tried by itself",
    ),
    ("BatchLabelComplaints", "has a result for each: likewise"),
    ("BatchPauseComplaints", "has a result for each: likewise"),
    ("WatchEvents", "compared with the events of everything"),
    ("ListDispatches", "tried with deliveries"),
    ("ClaimDispatches", "tried with deliveries"),
    ("GetBrand", "tried below"),
    ("ListBrands", "tried below"),
    ("ActivateBrand", "is about brands"),
    ("ListPolicies", "is about policies"),
    ("GetPolicy", "is about policies"),
    ("ActivatePolicy", "is about policies"),
    ("SimulatePolicy", "is for operators, over all complaints"),
    ("MigrateComplaints", "is for operators, over all complaints"),
    ("GetMigration", "is for operators"),
    ("ListMigrations", "is for operators"),
    (
        "CreateSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "GetSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "ListSubscriptions",
        "is about subscriptions, and tried with them",
    ),
    (
        "UpdateSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "PauseSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "ResumeSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "DeleteSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "RotateSubscriptionSecret",
        "is about subscriptions, and tried with them",
    ),
    (
        "TestSubscription",
        "is about subscriptions, and tried with them",
    ),
    (
        "ListDeliveries",
        "is about subscriptions, and tried with them",
    ),
    (
        "ReplayDeliveries",
        "is about subscriptions, and tried with them",
    ),
];

/// A good request of a method that names a complaint, without the names; and what of the complaint it names.
fn good(method: &str) -> (serde_json::Value, &'static str) {
    let request = match method {
        "RecordContact" => {
            json!({"channel": "CHANNEL_PHONE", "direction": "DIRECTION_TO_CUSTOMER", "summary": "Asked."})
        }
        "VerifyIdentity" => json!({"method": "security questions"}),
        "SendUpdate" | "ResolveAtFirstContact" | "ProposeOutcome" => {
            json!({"message": "Repaired."})
        }
        "PauseComplaint" => json!({"reason": "PAUSE_REASON_THIRD_PARTY"}),
        "AssignComplaint" => json!({"assignee": "Zoe"}),
        "AddIssue" => json!({"issue": {"service": "SERVICE_KIND_INTERNET",
            "category": "ISSUE_CATEGORY_SERVICE_DELIVERY", "description": "It drops."}}),
        "AddCaseReference" => json!({"case_reference": "CRM-7"}),
        "AddAttachment" => {
            json!({"attachment": {"location": "dms:4711", "media_type": "application/pdf",
            "sha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}})
        }
        "AddNote" => json!({"note": "Call the warehouse."}),
        "LinkComplaint" => json!({"kind": "LINK_KIND_SAME_CAUSE"}),
        "UpdateComplaint" => json!({"complaint": {"region": "CA-QC"}, "update_mask": "region"}),
        "ConcludeReview" => json!({"conclusion": "The cabinet was wet."}),
        "RecordCustomerAnswer" => json!({"answer": "CUSTOMER_ANSWER_ACCEPTED"}),
        "EscalateComplaint" => json!({"channel": "CHANNEL_PHONE"}),
        "RecordReferralStage" => json!({"stage": "REFERRAL_STAGE_INITIAL_REFERRAL"}),
        "SubmitReferralReport" => {
            json!({"report": "What we did.", "answer": "REFERRAL_ANSWER_UNRESOLVED"})
        }
        "RecordDocumentRequest" => json!({"request": "The recording."}),
        "SubmitDocuments" => json!({"documents": "The recording."}),
        "RecordFindings" => json!({"findings": "A credit."}),
        "WithdrawComplaint" => json!({"statement": "Never mind.", "channel": "CHANNEL_PHONE"}),
        "CloseComplaint" => json!({"reason": "CLOSURE_REASON_PROVIDER_DECISION"}),
        "ReopenComplaint" => json!({"reason": "It drops again."}),
        "RecordDispatch" => {
            json!({"notice": 3, "means": "CONTACT_MEANS_EMAIL", "state": "NOTICE_STATE_SENT"})
        }
        "RecordNoticeDelivery" => json!({"notice": 3, "means": "CONTACT_MEANS_EMAIL"}),
        "ResendNotice" => json!({"notice": 3}),
        "PreviewNotices" => {
            json!({"send_update": {"actor": "ada", "message": "We are at it."}})
        }
        "ErasePerson" => json!({"reason": "ERASURE_REASON_REQUEST"}),
        "PlaceLegalHold" | "ReleaseLegalHold" => {
            json!({"reason": "LEGAL_HOLD_REASON_LITIGATION"})
        }
        "ExportPerson"
        | "ConvertEnquiry"
        | "AcknowledgeComplaint"
        | "ResumeComplaint"
        | "UnassignComplaint"
        | "UnlinkComplaint"
        | "ConfirmImplementation"
        | "ReferComplaint"
        | "ConfirmFindingsCarriedOut"
        | "GetComplaint"
        | "SearchComplaints"
        | "CheckReferralEligibility"
        | "ListPersonalDataReads"
        | "ListEvents"
        | "ListClocks"
        | "ListNotices"
        | "GetEvent"
        | "GetNotice"
        | "GetClock"
        | "ExplainClock" => json!({}),
        unknown => panic!("{unknown} names a complaint: say with which request it is tried"),
    };
    let part = match method {
        "GetEvent" => "/events/1",
        "GetNotice" => "/notices/1",
        "GetClock" | "ExplainClock" => "/clocks/resolution/cycles/latest",
        _ => "",
    };
    (request, part)
}

/// The fields of a request that name a complaint, or what belongs to one.
fn naming(method: &MethodDescriptor) -> Vec<String> {
    let pool = method.parent_pool();
    let reference = pool
        .get_extension_by_name("google.api.resource_reference")
        .unwrap();
    let input = method.input();
    let named = input.fields().filter(|field| {
        let options = field.options();
        let reference = options.get_extension(&reference);
        let reference = reference.as_message().unwrap();
        let of = |name| reference.get_field_by_name(name).unwrap().into_owned();
        let of = [of("type"), of("child_type")];
        let of = of.iter().filter_map(Value::as_str).collect::<String>();
        let parts = ["Complaint", "Event", "Clock", "Notice"];
        parts.iter().any(|part| of == format!("redress/{part}"))
            || (field.name() == "complaint" && field.kind().as_message().is_some())
    });
    named.map(|field| field.name().to_owned()).collect()
}

/// A good request about this complaint; `other` is the second one where there are two.
fn request(method: &MethodDescriptor, name: &str, other: &str) -> DynamicMessage {
    let (mut request, part) = good(method.name());
    for field in naming(method) {
        match field.as_str() {
            "name" | "parent" => request[&field] = json!(format!("{name}{part}")),
            "complaint" => request["complaint"]["name"] = json!(name),
            "complaints" => request["complaints"] = json!([name]),
            "customer_of" => request["customer_of"] = json!(name),
            "other_complaint" => request["other_complaint"] = json!(other),
            field => panic!(
                "{}.{field} names a complaint in a way of its own",
                method.name()
            ),
        }
    }
    if method.input().get_field_by_name("actor").is_some() {
        request["actor"] = json!("ada");
    }
    DynamicMessage::deserialize(method.input(), request).unwrap()
}

fn whole(status: &Status) -> (Code, &str, &[u8]) {
    (status.code(), status.message(), status.details())
}

fn is_unseen(status: &Status) -> bool {
    status.code() == Code::NotFound && refusal(status).1 == "COMPLAINT_NOT_FOUND"
}

async fn file(desk: &Desk, brand: &str, assignee: &str) -> v1::Complaint {
    let filing = v1::FileComplaintRequest {
        brand: brand.to_owned(),
        assignee: assignee.to_owned(),
        acknowledgement: Some(v1::Acknowledgement::default()),
        ..filing(Channel::Form)
    };
    let filed = desk.client(&Caller::Anyone).file_complaint(filing).await;
    filed.unwrap().into_inner()
}

/// How many events a complaint has.
async fn recorded(desk: &Desk, name: &str) -> usize {
    let list = v1::ListEventsRequest {
        parent: name.to_owned(),
        page_size: 1_000,
        ..Default::default()
    };
    let listed = desk.client(&Caller::Anyone).list_events(list).await;
    listed.unwrap().into_inner().events.len()
}

fn get(name: &str) -> v1::GetComplaintRequest {
    v1::GetComplaintRequest {
        name: name.to_owned(),
        ..Default::default()
    }
}

/// The caller, with a role that may be shown whose complaint it is.
fn who_sees_persons(caller: &Caller) -> Caller {
    match caller {
        Caller::Anyone => Caller::Anyone,
        Caller::Known(principal) => Caller::Known(Arc::new(Principal {
            roles: [Role::Compliance].into(),
            ..Principal::clone(principal)
        })),
    }
}

/// The caller, with a role that may make the requests which it previews, or search by personal data: no other gets that far.
fn who_may_act(caller: &Caller, method: &MethodDescriptor) -> Caller {
    match caller {
        Caller::Known(principal)
            if matches!(method.name(), "PreviewNotices" | "SearchComplaints") =>
        {
            Caller::Known(Arc::new(Principal {
                roles: [Role::Adviser].into(),
                ..Principal::clone(principal)
            }))
        }
        _ => caller.clone(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_found_within_the_scope_and_what_lies_outside_is_not_counted() {
    let desk = Desk::open();
    let mut names = Vec::new();
    for (brand, assignee) in [("jive", "Bob"), ("harbour", "Bob"), ("harbour", "Eve")] {
        names.push(file(&desk, brand, assignee).await.name);
    }
    for name in &names {
        let customer = v1::Customer {
            email: "ada@example.org".to_owned(),
            ..Default::default()
        };
        let corrected = v1::UpdateComplaintRequest {
            complaint: Some(v1::Complaint {
                name: name.clone(),
                customer: Some(customer),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["customer.email".to_owned()],
            }),
            actor: "ada".to_owned(),
            ..Default::default()
        };
        let mut anyone = desk.client(&Caller::Anyone);
        anyone.update_complaint(corrected).await.unwrap();
    }
    for (caller, expected) in [
        (Caller::Anyone, vec![0, 1, 2]),
        (of_brands(&["harbour"]), vec![1, 2]),
        (of_queues(&["Bob"], false), vec![0, 1]),
        (of_brands(&[]), vec![]),
    ] {
        let wanted = v1::find_person_request::Identity::Email("ada@example.org".to_owned());
        let request = v1::FindPersonRequest {
            identity: Some(wanted),
        };
        let mut privacy = desk.privacy(&who_sees_persons(&caller));
        let found = privacy.find_person(request).await;
        let mut found = found.unwrap().into_inner();
        let (mut seen, mut searched) = (Vec::new(), 0);
        while let Some(message) = found.message().await.unwrap() {
            searched = message.searched_complaints;
            seen.extend(Some(message.complaint).filter(|name| !name.is_empty()));
        }
        let mut expected: Vec<String> = expected
            .into_iter()
            .map(|it: usize| names[it].clone())
            .collect();
        // In the order of their ids, which those of one millisecond have at random.
        expected.sort_unstable();
        assert_eq!(usize::try_from(searched), Ok(expected.len()));
        assert_eq!(seen, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_takes_a_complaint_outside_the_scope_for_one_that_is_not_there() {
    let desk = Desk::open();
    let (others, of_harbour) = (
        file(&desk, "jive", "").await.name,
        file(&desk, "harbour", "").await.name,
    );
    // By brand, and by queue; each beside a complaint that the caller sees.
    let outsiders = [
        (of_brands(&["harbour"]), &of_harbour),
        (of_queues(&["Bob"], true), &others),
    ];
    let (mut tried, methods) = (0, methods());
    for method in &methods {
        let is_free = NAME_NONE.iter().any(|(name, _)| *name == method.name());
        let for_each = method.output().name() == "BatchComplaintsResponse";
        if naming(method).is_empty() || for_each {
            assert!(is_free, "{} is not known here", method.name());
            continue;
        }
        assert!(!is_free, "{} names a complaint", method.name());
        tried += 1;
        let hidden = file(&desk, "jive", "Eve").await;
        let before = recorded(&desk, &hidden.name).await;
        for (outsider, seen) in &outsiders {
            let outsider = &who_may_act(outsider, method);
            let unknown = request(method, UNKNOWN, seen);
            let unknown = desk.call(outsider, method, &unknown).await;
            let unknown = unknown.unwrap();
            assert!(is_unseen(&unknown), "{}: {unknown:?}", method.name());
            let by_number = format!("complaints/{}", hidden.tracking_number);
            for name in [&hidden.name, &by_number] {
                let refused = request(method, name, seen);
                let refused = desk.call(outsider, method, &refused).await.unwrap();
                assert_eq!(whole(&refused), whole(&unknown), "{}", method.name());
            }
            if naming(method)
                .iter()
                .any(|field| field == "other_complaint")
            {
                let unknown = request(method, seen, UNKNOWN);
                let unknown = desk.call(outsider, method, &unknown).await.unwrap();
                assert!(is_unseen(&unknown), "{}: {unknown:?}", method.name());
                let refused = request(method, seen, &hidden.name);
                let refused = desk.call(outsider, method, &refused).await.unwrap();
                assert_eq!(whole(&refused), whole(&unknown), "{}", method.name());
            }
        }
        assert_eq!(recorded(&desk, &hidden.name).await, before);
        // Whoever sees it gets further with the very same request.
        let sees = who_may_act(&of_queues(&["eve"], true), method);
        let answer = desk
            .call(&sees, method, &request(method, &hidden.name, &others))
            .await;
        if let Some(status) = answer {
            let wrong = is_unseen(&status) || status.code() == Code::InvalidArgument;
            assert!(!wrong, "{}: {status:?}", method.name());
        }
    }
    assert_eq!(tried + NAME_NONE.len(), methods.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_names_a_brand_of_the_scope_and_needs_to_name_none_where_there_is_one() {
    let desk = Desk::open();
    let caller = of_brands(&["harbour"]);
    let mut client = desk.client(&caller);
    let of = |brand: &str| v1::FileComplaintRequest {
        brand: brand.to_owned(),
        ..filing(Channel::Form)
    };
    let filed = client.file_complaint(of("")).await.unwrap().into_inner();
    assert_eq!(filed.brand, "harbour");
    let hidden = client.file_complaint(of("jive")).await.unwrap_err();
    assert_eq!(violated(&hidden), ["brand"]);
    let unknown = client.file_complaint(of("jibe")).await.unwrap_err();
    // Neither tells of any other brand.
    assert_eq!(whole(&hidden), whole(&unknown));
    assert!(!String::from_utf8_lossy(hidden.details()).contains("jive"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brands_are_listed_within_the_scope() {
    let desk = Desk::open();
    let mut brands = desk.brands(&of_brands(&["harbour"]));
    let listed = brands.list_brands(v1::ListBrandsRequest::default()).await;
    let listed = listed.unwrap().into_inner().brands;
    let listed: Vec<_> = listed.iter().map(|brand| brand.brand.as_str()).collect();
    assert_eq!(listed, ["harbour"]);
    let get = |name: &str| v1::GetBrandRequest {
        name: format!("brands/{name}"),
    };
    assert!(brands.get_brand(get("harbour")).await.is_ok());
    let hidden = brands.get_brand(get("jive")).await.unwrap_err();
    let unknown = brands.get_brand(get("jibe")).await.unwrap_err();
    assert_eq!(whole(&hidden), whole(&unknown));
    let list = v1::ListComplaintsRequest {
        brand: "jive".to_owned(),
        ..Default::default()
    };
    let mut client = desk.client(&of_brands(&["harbour"]));
    let refused = client.list_complaints(list).await.unwrap_err();
    assert_eq!(violated(&refused), ["brand"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hands_a_complaint_over_gets_the_answer_and_does_not_see_it_afterwards() {
    let desk = Desk::open();
    let name = file(&desk, "jive", "Bob").await.name;
    let bob = of_queues(&["BOB"], false);
    let mut client = desk.client(&bob);
    let hand_over = v1::AssignComplaintRequest {
        name: name.clone(),
        actor: "ada".to_owned(),
        request_id: "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21".to_owned(),
        assignee: "Eve".to_owned(),
        ..Default::default()
    };
    let answer = client.assign_complaint(hand_over.clone()).await;
    assert_eq!(answer.unwrap().into_inner().assignee, "Eve");
    for refused in [
        client.get_complaint(get(&name)).await,
        client.assign_complaint(hand_over.clone()).await,
        act!(client, name, add_note(AddNoteRequest { note: "Mine." })).map(tonic::Response::new),
    ] {
        assert!(is_unseen(&refused.unwrap_err()));
    }
    // To whoever sees it, a repeated request is answered as before.
    let mut eve = desk.client(&of_queues(&["Eve"], false));
    let again = eve.assign_complaint(hand_over).await.unwrap();
    assert_eq!(again.into_inner().assignee, "Eve");
    // A filing that goes to somebody else is answered once, and is not filed again.
    let elsewhere = v1::FileComplaintRequest {
        brand: "jive".to_owned(),
        assignee: "Eve".to_owned(),
        request_id: "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e22".to_owned(),
        ..filing(Channel::Form)
    };
    let filed = client.file_complaint(elsewhere.clone()).await;
    assert_eq!(filed.unwrap().into_inner().assignee, "Eve");
    let again = client.file_complaint(elsewhere).await.unwrap_err();
    assert!(is_unseen(&again));
    assert_eq!(desk.office.count_complaints(), 2);
}

/// What is asked for by somebody who does not see it is refused at once, and never waits with those who do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_a_complaint_outside_the_scope_is_held_is_not_told() {
    use diesel::connection::SimpleConnection as _;
    let desk = Desk::open();
    let name = file(&desk, "jive", "Eve").await.name;
    let mut session = desk.office.database.connect();
    session
        .batch_execute("begin; select from complaint for update")
        .unwrap();
    let mut client = desk.client(&of_queues(&["Bob"], true));
    let refused = act!(client, name, add_note(AddNoteRequest { note: "Held?" }));
    assert!(is_unseen(&refused.unwrap_err()));
    session.batch_execute("rollback").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_a_complaint_outside_the_scope_tells_its_names_and_no_more() {
    let desk = Desk::open();
    let (mine, theirs) = (
        file(&desk, "jive", "Bob").await,
        file(&desk, "jive", "Eve").await,
    );
    let mut anyone = desk.client(&Caller::Anyone);
    act!(
        anyone,
        mine.name,
        link_complaint(LinkComplaintRequest {
            other_complaint: theirs.name.as_str(),
            kind: v1::LinkKind::SameCause
        })
    )
    .unwrap();
    let mut bob = desk.client(&of_queues(&["Bob"], false));
    let seen = bob.get_complaint(get(&mine.name)).await.unwrap();
    let links = seen.into_inner().links;
    let expected = v1::ComplaintLink {
        kind: v1::LinkKind::SameCause.into(),
        complaint: theirs.name.clone(),
        tracking_number: theirs.tracking_number,
    };
    assert_eq!(links, [expected]);
    let unseen = bob.get_complaint(get(&theirs.name)).await;
    assert!(is_unseen(&unseen.unwrap_err()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_see_nothing_sees_nothing() {
    let desk = Desk::open();
    file(&desk, "jive", "").await;
    for nothing in [
        of_brands(&[]),
        of_queues(&[], false),
        within(Scope {
            brands: Some(["harbour".to_owned()].into()),
            queues: Some(Queues::default()),
        }),
    ] {
        for request in [
            v1::ListComplaintsRequest::default(),
            v1::ListComplaintsRequest {
                states: vec![v1::State::InReview.into()],
                ..Default::default()
            },
            v1::ListComplaintsRequest {
                assignee: "-".to_owned(),
                ..Default::default()
            },
            v1::ListComplaintsRequest {
                policy: "ca-jive".to_owned(),
                order_by: "received_time".to_owned(),
                ..Default::default()
            },
        ] {
            let listed = desk.client(&nothing).list_complaints(request).await;
            let mut listed = listed.unwrap().into_inner();
            assert!(listed.read_time.take().is_some());
            assert_eq!(listed, Default::default());
        }
    }
}
