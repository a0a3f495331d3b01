//! Many complaints are changed by one call, each with a result of its own, and a call can be repeated.

use prost::Message as _;
use redress::{
    access::Caller,
    proto::v1::{self, Channel, batch_result::Result as Is},
};
use tonic::Code;
use tonic_types::{StatusExt as _, pb};

use crate::support::{
    callers::{Desk, of_queues},
    service::{Service, act, filing, violated},
};

const REQUEST: &str = "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21";

fn assign(complaints: &[&str], assignee: &str) -> v1::BatchAssignComplaintsRequest {
    v1::BatchAssignComplaintsRequest {
        complaints: complaints.iter().map(|&name| name.to_owned()).collect(),
        request_id: REQUEST.to_owned(),
        actor: "ada".to_owned(),
        assignee: assignee.to_owned(),
    }
}

/// The etag, or the code and the reason.
fn told(result: &v1::BatchResult) -> Result<String, (Code, String)> {
    match result.result.as_ref().unwrap() {
        Is::Etag(etag) => Ok(etag.clone()),
        Is::Error(error) => Err(refused(error)),
    }
}

/// As a call of its own has it.
fn status(error: &pb::Status) -> tonic::Status {
    tonic::Status::with_details(
        Code::from_i32(error.code),
        error.message.clone(),
        error.encode_to_vec().into(),
    )
}

