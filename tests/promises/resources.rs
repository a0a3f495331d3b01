//! What the proto says of its resources and fields is so.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, ReflectMessage as _, Value,
};
use redress::proto::DESCRIPTORS;
use tonic::{Code, Request, client::Grpc};
use tonic_types::StatusExt as _;

use crate::support::{
    raw::Raw,
    requests::{address, methods},
    service::Service,
};

/// Of these, one or another is required: the first stands for all.
const EITHER: [(&str, &str); 7] = [
    ("GetFiguresRequest", "month"),
    ("ListFigureComplaintsRequest", "month"),
    ("SimulatePolicyRequest", "policy_file"),
    ("FindPersonRequest", "identity"),
    ("SearchComplaintsRequest", "name"),
    ("PreviewNoticesRequest", "act"),
    ("BatchLabelComplaintsRequest", "labels"),
];

fn pool() -> DescriptorPool {
    DescriptorPool::decode(DESCRIPTORS).unwrap()
}

fn extension(name: &str) -> ExtensionDescriptor {
    pool()
        .get_extension_by_name(&format!("google.api.{name}"))
        .unwrap_or_else(|| panic!("{name}"))
}

/// The words of `google.api.FieldBehavior` that a field has.
fn behaviors(field: &FieldDescriptor) -> Vec<String> {
    let extension = extension("field_behavior");
    let options = field.options();
    let value = options.get_extension(&extension);
    let Kind::Enum(words) = extension.kind() else {
        panic!("an enum");
    };
    let values = value.as_list().unwrap().iter();
    let words = values.map(|value| words.get_value(value.as_enum_number().unwrap()).unwrap());
    words.map(|word| word.name().to_owned()).collect()
}

fn is_required(field: &FieldDescriptor) -> bool {
    behaviors(field).iter().any(|word| word == "REQUIRED")
}

/// Every message of the API that a request holds, and the requests themselves.
fn inputs(message: &MessageDescriptor, found: &mut Vec<MessageDescriptor>) {
    let is_resource = !patterns(message).is_empty();
    if found.contains(message) || message.package_name() != "redress.v1" || is_resource {
        return;
    }
    found.push(message.clone());
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            inputs(&inner, found);
        }
    }
}

/// What the service finds wrong with a request.
async fn violated(
    service: &Service,
    method: &MethodDescriptor,
    request: &DynamicMessage,
) -> BTreeSet<String> {
    let channel =
        tonic::transport::Endpoint::from_shared(format!("http://{}", service.app.address));
    let mut grpc = Grpc::new(channel.unwrap().connect().await.unwrap());
    grpc.ready().await.unwrap();
    let sent = Request::new(request.encode_to_vec());
    let path = address(method).parse().unwrap();
    // Of a stream, only whether it begins.
    let Err(status) = grpc.server_streaming(sent, path, Raw).await else {
        return BTreeSet::new();
    };
    match (status.code(), status.get_details_bad_request()) {
        (Code::InvalidArgument, Some(bad)) => {
            let fields = bad.field_violations.into_iter();
            fields.map(|found| found.field).collect()
        }
        _ => BTreeSet::new(),
    }
}

