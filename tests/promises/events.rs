//! What an event says: all that a reader needs, in a form that needs no parsing, and provable without the service.

use redress::proto::v1::{self, Channel, event::Fact};
use sha2::{Digest as _, Sha256};
use tonic::Code;
use uuid::Uuid;

use crate::support::{
    office::instant,
    service::{Reading as _, Service, act, at, filing, refusal, told, violated},
};

/// A complaint that was filed with a reference, acknowledged, given to somebody and missed, and its events.
async fn worked_on(service: &mut Service) -> (v1::Complaint, Vec<v1::Event>) {
    let mut filing = filing(Channel::Form);
    filing.acknowledgement = Some(v1::Acknowledgement::default());
    filing.case_references = vec!["CRM-1".to_owned()];
    let complaint = service.file_as(filing).await;
    let (client, name) = (&mut service.client, &complaint.name);
    let assign = assign_to_eve(client, name).await;
    assert_eq!(assign.assignee, "eve");
    act!(
        client,
        name,
        add_case_reference(AddCaseReferenceRequest {
            case_reference: "CRM-2"
        })
    )
    .unwrap();
    let mut watch = service.watch(&["breached"]).await;
    service.time.set(instant("2026-06-09T21:00:01Z"));
    watch.event().await;
    let complaint = service.get(&complaint.name).await;
    let events = service.events(&complaint.name).await;
    (complaint, events)
}

async fn assign_to_eve(
    client: &mut v1::complaint_service_client::ComplaintServiceClient<tonic::transport::Channel>,
    name: &str,
) -> v1::Complaint {
    act!(
        client,
        name,
        assign_complaint(AssignComplaintRequest { assignee: "eve" })
    )
    .unwrap()
}

