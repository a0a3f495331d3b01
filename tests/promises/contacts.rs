//! Which contacts keep the customer informed, and when the first one took place.

use redress::proto::v1::{self, Channel, ClockState, Direction};

use crate::support::{
    office::instant,
    service::{Service, act, at, clock_of, filing, payload, violated},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_reaches_the_customer_keeps_the_update_clock_and_a_failed_one_does_not() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let due = service.clock(&name, "customer_update").await.due_time;
    assert_eq!(due, Some(at("2026-06-09T21:00:00Z")));
    service.time.set(instant("2026-06-04T18:00:00Z"));
    act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Phone,
            direction: Direction::ToCustomer,
            summary: "Nobody answered.",
            not_reached: true
        })
    )
    .unwrap();
    let update = service.clock(&name, "customer_update").await;
    assert_eq!((update.cycle, update.due_time), (1, due));
    // Reached an hour ago, entered now.
    act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Phone,
            direction: Direction::ToCustomer,
            summary: "Told what the engineer found.",
            contact_time: at("2026-06-04T17:00:00Z")
        })
    )
    .unwrap();
    let update = service.clock(&name, "customer_update").await;
    assert_eq!((update.cycle, update.state()), (2, ClockState::Running));
    assert_eq!(update.start_time, Some(at("2026-06-04T17:00:00Z")));
    assert_eq!(update.due_time, Some(at("2026-06-11T21:00:00Z")));
    let events = service.events(&name).await;
    let contacts = events
        .iter()
        .filter(|event| event.kind() == v1::EventKind::ContactRecorded);
    let in_vain: Vec<bool> = contacts
        .map(|event| payload(event).contains("not_reached"))
        .collect();
    assert_eq!(in_vain, [true, false]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_that_is_entered_late_takes_a_breach_back_and_moves_no_due_time_backwards() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let mut watch = service.watch(&["breached"]).await;
    service.time.set(instant("2026-06-09T21:00:01Z"));
    assert_eq!(clock_of(&watch.event().await).0, "customer_update");
    let call = async |service: &mut Service, when: &str| {
        act!(
            service.client,
            name,
            record_contact(RecordContactRequest {
                channel: Channel::Phone,
                direction: Direction::ToCustomer,
                summary: "Told how it stands.",
                contact_time: at(when)
            })
        )
        .unwrap()
    };
    let contacted = call(&mut service, "2026-06-09T15:00:00Z").await;
    assert!(
        contacted.escalation_reasons.is_empty(),
        "it was never overdue"
    );
    let update = service.clock(&name, "customer_update").await;
    assert_eq!(
        (update.cycle, update.due_time),
        (2, Some(at("2026-06-16T21:00:00Z")))
    );
    call(&mut service, "2026-06-05T15:00:00Z").await;
    assert_eq!(service.clock(&name, "customer_update").await, update);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_failed_says_nothing_of_the_customer_and_does_not_come_from_the_customer() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let rows = service.rows();
    for (direction, dissatisfied, fields) in [
        (Direction::FromCustomer, false, vec!["not_reached"]),
        (Direction::ToCustomer, true, vec!["dissatisfied"]),
        (
            Direction::FromCustomer,
            true,
            vec!["not_reached", "dissatisfied"],
        ),
    ] {
        let refused = act!(
            service.client,
            name,
            record_contact(RecordContactRequest {
                channel: Channel::Phone,
                direction: direction,
                summary: "Nobody answered.",
                dissatisfied: dissatisfied,
                not_reached: true
            })
        );
        assert_eq!(violated(&refused.unwrap_err()), fields);
    }
    let tomorrow = act!(
        service.client,
        name,
        record_contact(RecordContactRequest {
            channel: Channel::Phone,
            direction: Direction::ToCustomer,
            summary: "Will call.",
            contact_time: at("2026-06-02T14:00:06Z")
        })
    );
    assert_eq!(violated(&tomorrow.unwrap_err()), ["contact_time"]);
    assert_eq!(service.rows(), rows, "nothing was written");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_says_when_the_customer_first_contacted_the_provider_and_contacts_since_then_can_be_recorded()
 {
    let mut service = Service::start().await;
    let mut again = filing(Channel::Form);
    again.first_contact_time = Some(at("2026-03-02T15:00:00Z"));
    let filed = service.file_as(again).await;
    assert_eq!(filed.first_contact_time, Some(at("2026-03-02T15:00:00Z")));
    assert_eq!(filed.received_time, Some(at("2026-06-02T14:00:00Z")));
    act!(
        service.client,
        filed.name,
        record_contact(RecordContactRequest {
            channel: Channel::Chat,
            direction: Direction::FromCustomer,
            summary: "Asked for the first time.",
            contact_time: at("2026-03-02T15:00:00Z")
        })
    )
    .unwrap();
    let plain = service.file(Channel::Form).await;
    assert_eq!(plain.first_contact_time, plain.received_time);
    service.stop().await;
}