#[test]
fn every_field_of_a_request_says_whether_it_is_required() {
    let mut found = Vec::new();
    for method in methods() {
        inputs(&method.input(), &mut found);
    }
    let mut fields = 0;
    for message in found {
        for field in message.fields() {
            let said = behaviors(&field);
            let once = said.len() == 1;
            let known = ["REQUIRED", "OPTIONAL", "OUTPUT_ONLY"];
            let words = said.iter().all(|word| known.contains(&word.as_str()));
            assert!(once && words, "{}: {said:?}", field.full_name());
            fields += 1;
        }
    }
    assert!(fields > 150, "{fields}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_required_is_asked_for_by_name_and_nothing_else_is() {
    let service = Service::start().await;
    let mut asked = 0;
    for method in methods() {
        let input = method.input();
        let top: Vec<FieldDescriptor> = input.fields().collect();
        let empty = DynamicMessage::new(input.clone());
        let required = top.iter().filter(|field| is_required(field));
        let mut required: BTreeSet<String> = required.map(|f| f.name().to_owned()).collect();
        let either = EITHER.iter().find(|(of, _)| *of == input.name());
        required.extend(either.map(|(_, field)| (*field).to_owned()));
        asked += required.len();
        let found = violated(&service, &method, &empty).await;
        let first = |path: String| path.split(['.', '[']).next().unwrap().to_owned();
        let found: BTreeSet<String> = found.into_iter().map(first).collect();
        assert_eq!(found, required, "{}", method.name());
        // What is given has to be whole.
        for field in &top {
            let Kind::Message(inner) = field.kind() else {
                continue;
            };
            if inner.package_name() != "redress.v1" {
                continue;
            }
            if field
                .containing_oneof()
                .is_some_and(|of| of.name() == "act")
            {
                // What is previewed is checked as the request itself, of the complaint that the preview names.
                let mut request = empty.clone();
                let complaint = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
                request.set_field_by_name("name", Value::String(complaint.to_owned()));
                request.set_field(field, Value::Message(DynamicMessage::new(inner.clone())));
                let fields = inner.fields().filter(is_required);
                let mut wanted: BTreeSet<String> = fields.map(|f| f.name().to_owned()).collect();
                wanted.remove("name");
                let found = violated(&service, &method, &request).await;
                assert_eq!(found, wanted, "{}", field.full_name());
                asked += wanted.len();
                continue;
            }
            let list = if field.is_list() { "[0]" } else { "" };
            let inside: BTreeSet<String> = inner
                .fields()
                .filter(|field| {
                    // Whoever creates a resource does not name it; an update has what its mask names, and the name.
                    let (creates, updates) = (
                        method.name().starts_with("Create"),
                        method.name().starts_with("Update"),
                    );
                    let identifies = behaviors(field) == ["IDENTIFIER"];
                    (is_required(field) && !updates) || (identifies && !creates)
                })
                .map(|inside| format!("{}{list}.{}", field.name(), inside.name()))
                .collect();
            let mut request = empty.clone();
            if input.get_field_by_name("actor").is_some() {
                // A file is only read once there is somebody who hands it in.
                request.set_field_by_name("actor", Value::String("ada".to_owned()));
            }
            let given = Value::Message(DynamicMessage::new(inner));
            let given = if field.is_list() {
                Value::List(vec![given])
            } else {
                given
            };
            request.set_field(field, given);
            let found = violated(&service, &method, &request).await;
            let of_it = format!("{}{list}.", field.name());
            let found = found.into_iter().filter(|path| path.starts_with(&of_it));
            assert_eq!(found.collect::<BTreeSet<_>>(), inside, "{}", method.name());
            asked += inside.len();
        }
    }
    assert!(asked > 90, "{asked}");
    service.stop().await;
}

/// The patterns of a resource's name; none for what is no resource.
fn patterns(message: &MessageDescriptor) -> Vec<String> {
    let options = message.options();
    let value = options.get_extension(&extension("resource")).into_owned();
    let resource = value.as_message().unwrap();
    let patterns = resource.get_field_by_name("pattern").unwrap().into_owned();
    let patterns = patterns.as_list().unwrap().iter();
    patterns
        .map(|pattern| pattern.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_resource_has_a_name_and_can_be_got_and_listed() {
    let methods: Vec<MethodDescriptor> = methods();
    let called = |name: &str| methods.iter().find(|method| method.name() == name);
    let mut resources = 0;
    for message in pool().all_messages() {
        let patterns = patterns(&message);
        if message.package_name() != "redress.v1" || patterns.is_empty() {
            continue;
        }
        resources += 1;
        let name = message.get_field_by_name("name").expect("a name");
        assert_eq!(behaviors(&name), ["IDENTIFIER"], "{}", message.name());
        for pattern in &patterns {
            // A collection and an id in turn.
            for (place, part) in pattern.split('/').enumerate() {
                assert_eq!(part.starts_with('{'), place % 2 == 1, "{pattern}");
            }
        }
        let get = called(&format!("Get{}", message.name())).expect("a method to get it");
        assert_eq!(get.output().full_name(), message.full_name());
        assert!(get.input().get_field_by_name("name").is_some());
        let plural = match message.name().strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{}s", message.name()),
        };
        let list = called(&format!("List{plural}")).expect("a method to list it");
        let has_parent = list.input().get_field_by_name("parent").is_some();
        let is_child = patterns[0].matches('{').count() > 1
            && message.name() != "Policy"
            && message.name() != "Brand";
        assert_eq!(has_parent, is_child, "{}", list.name());
    }
    assert!(resources >= 6, "{resources}");
}

#[test]
fn every_list_comes_in_pages() {
    let mut lists = 0;
    for method in methods() {
        if !method.name().starts_with("List") {
            continue;
        }
        lists += 1;
        for field in ["page_size", "page_token"] {
            let there = method.input().get_field_by_name(field).is_some();
            assert!(there, "{}: {field}", method.name());
        }
        let next = method.output().get_field_by_name("next_page_token");
        assert!(next.is_some(), "{}", method.name());
    }
    assert!(lists >= 6, "{lists}");
}

#[test]
fn a_signature_names_what_is_required_in_the_order_of_the_fields() {
    let extension = extension("method_signature");
    for method in methods() {
        let input = method.input();
        let required = input.fields().filter(is_required);
        let mut required: Vec<_> = required
            .map(|field| (field.number(), field.name().to_owned()))
            .collect();
        required.sort();
        let names: Vec<String> = required.into_iter().map(|(_, name)| name).collect();
        let options = method.options();
        let value = options.get_extension(&extension).into_owned();
        let said: Vec<String> = value
            .as_list()
            .unwrap()
            .iter()
            .map(|signature| signature.as_str().unwrap().to_owned())
            .collect();
        let expected: Vec<String> = Some(names.join(","))
            .filter(|names| !names.is_empty())
            .into_iter()
            .collect();
        assert_eq!(said, expected, "{}", method.name());
        assert_eq!(DynamicMessage::new(input.clone()).descriptor(), input);
    }
}
