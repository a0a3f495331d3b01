//! Whatever can be entered about a person, by every method that takes anything.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor, ReflectMessage as _, Value};
use redress::proto::v1;
use tonic::{
    Request, Status,
    client::Grpc,
    transport::{Channel, Endpoint},
};

use super::{
    office::{START, instant},
    raw::Raw,
    requests::{address, fields, is_text, methods, request, set, written},
    service::Service,
};

/// Every personal datum that is entered begins so, or is one of these.
pub(crate) const MARK: &str = "zqmark";
const NUMBER: &str = "+15145550142";

/// Texts that stay in the audit trail on purpose, or never get into it: they must not hold personal data. Every other text of
/// every request is personal.
const NOT_PERSONAL: [&str; 18] = [
    "name",
    "request_id",
    "etag",
    "actor",
    "brand",
    "policy",
    "assignee",
    "region",
    "labels[0].key",
    "labels[0].value",
    "case_references[0]",
    "case_reference",
    "other_complaint",
    "root_cause",
    "override_reason",
    "acknowledgement.override_reason",
    "body_reference",
    "attachment.media_type",
];

/// Enters what it is given, and remembers what was taken.
pub(crate) struct Entry {
    client: Grpc<Channel>,
    marks: usize,
    pub(crate) entered: BTreeSet<String>,
    pub(crate) accepted: BTreeSet<String>,
}

