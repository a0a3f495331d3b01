//! What is on record is what was shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, Value};
use redress::{
    access::{Role, Rule},
    api::rules::Rules,
    proto::v1,
};
use serde_json::{Value as Json, json};
use tonic::{Request, client::Grpc, transport::Endpoint};

use super::{Known, all_with, by_complaint, get, masked, recorded};
use crate::support::{
    raw::Raw,
    requests::{address, methods},
    service::{Reading as _, Service},
};

/// The fields that hold personal data, by a list of the test's own, and the kind of which each is.
const PERSONAL: [(&str, &str); 16] = [
    ("redress.v1.Complaint.customer", "customer"),
    ("redress.v1.Issue.description", "issue_text"),
    ("redress.v1.Issue.desired_outcome", "issue_text"),
    ("redress.v1.Event.text", "event_text"),
    ("redress.v1.Notice.text", "notice_text"),
    ("redress.v1.Notice.addressee", "notice_addressee"),
    ("redress.v1.FindPersonResponse.complaint", "person_search"),
    ("redress.v1.SearchMatch.fields", "person_search"),
    ("redress.v1.ClaimedDispatch.text", "notice_text"),
    ("redress.v1.ClaimedDispatch.addressee", "notice_addressee"),
    ("redress.v1.ClaimedDispatch.address", "customer"),
    ("redress.v1.PreviewedNotice.subject", "notice_text"),
    ("redress.v1.PreviewedNotice.text", "notice_text"),
    ("redress.v1.PreviewedNotice.html", "notice_text"),
    ("redress.v1.PreviewedNotice.addressee", "notice_addressee"),
    ("redress.v1.PreviewedNotice.address", "customer"),
];

type Kinds = BTreeMap<String, BTreeSet<String>>;

/// A good request of a method whose answer may show personal data.
fn good(method: &str, [name, other]: [&str; 2], note: &str, notice: &str) -> Json {
    match method {
        "GetComplaint" => json!({"name": name}),
        "ListComplaints" => json!({"read_mask": "*"}),
        "SearchComplaints" => json!({"account_number": "a 4711", "read_mask": "*"}),
        "GetEvent" => json!({"name": note, "include_text": true}),
        "ListEvents" => json!({"parent": name, "include_text": true}),
        "GetNotice" => json!({"name": notice}),
        "ListNotices" => json!({"parent": name}),
        "PreviewNotices" => json!({"name": name, "send_update": {"message": "We are at it."}}),
        "WatchEvents" => json!({"from_beginning": true, "include_text": true}),
        "ExportPerson" => json!({"complaints": [name, other]}),
        "FindPerson" => json!({"account_number": "A-4711"}),
        "ClaimDispatches" => json!({"means": "CONTACT_MEANS_LETTER"}),
        new => panic!("{new} may show personal data: say with which request it is tried"),
    }
}

/// Whether a message has a field of personal data, itself or within.
fn may_show(message: &MessageDescriptor, seen: &mut BTreeSet<String>) -> bool {
    if !seen.insert(message.full_name().to_owned()) {
        return false;
    }
    message.fields().any(|field| {
        PERSONAL.iter().any(|(name, _)| *name == field.full_name())
            || field
                .kind()
                .as_message()
                .is_some_and(|inner| may_show(inner, seen))
    })
}

