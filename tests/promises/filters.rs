//! A misspelled filter is an error, and never an empty answer that looks like good news.

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, ReflectMessage as _, Value,
};
use redress::proto::{
    DESCRIPTORS,
    v1::{self, Channel},
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    office::instant,
    raw::call,
    service::{Service, act, at, filing, violated},
};

/// Fields whose words no set holds, and why. Every other text, number and enum of a request that reads is tried.
const FREE: [(&str, &str); 23] = [
    (
        "ListPersonalDataReadsRequest.reader",
        "who calls is known to the issuer of their tokens",
    ),
    (
        "FindPersonRequest.account_number",
        "account numbers are known to other systems",
    ),
    (
        "SearchComplaintsRequest.email",
        "customers know their own, and misspell them",
    ),
    (
        "SearchComplaintsRequest.account_number",
        "account numbers are known to other systems",
    ),
    (
        "SearchComplaintsRequest.case_reference",
        "cases are known to other systems",
    ),
    (
        "SearchComplaintsRequest.body_reference",
        "its references are known to the body",
    ),
    (
        "SearchComplaintsRequest.name",
        "anything may be somebody's name",
    ),
    (
        "SearchComplaintsRequest.postal_code",
        "postal codes are known to the posts of all countries",
    ),
    (
        "ListComplaintsRequest.assignee",
        "who handles complaints is known to other systems",
    ),
    (
        "ListComplaintsRequest.assignees",
        "who handles complaints is known to other systems",
    ),
    (
        "CountComplaintsRequest.assignee",
        "who handles complaints is known to other systems",
    ),
    (
        "CountComplaintsRequest.assignees",
        "who handles complaints is known to other systems",
    ),
    ("ActivatePolicyRequest.actor", "whoever it is, is recorded"),
    (
        "MigrateComplaintsRequest.actor",
        "whoever it is, is recorded",
    ),
    ("ActivateBrandRequest.actor", "whoever it is, is recorded"),
    (
        "CreateSubscriptionRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "UpdateSubscriptionRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "PauseSubscriptionRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "ResumeSubscriptionRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "DeleteSubscriptionRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "RotateSubscriptionSecretRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "ReplayDeliveriesRequest.actor",
        "whoever it is, is recorded",
    ),
    (
        "ClaimDispatchesRequest.actor",
        "whoever it is, is noted with the claim",
    ),
];

