//! A customer who is not satisfied, and says so, is told of the independent body and answered, also after the end.

use jiff::SignedDuration;
use redress::{
    proto::v1::{self, Channel, ClockState, Direction, EscalationReason, State},
    time_source::TimeSource as _,
};

use crate::support::{
    office::instant,
    service::{Reading, Service, Watch, act, at, clock_of, payload},
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

/// The next event that a clock caused.
async fn fired(watch: &mut Watch) -> v1::Event {
    loop {
        let event = watch.event().await;
        if event.clock_step.is_some() {
            return event;
        }
    }
}

/// Lets the scheduler do what was to be done at once.
fn a_moment_later(service: &Service) {
    let later = service.time.now() + SignedDuration::from_micros(1);
    service.time.set(later);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_end_the_customer_is_told_of_the_body_and_answered_within_a_time() {
    let mut service = Service::start().await;
    let mut watch = service.watch(&["notice_issued", "breached"]).await;
    let name = over(&mut service).await;
    let flagged = says_so!(service, name);
    assert_eq!(flagged.state(), State::Withdrawn);
    let reasons: Vec<_> = flagged.escalation_reasons().collect();
    assert_eq!(reasons, [EscalationReason::CustomerDissatisfied]);
    a_moment_later(&service);
    let told = fired(&mut watch).await;
    assert!(payload(&told).contains("\"recourse\""), "{told:?}");
    assert_eq!(clock_of(&told).0, "dissatisfaction_notice");
    let (_, text) = service.last_notice(&name).await;
    assert!(text.contains("www.ccts-cprst.ca"), "{text}");

    let answer = service.clock(&name, "dissatisfaction_answer").await;
    assert_eq!(answer.state(), ClockState::Running);
    assert_eq!(answer.due_time, Some(at("2026-06-04T21:00:00Z")));
    service.time.set(instant("2026-06-04T21:00:01Z"));
    let breach = fired(&mut watch).await;
    assert_eq!(
        (breach.word().as_str(), clock_of(&breach).0),
        ("breached", "dissatisfaction_answer")
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dissatisfied_customer_who_escalates_at_the_same_moment_is_told_of_the_body_once() {
    let mut service = Service::start().await;
    let mut watch = service.watch(&["notice_issued"]).await;
    let name = over(&mut service).await;
    says_so!(service, name);
    act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    a_moment_later(&service);
    let told = fired(&mut watch).await;
    assert!(payload(&told).contains("\"recourse\""), "{told:?}");
    let notices = service.notices(&name).await.into_iter();
    let recourse = notices
        .filter(|notice| notice.kind() == v1::NoticeKind::Recourse)
        .count();
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
