//! Nobody hides anything in a text, and nobody takes a name that looks like another.

use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use redress::proto::v1::{self, Channel};
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::support::{
    office::{START, instant},
    raw::Raw,
    requests::{address, fields, is_text, methods, request, set, written},
    service::{Service, act, filing, refusal, violated},
};

/// Fields that are no texts: what is none of the words that they take is refused as such.
const WORDS: [(&str, &str); 29] = [
    (
        "name",
        "the name of a complaint: an id or a tracking number",
    ),
    ("parent", "the name of what the list belongs to"),
    ("request_id", "a UUID"),
    ("etag", "as it was returned"),
    ("page_token", "as it was returned"),
    ("order_by", "one of the orders"),
    ("after_position", "as it was returned"),
    ("position", "as it was returned"),
    ("month", "a month"),
    ("time_zone", "the name of a time zone"),
    ("read_mask.paths[0]", "the path of a field"),
    ("kinds[0]", "a kind of event"),
    ("complaint.name", "as name"),
    ("other_complaint", "as name"),
    ("customer_of", "as name"),
    ("complaints[0]", "as name"),
    ("complaint.etag", "as etag"),
    ("subscription.name", "the name of a subscription: an id"),
    ("subscription.etag", "as etag"),
    ("events[0]", "the name of an event"),
    ("update_mask.paths[0]", "the path of a field"),
    ("label_key", "a word of few letters"),
    ("remove_keys[0]", "a word of few letters"),
    ("code", "a word of few letters"),
    ("reference", "a word of few letters"),
    ("labels[0].key", "a word of few letters"),
    ("labels[0].value", "a word of few letters"),
    ("complaint.labels[0].key", "a word of few letters"),
    ("complaint.labels[0].value", "a word of few letters"),
];

/// Fields that take several lines in any script, and with them characters that cannot be seen, such as the joiners of emoji
/// and the marks of direction; but no control characters, no override of direction and no other change of it that goes on
/// after them. What cannot be seen alone is no text.
const STORIES: [&str; 20] = [
    "acknowledgement.review",
    "comment",
    "complaint.customer.postal_address",
    "conclusion",
    "customer.postal_address",
    "documents",
    "findings",
    "issue.description",
    "issue.desired_outcome",
    "issues[0].description",
    "issues[0].desired_outcome",
    "message",
    "note",
    "question",
    "reason",
    "remedy",
    "report",
    "request",
    "statement",
    "summary",
];

/// How the mask of a correction names a field of a complaint; `None`: it is put out, and not read.
fn corrected(field: &str) -> Option<&str> {
    match field {
        "region" => Some(field),
        field if field.starts_with("labels[0]") => Some("labels"),
        field if field.starts_with("customer.representative") => Some("customer.representative"),
        field => field.starts_with("customer.").then_some(field),
    }
}

/// Whether a request reads this field of a subscription: others are only put out.
fn subscribed(method: &str, field: &str) -> bool {
    let named = method == "UpdateSubscription" && matches!(field, "name" | "etag");
    named || matches!(field, "title" | "endpoint" | "contact_email") || field.starts_with("filter.")
}

