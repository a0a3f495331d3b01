//! Requests of every method, filled from the descriptors alone.

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, Value,
};
use redress::proto::DESCRIPTORS;

/// A field by the way to it.
pub(crate) type Path = Vec<FieldDescriptor>;

/// Every method of the API.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let services = pool.services();
    services
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect()
}

/// As a call writes it.
pub(crate) fn address(method: &MethodDescriptor) -> String {
    let service = method.parent_service().full_name().to_owned();
    format!("/{service}/{}", method.name())
}

/// As an error writes it: `customer.full_name`, `issues[0].description`.
pub(crate) fn written(path: &[FieldDescriptor]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|field| {
            let list = if field.is_list() { "[0]" } else { "" };
            format!("{}{list}", field.name())
        })
        .collect();
    parts.join(".")
}

/// The ways to all fields of one kind.
pub(crate) fn fields(message: &MessageDescriptor, wanted: &dyn Fn(&Kind) -> bool) -> Vec<Path> {
    let mut found = Vec::new();
    for field in message.fields() {
        match field.kind() {
            kind if wanted(&kind) => found.push(vec![field]),
            Kind::Message(inner) => {
                let inner = fields(&inner, wanted).into_iter();
                found.extend(inner.map(|path| [vec![field.clone()], path].concat()));
            }
            _ => {}
        }
    }
    found
}

/// Sets a field, and what it stands in; of a list its first item.
pub(crate) fn set(message: &mut DynamicMessage, path: &[FieldDescriptor], value: Value) {
    let [field, rest @ ..] = path else {
        panic!("a way to a field has a step")
    };
    let value = match rest {
        [] => value,
        rest => {
            let present = message.get_field(field).into_owned();
            let mut inner = match (present, field.kind()) {
                (Value::Message(inner), _) => inner,
                (Value::List(list), _) if !list.is_empty() => list[0].as_message().unwrap().clone(),
                (_, Kind::Message(inner)) => DynamicMessage::new(inner),
                other => panic!("{other:?} is no message"),
            };
            set(&mut inner, rest, value);
            Value::Message(inner)
        }
    };
    let value = if field.cardinality() == Cardinality::Repeated {
        Value::List(vec![value])
    } else {
        value
    };
    message.set_field(field, value);
}

/// A request in which each word of a known set is the first of it, or one whose name holds `word`, and each time is this
/// one.
pub(crate) fn request(method: &MethodDescriptor, word: &str, seconds: i64) -> DynamicMessage {
    let input = method.input();
    let mut request = DynamicMessage::new(input.clone());
    for path in fields(&input, &|kind| matches!(kind, Kind::Enum(_))) {
        let Some(Kind::Enum(words)) = path.last().map(FieldDescriptor::kind) else {
            continue;
        };
        let chosen = words
            .values()
            .find(|value| value.name().contains(word))
            .or_else(|| words.values().find(|value| value.number() == 1));
        let number = chosen.map_or(1, |value| value.number());
        set(&mut request, &path, Value::EnumNumber(number));
    }
    let is_time = |kind: &Kind| {
        kind.as_message()
            .is_some_and(|message| message.full_name() == "google.protobuf.Timestamp")
    };
    for path in fields(&input, &is_time) {
        let Some(Kind::Message(time)) = path.last().map(FieldDescriptor::kind) else {
            continue;
        };
        let mut time = DynamicMessage::new(time);
        time.set_field_by_name("seconds", Value::I64(seconds));
        set(&mut request, &path, Value::Message(time));
    }
    request
}

pub(crate) fn is_text(kind: &Kind) -> bool {
    matches!(kind, Kind::String)
}
