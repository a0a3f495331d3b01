//! A review that is concluded before the customer is told its outcome.

use redress::proto::v1::{self, Channel, ClockState, State};
use tonic::Code;

use crate::support::{
    office::instant,
    service::{Service, act, at, clock_of, payload, refusal, violated},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_concluded_and_is_not_told_in_time_is_a_breach_and_keeps_its_time_when_it_is_told()
{
    let mut service = Service::start().await;
    let mut watch = service.watch(&["breached"]).await;
    let name = service.under_review().await.name;
    service.time.set(instant("2026-06-03T18:00:00Z"));
    let concluded = act!(
        service.client,
        name,
        conclude_review(ConcludeReviewRequest {
            conclusion: "The splice of Jane Roe's line was corroded.",
            decided_time: at("2026-06-03T15:00:00Z"),
            root_cause: "corroded splice"
        })
    );
    let concluded = concluded.unwrap();
    assert_eq!(concluded.state(), State::InReview);
    let decided = Some(at("2026-06-03T15:00:00Z"));
    assert_eq!(concluded.review_concluded_time, decided);
    assert_eq!(concluded.outcome, None);
    let notice = service.clock(&name, "outcome_notice").await;
    assert_eq!(notice.start_time, decided);
    assert_eq!(notice.due_time, Some(at("2026-06-04T21:00:00Z")));

    service.time.set(instant("2026-06-04T21:00:01Z"));
    let breach = watch.event().await;
    assert_eq!(clock_of(&breach).0, "outcome_notice");

    service.time.set(instant("2026-06-05T14:00:00Z"));
    let again = act!(
        service.client,
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "We repaired your line.",
            decided_time: at("2026-06-05T14:00:00Z"),
            root_cause: "another"
        })
    );
    let fields = violated(&again.unwrap_err());
    assert_eq!(fields, ["decided_time", "root_cause"]);
    let told = act!(
        service.client,
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "We repaired your line."
        })
    );
    let told = told.unwrap();
    assert_eq!(
        (told.state(), told.review_concluded_time),
        (State::Proposed, None)
    );
    let outcome = told.outcome.unwrap();
    assert_eq!(outcome.decided_time, decided);
    assert_eq!(outcome.communicated_time, Some(at("2026-06-05T14:00:00Z")));
    assert_eq!(outcome.root_cause, "corroded splice");
    let notice = service.clock(&name, "outcome_notice").await;
    assert_eq!((notice.cycle, notice.state()), (1, ClockState::Missed));

    let events = service.events(&name).await.into_iter();
    let event = events
        .into_iter()
        .find(|event| event.kind() == v1::EventKind::ReviewConcluded);
    let event = event.unwrap();
    assert!(
        event.text.contains("Jane Roe"),
        "kept with the personal data"
    );
    assert!(!payload(&event).contains("Jane Roe"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conclusion_stands_until_it_is_told_or_another_review_begins() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let early = act!(
        service.client,
        name,
        conclude_review(ConcludeReviewRequest {
            conclusion: "Nothing wrong.",
            decided_time: at("2026-06-01T12:00:00Z")
        })
    );
    assert_eq!(violated(&early.unwrap_err()), ["decided_time"]);
    let conclude = async |service: &mut Service, by: &str| {
        act!(
            service.client,
            by by,
            name,
            conclude_review(ConcludeReviewRequest {
                conclusion: "Nothing wrong."
            })
        )
    };
    conclude(&mut service, "ada").await.unwrap();
    let (code, reason) = refusal(&conclude(&mut service, "ada").await.unwrap_err());
    assert_eq!(code, Code::FailedPrecondition);
    assert_eq!(reason, "NOT_POSSIBLE_NOW");
    let escalated = act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    );
    assert_eq!(escalated.unwrap().review_concluded_time, None);
    let notice = service.clock(&name, "outcome_notice").await;
    assert_eq!(notice.state(), ClockState::Cancelled);
    let anew = conclude(&mut service, "bea").await.unwrap();
    assert!(anew.review_concluded_time.is_some());
    assert_eq!(service.clock(&name, "outcome_notice").await.cycle, 2);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_from_a_lower_level_neither_acknowledges_the_escalation_nor_concludes_the_review()
{
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let assign = act!(
        service.client,
        name,
        assign_complaint(AssignComplaintRequest { assignee: "ada" })
    );
    assign.unwrap();
    act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    let acknowledged = act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    );
    assert_eq!(refusal(&acknowledged.unwrap_err()).1, "SAME_HANDLER");
    let concluded = act!(
        service.client,
        name,
        conclude_review(ConcludeReviewRequest { conclusion: "No." })
    );
    assert_eq!(refusal(&concluded.unwrap_err()).1, "SAME_HANDLER");
    let proposed = act!(
        service.client,
        name,
        propose_outcome(ProposeOutcomeRequest { message: "No." })
    );
    assert_eq!(refusal(&proposed.unwrap_err()).1, "SAME_HANDLER");
    let somebody_else = v1::AcknowledgeComplaintRequest {
        name: name.clone(),
        actor: "grace".to_owned(),
        ..Default::default()
    };
    service
        .client
        .acknowledge_complaint(somebody_else)
        .await
        .unwrap();
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "escalation_acknowledged");
    assert!(text.contains("It will be looked at afresh"), "{text}");
    service.stop().await;
}