/// A request of this method that somebody makes.
fn filled(method: &MethodDescriptor) -> DynamicMessage {
    let mut request = request(method, "ENQUIRY_ANSWERED", instant(START).as_second());
    if method.input().get_field_by_name("actor").is_some() {
        // A file is only read once there is somebody who hands it in.
        request.set_field_by_name("actor", Value::String("ada".to_owned()));
    }
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_field_of_any_request_takes_what_cannot_be_seen() {
    let service = Service::start().await;
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", service.app.address))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    let mut tried = 0;
    let methods = methods();
    for method in &methods {
        for path in fields(&method.input(), &is_text) {
            // What is previewed is checked as the request itself. It has the name of the preview, and its id is not read.
            let previewed = method.name() == "PreviewNotices" && path.len() > 1;
            let field = written(if previewed { &path[1..] } else { &path });
            let at = format!("{}: {}", method.name(), written(&path));
            if previewed && matches!(field.as_str(), "name" | "request_id") {
                continue;
            }
            let of_complaint = field.strip_prefix("complaint.");
            let read = of_complaint.filter(|field| !matches!(*field, "name" | "etag"));
            if read.is_some_and(|field| corrected(field).is_none()) {
                continue;
            }
            let of_subscription = field.strip_prefix("subscription.");
            if of_subscription.is_some_and(|field| !subscribed(method.name(), field)) {
                continue;
            }
            let story = STORIES.contains(&field.as_str());
            for (text, hidden) in [
                ("a\u{202e}b", '\u{202e}'),
                // Ended, so that nothing after it is turned: what it holds is shown as something else all the same.
                ("a\u{202e}b\u{202c}", '\u{202e}'),
                ("a\u{7}b", '\u{7}'),
                ("a\u{200b}b", '\u{200b}'),
                ("\u{200b}\u{2060}", '\u{200b}'),
            ] {
                if story && text == "a\u{200b}b" {
                    continue;
                }
                let mut request = filled(method);
                let masked = of_subscription.and_then(|field| field.split('.').next());
                let masked = masked.filter(|_| method.name() == "UpdateSubscription");
                if let Some(named) = read.and_then(corrected).or(masked) {
                    let mask = method.input().get_field_by_name("update_mask").unwrap();
                    let paths = mask.kind().as_message().unwrap().get_field_by_name("paths");
                    let paths = [mask, paths.unwrap()];
                    set(&mut request, &paths, Value::String(named.to_owned()));
                }
                if previewed {
                    let act = methods
                        .iter()
                        .find(|method| path[0].kind().as_message() == Some(&method.input()));
                    let act = filled(act.expect("the act's own method"));
                    request = DynamicMessage::new(method.input());
                    let complaint = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
                    request.set_field_by_name("name", Value::String(complaint.to_owned()));
                    request.set_field(&path[0], Value::Message(act));
                }
                set(&mut request, &path, Value::String(text.to_owned()));
                client.ready().await.unwrap();
                let sent = Request::new(request.encode_to_vec());
                let path = address(method).parse().unwrap();
                let answer = client.unary(sent, path, Raw).await;
                let status = answer
                    .err()
                    .unwrap_or_else(|| panic!("{at} takes {hidden:?}"));
                assert_eq!(status.code(), Code::InvalidArgument, "{at}: {status:?}");
                let details = status.get_details_bad_request().expect("a BadRequest");
                let told = details
                    .field_violations
                    .into_iter()
                    // A fault inside a file is reported for the file as a whole.
                    .find(|violation| field.starts_with(&violation.field))
                    .unwrap_or_else(|| panic!("{at} is not among what is wrong: {status:?}"));
                let code = format!("U+{:04X}", u32::from(hidden));
                let named = told.description.contains(&code);
                let word = WORDS.iter().any(|(word, _)| *word == field);
                assert!(named || word, "{at}: {}", told.description);
                // Never the text itself, which may be personal.
                assert!(!told.description.contains(hidden), "{at}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
    service.stop().await;
}

#[tokio::test]
async fn nobody_passes_for_the_service_itself() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Form).await.name;
    for disguised in [
        "redress",
        "REDRESS",
        "redr\u{435}ss",
        "\u{202e}sserder",
        "red\u{200b}ress",
        "ｒｅｄｒｅｓｓ",
        "re dress",
        "rédress",
        "redre\u{455}\u{455}",
    ] {
        let mut filing = filing(Channel::Form);
        filing.actor = disguised.to_owned();
        let refused = service.client.file_complaint(filing).await.unwrap_err();
        assert_eq!(violated(&refused), ["actor"], "{disguised}");
        let assign = v1::AssignComplaintRequest {
            name: name.clone(),
            actor: "ada".to_owned(),
            assignee: disguised.to_owned(),
            ..Default::default()
        };
        let refused = service.client.assign_complaint(assign).await.unwrap_err();
        assert_eq!(violated(&refused), ["assignee"], "{disguised}");
    }
    let events = service.events(&name).await;
    assert_eq!(events[0].actor, "ada");
    service.stop().await;
}

#[tokio::test]
async fn another_spelling_of_a_name_is_no_other_handler() {
    let mut service = Service::start().await;
    let mut filing = filing(Channel::Form);
    filing.assignee = "Bill O'Hara".to_owned();
    let name = service.file_as(filing).await.name;
    act!(
        service.client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: Channel::Phone
        })
    )
    .unwrap();
    for spelt in ["Bill O'Hara", "BI11 O’Hara", "bill ohara"] {
        let assign = act!(
            service.client,
            name,
            assign_complaint(AssignComplaintRequest { assignee: spelt })
        );
        let (code, reason) = refusal(&assign.unwrap_err());
        assert_eq!(code, Code::FailedPrecondition);
        assert_eq!(reason, "SAME_HANDLER", "{spelt}");
    }
    act!(
        service.client,
        name,
        assign_complaint(AssignComplaintRequest { assignee: "Eve" })
    )
    .unwrap();
    service.stop().await;
}

#[tokio::test]
async fn people_are_called_as_they_are() {
    let mut service = Service::start().await;
    for (called, kept) in [
        ("Siobhán O’Neill-D'Arcy", "Siobhán O’Neill-D'Arcy"),
        ("Jose\u{301}  Nuñez", "José  Nuñez"),
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("Иван Петров", "Иван Петров"),
        ("王小明", "王小明"),
    ] {
        let mut filing = filing(Channel::Form);
        filing.customer.as_mut().unwrap().full_name = called.to_owned();
        filing.actor = called.to_owned();
        let name = service.file_as(filing).await.name;
        let request = v1::GetComplaintRequest {
            name: name.clone(),
            read_mask: Some(prost_types::FieldMask {
                paths: vec!["*".to_owned()],
            }),
        };
        let got = service.client.get_complaint(request).await.unwrap();
        assert_eq!(got.into_inner().customer.unwrap().full_name, kept);
        assert_eq!(service.events(&name).await[0].actor, kept);
    }
    service.stop().await;
}