/// As the comments of `EventRecord` say, and with nothing else.
fn hash_of(event: &v1::Event, previous: &[u8]) -> Vec<u8> {
    let time = |time: Option<prost_types::Timestamp>| {
        let time = time.unwrap();
        let micros = time.seconds * 1_000_000 + i64::from(time.nanos / 1_000);
        micros.to_be_bytes().to_vec()
    };
    let id = event.complaint.strip_prefix("complaints/").unwrap();
    let id: Uuid = id.parse().unwrap();
    let mut parts = vec![
        previous.to_vec(),
        id.as_bytes().to_vec(),
        event.sequence.to_be_bytes().to_vec(),
        time(event.event_time),
        event.actor.clone().into_bytes(),
        event.record.as_ref().unwrap().payload.to_vec(),
    ];
    if let Some(step) = &event.clock_step {
        parts.extend([
            step.clock.clone().into_bytes(),
            step.cycle.to_be_bytes().to_vec(),
            u64::try_from(step.step).unwrap().to_be_bytes().to_vec(),
            u32::try_from(step.repetition)
                .unwrap()
                .to_be_bytes()
                .to_vec(),
            time(step.due_time),
        ]);
    }
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chain_is_verified_from_the_events_alone_as_the_api_says() {
    let mut service = Service::start().await;
    let (_, events) = worked_on(&mut service).await;
    assert!(events.iter().any(|event| event.clock_step.is_some()));
    let mut previous = Vec::new();
    for event in &events {
        let hash = &event.record.as_ref().unwrap().hash;
        assert_eq!(*hash, hash_of(event, &previous), "{event:?}");
        previous = hash.to_vec();
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_says_what_happened_and_where_that_led() {
    let mut service = Service::start().await;
    let (complaint, events) = worked_on(&mut service).await;
    for event in &events {
        let after = event.complaint_after.as_ref().unwrap();
        assert_eq!(after.tracking_number, complaint.tracking_number);
        let policy = after.policy.as_ref().unwrap();
        assert_eq!(policy.policy, complaint.policy);
        assert_eq!(policy.version, complaint.policy_version);
        // The member that is set is that of the kind.
        let fact = format!("{:?}", event.fact.as_ref().unwrap());
        let kind = fact.split('(').next().unwrap().to_lowercase();
        assert_eq!(kind, event.word().replace('_', ""));
    }
    let find = |kind| events.iter().find(|event| event.kind() == kind).unwrap();
    let filed = find(v1::EventKind::Filed);
    let Some(Fact::Filed(fact)) = &filed.fact else {
        panic!("{filed:?}");
    };
    assert_eq!(fact.channel(), Channel::Form);
    assert_eq!(fact.received_time, complaint.received_time);
    assert_eq!(fact.issues.len(), 1);
    assert_eq!(fact.issues[0].description, "");
    // It was acknowledged by the same call, and nobody ever saw it otherwise.
    let after = filed.complaint_after.as_ref().unwrap();
    assert_eq!(after.state(), v1::State::InReview);
    let acknowledged = find(v1::EventKind::Acknowledged).complaint_after.as_ref();
    assert_eq!(after.etag, acknowledged.unwrap().etag);
    let etag_of = |event: &v1::Event| {
        let (_, number) = event.name.rsplit_once('/').unwrap();
        format!("\"{number}\"")
    };
    assert_eq!(after.case_references, ["CRM-1"]);

    let assigned = find(v1::EventKind::Assigned);
    let after = assigned.complaint_after.as_ref().unwrap();
    assert_eq!(
        (&*after.assignee, &*after.etag),
        ("eve", &*etag_of(assigned))
    );
    assert_eq!(after.case_references, ["CRM-1"]);
    let added = find(v1::EventKind::CaseReferenceAdded);
    let after = added.complaint_after.as_ref().unwrap();
    assert_eq!(after.case_references, ["CRM-1", "CRM-2"]);

    let breached = find(v1::EventKind::Breached);
    let Some(Fact::Breached(fact)) = &breached.fact else {
        panic!("{breached:?}");
    };
    assert_eq!(
        (&*fact.clock, fact.role()),
        ("customer_update", v1::Role::Supervisor)
    );
    assert_eq!(fact.due_time, Some(at("2026-06-09T21:00:00Z")));
    // What the last one says holds now: a change is accepted that names its etag.
    let last = events.last().unwrap().complaint_after.as_ref().unwrap();
    assert_eq!(last.etag, complaint.etag);
    let changed = service.client.assign_complaint(v1::AssignComplaintRequest {
        name: complaint.name,
        etag: last.etag.clone(),
        actor: "ada".to_owned(),
        assignee: "bob".to_owned(),
        ..Default::default()
    });
    assert_eq!(changed.await.unwrap().into_inner().assignee, "bob");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_and_the_notice_that_it_names_can_be_fetched() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    let events = service.events(&complaint.name).await;
    let issued = events.last().unwrap();
    let Some(Fact::NoticeIssued(fact)) = &issued.fact else {
        panic!("{issued:?}");
    };
    let client = &mut service.client;
    let get = |name: &str| v1::GetEventRequest {
        name: name.to_owned(),
        include_text: true,
    };
    let got = client.get_event(get(&issued.name)).await;
    assert_eq!(got.unwrap().get_ref(), issued);
    let by_number = issued.name.replace(
        &complaint.name,
        &format!("complaints/{}", complaint.tracking_number),
    );
    let got = client.get_event(get(&by_number)).await;
    assert_eq!(got.unwrap().get_ref(), issued);

    let notice = |name: &str| v1::GetNoticeRequest {
        name: name.to_owned(),
    };
    let got = client.get_notice(notice(&fact.notice)).await;
    let got = got.unwrap().into_inner();
    assert_eq!((&got.name, &got.event), (&fact.notice, &issued.name));
    assert_eq!(got.kind(), v1::NoticeKind::Acknowledgement);
    // Below the name, the words that were issued.
    let words = got.text.strip_prefix(&format!("{}\n\n", got.addressee));
    assert_eq!(Sha256::digest(words.unwrap())[..], fact.text_sha256[..]);
    let listed = service.notices(&complaint.name).await;
    assert_eq!(listed, [got]);

    let client = &mut service.client;
    let none = format!("{}/events/99", complaint.name);
    let refused = client.get_event(get(&none)).await.unwrap_err();
    let expected = (Code::NotFound, "EVENT_NOT_FOUND".to_owned());
    assert_eq!(refusal(&refused), expected);
    // An event that issued none.
    let none = format!("{}/notices/1", complaint.name);
    let refused = client.get_notice(notice(&none)).await.unwrap_err();
    let expected = (Code::NotFound, "NOTICE_NOT_FOUND".to_owned());
    assert_eq!(refusal(&refused), expected);
    for wrong in [
        "events/0",
        "events/01",
        "events/+1",
        "events/",
        "notices/1",
        "events/1/2",
    ] {
        let wrong = format!("{}/{wrong}", complaint.name);
        let refused = client.get_event(get(&wrong)).await.unwrap_err();
        assert_eq!(violated(&refused), ["name"], "{wrong}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_come_with_events_only_where_they_are_asked_for() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let client = &mut service.client;
    let contact = v1::RecordContactRequest {
        name: name.clone(),
        actor: "ada".to_owned(),
        channel: Channel::Phone.into(),
        direction: v1::Direction::FromCustomer.into(),
        summary: "Asks when the line is repaired.".to_owned(),
        ..Default::default()
    };
    client.record_contact(contact).await.unwrap();
    for include_text in [false, true] {
        let expected = if include_text {
            "Asks when the line is repaired."
        } else {
            ""
        };
        let list = v1::ListEventsRequest {
            parent: name.clone(),
            include_text,
            ..Default::default()
        };
        let listed = client.list_events(list).await.unwrap().into_inner();
        let last = listed.events.last().unwrap();
        assert_eq!(last.kind(), v1::EventKind::ContactRecorded);
        assert_eq!(last.text, expected);
        let get = v1::GetEventRequest {
            name: last.name.clone(),
            include_text,
        };
        let got = client.get_event(get).await.unwrap().into_inner();
        assert_eq!(got, *last);
        let watch = v1::WatchEventsRequest {
            from_beginning: true,
            kinds: vec![v1::EventKind::ContactRecorded.into()],
            include_text,
            ..Default::default()
        };
        let mut stream = client.watch_events(watch).await.unwrap().into_inner();
        let watched = told(&mut stream).await.unwrap().event.unwrap();
        assert_eq!(watched, *last);
    }
    service.stop().await;
}
