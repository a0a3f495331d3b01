//! What the customer may be promised: nothing beyond the ceiling that the policy sets, unless somebody says why.

use redress::proto::v1::{self, Acknowledgement, Channel};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    office::instant,
    service::{Service, act, at, filing, payload, violated},
};

/// Thirty calendar days after the second of June.
const CEILING: &str = "2026-07-03T04:00:00Z";

#[track_caller]
fn beyond_the_ceiling(refused: &tonic::Status) {
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.reason, "PROMISE_BEYOND_CEILING");
    assert_eq!(
        (&*info.metadata["clock"], &*info.metadata["latest"]),
        ("ceiling", CEILING)
    );
    assert!(refused.get_details_precondition_failure().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_date_beyond_the_ceiling_is_refused_unless_somebody_says_why() {
    let mut service = Service::start().await;
    let rows = service.rows();
    let mut on_the_line = filing(Channel::Phone);
    on_the_line.acknowledgement = Some(Acknowledgement {
        promised_time: Some(at("2028-06-02T14:00:00Z")),
        ..Default::default()
    });
    let refused = service.client.file_complaint(on_the_line).await;
    beyond_the_ceiling(&refused.unwrap_err());
    assert_eq!(service.rows(), rows, "nothing was filed");

    let name = service.file(Channel::Form).await.name;
    let acknowledge = async |service: &mut Service, promised: &str, reason: &str| {
        let acknowledgement = Acknowledgement {
            promised_time: Some(at(promised)),
            override_reason: reason.to_owned(),
            ..Default::default()
        };
        act!(
            service.client,
            name,
            acknowledge_complaint(AcknowledgeComplaintRequest {
                acknowledgement: acknowledgement
            })
        )
    };
    let late = "2026-07-03T04:00:01Z";
    beyond_the_ceiling(&acknowledge(&mut service, late, " ").await.unwrap_err());
    let too_long = acknowledge(&mut service, late, &"x".repeat(201)).await;
    let field = "acknowledgement.override_reason";
    assert_eq!(violated(&too_long.unwrap_err()), [field]);
    acknowledge(&mut service, CEILING, "").await.unwrap();

    let update = async |service: &mut Service, reason: &str| {
        act!(
            service.client,
            name,
            send_update(SendUpdateRequest {
                message: "It takes longer.",
                new_promised_time: at("2026-07-15T21:00:00Z"),
                reason: "The part is on a ship.",
                override_reason: reason
            })
        )
    };
    beyond_the_ceiling(&update(&mut service, "").await.unwrap_err());
    let moved = update(&mut service, "the ship docks in July")
        .await
        .unwrap();
    assert_eq!(moved.promised_time, Some(at("2026-07-15T21:00:00Z")));
    let (kind, text) = service.last_notice(&name).await;
    assert_eq!(kind, "promise_changed");
    assert!(!text.contains("docks in July"), "the customer is not told");

    let events = service.events(&name).await;
    let mut overrides = events
        .iter()
        .filter(|event| event.kind() == v1::EventKind::PromiseBoundOverridden);
    let recorded = overrides.next().unwrap();
    assert!(overrides.next().is_none());
    let payload: serde_json::Value = serde_json::from_str(payload(recorded)).unwrap();
    assert_eq!(payload["reason"], "the ship docks in July");
    assert_eq!(payload["latest"], CEILING);
    let explain = v1::ExplainClockRequest {
        name: format!("{name}/clocks/ceiling/cycles/latest"),
    };
    let explained = service.client.explain_clock(explain).await;
    let explained = explained.unwrap().into_inner();
    assert!(explained.proved);
    let [change] = &explained.changes[..] else {
        panic!("{:?}", explained.changes);
    };
    assert!(change.text.contains("the ship docks in July"), "{change:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_to_an_escalation_is_bounded_too_also_by_default() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    service.time.set(instant("2026-06-30T14:00:00Z"));
    act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    let refused = act!(
        service.client,
        by "bea",
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    );
    beyond_the_ceiling(&refused.unwrap_err());
    let in_time = Acknowledgement {
        promised_time: Some(at("2026-07-02T20:00:00Z")),
        ..Default::default()
    };
    act!(
        service.client,
        by "bea",
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {
            acknowledgement: in_time
        })
    )
    .unwrap();
    let answer = service.clock(&name, "escalation_answer").await;
    assert_eq!(answer.due_time, Some(at("2026-07-02T20:00:00Z")));
    service.stop().await;
}