fn refused(error: &pb::Status) -> (Code, String) {
    let status = status(error);
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.domain, "redress");
    (status.code(), info.reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_complaint_of_a_batch_has_its_own_result_and_the_others_are_changed() {
    let mut service = Service::start().await;
    let first = service.file(Channel::Form).await;
    let over = service.file(Channel::Form).await.name;
    act!(
        service.client,
        over,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();
    let by_number = service.file(Channel::Mail).await;
    let number = format!("complaints/{}", by_number.tracking_number);
    let unknown = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
    let names = [first.name.as_str(), &over, unknown, &number];
    let single = act!(
        service.client,
        over,
        assign_complaint(AssignComplaintRequest { assignee: "eve" })
    )
    .unwrap_err();
    let answered = service
        .client
        .batch_assign_complaints(assign(&names, "eve"))
        .await
        .unwrap()
        .into_inner();
    let named: Vec<&str> = answered
        .results
        .iter()
        .map(|it| it.complaint.as_str())
        .collect();
    assert_eq!(named, names);
    let results: Vec<_> = answered.results.iter().map(told).collect();
    assert_eq!(results[0], Ok(service.get(&first.name).await.etag));
    assert_eq!(
        results[1],
        Err((Code::FailedPrecondition, "NOT_POSSIBLE_NOW".to_owned()))
    );
    assert_eq!(
        results[2],
        Err((Code::NotFound, "COMPLAINT_NOT_FOUND".to_owned()))
    );
    assert!(results[3].is_ok());
    for name in [&first.name, &by_number.name] {
        assert_eq!(service.get(name).await.assignee, "eve");
    }
    // With the same details as the single act has.
    let Some(Is::Error(error)) = &answered.results[1].result else {
        panic!("{answered:?}");
    };
    let error = status(error);
    assert_eq!(
        (error.code(), error.message()),
        (single.code(), single.message())
    );
    let (one, other) = (error.get_error_details(), single.get_error_details());
    let (info, of_single) = (one.error_info().unwrap(), other.error_info().unwrap());
    assert_eq!(info.metadata, of_single.metadata);
    let subject = |details: &tonic_types::ErrorDetails| {
        let failed = details.precondition_failure().unwrap().violations.clone();
        failed[0].subject.clone()
    };
    assert_eq!(subject(&one), subject(&other));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_repeated_changes_nothing_again() {
    let mut service = Service::start().await;
    let mut names = Vec::new();
    for _ in 0..70 {
        names.push(service.file(Channel::Form).await.name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let first = service
        .client
        .batch_assign_complaints(assign(&names, "eve"))
        .await
        .unwrap()
        .into_inner();
    let rows = service.rows();
    let again = service
        .client
        .batch_assign_complaints(assign(&names, "eve"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, first);
    assert_eq!(service.rows(), rows);
    // Another request with the same id is refused for each.
    let other = service
        .client
        .batch_assign_complaints(assign(&names[..1], "bea"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        told(&other.results[0]),
        Err((Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned()))
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_wrong_is_refused_as_a_whole() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Form).await.name;
    let rows = service.rows();
    let many = vec![name.as_str(); 501];
    for (request, fields) in [
        (assign(&[], "eve"), vec!["complaints"]),
        (assign(&many, "eve"), vec!["complaints"]),
        (assign(&[&name, &name], "eve"), vec!["complaints[1]"]),
        (
            assign(&[&name, "complaints/7"], ""),
            vec!["assignee", "complaints[1]"],
        ),
    ] {
        let refused = service.client.batch_assign_complaints(request).await;
        let mut found = violated(&refused.unwrap_err());
        found.sort_unstable();
        assert_eq!(found, fields);
    }
    let pause = v1::BatchPauseComplaintsRequest {
        complaints: vec![name.clone()],
        actor: "ada".to_owned(),
        reason: v1::PauseReason::WaitingForCustomer.into(),
        ..Default::default()
    };
    let refused = service.client.batch_pause_complaints(pause).await;
    assert_eq!(violated(&refused.unwrap_err()), ["reason"]);
    assert_eq!(service.rows(), rows);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_are_set_and_taken_away_beside_the_others_and_never_exceed_their_limit() {
    let mut service = Service::start().await;
    let label = |key: &str, value: &str| v1::Label {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let mut some = filing(Channel::Form);
    some.labels = vec![label("outage", "O-1"), label("team", "north")];
    let some = service.file_as(some).await.name;
    let mut full = filing(Channel::Form);
    full.labels = (0..32).map(|n| label(&format!("l{n}"), "x")).collect();
    let full = service.file_as(full).await.name;
    let answered = service
        .client
        .batch_label_complaints(v1::BatchLabelComplaintsRequest {
            complaints: vec![some.clone(), full.clone()],
            actor: "ada".to_owned(),
            labels: vec![label("outage", "O-17"), label("wave", "2")],
            remove_keys: vec!["team".to_owned()],
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let labels = service.get(&some).await.labels;
    assert_eq!(labels, [label("outage", "O-17"), label("wave", "2")]);
    assert_eq!(
        told(&answered.results[1]),
        Err((Code::FailedPrecondition, "LIMIT_REACHED".to_owned()))
    );
    assert_eq!(service.get(&full).await.labels.len(), 32);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_pauses_all_that_wait_for_its_repair() {
    let mut service = Service::start().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(service.under_review().await.name);
    }
    let answered = service
        .client
        .batch_pause_complaints(v1::BatchPauseComplaintsRequest {
            complaints: names.clone(),
            actor: "ada".to_owned(),
            reason: v1::PauseReason::ThirdParty.into(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert!(answered.results.iter().all(|it| told(it).is_ok()));
    for name in &names {
        assert!(service.get(name).await.pause.is_some());
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_reaches_nothing_outside_the_callers_scope() {
    let desk = Desk::open();
    let mut client = desk.client(&Caller::Anyone);
    let mut names = Vec::new();
    for assignee in ["ana", "bo"] {
        let request = v1::FileComplaintRequest {
            brand: "jive".to_owned(),
            assignee: assignee.to_owned(),
            ..filing(Channel::Form)
        };
        let filed = client.file_complaint(request).await.unwrap();
        names.push(filed.into_inner().name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut of_ana = desk.client(&of_queues(&["ana"], false));
    let answered = of_ana.batch_assign_complaints(assign(&names, "ana")).await;
    let results = answered.unwrap().into_inner().results;
    assert!(told(&results[0]).is_ok());
    assert_eq!(
        told(&results[1]),
        Err((Code::NotFound, "COMPLAINT_NOT_FOUND".to_owned()))
    );
}
