//! Escalation within the provider, and the independent body beyond it.

use jiff::SignedDuration;
use redress::{
    proto::v1::{
        self, Channel, ClockState, ClosureReason, CustomerAnswer, ReferralAnswer, ReferralStage,
        State,
    },
    time_source::TimeSource as _,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    office::instant,
    service::{Service, act, at, clock_of, filing, payload, refusal, violated},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_goes_up_every_level_on_the_customers_word_and_hears_of_the_body_at_each() {
    let mut service = Service::start().await;
    let mut watch = service.watch(&["notice_issued"]).await;
    let name = service.under_review().await.name;
    assert_eq!(watch.event().await.actor, "ada");
    for (level, title, handler) in [
        (1, "Support lead", "grace"),
        (2, "Senior manager", "joan"),
        (3, "Executive office", "mary"),
    ] {
        let escalated = act!(
            service.client,
            name,
            escalate_complaint(EscalateComplaintRequest {
                channel: Channel::Phone,
                statement: "I want somebody else.",
                assignee: handler
            })
        );
        let escalated = escalated.unwrap();
        assert_eq!(
            (escalated.level, escalated.level_title.as_str()),
            (level, title)
        );
        assert_eq!(escalated.assignee, handler);
        let received = watch.event().await;
        assert!(payload(&received).contains("escalation_received"));
        assert_eq!(received.actor, "ada");
        // By the scheduler, as soon as any time has passed: it is told without anybody asking for it.
        let later = service.time.now() + SignedDuration::from_micros(1);
        service.time.set(later);
        let told = watch.event().await;
        assert!(payload(&told).contains("\"recourse\""), "{told:?}");
        assert_eq!(
            (told.actor.as_str(), clock_of(&told).0),
            ("redress", "recourse_notice")
        );
    }
    let notices = service.notices(&name).await.into_iter();
    let recourse: Vec<_> = notices
        .filter(|notice| notice.kind() == v1::NoticeKind::Recourse)
        .collect();
    assert_eq!(recourse.len(), 3, "at the first level, and again at each");
    assert!(recourse[0].text.contains("www.ccts-cprst.ca"));
    let clocks = service.clocks(&name).await.into_iter();
    let told = clocks.filter(|clock| clock.clock == "recourse_notice");
    let states: Vec<_> = told.map(|clock| clock.state()).collect();
    assert_eq!(states, [ClockState::Met; 3]);

    let beyond = act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    );
    let beyond = beyond.unwrap_err();
    let (code, reason) = refusal(&beyond);
    assert_eq!(code, Code::FailedPrecondition);
    assert_eq!(reason, "AT_TOP_LEVEL");
    assert!(beyond.message().contains("www.ccts-cprst.ca"), "{beyond:?}");
    let told = beyond.get_details_error_info().unwrap().metadata;
    assert_eq!(told["body_phone"], "1-888-221-1687");
    for handler in ["grace", "joan"] {
        let back = act!(
            service.client,
            name,
            assign_complaint(AssignComplaintRequest { assignee: handler })
        );
        assert_eq!(refusal(&back.unwrap_err()).1, "SAME_HANDLER");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_escalation_is_acknowledged_and_answered_within_promises_of_its_own() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Chat
        })
    )
    .unwrap();
    let answer = service.clock(&name, "escalation_answer").await;
    assert_eq!(answer.due_time, Some(at("2026-06-09T21:00:00Z")));
    act!(
        service.client,
        by "bea",
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let acknowledgement = service.clock(&name, "escalation_acknowledgement").await;
    assert_eq!(acknowledgement.state(), ClockState::Met);
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "escalation_acknowledged");
    assert!(text.contains("June 9, 2026"), "{text}");

    act!(
        service.client,
        by "bea",
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "Repaired."
        })
    )
    .unwrap();
    let answer = service.clock(&name, "escalation_answer").await;
    assert_eq!(answer.state(), ClockState::Met);

    let further = act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Chat
        })
    );
    let further = further.unwrap();
    assert_eq!(further.state(), State::InReview);
    assert_eq!(
        further.outcome.unwrap().answer(),
        CustomerAnswer::Refused,
        "who goes further does not accept"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_referral_goes_through_its_stages_and_the_report_is_owed_beyond_the_closure() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let referred = act!(
        service.client,
        name,
        refer_complaint(ReferComplaintRequest {
            body_reference: "C-100"
        })
    );
    let referral = referred.unwrap().referral.unwrap();
    assert_eq!(referral.stage(), ReferralStage::Assessment);
    assert_eq!(referral.body_reference, "C-100");
    assert_eq!(service.last_notice(&name).await.0, "referral_recorded");

    service.time.set(instant("2026-06-04T15:00:00Z"));
    let stage = act!(
        service.client,
        name,
        record_referral_stage(RecordReferralStageRequest {
            stage: ReferralStage::InitialReferral,
            stage_time: at("2026-06-03T15:00:00Z")
        })
    );
    assert_eq!(
        stage.unwrap().referral.unwrap().stage(),
        ReferralStage::InitialReferral
    );
    let report = service.clock(&name, "referral_report").await;
    assert_eq!(report.start_time, Some(at("2026-06-03T15:00:00Z")));
    let back = act!(
        service.client,
        name,
        record_referral_stage(RecordReferralStageRequest {
            stage: ReferralStage::Assessment
        })
    );
    assert_eq!(refusal(&back.unwrap_err()).1, "STAGE_NOT_AHEAD");

    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();
    let report = service.clock(&name, "referral_report").await;
    assert_eq!(report.state(), ClockState::Running);
    let reported = act!(
        service.client,
        name,
        submit_referral_report(SubmitReferralReportRequest {
            report: "What we did.",
            answer: ReferralAnswer::MandateObjection
        })
    );
    let referral = reported.unwrap().referral.unwrap();
    assert_eq!(referral.report_time, Some(at("2026-06-04T15:00:00Z")));
    assert_eq!(referral.answer(), ReferralAnswer::MandateObjection);
    let report = service.clock(&name, "referral_report").await;
    assert_eq!(report.state(), ClockState::Met);
    let twice = act!(
        service.client,
        name,
        submit_referral_report(SubmitReferralReportRequest {
            report: "Again.",
            answer: ReferralAnswer::Resolved
        })
    );
    assert_eq!(refusal(&twice.unwrap_err()).1, "NOT_POSSIBLE_NOW");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_body_would_presumably_take_what_the_provider_had_its_chance_to_answer() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    assert!(!eligible(&mut service, &name).await);
    act!(
        service.client,
        name,
        propose_outcome(ProposeOutcomeRequest { message: "No." })
    )
    .unwrap();
    act!(
        service.client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Refused
        })
    )
    .unwrap();
    assert!(eligible(&mut service, &name).await);

    let mut business = filing(Channel::Form);
    business.customer_type = v1::CustomerType::Business.into();
    business.acknowledgement = Some(v1::Acknowledgement::default());
    let name = service.file_as(business).await.name;
    service.time.set(instant("2026-07-02T15:00:00Z"));
    assert!(
        !eligible(&mut service, &name).await,
        "not for larger businesses"
    );
    let wrong = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Withdrawn
        })
    );
    assert_eq!(violated(&wrong.unwrap_err()), ["reason"]);
    service.stop().await;
}

async fn eligible(service: &mut Service, name: &str) -> bool {
    let name = name.to_owned();
    let request = v1::CheckReferralEligibilityRequest { name };
    let checked = service.client.check_referral_eligibility(request).await;
    let checked = checked.unwrap().into_inner();
    assert_eq!(checked.findings.len(), 4);
    assert!(
        checked
            .findings
            .iter()
            .all(|finding| !finding.source.is_empty())
    );
    checked.likely_eligible
}
