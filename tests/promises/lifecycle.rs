//! A complaint's life, through the port.

use std::collections::BTreeSet;

use redress::proto::v1::{self, State};

use crate::support::{
    office::instant,
    service::{Reading, Service, filing},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_goes_from_its_filing_to_its_closure_and_keeps_its_promises() {
    let mut service = Service::start().await;
    let client = &mut service.client;
    let filed = client
        .file_complaint(filing(v1::Channel::Form))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(filed.state(), State::Received);
    let name = filed.name.clone();
    let actor = "ada".to_owned();

    service.time.set(instant("2026-06-02T15:00:00Z"));
    let acknowledge = v1::AcknowledgeComplaintRequest {
        name: name.clone(),
        actor: actor.clone(),
        ..Default::default()
    };
    let acknowledged = client
        .acknowledge_complaint(acknowledge)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(acknowledged.state(), State::InReview);
    assert!(acknowledged.promised_time.is_some());

    let propose = v1::ProposeOutcomeRequest {
        name: name.clone(),
        actor: actor.clone(),
        message: "The cabinet in your street was repaired.".to_owned(),
        remedy: "A credit of 20 dollars.".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        client
            .propose_outcome(propose)
            .await
            .unwrap()
            .into_inner()
            .state(),
        State::Proposed
    );
    let answer = v1::RecordCustomerAnswerRequest {
        name: name.clone(),
        actor: actor.clone(),
        answer: v1::CustomerAnswer::Accepted.into(),
        ..Default::default()
    };
    assert_eq!(
        client
            .record_customer_answer(answer)
            .await
            .unwrap()
            .into_inner()
            .state(),
        State::Resolved
    );
    let confirm = v1::ConfirmImplementationRequest {
        name: name.clone(),
        actor: actor.clone(),
        ..Default::default()
    };
    assert_eq!(
        client
            .confirm_implementation(confirm)
            .await
            .unwrap()
            .into_inner()
            .state(),
        State::Implemented
    );
    let close = v1::CloseComplaintRequest {
        name: name.clone(),
        actor,
        reason: v1::ClosureReason::Accepted.into(),
        ..Default::default()
    };
    assert_eq!(
        client
            .close_complaint(close)
            .await
            .unwrap()
            .into_inner()
            .state(),
        State::Closed
    );

    let clocks = client
        .list_clocks(v1::ListClocksRequest {
            parent: name.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner()
        .clocks;
    let ended: BTreeSet<_> = clocks
        .iter()
        .map(|clock| (clock.clock.as_str(), clock.state().as_str_name()))
        .collect();
    let ended: Vec<_> = ended.into_iter().collect();
    assert_eq!(
        ended,
        [
            ("acknowledgement", "CLOCK_STATE_MET"),
            ("ceiling", "CLOCK_STATE_MET"),
            ("customer_update", "CLOCK_STATE_MET"),
            ("implementation", "CLOCK_STATE_MET"),
            ("outcome_notice", "CLOCK_STATE_MET"),
            ("resolution", "CLOCK_STATE_MET"),
        ]
    );
    let notices = client
        .list_notices(v1::ListNoticesRequest {
            parent: name,
            page_size: 1_000,
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner()
        .notices;
    let kinds: Vec<String> = notices.iter().map(Reading::word).collect();
    assert_eq!(
        kinds,
        [
            "acknowledgement",
            "outcome_proposed",
            "outcome_accepted",
            "remedy_carried_out",
            "closed_accepted"
        ]
    );
    service.stop().await;
}
