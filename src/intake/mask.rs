//! Field masks: which fields of a complaint are returned.

use std::{collections::BTreeMap, sync::LazyLock};

use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value,
};

use super::{check::Check, problem::Problem};
use crate::proto::{DESCRIPTORS, v1};

/// The most paths of one mask; a complaint has fewer fields.
const MOST_PATHS: usize = 100;

static COMPLAINT: LazyLock<MessageDescriptor> = LazyLock::new(complaint_descriptor);

#[expect(
    clippy::expect_used,
    reason = "the descriptors are compiled in, and every test of a mask decodes them"
)]
fn complaint_descriptor() -> MessageDescriptor {
    DescriptorPool::decode(DESCRIPTORS)
        .expect("the compiled descriptors decode")
        .get_message_by_name("redress.v1.Complaint")
        .expect("the compiled descriptors hold the complaint")
}

/// A checked mask. Through a list, a path goes to each of its items: `issues.service`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mask {
    /// No mask was given: whatever the method returns by itself.
    Default,
    /// Every field.
    All,
    /// These fields, by name, and of each what of it.
    Fields(Fields),
}

/// Fields by name; a field without an entry of its own is returned whole.
type Fields = BTreeMap<String, Part>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Whole,
    Of(Fields),
}

impl Mask {
    /// Whether it names something personal: the customer, or the customer's words.
    pub(crate) fn wants_personal_data(&self) -> bool {
        let words = |part: &Part| match part {
            Part::Whole => true,
            Part::Of(fields) => {
                fields.contains_key("description") || fields.contains_key("desired_outcome")
            }
        };
        match self {
            Mask::Default => false,
            Mask::All => true,
            Mask::Fields(fields) => {
                fields.contains_key("customer") || fields.get("issues").is_some_and(words)
            }
        }
    }

    /// Leaves what the mask names.
    ///
    /// # Errors
    /// Never for a message of ours; INTERNAL otherwise.
    pub(crate) fn apply(&self, complaint: v1::Complaint) -> Result<v1::Complaint, Problem> {
        let Mask::Fields(fields) = self else {
            return Ok(complaint);
        };
        let mut message = DynamicMessage::new(COMPLAINT.clone());
        message
            .transcode_from(&complaint)
            .map_err(|error| Problem::internal(&error))?;
        retain(&mut message, fields);
        message
            .transcode_to()
            .map_err(|error| Problem::internal(&error))
    }
}

fn retain(message: &mut DynamicMessage, fields: &Fields) {
    let others: Vec<FieldDescriptor> = message
        .fields()
        .map(|(field, _)| field)
        .filter(|field| !fields.contains_key(field.name()))
        .collect();
    for field in others {
        message.clear_field(&field);
    }
    for (field, value) in message.fields_mut() {
        if let Some(Part::Of(fields)) = fields.get(field.name()) {
            retain_within(value, fields);
        }
    }
}

fn retain_within(value: &mut Value, fields: &Fields) {
    match value {
        Value::Message(message) => retain(message, fields),
        Value::List(items) => items
            .iter_mut()
            .for_each(|item| retain_within(item, fields)),
        _ => {}
    }
}

impl Check {
    /// A field mask over a complaint.
    pub(crate) fn read_mask(&mut self, mask: Option<prost_types::FieldMask>) -> Mask {
        let paths = mask.map(|mask| mask.paths).unwrap_or_default();
        if paths.is_empty() {
            return Mask::Default;
        }
        if paths.len() > MOST_PATHS {
            self.violation("read_mask", format!("must have at most {MOST_PATHS} paths"));
            return Mask::Default;
        }
        let mut fields = Fields::new();
        for (place, path) in paths.iter().enumerate() {
            if path == "*" {
                return Mask::All;
            }
            if !exists(&COMPLAINT, path) {
                let field = format!("read_mask.paths[{place}]");
                self.violation(field, "must be the path of a field of Complaint");
            } else {
                add(&mut fields, path);
            }
        }
        Mask::Fields(fields)
    }
}

/// Whether a path names a field, step by step.
fn exists(message: &MessageDescriptor, path: &str) -> bool {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    match (message.get_field_by_name(first), rest) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(field), Some(rest)) => match field.kind() {
            Kind::Message(inner) => exists(&inner, rest),
            _ => false,
        },
    }
}

