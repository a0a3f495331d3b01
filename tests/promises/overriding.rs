//! What bounds a promise is overridden by those alone who may, and the log says who did.

use std::collections::BTreeSet;

use prost_reflect::{DynamicMessage, MethodDescriptor, Value, prost::Message as _};
use redress::{access::Role, proto::v1};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::callers::{Known, written};
use crate::support::{
    raw,
    requests::{Path, fields, is_text, methods, set},
    service::{Reading as _, act, at, filing, refusal},
};

/// Where a request of a method gives a reason to override, if it can. A preview is of the request of another method, whose rule
/// decides.
fn reason(method: &MethodDescriptor) -> Option<Path> {
    if method.name() == "PreviewNotices" {
        return None;
    }
    let mut texts = fields(&method.input(), &is_text).into_iter();
    texts.find(|path| path.last().unwrap().name() == "override_reason")
}

#[test]
fn every_method_whose_request_can_override_says_who_may_and_no_other_does() {
    let rules = written("override_promise_bound");
    let with_reason = |method: &MethodDescriptor| reason(method).is_some();
    let (can, cannot): (Vec<_>, Vec<_>) = methods().into_iter().partition(with_reason);
    assert!(can.len() >= 3, "{can:?}");
    for method in can {
        assert!(!rules[method.name()].is_empty(), "{}", method.name());
    }
    for method in cannot {
        assert!(rules[method.name()].is_empty(), "{}", method.name());
    }
}

fn overriding(method: &MethodDescriptor, path: &Path, actor: &str) -> Vec<u8> {
    let mut request = DynamicMessage::new(method.input());
    set(&mut request, path, Value::String("A strike.".to_owned()));
    request.set_field_by_name("actor", Value::String(actor.to_owned()));
    request.encode_to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_roles_of_the_rule_override_and_systems_in_the_name_of_a_person_alone() {
    let known = Known::start().await;
    let (callers, overriders) = (written("roles"), written("override_promise_bound"));
    let for_others = written("act_for_others");
    let mut seen = BTreeSet::new();
    for method in methods() {
        let Some(path) = reason(&method) else {
            continue;
        };
        let has = |lists: &std::collections::BTreeMap<String, BTreeSet<String>>, role: Role| {
            lists[method.name()].contains(role.as_str())
        };
        for role in Role::ALL {
            let token = known.token("ada", &[role]);
            for actor in ["", "ada", "bea"] {
                let acts_for_another = actor == "bea";
                let expected = if !has(&callers, role) {
                    "ROLE_REQUIRED"
                } else if acts_for_another && !has(&for_others, role) {
                    "ACTOR_NOT_CALLER"
                } else if !has(&overriders, role) || (has(&for_others, role) && !acts_for_another) {
                    "OVERRIDE_NOT_PERMITTED"
                } else {
                    // It was let in: now the request is found to lack everything else.
                    "INVALID_REQUEST"
                };
                let request = overriding(&method, &path, actor);
                let app = &known.service.app;
                let answer = raw::call_with(app, &method, request, Some(&token)).await;
                let (_, reason) = refusal(&answer.unwrap());
                let name = method.name();
                assert_eq!(reason, expected, "{name} by {role} for {actor:?}");
                seen.insert(reason);
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    known.service.stop().await;
}

fn denied(refused: &Status) {
    assert_eq!(
        refusal(refused),
        (Code::PermissionDenied, "OVERRIDE_NOT_PERMITTED".to_owned())
    );
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.metadata["roles"], "supervisor, integration");
    assert!(refused.message().contains("within the bound"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_date_beyond_the_bound_is_promised_by_a_supervisor_and_by_a_system_for_one() {
    const LATE: &str = "2026-07-15T21:00:00Z";
    const LATER: &str = "2026-07-16T21:00:00Z";
    let known = Known::start().await;
    let mut ada = known.client("ada", &[Role::Adviser]).await;
    let mut sue = known.client("sue", &[Role::Supervisor]).await;
    let mut crm = known.client("crm", &[Role::Integration]).await;
    let rows = known.service.rows();
    let beyond = |reason: &str| v1::Acknowledgement {
        promised_time: Some(at(LATE)),
        override_reason: reason.to_owned(),
        ..Default::default()
    };
    let mut on_the_line = filing(v1::Channel::Phone);
    on_the_line.acknowledgement = Some(beyond("A part is on a ship."));
    let refused = ada.file_complaint(on_the_line.clone()).await;
    denied(&refused.unwrap_err());
    on_the_line.actor = "crm".to_owned();
    denied(&crm.file_complaint(on_the_line).await.unwrap_err());
    assert_eq!(known.service.rows(), rows, "nothing was filed");

    let filed = ada.file_complaint(filing(v1::Channel::Form)).await;
    let name = filed.unwrap().into_inner().name;
    let acknowledge = v1::AcknowledgeComplaintRequest {
        name: name.clone(),
        acknowledgement: Some(beyond("A part is on a ship.")),
        ..Default::default()
    };
    let refused = ada.acknowledge_complaint(acknowledge.clone()).await;
    denied(&refused.unwrap_err());
    // White space is no reason.
    let blank = v1::AcknowledgeComplaintRequest {
        acknowledgement: Some(beyond(" \t")),
        ..acknowledge.clone()
    };
    let refused = ada.acknowledge_complaint(blank).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "PROMISE_BEYOND_CEILING");
    sue.acknowledge_complaint(acknowledge).await.unwrap();
    let later = v1::SendUpdateRequest {
        name: name.clone(),
        message: "It takes longer.".to_owned(),
        new_promised_time: Some(at(LATER)),
        reason: "The part is on a ship.".to_owned(),
        override_reason: "The ship is late.".to_owned(),
        ..Default::default()
    };
    denied(&ada.send_update(later.clone()).await.unwrap_err());
    denied(&crm.send_update(later.clone()).await.unwrap_err());
    let for_sue = v1::SendUpdateRequest {
        actor: "sue".to_owned(),
        ..later
    };
    let promised = crm.send_update(for_sue).await.unwrap().into_inner();
    assert_eq!(promised.promised_time, Some(at(LATER)));
    act!(ada, by "", name, add_note(AddNoteRequest { note: "Told." })).unwrap();
    let request = v1::ListEventsRequest {
        parent: name,
        ..Default::default()
    };
    let events = ada.list_events(request).await.unwrap().into_inner().events;
    let overrides = events.iter();
    let overrides = overrides.filter(|event| event.word() == "promise_bound_overridden");
    let by: Vec<_> = overrides
        .map(|event| (event.actor.as_str(), event.entered_by.as_str()))
        .collect();
    assert_eq!(by, [("sue", ""), ("sue", "crm")]);
    known.service.stop().await;
}