/// A good request of the method, which one field is then spoiled of.
fn good(method: &str, name: &str) -> Vec<u8> {
    let name = name.to_owned();
    let calendar = v1::TextFile {
        text: include_str!("../../calendars/ca-federal.toml").to_owned(),
        ..Default::default()
    };
    let policy = "ca-jive".to_owned();
    match method {
        "GetComplaint" => v1::GetComplaintRequest {
            name,
            ..Default::default()
        }
        .encode_to_vec(),
        // A clock limits this alone.
        "ListComplaints" => v1::ListComplaintsRequest {
            overdue: true,
            ..Default::default()
        }
        .encode_to_vec(),
        "CountComplaints" => Vec::new(),
        "SearchComplaints" => v1::SearchComplaintsRequest {
            name: "Ada".to_owned(),
            ..Default::default()
        }
        .encode_to_vec(),
        "ListEvents" | "ListClocks" | "ListNotices" => v1::ListEventsRequest {
            parent: name,
            ..Default::default()
        }
        .encode_to_vec(),
        "GetEvent" | "GetNotice" => {
            let part = method.trim_start_matches("Get").to_lowercase();
            v1::GetNoticeRequest {
                name: format!("{name}/{part}s/3"),
            }
            .encode_to_vec()
        }
        "CheckReferralEligibility" => v1::CheckReferralEligibilityRequest { name }.encode_to_vec(),
        "PreviewNotices" => v1::PreviewNoticesRequest {
            name,
            act: Some(v1::preview_notices_request::Act::SendUpdate(
                v1::SendUpdateRequest {
                    actor: "ada".to_owned(),
                    message: "We are at it.".to_owned(),
                    ..Default::default()
                },
            )),
        }
        .encode_to_vec(),
        "GetClock" => v1::GetClockRequest {
            name: format!("{name}/clocks/resolution/cycles/1"),
        }
        .encode_to_vec(),
        "GetPolicy" => v1::GetPolicyRequest {
            name: format!("policies/{policy}"),
        }
        .encode_to_vec(),
        "GetMigration" => v1::GetMigrationRequest {
            name: format!("policies/{policy}/migrations/{}", uuid::Uuid::from_u128(7)),
        }
        .encode_to_vec(),
        "ListMigrations" => v1::ListMigrationsRequest {
            parent: format!("policies/{policy}"),
            ..Default::default()
        }
        .encode_to_vec(),
        "ExplainClock" => v1::ExplainClockRequest {
            name: format!("{name}/clocks/resolution/cycles/latest"),
        }
        .encode_to_vec(),
        "ExportPerson" => v1::ExportPersonRequest {
            complaints: vec![name],
        }
        .encode_to_vec(),
        "FindPerson" => v1::FindPersonRequest {
            identity: Some(v1::find_person_request::Identity::AccountNumber(
                "A-1".to_owned(),
            )),
        }
        .encode_to_vec(),
        "WatchEvents"
        | "ListPolicies"
        | "ListBrands"
        | "ListPersonalDataReads"
        | "ListSubscriptions"
        | "ListDispatches" => Vec::new(),
        "CreateSubscription" => v1::CreateSubscriptionRequest {
            subscription: Some(subscription()),
            actor: "ada".to_owned(),
        }
        .encode_to_vec(),
        "UpdateSubscription" => v1::UpdateSubscriptionRequest {
            subscription: Some(subscription()),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["title".to_owned()],
            }),
            actor: "ada".to_owned(),
        }
        .encode_to_vec(),
        "GetSubscription" | "TestSubscription" => v1::GetSubscriptionRequest {
            name: subscription().name,
        }
        .encode_to_vec(),
        "ListDeliveries" => v1::ListDeliveriesRequest {
            parent: subscription().name,
            ..Default::default()
        }
        .encode_to_vec(),
        "PauseSubscription"
        | "ResumeSubscription"
        | "DeleteSubscription"
        | "RotateSubscriptionSecret"
        | "ReplayDeliveries" => v1::PauseSubscriptionRequest {
            name: subscription().name,
            actor: "ada".to_owned(),
        }
        .encode_to_vec(),
        "ClaimDispatches" => v1::ClaimDispatchesRequest {
            actor: "ada".to_owned(),
            means: v1::ContactMeans::Letter.into(),
            ..Default::default()
        }
        .encode_to_vec(),
        "GetBrand" => v1::GetBrandRequest {
            name: "brands/jive".to_owned(),
        }
        .encode_to_vec(),
        "ActivateBrand" => v1::ActivateBrandRequest {
            brand_file: Some(v1::TextFile {
                text: include_str!("../../brands/harbour.toml").to_owned(),
                ..Default::default()
            }),
            actor: "ada".to_owned(),
        }
        .encode_to_vec(),
        "GetFigures" => v1::GetFiguresRequest {
            month: "2026-06".to_owned(),
            time_zone: "America/Toronto".to_owned(),
            ..Default::default()
        }
        .encode_to_vec(),
        "ListFigureComplaints" => v1::ListFigureComplaintsRequest {
            month: "2026-06".to_owned(),
            time_zone: "America/Toronto".to_owned(),
            measure: v1::FigureMeasure::Received.into(),
            ..Default::default()
        }
        .encode_to_vec(),
        "SimulatePolicy" => v1::SimulatePolicyRequest {
            policy,
            calendars: vec![calendar],
            ..Default::default()
        }
        .encode_to_vec(),
        "ActivatePolicy" => v1::ActivatePolicyRequest {
            policy,
            calendars: vec![calendar],
            actor: "ada".to_owned(),
            ..Default::default()
        }
        .encode_to_vec(),
        "MigrateComplaints" => v1::MigrateComplaintsRequest {
            policy,
            actor: "ada".to_owned(),
        }
        .encode_to_vec(),
        new => panic!("{new} needs a good request here, so that its filters are tried"),
    }
}

