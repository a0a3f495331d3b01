//! What is sent twice is done once, and nobody overwrites what he has not seen.

use redress::proto::v1::{self, Channel};
use tonic::Code;

use crate::support::service::{Service, act, filing, refusal, violated};

const FIRST: &str = "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_filing_gets_its_first_answer_and_files_nothing_more() {
    let mut service = Service::start().await;
    let mut request = filing(Channel::Form);
    request.request_id = FIRST.to_owned();
    let first = service.file_as(request.clone()).await;
    act!(
        service.client,
        first.name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let rows = service.rows();
    let again = service.file_as(request.clone()).await;
    assert_eq!(again, first, "as it was answered then");
    // The port of a replica is as good as this one.
    let mut replica = Service::beside(service.database.clone(), service.time.clone()).await;
    assert_eq!(replica.file_as(request.clone()).await, first);
    replica.stop().await;

    request.urgent = true;
    let other = service.client.file_complaint(request).await.unwrap_err();
    let reason = "REQUEST_ID_REUSED".to_owned();
    assert_eq!(refusal(&other), (Code::AlreadyExists, reason));
    assert_eq!(service.rows(), rows);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_change_is_made_once_and_its_id_serves_no_other_method() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Form).await.name;
    let add = async |service: &mut Service, reference: &str| {
        act!(
            service.client,
            name,
            add_case_reference(AddCaseReferenceRequest {
                request_id: FIRST,
                case_reference: reference
            })
        )
    };
    let first = add(&mut service, "CRM-1").await.unwrap();
    let again = add(&mut service, "CRM-1").await.unwrap();
    assert_eq!(again, first);
    let other = add(&mut service, "CRM-2").await.unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);
    let method = act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            request_id: FIRST,
            statement: "Never mind.",
            channel: Channel::Phone
        })
    );
    assert_eq!(method.unwrap_err().code(), Code::AlreadyExists);
    assert_eq!(service.get(&name).await.case_references, ["CRM-1"]);
    assert_eq!(
        service.kinds(&name).await,
        ["filed", "case_reference_added"]
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_is_known_by_what_it_means_and_not_by_how_it_is_spelled() {
    let mut service = Service::start().await;
    let mut request = filing(Channel::Form);
    request.request_id = FIRST.to_owned();
    let customer = |phone: &str, name: &str| {
        Some(v1::Customer {
            phone: phone.to_owned(),
            full_name: name.to_owned(),
            ..Default::default()
        })
    };
    request.customer = customer("+1 514 555 0142", "Robin Sample");
    let first = service.file_as(request.clone()).await;
    request.customer = customer("(514) 555-0142", "  Robin\u{a0}Sample ");
    request.language = v1::Language::English.into();
    assert_eq!(service.file_as(request.clone()).await, first);
    request.customer = customer("+1 514 555 0143", "Robin Sample");
    let other = service.client.file_complaint(request).await.unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);

    const SECOND: &str = "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e22";
    let add = async |service: &mut Service, name: &str| {
        act!(
            service.client,
            name,
            add_case_reference(AddCaseReferenceRequest {
                request_id: SECOND,
                case_reference: "CRM-1"
            })
        )
    };
    let added = add(&mut service, &first.name).await.unwrap();
    let by_number = format!("complaints/{}", first.tracking_number.to_lowercase());
    assert_eq!(add(&mut service, &by_number).await.unwrap(), added);
    let elsewhere = service.file(Channel::Form).await.name;
    let other = add(&mut service, &elsewhere).await.unwrap_err();
    assert_eq!(
        other.code(),
        Code::AlreadyExists,
        "the same, of another complaint"
    );
    assert!(service.get(&elsewhere).await.case_references.is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_was_refused_may_be_sent_again_when_it_has_become_possible() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Form).await.name;
    let propose = async |service: &mut Service| {
        act!(
            service.client,
            name,
            propose_outcome(ProposeOutcomeRequest {
                request_id: FIRST,
                message: "Repaired."
            })
        )
    };
    let early = propose(&mut service).await.unwrap_err();
    assert_eq!(early.code(), Code::FailedPrecondition);
    act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    propose(&mut service).await.unwrap();
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_saw_the_same_version_the_second_is_told_to_read_again() {
    let mut service = Service::start().await;
    let seen = service.file(Channel::Form).await;
    let assign = async |service: &mut Service, etag: &str, assignee: &str| {
        act!(
            service.client,
            seen.name,
            assign_complaint(AssignComplaintRequest {
                etag: etag,
                assignee: assignee
            })
        )
    };
    let changed = assign(&mut service, &seen.etag, "grace").await.unwrap();
    assert_ne!(changed.etag, seen.etag);
    let rows = service.rows();
    let stale = assign(&mut service, &seen.etag, "joan").await.unwrap_err();
    let reason = "ETAG_MISMATCH".to_owned();
    assert_eq!(refusal(&stale), (Code::Aborted, reason));
    let garbled = assign(&mut service, "W/\"1\"", "joan").await.unwrap_err();
    assert_eq!(violated(&garbled), ["etag"]);
    assert_eq!(service.rows(), rows);
    assign(&mut service, &changed.etag, "joan").await.unwrap();
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_filing_sent_to_two_replicas_at_once_files_one_complaint() {
    let mut one = Service::start().await;
    let other = Service::beside(one.database.clone(), one.time.clone()).await;
    let mut request = filing(Channel::Form);
    request.request_id = FIRST.to_owned();
    let calls = (0..40).map(|number| {
        let service = if number % 2 == 0 { &one } else { &other };
        let (mut client, request) = (service.client.clone(), request.clone());
        async move { client.file_complaint(request).await }
    });
    let answers = futures_util::future::join_all(calls).await;
    let first = answers[0].as_ref().unwrap().get_ref().clone();
    for answer in answers {
        assert_eq!(answer.unwrap().into_inner(), first);
    }
    assert_eq!(one.kinds(&first.name).await, ["filed"]);
    assert_eq!(one.rows()[0], 1);
    other.stop().await;
    one.stop().await;
}
