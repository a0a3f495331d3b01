//! What the independent body asks for and finds after a referral, and what the provider owes it then.

use redress::proto::v1::{ClockState, ReferralAnswer, ReferralStage};
use tonic::Code;

use crate::support::{
    office::instant,
    service::{Service, act, at, clock_of, refusal, violated},
};

/// With the body since the start, which has handed it over.
async fn referred(service: &mut Service) -> String {
    let name = service.under_review().await.name;
    act!(
        service.client,
        name,
        refer_complaint(ReferComplaintRequest {})
    )
    .unwrap();
    act!(
        service.client,
        name,
        record_referral_stage(RecordReferralStageRequest {
            stage: ReferralStage::InitialReferral
        })
    )
    .unwrap();
    name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_body_gets_what_it_asks_for_by_its_own_date_as_often_as_it_asks() {
    let mut service = Service::start().await;
    let name = referred(&mut service).await;
    let report = async |service: &mut Service, answer: ReferralAnswer| {
        act!(
            service.client,
            name,
            submit_referral_report(SubmitReferralReportRequest {
                report: "What we did.",
                answer: answer
            })
        )
    };
    report(&mut service, ReferralAnswer::Unresolved)
        .await
        .unwrap();
    let twice = report(&mut service, ReferralAnswer::Resolved).await;
    assert_eq!(refusal(&twice.unwrap_err()).1, "NOT_POSSIBLE_NOW");
    for (due, expected) in [
        (None, "2026-06-09T21:00:00Z"),
        (Some(at("2026-06-17T16:00:00Z")), "2026-06-17T16:00:00Z"),
    ] {
        let request = redress::proto::v1::RecordDocumentRequestRequest {
            name: name.clone(),
            actor: "ada".to_owned(),
            request: "The recording.".to_owned(),
            due_time: due,
            ..Default::default()
        };
        let asked = service.client.record_document_request(request).await;
        let referral = asked.unwrap().into_inner().referral.unwrap();
        let request = referral.document_request.unwrap();
        assert_eq!(request.requested_time, Some(at("2026-06-02T14:00:00Z")));
        assert_eq!(request.due_time, due);
        let clock = service.clock(&name, "referral_documents").await;
        assert_eq!(clock.due_time, Some(at(expected)));
        let by_body = clock.target == "set by the independent body";
        assert_eq!(by_body, due.is_some(), "{clock:?}");
        let submitted = act!(
            service.client,
            name,
            submit_documents(SubmitDocumentsRequest {
                documents: "The recording."
            })
        );
        let referral = submitted.unwrap().referral.unwrap();
        assert_eq!(referral.document_request, None);
        assert!(referral.documents_time.is_some());
        let clock = service.clock(&name, "referral_documents").await;
        assert_eq!(clock.state(), ClockState::Met);
    }
    // And once more the report.
    act!(
        service.client,
        name,
        record_document_request(RecordDocumentRequestRequest {
            request: "Your report, with the dates."
        })
    )
    .unwrap();
    let answered = report(&mut service, ReferralAnswer::Resolved)
        .await
        .unwrap();
    let referral = answered.referral.unwrap();
    assert_eq!(referral.answer(), ReferralAnswer::Resolved);
    assert_eq!(referral.document_request, None);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn findings_are_carried_out_beyond_the_end_of_referral_and_complaint_or_that_is_a_breach() {
    let mut service = Service::start().await;
    let name = referred(&mut service).await;
    let mut watch = service.watch(&["breached"]).await;
    act!(
        service.client,
        name,
        record_findings(RecordFindingsRequest {
            findings: "The provider pays a credit.",
            provider_must_act: true,
            due_time: at("2026-06-04T16:00:00Z")
        })
    )
    .unwrap();
    act!(
        service.client,
        name,
        record_referral_stage(RecordReferralStageRequest {
            stage: ReferralStage::Concluded
        })
    )
    .unwrap();
    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Settled.",
            channel: redress::proto::v1::Channel::Phone
        })
    )
    .unwrap();
    let clock = service.clock(&name, "referral_findings").await;
    assert_eq!(clock.state(), ClockState::Running);
    service.time.set(instant("2026-06-04T16:00:01Z"));
    let breach = watch.event().await;
    assert_eq!(clock_of(&breach).0, "referral_findings");
    let done = act!(
        service.client,
        name,
        confirm_findings_carried_out(ConfirmFindingsCarriedOutRequest {
            carried_out_time: at("2026-06-04T16:00:00Z")
        })
    );
    let findings = done.unwrap().referral.unwrap().findings.unwrap();
    assert_eq!(findings.carried_out_time, Some(at("2026-06-04T16:00:00Z")));
    let clock = service.clock(&name, "referral_findings").await;
    assert_eq!(clock.state(), ClockState::Met, "done in time, entered late");
    let twice = act!(
        service.client,
        name,
        confirm_findings_carried_out(ConfirmFindingsCarriedOutRequest {})
    );
    let (code, reason) = refusal(&twice.unwrap_err());
    assert_eq!(code, Code::FailedPrecondition);
    assert_eq!(reason, "NOT_POSSIBLE_NOW");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_contradicts_itself_is_refused_with_its_field() {
    let mut service = Service::start().await;
    let name = referred(&mut service).await;
    let report = act!(
        service.client,
        name,
        submit_referral_report(SubmitReferralReportRequest { report: "No kind." })
    );
    assert_eq!(violated(&report.unwrap_err()), ["answer"]);
    let asked = act!(
        service.client,
        name,
        record_document_request(RecordDocumentRequestRequest {
            request: "The contract.",
            due_time: at("2026-06-02T13:00:00Z")
        })
    );
    assert_eq!(violated(&asked.unwrap_err()), ["due_time"]);
    let asked = act!(
        service.client,
        name,
        record_document_request(RecordDocumentRequestRequest {
            requested_time: at("2026-06-02T15:00:00Z")
        })
    );
    assert_eq!(violated(&asked.unwrap_err()), ["request"]);
    let submitted = act!(
        service.client,
        name,
        submit_documents(SubmitDocumentsRequest {
            documents: "The contract.",
            submitted_time: at("2026-06-01T13:00:00Z")
        })
    );
    assert_eq!(violated(&submitted.unwrap_err()), ["submitted_time"]);
    let found = act!(
        service.client,
        name,
        record_findings(RecordFindingsRequest {
            findings: "Nothing to do.",
            due_time: at("2026-06-12T13:00:00Z")
        })
    );
    assert_eq!(violated(&found.unwrap_err()), ["due_time"]);
    let kinds = service.kinds(&name).await;
    assert!(
        !kinds
            .iter()
            .any(|kind| kind.starts_with("documents") || kind.starts_with("findings"))
    );
    service.stop().await;
}
