//! When something was done that is entered later: no time in the future, and one rule for all requests.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use redress::proto::v1;

use crate::support::{
    office::instant,
    raw::call,
    requests::{Path, fields, methods, set, written},
    service::{Service, act, at, clock_of, filing, payload, violated},
};

/// Times that lie ahead, or are no act's: everything else in a request that changes a complaint is when something was done.
const AHEAD: [&str; 4] = ["promised_time", "new_promised_time", "end_time", "due_time"];
/// How far ahead the clock of a caller may be.
const LEEWAY: SignedDuration = SignedDuration::from_secs(5);

/// The times of acts in the request of a method.
fn times(method: &MethodDescriptor) -> Vec<Path> {
    let is_time = |kind: &Kind| {
        let message = kind.as_message();
        message.is_some_and(|message| message.full_name() == "google.protobuf.Timestamp")
    };
    let input = method.input();
    if input.get_field_by_name("request_id").is_none() {
        return Vec::new();
    }
    let mut times = fields(&input, &is_time);
    times.retain(|path| {
        // What is put out is not read.
        let within = path[0].name();
        let last = path.last().unwrap().name();
        !AHEAD.contains(&last) && within != "complaint"
    });
    times
}

fn with(request: &DynamicMessage, path: &Path, at: Timestamp) -> DynamicMessage {
    let Kind::Message(time) = path.last().unwrap().kind() else {
        panic!("a time is a message");
    };
    let microseconds = at.as_microsecond();
    let mut value = DynamicMessage::new(time);
    value.set_field_by_name("seconds", Value::I64(microseconds.div_euclid(1_000_000)));
    let nanos = i32::try_from(microseconds.rem_euclid(1_000_000) * 1_000).unwrap();
    value.set_field_by_name("nanos", Value::I32(nanos));
    let mut request = request.clone();
    set(&mut request, path, Value::Message(value));
    request
}

/// The life of one complaint, by the methods that take a time.
const LIFE: [&str; 21] = [
    "ConvertEnquiry",
    "AcknowledgeComplaint",
    "VerifyIdentity",
    "RecordContact",
    "SendUpdate",
    "PauseComplaint",
    "ResumeComplaint",
    "EscalateComplaint",
    "ProposeOutcome",
    "RecordCustomerAnswer",
    "ConfirmImplementation",
    "CloseComplaint",
    "ReopenComplaint",
    "ReferComplaint",
    "RecordReferralStage",
    "SubmitReferralReport",
    "RecordDocumentRequest",
    "SubmitDocuments",
    "RecordFindings",
    "ConfirmFindingsCarriedOut",
    "ConcludeReview",
];