fn add(fields: &mut Fields, path: &str) {
    match path.split_once('.') {
        None => {
            fields.insert(path.to_owned(), Part::Whole);
        }
        Some((first, rest)) => {
            let part = fields
                .entry(first.to_owned())
                .or_insert_with(|| Part::Of(Fields::new()));
            // A field that is named whole stays whole.
            if let Part::Of(inner) = part {
                add(inner, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{super::check::tests::check, *};

    fn mask(paths: &[&str]) -> Mask {
        let mut check = check();
        let mask = check.read_mask(Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }));
        assert!(check.fields().is_empty(), "{:?}", check.fields());
        mask
    }

    fn complaint() -> v1::Complaint {
        let issue = |number| v1::Issue {
            number,
            service: 1,
            description: "words".to_owned(),
            ..v1::Issue::default()
        };
        v1::Complaint {
            name: "complaints/1".to_owned(),
            state: 2,
            urgent: true,
            issues: vec![issue(1), issue(2)],
            customer: Some(v1::Customer {
                full_name: "A".to_owned(),
                email: "a@example.com".to_owned(),
                ..v1::Customer::default()
            }),
            received_time: Some(prost_types::Timestamp {
                seconds: 5,
                nanos: 7,
            }),
            ..v1::Complaint::default()
        }
    }

    #[test]
    fn without_a_mask_everything_stays() {
        assert_eq!(check().read_mask(None), Mask::Default);
        assert_eq!(
            check().read_mask(Some(prost_types::FieldMask::default())),
            Mask::Default
        );
        assert_eq!(Mask::Default.apply(complaint()).unwrap(), complaint());
        assert_eq!(mask(&["state", "*"]), Mask::All);
        assert_eq!(Mask::All.apply(complaint()).unwrap(), complaint());
    }

    #[test]
    fn a_mask_leaves_what_it_names() {
        let masked = mask(&["state", "received_time"]).apply(complaint());
        let left = v1::Complaint {
            state: 2,
            received_time: complaint().received_time,
            ..v1::Complaint::default()
        };
        assert_eq!(masked.unwrap(), left);
    }

    #[test]
    fn a_nested_path_leaves_that_part_of_a_message_and_of_each_item_of_a_list() {
        let masked = mask(&["customer.email", "issues.service", "received_time.seconds"])
            .apply(complaint())
            .unwrap();
        let issue = v1::Issue {
            service: 1,
            ..v1::Issue::default()
        };
        let left = v1::Complaint {
            issues: vec![issue.clone(), issue],
            customer: Some(v1::Customer {
                email: "a@example.com".to_owned(),
                ..v1::Customer::default()
            }),
            received_time: Some(prost_types::Timestamp {
                seconds: 5,
                nanos: 0,
            }),
            ..v1::Complaint::default()
        };
        assert_eq!(masked, left);
    }

    #[test]
    fn a_field_that_is_named_whole_stays_whole() {
        for paths in [["issues", "issues.service"], ["issues.service", "issues"]] {
            let masked = mask(&paths).apply(complaint()).unwrap();
            assert_eq!(masked.issues, complaint().issues);
        }
    }

    #[test]
    fn an_unknown_path_is_refused_by_its_place() {
        for bad in [
            "nothing",
            "",
            "state.name",
            "customer.shoe_size",
            "customer.",
            ".",
            "receivedTime",
            "received_time.seconds.x",
        ] {
            let mut check = check();
            check.read_mask(Some(prost_types::FieldMask {
                paths: vec!["state".to_owned(), bad.to_owned()],
            }));
            assert_eq!(check.fields(), ["read_mask.paths[1]"], "{bad}");
        }
    }

    #[test]
    fn only_a_mask_that_names_personal_data_asks_for_them() {
        for (paths, wants) in [
            (vec!["state"], false),
            (vec!["issues.service", "issues.number"], false),
            (vec!["issues"], true),
            (vec!["issues.description"], true),
            (vec!["issues.service", "issues.desired_outcome"], true),
            (vec!["customer.email"], true),
            (vec!["*"], true),
        ] {
            assert_eq!(mask(&paths).wants_personal_data(), wants, "{paths:?}");
        }
        assert!(!Mask::Default.wants_personal_data());
    }
}
