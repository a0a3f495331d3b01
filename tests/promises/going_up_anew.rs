//! Escalation at any time, and to the level that the customer asks for.

use redress::proto::v1::{Channel, ClockState, State};

use crate::support::{
    office::instant,
    service::{Service, act, at, filing, refusal, violated},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_reopened_and_escalated_in_one_act_with_both_on_record() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();
    service.time.set(instant("2026-06-08T15:00:00Z"));
    let escalated = act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone,
            statement: "It drops again.",
            level: 2
        })
    );
    let escalated = escalated.unwrap();
    assert_eq!((escalated.state(), escalated.level), (State::InReview, 2));
    assert_eq!((escalated.reopen_count, escalated.closed_time), (1, None));
    let kinds = service.kinds(&name).await;
    let acts = ["reopened", "promise_changed", "escalated", "notice_issued"];
    assert!(kinds.windows(4).any(|kinds| kinds == acts), "{kinds:?}");
    for clock in ["resolution", "customer_update", "escalation_answer"] {
        let clock = service.clock(&name, clock).await;
        assert_eq!(clock.state(), ClockState::Running, "{clock:?}");
        assert_eq!(clock.start_time, Some(at("2026-06-08T15:00:00Z")));
    }
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "escalation_received");
    assert!(text.contains("reopened your complaint"), "{text}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_that_does_not_exist_and_an_enquiry_are_refused() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    for level in [-1, 4, i32::MAX] {
        let refused = act!(
            service.client,
            name,
            escalate_complaint(EscalateComplaintRequest {
                channel: Channel::Phone,
                level: level
            })
        );
        assert_eq!(violated(&refused.unwrap_err()), ["level"], "{level}");
    }
    let mut enquiry = filing(Channel::Phone);
    enquiry.enquiry = true;
    let name = service.file_as(enquiry).await.name;
    let refused = act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    );
    assert_eq!(refusal(&refused.unwrap_err()).1, "NOT_POSSIBLE_NOW");
    service.stop().await;
}