/// A request that the complaint accepts where it stands.
fn good(method: &str, name: &str) -> Vec<u8> {
    let (name, text) = (name.to_owned(), "What there is to say.".to_owned());
    // Whoever handled it below does not review it.
    let actor = match method {
        "ProposeOutcome" | "ConcludeReview" => "bea",
        _ => "ada",
    };
    let actor = actor.to_owned();
    macro_rules! request {
        ($request:ident { $($field:ident: $value:expr),* $(,)? }) => {
            v1::$request { name, actor, $($field: $value.into(),)* ..Default::default() }.encode_to_vec()
        };
    }
    let phone = v1::Channel::Phone;
    match method {
        "FileComplaint" => v1::FileComplaintRequest {
            acknowledgement: Some(v1::Acknowledgement::default()),
            ..filing(phone)
        }
        .encode_to_vec(),
        "ConvertEnquiry" => request!(ConvertEnquiryRequest {}),
        "AcknowledgeComplaint" => request!(AcknowledgeComplaintRequest {}),
        "VerifyIdentity" => request!(VerifyIdentityRequest { method: "PIN" }),
        "RecordContact" => request!(RecordContactRequest {
            channel: phone,
            direction: v1::Direction::ToCustomer,
            summary: text,
        }),
        "SendUpdate" => request!(SendUpdateRequest { message: text }),
        "PauseComplaint" => request!(PauseComplaintRequest {
            reason: v1::PauseReason::ThirdParty
        }),
        "ResumeComplaint" => request!(ResumeComplaintRequest {}),
        "EscalateComplaint" => request!(EscalateComplaintRequest { channel: phone }),
        "ConcludeReview" => request!(ConcludeReviewRequest { conclusion: text }),
        "ProposeOutcome" => request!(ProposeOutcomeRequest {
            message: text,
            remedy: "A credit.",
        }),
        "RecordCustomerAnswer" => request!(RecordCustomerAnswerRequest {
            answer: v1::CustomerAnswer::Accepted
        }),
        "ConfirmImplementation" => request!(ConfirmImplementationRequest {}),
        "CloseComplaint" => request!(CloseComplaintRequest {
            reason: v1::ClosureReason::Accepted
        }),
        "ReopenComplaint" => request!(ReopenComplaintRequest { reason: text }),
        "ReferComplaint" => request!(ReferComplaintRequest {}),
        "RecordReferralStage" => request!(RecordReferralStageRequest {
            stage: v1::ReferralStage::InitialReferral
        }),
        "SubmitReferralReport" => request!(SubmitReferralReportRequest {
            report: text,
            answer: v1::ReferralAnswer::Unresolved,
        }),
        "RecordDocumentRequest" => request!(RecordDocumentRequestRequest { request: text }),
        "SubmitDocuments" => request!(SubmitDocumentsRequest { documents: text }),
        "RecordFindings" => request!(RecordFindingsRequest {
            findings: text,
            provider_must_act: true,
        }),
        "ConfirmFindingsCarriedOut" => request!(ConfirmFindingsCarriedOutRequest {}),
        "WithdrawComplaint" => request!(WithdrawComplaintRequest {
            statement: text,
            channel: phone,
        }),
        "ResolveAtFirstContact" => request!(ResolveAtFirstContactRequest { message: text }),
        new => panic!("{new} needs a good request here, so that its times are tried"),
    }
}

/// Tries each time of an act in the request of a method: beyond the leeway it is refused by its name, and within it all of
/// them count as now.
async fn try_times(service: &Service, method: &MethodDescriptor, name: &str, now: Timestamp) {
    try_times_of(service, method, &good(method.name(), name), now).await;
}