fn subscription() -> v1::Subscription {
    v1::Subscription {
        name: format!("subscriptions/{}", uuid::Uuid::from_u128(7)),
        title: "A".to_owned(),
        endpoint: "https://crm.example/hooks".to_owned(),
        ..Default::default()
    }
}

/// A value that nothing is called by; `None`: the field has no wrong values.
fn unknown(field: &FieldDescriptor) -> Option<Value> {
    let value = match field.kind() {
        Kind::String => Value::String("no such word".to_owned()),
        Kind::Enum(_) => Value::EnumNumber(99),
        Kind::Int32 => Value::I32(-1),
        Kind::Int64 => Value::I64(-1),
        Kind::Message(message) if message.full_name() == "google.protobuf.FieldMask" => {
            let mask = prost_types::FieldMask {
                paths: vec!["no_such_field".to_owned()],
            };
            let mut value = DynamicMessage::new(message);
            value.transcode_from(&mask).unwrap();
            Value::Message(value)
        }
        Kind::Bool | Kind::Message(_) => return None,
        new => panic!("{field:?}: say what a wrong {new:?} is"),
    };
    Some(if field.is_list() {
        Value::List(vec![value])
    } else {
        value
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_filter_of_every_request_that_reads_refuses_what_it_does_not_know() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let methods = pool
        .services()
        .flat_map(|s| s.methods().collect::<Vec<_>>());
    let mut tried = 0;
    for method in methods {
        let input = method.input();
        // What changes a complaint is made of free texts, and has tests of its own.
        if input.get_field_by_name("request_id").is_some() {
            continue;
        }
        let good = good(method.name(), &name);
        for field in input.fields() {
            let called = format!("{}.{}", input.name(), field.name());
            if FREE.iter().any(|(free, _)| *free == called) {
                continue;
            }
            let Some(value) = unknown(&field) else {
                continue;
            };
            let mut request = DynamicMessage::decode(input.clone(), good.as_slice()).unwrap();
            request.set_field(&field, value);
            assert_eq!(request.descriptor(), input);
            let refused = call(&service.app, &method, request.encode_to_vec()).await;
            let refused = refused.unwrap_or_else(|| panic!("{called} takes whatever it is given"));
            tried += 1;
            let fields = violated(&refused);
            let named = fields.iter().all(|path| path.starts_with(field.name()));
            assert!(named, "{called}: {fields:?}");
            if ["brand", "policy", "clock", "kinds"].contains(&field.name()) {
                assert!(
                    refused.message().contains("must be one of "),
                    "{called}: {refused:?}"
                );
            }
        }
    }
    assert!(tried > 30, "{tried}");
    service.stop().await;
}

/// A name that was right once stays right for as long as a complaint may keep it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_and_its_clocks_can_be_asked_for_by_whoever_reads_what_is_known() {
    let mut service = Service::start().await;
    service.file(Channel::Form).await;
    let channel = format!("http://{}", service.app.address);
    let policies = v1::policy_service_client::PolicyServiceClient::connect(channel).await;
    let mut policies = policies.unwrap();
    let listed = policies.list_policies(v1::ListPoliciesRequest {
        page_size: 1_000,
        ..Default::default()
    });
    for policy in listed.await.unwrap().into_inner().policies {
        assert!(!policy.clocks.is_empty());
        for clock in policy.clocks {
            let request = v1::ListComplaintsRequest {
                policy: policy.policy.clone(),
                clock,
                overdue: true,
                ..Default::default()
            };
            let listed = service.client.list_complaints(request.clone()).await;
            assert!(listed.is_ok(), "{request:?}: {listed:?}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_under_a_policy_that_is_not_known_is_told_which_there_are() {
    let mut service = Service::start().await;
    let mut misspelled = filing(Channel::Form);
    misspelled.policy = "ca-jiv".to_owned();
    let refused = service.client.file_complaint(misspelled).await.unwrap_err();
    assert_eq!(violated(&refused), ["policy"]);
    let says = refused.message();
    assert!(says.ends_with("did you mean ca-jive?"), "{says}");
    assert!(!says.contains("uk-ofcom"), "of no brand: {says}");
    service.stop().await;
}

/// What is asked for is what is told: which promises are late, and since when.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_what_is_late_says_which_promises_are() {
    let mut service = Service::start().await;
    let form = service.file(Channel::Form).await.name;
    // Complaints of one millisecond come in any order.
    service.time.set(instant("2026-06-02T14:00:01Z"));
    let mail = service.file(Channel::Mail).await.name;
    act!(
        service.client,
        mail,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    let due = |due: &v1::DueClock| (due.complaint.clone(), due.clock.clone());
    let request = v1::ListComplaintsRequest {
        due_before: Some(at("2026-06-03T21:00:01Z")),
        ..Default::default()
    };
    let listed = service.client.list_complaints(request.clone()).await;
    let listed = listed.unwrap().into_inner();
    // The notice of the independent body is due at once, and kept by whichever sweep comes by.
    let mut clocks: Vec<_> = listed.due_clocks.iter().map(due).collect();
    clocks.retain(|(_, clock)| clock != "recourse_notice");
    let (acknowledgement, escalation) = ("acknowledgement", "escalation_acknowledgement");
    assert_eq!(
        clocks,
        [
            (form.clone(), acknowledgement.to_owned()),
            (mail.clone(), escalation.to_owned()),
        ]
    );
    let only = v1::ListComplaintsRequest {
        clock: escalation.to_owned(),
        ..request
    };
    let listed = service
        .client
        .list_complaints(only)
        .await
        .unwrap()
        .into_inner();
    let clocks: Vec<_> = listed.due_clocks.iter().map(due).collect();
    assert_eq!(clocks, [(mail, escalation.to_owned())]);
    let all = service
        .client
        .list_complaints(v1::ListComplaintsRequest::default());
    assert_eq!(all.await.unwrap().into_inner().due_clocks, []);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_finds_what_is_due_before_it_to_the_microsecond() {
    let mut service = Service::start().await;
    service.time.set(instant("2026-06-02T14:00:00.123456Z"));
    let form = service.file(Channel::Form).await.name;
    let phone = service.file(Channel::Phone).await.name;
    for name in [form, phone] {
        let due = service.clock(&name, "acknowledgement").await.due_time;
        let due = due.expect("it runs");
        let mut just_after = due;
        just_after.nanos += 1_000;
        for (bound, found) in [(due, false), (just_after, true)] {
            for order_by in ["create_time", "due_time"] {
                let request = v1::ListComplaintsRequest {
                    clock: "acknowledgement".to_owned(),
                    due_before: Some(bound),
                    order_by: order_by.to_owned(),
                    ..Default::default()
                };
                let listed = service.client.list_complaints(request).await;
                let listed = listed.unwrap().into_inner().due_clocks;
                let found_it = listed.iter().any(|clock| clock.complaint == name);
                assert_eq!(found_it, found, "{name} is due at {due:?}: {order_by}");
            }
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_kind_of_event_is_distinguished_from_one_that_has_not_happened() {
    let mut service = Service::start().await;
    let watch = v1::WatchEventsRequest {
        kinds: vec![v1::EventKind::Breached.into(), 999],
        ..Default::default()
    };
    let refused = service.client.watch_events(watch).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let bad = refused.get_details_bad_request().unwrap().field_violations;
    assert_eq!(bad[0].field, "kinds[1]");
    let known = "must be one of EVENT_KIND_FILED, ";
    assert!(bad[0].description.starts_with(known), "{bad:?}");
    service.stop().await;
}
