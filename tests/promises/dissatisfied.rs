//! A customer who is not satisfied, and says so, is told of the independent body and answered, also after the end.

use jiff::SignedDuration;
use redress::{
    proto::v1::{Channel, ClockState, Direction, EscalationReason, State},
    time_source::TimeSource as _,
};

use crate::support::{
    office::instant,
    service::{Service, act, at},
};

/// Acknowledged, and taken back by the customer.
async fn over(service: &mut Service) -> String {
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
    name
}

macro_rules! says_so {
    ($service:expr, $name:expr) => {
        act!(
            $service.client,
            $name,
            record_contact(RecordContactRequest {
                channel: Channel::Phone,
                direction: Direction::FromCustomer,
                summary: "It drops again, and nobody called back.",
                dissatisfied: true
            })
        )
        .unwrap()
    };
}

/// Lets the scheduler do what was to be done at once.
fn a_moment_later(service: &Service) {
    let later = service.time.now() + SignedDuration::from_micros(1);
    service.time.set(later);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_end_the_customer_is_told_of_the_body_and_answered_within_a_time() {
    let mut service = Service::start().await;
    let name = over(&mut service).await;
    let mut watch = service.watch(&["notice_given", "breached"]).await;
    let flagged = says_so!(service, name);
    assert_eq!(flagged.state(), State::Withdrawn);
    let reasons: Vec<_> = flagged.escalation_reasons().collect();
    assert_eq!(reasons, [EscalationReason::CustomerDissatisfied]);
    a_moment_later(&service);
    let told = watch.event().await;
    assert!(told.payload_json.contains("\"recourse\""), "{told:?}");
    assert_eq!(told.clock, "dissatisfaction_notice");
    let (_, text) = service.last_notice(&name).await;
    assert!(text.contains("www.ccts-cprst.ca"), "{text}");

    let answer = service.clock(&name, "dissatisfaction_answer").await;
    assert_eq!(answer.state(), ClockState::Running);
    assert_eq!(answer.due_time, Some(at("2026-06-04T21:00:00Z")));
    service.time.set(instant("2026-06-04T21:00:01Z"));
    let breach = watch.event().await;
    assert_eq!(
        (breach.kind.as_str(), breach.clock.as_str()),
        ("breached", "dissatisfaction_answer")
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_so_and_escalates_in_one_moment_is_told_of_the_body_once() {
    let mut service = Service::start().await;
    let name = over(&mut service).await;
    let mut watch = service.watch(&["notice_given"]).await;
    says_so!(service, name);
    act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    assert!(
        watch
            .event()
            .await
            .payload_json
            .contains("escalation_received")
    );
    a_moment_later(&service);
    let told = watch.event().await;
    assert!(told.payload_json.contains("\"recourse\""), "{told:?}");
    let notices = service.notices(&name).await.into_iter();
    let recourse = notices.filter(|notice| notice.kind == "recourse").count();
    assert_eq!(recourse, 1);
    for clock in ["recourse_notice", "dissatisfaction_notice"] {
        let clock = service.clock(&name, clock).await;
        assert_eq!(clock.state(), ClockState::Met, "{clock:?}");
    }
    let answer = service.clock(&name, "dissatisfaction_answer").await;
    assert_eq!(
        answer.state(),
        ClockState::Met,
        "the escalation takes it up"
    );
    service.stop().await;
}