impl Entry {
    async fn call(
        &mut self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<Vec<u8>, Status> {
        self.client.ready().await.unwrap();
        let path = address(method).parse().unwrap();
        let sent = Request::new(request.encode_to_vec());
        let answer = self.client.unary(sent, path, Raw).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Calls a method with a mark in each personal text, and whatever else it needs. What is taken counts as entered.
    async fn enter(
        &mut self,
        method: &MethodDescriptor,
        known: &dyn Fn(&str) -> Option<String>,
        change: &dyn Fn(&mut DynamicMessage),
    ) -> Result<Vec<u8>, Status> {
        let now = instant(START).as_second();
        let mut message = request(method, "PHONE", now);
        let mut marks = BTreeSet::new();
        for path in fields(&method.input(), &is_text) {
            let field = written(&path);
            let mut mark = |suffix: &str| {
                self.marks += 1;
                let mark = format!("{MARK}{}x{suffix}", self.marks);
                marks.insert(mark.clone());
                mark
            };
            let text = match (known(&field), field.as_str()) {
                (Some(text), _) => text,
                (None, "customer.email") => mark("@example.com"),
                (None, "customer.phone") => {
                    marks.insert(NUMBER.to_owned());
                    NUMBER.to_owned()
                }
                (None, _) => mark(""),
            };
            set(&mut message, &path, Value::String(text));
        }
        change(&mut message);
        // Not what was taken out again.
        let sent = String::from_utf8_lossy(&message.encode_to_vec()).into_owned();
        marks.retain(|mark| sent.contains(mark.as_str()));
        let answer = self.call(method, &message).await?;
        // Whoever changes something is not shown anything personal by that.
        let shown = String::from_utf8_lossy(&answer);
        assert!(!shown.contains(MARK) && !shown.contains(NUMBER), "{shown}");
        self.entered.extend(marks);
        self.accepted.insert(method.name().to_owned());
        Ok(answer)
    }
}

/// What the fields take that hold nothing personal.
fn known(name: &str, other: &str) -> impl Fn(&str) -> Option<String> + use<> {
    let (name, other) = (name.to_owned(), other.to_owned());
    move |field| {
        let text = match field {
            "name" => name.as_str(),
            "other_complaint" => other.as_str(),
            "actor" => "ada",
            "assignee" => "eve",
            "region" => "CA-QC",
            "labels[0].key" => "team",
            "labels[0].value" => "north",
            "attachment.media_type" => "application/pdf",
            "request_id" | "etag" | "brand" | "policy" => "",
            field if NOT_PERSONAL.contains(&field) => "plain",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// A time that lies this many days ahead.
fn ahead(message: &mut DynamicMessage, field: &str, days: i64) {
    let Some(field) = message.descriptor().get_field_by_name(field) else {
        return;
    };
    let prost_reflect::Kind::Message(time) = field.kind() else {
        panic!("{field:?} is no time");
    };
    let mut time = DynamicMessage::new(time);
    let seconds = instant(START).as_second() + days * 86_400;
    time.set_field_by_name("seconds", Value::I64(seconds));
    message.set_field(&field, Value::Message(time));
}

/// The message within a message, changed.
fn within(message: &mut DynamicMessage, field: &str, change: impl Fn(&mut DynamicMessage)) {
    let inner = message.get_field_by_name(field).unwrap().into_owned();
    let mut inner = inner.as_message().unwrap().clone();
    change(&mut inner);
    message.set_field_by_name(field, Value::Message(inner));
}

/// Takes out, or puts in, what a request needs to be taken.
fn soundly(message: &mut DynamicMessage) {
    let name = message.descriptor().name().to_owned();
    let out_of_place: &[&str] = match name.as_str() {
        "FileComplaintRequest" => &["acknowledgement", "enquiry"],
        // The conclusion gave them.
        "ProposeOutcomeRequest" => &["root_cause", "decided_time"],
        // Somebody else looks at it afresh.
        "EscalateComplaintRequest" => &["assignee", "level"],
        _ => &[],
    };
    for field in out_of_place {
        message.clear_field_by_name(field);
    }
    for field in ["new_promised_time", "due_time", "end_time"] {
        ahead(message, field, 3);
    }
    match name.as_str() {
        "FileComplaintRequest" => message.set_field_by_name("urgent", Value::Bool(true)),
        "AcknowledgeComplaintRequest" => within(message, "acknowledgement", |inner| {
            inner.clear_field_by_name("promised_time");
            inner.clear_field_by_name("override_reason");
        }),
        "AddAttachmentRequest" => within(message, "attachment", |inner| {
            inner.set_field_by_name("sha256", Value::Bytes(vec![7; 32].into()));
        }),
        "RecordFindingsRequest" => {
            message.set_field_by_name("provider_must_act", Value::Bool(true));
        }
        _ => {}
    }
}

/// The methods that are tried on the complaint one after the other; those for another kind of complaint have one of their own.
const WALK: [&str; 28] = [
    "AcknowledgeComplaint",
    "VerifyIdentity",
    "RecordContact",
    "SendUpdate",
    "PauseComplaint",
    "ResumeComplaint",
    "AssignComplaint",
    "AddIssue",
    "AddCaseReference",
    "AddAttachment",
    "AddNote",
    "LinkComplaint",
    "UnlinkComplaint",
    "UnassignComplaint",
    "ConcludeReview",
    "ProposeOutcome",
    "RecordCustomerAnswer",
    "ConfirmImplementation",
    "EscalateComplaint",
    "ReferComplaint",
    "SubmitReferralReport",
    "RecordDocumentRequest",
    "SubmitDocuments",
    "RecordFindings",
    "ConfirmFindingsCarriedOut",
    "WithdrawComplaint",
    "ReopenComplaint",
    "UpdateComplaint",
];

/// The complaint with everything that can be entered, and a second and a third one with the rest.
pub(crate) async fn entered(service: &mut Service) -> (Entry, [String; 3]) {
    let channel = Endpoint::from_shared(format!("http://{}", service.app.address));
    let mut entry = Entry {
        client: Grpc::new(channel.unwrap().connect().await.unwrap()),
        marks: 0,
        entered: BTreeSet::new(),
        accepted: BTreeSet::new(),
    };
    let other = service.file(v1::Channel::Form).await.name;
    let methods = methods();
    let method = |name: &str| methods.iter().find(|it| it.name() == name).unwrap();
    let mut names = Vec::new();
    for enquiry in [false, false, true] {
        let filed = entry
            .enter(method("FileComplaint"), &known("", &other), &|message| {
                soundly(message);
                message.set_field_by_name("enquiry", Value::Bool(enquiry));
            })
            .await
            .expect("filed");
        names.push(v1::Complaint::decode(&*filed).unwrap().name);
    }
    let [whole, call, enquiry] = <[String; 3]>::try_from(names).unwrap();
    for name in WALK {
        if name == "UpdateComplaint" {
            let update = method(name);
            let known = |field: &str| match field {
                "complaint.name" => Some(whole.clone()),
                "actor" => Some("ada".to_owned()),
                field if field.starts_with("complaint.customer.") => match field {
                    "complaint.customer.phone" => Some(NUMBER.to_owned()),
                    "complaint.customer.email" => Some(format!("{MARK}0x@example.com")),
                    _ => None,
                },
                "update_mask.paths[0]" => Some("customer".to_owned()),
                _ => Some(String::new()),
            };
            let corrected = entry.enter(update, &known, &|_| {}).await;
            corrected.unwrap_or_else(|status| panic!("{name}: {status:?}"));
            continue;
        }
        let done = entry
            .enter(method(name), &known(&whole, &other), &soundly)
            .await;
        done.unwrap_or_else(|status| panic!("{name}: {status:?}"));
    }
    let resolve = method("ResolveAtFirstContact");
    let resolved = entry.enter(resolve, &known(&call, &other), &soundly).await;
    resolved.expect("resolved");
    let verify = method("VerifyIdentity");
    for name in [&call, &enquiry] {
        let verified = entry.enter(verify, &known(name, &other), &soundly).await;
        verified.expect("verified");
    }
    let close = method("CloseComplaint");
    let closed = entry
        .enter(close, &known(&enquiry, &other), &|message| {
            let reason = v1::ClosureReason::EnquiryAnswered as i32;
            message.set_field_by_name("reason", Value::EnumNumber(reason));
        })
        .await;
    closed.expect("closed");
    (entry, [whole, call, enquiry])
}