async fn try_times_of(
    service: &Service,
    method: &MethodDescriptor,
    request: &[u8],
    now: Timestamp,
) {
    let request = DynamicMessage::decode(method.input(), request).unwrap();
    let mut within = request.clone();
    for path in times(method) {
        let beyond = with(
            &request,
            &path,
            now + LEEWAY + SignedDuration::from_micros(1),
        );
        let refused = call(&service.app, method, beyond.encode_to_vec()).await;
        let refused = refused.unwrap_or_else(|| panic!("{}: {}", method.name(), written(&path)));
        assert_eq!(violated(&refused), [written(&path)], "{}", method.name());
        within = with(&within, &path, now + LEEWAY);
    }
    let refused = call(&service.app, method, within.encode_to_vec()).await;
    assert!(refused.is_none(), "{}: {refused:?}", method.name());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_time_of_an_act_may_be_ahead_by_the_leeway_counts_as_now_then_and_is_refused_beyond()
{
    let mut service = Service::start().await;
    let now = instant("2026-06-02T15:00:00Z");
    let mut enquiry = filing(v1::Channel::Form);
    enquiry.enquiry = true;
    let walked = service.file_as(enquiry).await.name;
    let withdrawn = service.file(v1::Channel::Form).await.name;
    let resolved = service.file(v1::Channel::Phone).await.name;
    service.time.set(now);
    let all = methods();
    let method = |name: &str| all.iter().find(|method| method.name() == name).unwrap();
    try_times(&service, method("FileComplaint"), "", now).await;
    for name in LIFE {
        try_times(&service, method(name), &walked, now).await;
    }
    try_times(&service, method("WithdrawComplaint"), &withdrawn, now).await;
    try_times(&service, method("ResolveAtFirstContact"), &resolved, now).await;

    // Where the service follows its notices.
    let mut delivering = Service::delivering().await;
    let mut by_mail = filing(v1::Channel::Form);
    by_mail.customer.get_or_insert_default().email = "sample@example.org".to_owned();
    let followed = delivering.file_as(by_mail).await.name;
    act!(
        delivering.client,
        followed,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    delivering.time.set(now);
    let list = v1::ListNoticesRequest {
        parent: followed.clone(),
        ..Default::default()
    };
    let notices = delivering.client.list_notices(list).await.unwrap();
    let notice = notices.into_inner().notices.remove(0);
    let (_, number) = notice.name.rsplit_once('/').unwrap();
    let number: i64 = number.parse().unwrap();
    let sent = v1::RecordDispatchRequest {
        name: followed.clone(),
        actor: "ada".to_owned(),
        notice: number,
        means: v1::ContactMeans::Email.into(),
        state: v1::NoticeState::Sent.into(),
        ..Default::default()
    };
    let sent = sent.encode_to_vec();
    try_times_of(&delivering, method("RecordDispatch"), &sent, now).await;
    let delivered = v1::RecordNoticeDeliveryRequest {
        name: followed.clone(),
        actor: "ada".to_owned(),
        notice: number,
        means: v1::ContactMeans::Email.into(),
        delivered: true,
        ..Default::default()
    };
    let delivered = delivered.encode_to_vec();
    try_times_of(&delivering, method("RecordNoticeDelivery"), &delivered, now).await;
    for event in delivering.events(&followed).await {
        assert!(!payload(&event).contains(":05Z"), "{event:?}");
    }
    delivering.stop().await;

    let alone = [
        "FileComplaint",
        "WithdrawComplaint",
        "ResolveAtFirstContact",
        "RecordDispatch",
        "RecordNoticeDelivery",
    ];
    let tried: BTreeSet<&str> = LIFE.into_iter().chain(alone).collect();
    for method in all.iter().filter(|method| !times(method).is_empty()) {
        assert!(
            tried.contains(method.name()),
            "{} is not tried",
            method.name()
        );
    }
    // What was ahead is nowhere on record.
    for name in [&walked, &withdrawn, &resolved] {
        for event in service.events(name).await {
            assert!(!payload(&event).contains(":05Z"), "{event:?}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_of_sixteen_minutes_ago_was_acknowledged_in_time_and_the_breach_is_taken_back() {
    let mut service = Service::start().await;
    let kinds = [
        "breached",
        "breach_withdrawn",
        "escalation_eligibility_withdrawn",
    ];
    let mut watch = service.watch(&kinds).await;
    let name = service.file(v1::Channel::Phone).await.name;
    let filed = service.get(&name).await.received_time.unwrap();
    let filed = Timestamp::from_second(filed.seconds).unwrap();
    service.time.set(filed + SignedDuration::from_mins(16));
    assert_eq!(clock_of(&watch.event().await).0, "acknowledgement");
    let told = filed + SignedDuration::from_mins(2);
    let acknowledged = act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {
            acknowledgement: v1::Acknowledgement {
                acknowledged_time: Some(at(&told.to_string())),
                ..Default::default()
            }
        })
    )
    .unwrap();
    assert!(acknowledged.escalation_reasons.is_empty());
    // Who was told of the breach is told that there was none.
    let withdrawn = watch.event().await.fact;
    let Some(v1::event::Fact::BreachWithdrawn(withdrawn)) = withdrawn else {
        panic!("{withdrawn:?}");
    };
    assert_eq!(withdrawn.clock, "acknowledgement");
    assert_eq!(withdrawn.cycle, 1);
    let ineligible = watch.event().await.fact;
    let Some(v1::event::Fact::EscalationEligibilityWithdrawn(ineligible)) = ineligible else {
        panic!("{ineligible:?}");
    };
    let reasons: Vec<_> = ineligible.reasons().collect();
    assert_eq!(reasons, [v1::EscalationReason::AcknowledgementOverdue]);
    assert!(ineligible.remaining_reasons.is_empty());
    let clock = service.clock(&name, "acknowledgement").await;
    assert_eq!(clock.state(), v1::ClockState::Met);
    assert_eq!(clock.stop_time, Some(at(&told.to_string())));
    assert_eq!(clock.breach_time, None);
    let explain = v1::ExplainClockRequest {
        name: format!("{name}/clocks/acknowledgement/cycles/latest"),
    };
    let explained = service.client.explain_clock(explain).await.unwrap();
    let explained = explained.into_inner();
    assert!(explained.differences.is_empty(), "{explained:?}");
    service.stop().await;
}
