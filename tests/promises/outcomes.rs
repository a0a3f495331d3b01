//! How complaints are answered, and how they end.

use redress::proto::v1::{
    self, Channel, ClockState, ClosureReason, CustomerAnswer, EscalationReason, State,
};
use tonic::Code;

use crate::support::{
    office::instant,
    service::{Service, act, at, clock_of, filing, payload, refusal, violated},
};

/// A complaint whose outcome was told, with or without a remedy.
async fn proposed(service: &mut Service, remedy: &str) -> String {
    let name = service.under_review().await.name;
    let told = act!(
        service.client,
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "The cabinet was repaired.",
            remedy: remedy,
            root_cause: "corroded contact"
        })
    );
    assert_eq!(told.unwrap().state(), State::Proposed);
    name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resolved_is_not_implemented_is_not_closed() {
    let mut service = Service::start().await;
    let name = proposed(&mut service, "A credit of 20 dollars.").await;
    let told = service.get(&name).await.outcome.unwrap();
    assert!(told.has_remedy && told.root_cause == "corroded contact");
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "outcome_proposed");
    assert!(text.contains("A credit of 20 dollars."), "{text}");

    service.time.set(instant("2026-06-03T18:00:00Z"));
    let accepted = act!(
        service.client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Accepted,
            comment: "Fine with me.",
            answered_time: at("2026-06-03T15:00:00Z")
        })
    );
    let accepted = accepted.unwrap();
    assert_eq!(accepted.state(), State::Resolved);
    let outcome = accepted.outcome.unwrap();
    assert_eq!(outcome.answer(), CustomerAnswer::Accepted);
    assert_eq!(outcome.answered_time, Some(at("2026-06-03T15:00:00Z")));
    let implementation = service.clock(&name, "implementation").await;
    assert_eq!(
        implementation.start_time,
        Some(at("2026-06-03T15:00:00Z")),
        "it counts from the agreement"
    );
    let resolution = service.clock(&name, "resolution").await;
    assert_eq!(resolution.state(), ClockState::Met);

    let early = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Accepted
        })
    );
    let (code, _) = refusal(&early.unwrap_err());
    assert_eq!(code, Code::FailedPrecondition, "the remedy is still owed");
    let done = act!(
        service.client,
        name,
        confirm_implementation(ConfirmImplementationRequest {
            implemented_time: at("2026-06-03T17:00:00Z")
        })
    );
    assert_eq!(done.unwrap().state(), State::Implemented);
    let implementation = service.clock(&name, "implementation").await;
    assert_eq!(implementation.stop_time, Some(at("2026-06-03T17:00:00Z")));
    let closed = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Accepted
        })
    );
    let closed = closed.unwrap();
    assert_eq!(closed.state(), State::Closed);
    assert_eq!(closed.closed_time, Some(at("2026-06-03T18:00:00Z")));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_no_remedy_is_implemented_once_it_is_accepted() {
    let mut service = Service::start().await;
    let name = proposed(&mut service, "").await;
    let accepted = act!(
        service.client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Accepted
        })
    );
    assert_eq!(accepted.unwrap().state(), State::Implemented);
    let clocks = service.clocks(&name).await;
    assert!(clocks.iter().all(|clock| clock.clock != "implementation"));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_outcome_goes_back_into_review_and_closing_it_states_the_recourse() {
    let mut service = Service::start().await;
    let name = proposed(&mut service, "").await;
    let refused = act!(
        service.client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Refused
        })
    );
    let refused = refused.unwrap();
    assert_eq!(refused.state(), State::InReview);
    let reasons: Vec<_> = refused.escalation_reasons().collect();
    assert_eq!(reasons, [EscalationReason::OutcomeRefused]);
    let closed = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::ProviderDecision
        })
    );
    let closed = closed.unwrap();
    assert_eq!(closed.closure_reason(), ClosureReason::ProviderDecision);
    assert!(closed.escalation_reasons.is_empty(), "it is over");
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "closed_with_recourse");
    assert!(text.contains("www.ccts-cprst.ca"), "{text}");
    for clock in service.clocks(&name).await {
        assert_ne!(clock.state(), ClockState::Running, "{clock:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_closes_a_complaint_only_after_the_customer_had_time_to_answer() {
    let mut service = Service::start().await;
    let name = proposed(&mut service, "").await;
    let close = async |service: &mut Service| {
        act!(
            service.client,
            name,
            close_complaint(CloseComplaintRequest {
                reason: ClosureReason::NoAnswer
            })
        )
    };
    service.time.set(instant("2026-06-16T21:00:00Z"));
    let (code, reason) = refusal(&close(&mut service).await.unwrap_err());
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "STILL_WAITING_FOR_ANSWER")
    );
    service.time.set(instant("2026-06-16T21:00:01Z"));
    let closed = close(&mut service).await.unwrap();
    assert_eq!(closed.closure_reason(), ClosureReason::NoAnswer);
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "closed_with_recourse");
    assert!(text.contains("www.ccts-cprst.ca"), "{text}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enquiry_is_closed_with_its_answer_which_is_told_and_keeps_its_promise() {
    let mut service = Service::start().await;
    let mut enquiry = filing(Channel::Phone);
    enquiry.enquiry = true;
    enquiry.received_time = Some(at("2026-06-01T14:00:00Z"));
    let name = service.file_as(enquiry).await.name;
    let promise = service.clock(&name, "enquiry_answer").await;
    assert_eq!(promise.start_time, Some(at("2026-06-01T14:00:00Z")));
    assert_eq!(promise.due_time, Some(at("2026-06-03T21:00:00Z")));
    let silent = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::EnquiryAnswered
        })
    );
    assert_eq!(violated(&silent.unwrap_err()), ["message"]);
    let closed = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::EnquiryAnswered,
            message: "Dial 9 for an outside line."
        })
    );
    assert_eq!(
        closed.unwrap().closure_reason(),
        ClosureReason::EnquiryAnswered
    );
    let kinds = ["filed", "closed", "notice_issued"];
    assert_eq!(service.kinds(&name).await, kinds);
    let closing = service.events(&name).await.remove(1);
    assert_eq!(closing.text, "Dial 9 for an outside line.");
    assert!(!payload(&closing).contains("Dial 9"));
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "enquiry_answered");
    assert!(text.contains("Dial 9 for an outside line."), "{text}");
    let promise = service.clock(&name, "enquiry_answer").await;
    assert_eq!(promise.state(), ClockState::Met);
    service.time.set(instant("2026-06-04T14:00:00Z"));
    let reopened = act!(
        service.client,
        name,
        reopen_complaint(ReopenComplaintRequest {
            reason: "Asks again."
        })
    );
    assert_eq!(reopened.unwrap().state(), State::Enquiry);
    let again = service.clock(&name, "enquiry_answer").await;
    assert_eq!((again.cycle, again.state()), (2, ClockState::Running));
    assert_eq!(again.due_time, Some(at("2026-06-08T21:00:00Z")));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enquiry_that_nobody_answers_is_a_breach_and_a_withdrawn_one_owes_no_answer() {
    let mut service = Service::start().await;
    let mut enquiry = filing(Channel::Form);
    enquiry.enquiry = true;
    let forgotten = service.file_as(enquiry.clone()).await.name;
    let withdrawn = service.file_as(enquiry).await.name;
    act!(
        service.client,
        withdrawn,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Found it myself.",
            channel: Channel::Chat
        })
    )
    .unwrap();
    let ended = service.clock(&withdrawn, "enquiry_answer").await;
    assert_eq!(ended.state(), ClockState::Cancelled);
    let mut watch = service.watch(&["breached"]).await;
    service.time.set(instant("2026-06-04T21:00:01Z"));
    let breach = watch.event().await;
    assert_eq!(
        (breach.complaint.as_str(), clock_of(&breach).0),
        (forgotten.as_str(), "enquiry_answer")
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_came_by_call_or_chat_can_be_resolved_at_first_contact() {
    let mut service = Service::start().await;
    for (channel, live) in [
        (Channel::Phone, true),
        (Channel::Chat, true),
        (Channel::Form, false),
        (Channel::Mail, false),
        (Channel::SupportCase, false),
    ] {
        let name = service.file(channel).await.name;
        let resolved = act!(
            service.client,
            name,
            resolve_at_first_contact(ResolveAtFirstContactRequest {
                message: "Reset the modem."
            })
        );
        if !live {
            let (code, _) = refusal(&resolved.unwrap_err());
            assert_eq!(code, Code::FailedPrecondition, "{channel:?}");
            continue;
        }
        let resolved = resolved.unwrap();
        assert_eq!(resolved.state(), State::Closed);
        assert_eq!(resolved.closure_reason(), ClosureReason::FirstContact);
        for clock in service.clocks(&name).await {
            let ended = matches!(clock.state(), ClockState::Met);
            assert!(ended, "{clock:?}");
        }
        let (kind, _) = service.last_notice(&name).await;
        assert_eq!(kind, "resolved_at_first_contact");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_withdraws_is_told_the_recourse_and_can_come_back() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let withdrawn = act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Mail
        })
    );
    let withdrawn = withdrawn.unwrap();
    assert_eq!(withdrawn.state(), State::Withdrawn);
    assert_eq!(withdrawn.closure_reason(), ClosureReason::Withdrawn);
    let events = service.events(&name).await;
    let taken_back = events
        .iter()
        .find(|event| event.kind() == v1::EventKind::Withdrawn);
    let taken_back = taken_back.unwrap();
    assert_eq!(taken_back.text, "Never mind.");
    assert!(payload(taken_back).contains("\"channel\":\"mail\""));
    let (kind, text) = service.last_notice(&name).await;
    assert!(kind == "withdrawn" && text.contains("www.ccts-cprst.ca"));
    let ended = service.clocks(&name).await;

    service.time.set(instant("2026-06-08T15:00:00Z"));
    let reopened = act!(
        service.client,
        name,
        reopen_complaint(ReopenComplaintRequest {
            reason: "It drops again."
        })
    );
    let reopened = reopened.unwrap();
    assert_eq!(
        (reopened.state(), reopened.reopen_count),
        (State::InReview, 1)
    );
    assert_eq!(reopened.first_promised_time, withdrawn.first_promised_time);
    assert_eq!((reopened.closed_time, reopened.closure_reason), (None, 0));
    let reasons: Vec<_> = reopened.escalation_reasons().collect();
    assert_eq!(reasons, [EscalationReason::Reopened]);
    let clocks = service.clocks(&name).await;
    assert!(!ended.is_empty());
    for clock in ended {
        assert!(clocks.contains(&clock), "history stays: {clock:?}");
    }
    assert_eq!(service.clock(&name, "resolution").await.cycle, 2);
    assert_eq!(service.last_notice(&name).await.0, "reopened");
    service.stop().await;
}