/// Every personal datum of a message, by the complaint that is named nearest to it.
fn look(message: &DynamicMessage, complaint: &str, found: &mut Kinds) {
    let name = ["complaint", "name"].into_iter().find_map(|field| {
        let value = message.get_field_by_name(field)?;
        let name = value.as_str()?.to_owned();
        name.starts_with("complaints/").then_some(name)
    });
    let complaint = name.unwrap_or_else(|| complaint.to_owned());
    let complaint: Vec<&str> = complaint.split('/').take(2).collect();
    let complaint = complaint.join("/");
    for (field, value) in message.fields() {
        let kind = PERSONAL.iter().find(|(name, _)| *name == field.full_name());
        if let Some((_, kind)) = kind {
            let empty = value
                .as_message()
                .is_some_and(|message| message.fields().next().is_none());
            if !empty {
                let kinds = found.entry(complaint.clone()).or_default();
                kinds.insert((*kind).to_owned());
            }
        }
        let items = match value {
            Value::List(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for inner in items.iter().filter_map(Value::as_message) {
            look(inner, &complaint, found);
        }
    }
}

/// The same of a complaint in the document of an export.
fn look_at_document(document: &Json, found: &mut Kinds) {
    let name = document["complaint"]["name"].as_str().unwrap();
    let kinds = found.entry(name.to_owned()).or_default();
    let has = |items: &Json, field: &str| {
        let items = items.as_array().unwrap();
        items.iter().any(|item| item[field].as_str().is_some())
    };
    for (there, kind) in [
        (document["complaint"]["customer"].is_object(), "customer"),
        (
            !document["customers"].as_array().unwrap().is_empty(),
            "customer",
        ),
        (
            has(&document["complaint"]["issues"], "description"),
            "issue_text",
        ),
        (has(&document["events"], "text"), "event_text"),
        (has(&document["notices"], "text"), "notice_text"),
        (has(&document["notices"], "addressee"), "notice_addressee"),
    ] {
        if there {
            kinds.insert(kind.to_owned());
        }
    }
}

/// What a method answers: the first so many messages.
async fn answers(
    known: &Known,
    method: &MethodDescriptor,
    request: Vec<u8>,
    token: &str,
    most: usize,
) -> Vec<Vec<u8>> {
    let channel = Endpoint::from_shared(format!("http://{}", known.service.app.address));
    let mut grpc = Grpc::new(channel.unwrap().connect().await.unwrap());
    grpc.ready().await.unwrap();
    let mut request = Request::new(request);
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    let path = address(method).parse().unwrap();
    let stream = grpc.server_streaming(request, path, Raw).await.unwrap();
    let (mut stream, mut messages) = (stream.into_inner(), Vec::new());
    while messages.len() < most {
        match stream.message().await.unwrap() {
            Some(message) => messages.push(message),
            None => break,
        }
    }
    messages
}

/// The methods with their rules.
fn with_rules() -> Vec<(MethodDescriptor, Arc<Rule>)> {
    let rules = Rules::read().unwrap();
    let methods = methods().into_iter();
    methods
        .map(|method| {
            let rule = rules.of_method(method.name()).unwrap();
            let rule = Arc::clone(rule);
            (method, rule)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_that_shows_personal_data_leaves_on_record_what_was_in_its_answer() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    let other = known.complaint().await.name;
    let mut ada = known.client("ada", Role::Adviser).await;
    let listed = ada.list_events(v1::ListEventsRequest {
        parent: name.clone(),
        ..Default::default()
    });
    let events = listed.await.unwrap().into_inner().events;
    let note = events.iter().find(|event| event.word() == "note_added");
    let (note, events) = (note.unwrap().name.clone(), events.len());
    let listed = ada.list_notices(v1::ListNoticesRequest {
        parent: name.clone(),
        ..Default::default()
    });
    let notice = listed.await.unwrap().into_inner().notices.remove(0).name;
    let (mut tried, mut kinds) = (0, BTreeSet::new());
    for (method, rule) in with_rules().iter().filter(|(_, rule)| rule.personal_data) {
        let request = good(method.name(), [&name, &other], &note, &notice);
        let request = DynamicMessage::deserialize(method.input(), request);
        let request = request.unwrap().encode_to_vec();
        let reader = format!("Reader of {}", method.name());
        let compliance = rule.roles.contains(&Role::Compliance);
        let role = if compliance {
            Role::Compliance
        } else {
            Role::Supervisor
        };
        let token = known.token(&reader, role);
        let most = match method.name() {
            // It tells where it begins, and goes on for good.
            "WatchEvents" => 1 + 2 * events,
            _ => usize::MAX,
        };
        let messages = answers(&known, method, request, &token, most).await;
        let mut shown = Kinds::new();
        let mut document = Vec::new();
        for message in messages {
            let message = message.as_slice();
            if method.name() == "ExportPerson" {
                document.extend(v1::ExportPersonResponse::decode(message).unwrap().part);
            }
            let message = DynamicMessage::decode(method.output(), message).unwrap();
            look(&message, "", &mut shown);
        }
        if method.name() == "ExportPerson" {
            let document: Json = serde_json::from_slice(&document).unwrap();
            for complaint in document["complaints"].as_array().unwrap() {
                look_at_document(complaint, &mut shown);
            }
        }
        assert!(!shown.is_empty(), "{} shows nothing", method.name());
        let of_one = [
            "GetComplaint",
            "GetEvent",
            "ListEvents",
            "GetNotice",
            "ListNotices",
            "PreviewNotices",
        ];
        let complaints = if of_one.contains(&method.name()) {
            1
        } else {
            2
        };
        assert_eq!(shown.len(), complaints, "{}", method.name());
        let on_record = known.recorded(&name).await;
        let mut of_method = on_record;
        of_method.retain(|read| read.reader == reader);
        assert!(of_method.iter().all(|read| read.method == method.name()));
        assert_eq!(by_complaint(&of_method), shown, "{}", method.name());
        tried += 1;
        kinds.extend(shown.into_values().flatten());
    }
    assert!(tried >= 9, "{tried}");
    let every: BTreeSet<String> = PERSONAL
        .iter()
        .map(|(_, kind)| (*kind).to_owned())
        .collect();
    assert_eq!(kinds, every, "each kind was met");
    known.service.stop().await;
}

/// Whose answers hold none is tested where everything is entered that there is, and looked for in the answers.
#[test]
fn what_could_show_personal_data_and_is_not_on_record_is_the_answer_to_a_change() {
    crate::support::watchdog::watch();
    let mut changes = 0;
    for (method, rule) in with_rules() {
        let shows = may_show(&method.output(), &mut BTreeSet::new());
        if rule.personal_data || !shows {
            continue;
        }
        let changes_something = method.input().get_field_by_name("request_id").is_some();
        assert!(changes_something, "{}", method.name());
        changes += 1;
    }
    assert!(changes > 30, "{changes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mask_leaves_out_is_not_recorded_and_whose_name_it_leaves_out_is() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    let other = known.complaint().await.name;
    for (number, (paths, shown)) in [
        (vec!["state", "issues.service"], ""),
        (vec!["customer.email"], ""),
        (vec!["customer.full_name"], "customer"),
        (vec!["issues.description"], "issue_text"),
        (vec!["customer", "issues"], "customer issue_text"),
        (vec!["*"], "customer issue_text"),
    ]
    .into_iter()
    .enumerate()
    {
        let reader = format!("reader {number}");
        let mut client = known.client(&reader, Role::Supervisor).await;
        client.get_complaint(masked(&name, &paths)).await.unwrap();
        client.list_complaints(all_with(&paths)).await.unwrap();
        let mut reads = known.recorded(&name).await;
        reads.retain(|read| read.reader == reader);
        let found: Vec<_> = reads
            .iter()
            .map(|read| {
                (
                    read.method.as_str(),
                    read.complaint.as_str(),
                    read.shown.as_str(),
                )
            })
            .collect();
        let found: BTreeSet<_> = found.into_iter().collect();
        let expected = [
            ("GetComplaint", name.as_str(), shown),
            ("ListComplaints", name.as_str(), shown),
            ("ListComplaints", other.as_str(), shown),
        ];
        let expected = expected
            .into_iter()
            .filter(|(_, _, shown)| !shown.is_empty());
        assert_eq!(found, expected.collect(), "{paths:?}");
        assert_eq!(reads.len(), found.len(), "each once");
    }
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_shown_nothing_leaves_no_record() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    // They are left out for an auditor.
    let mut olga = known.client("olga", Role::Auditor).await;
    olga.get_complaint(get(&name)).await.unwrap();
    olga.list_complaints(all_with(&["*"])).await.unwrap();
    let notices = v1::ListNoticesRequest {
        parent: name.clone(),
        ..Default::default()
    };
    olga.list_notices(notices).await.unwrap();
    // Without its texts, and of a complaint that is not there.
    let mut ada = known.client("ada", Role::Adviser).await;
    let events = v1::ListEventsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    ada.list_events(events).await.unwrap();
    let unknown = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
    ada.get_complaint(get(unknown)).await.unwrap_err();
    // A search that finds nobody.
    let mut privacy = known.privacy("cleo", Role::Compliance).await;
    let nobody = v1::FindPersonRequest {
        identity: Some(v1::find_person_request::Identity::AccountNumber(
            "A-4712".to_owned(),
        )),
    };
    let mut found = privacy.find_person(nobody).await.unwrap().into_inner();
    while found.message().await.unwrap().is_some() {}
    assert_eq!(known.recorded(&name).await, []);

    // Nobody in particular reads from a service that knows nobody.
    let mut open = Service::beside(
        Arc::clone(&known.service.database),
        Arc::clone(&known.service.time),
    )
    .await;
    assert!(open.get(&name).await.customer.is_some());
    open.stop().await;
    assert_eq!(recorded(&known.service.database).len(), 1, "the last one");
    known.service.stop().await;
}
