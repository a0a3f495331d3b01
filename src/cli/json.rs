//! Messages of the API as JSON, after the proto3 mapping: times as RFC 3339 with a Z, enums by name, 64-bit numbers as
//! text. Fields keep the names of the API's files.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

use super::Failure;
use crate::proto::DESCRIPTORS;

/// Turns messages into JSON.
#[derive(Debug)]
pub(super) struct Json(DescriptorPool);

impl Json {
    pub(super) fn new() -> Result<Self, Failure> {
        DescriptorPool::decode(DESCRIPTORS)
            .map(Json)
            .map_err(|error| Failure::Answer(error.to_string()))
    }

    /// The value of a message of the type `redress.v1.{name}`.
    pub(super) fn value(&self, name: &str, message: &impl Message) -> Result<Value, Failure> {
        let unknown = || Failure::Answer(format!("there is no message {name}"));
        let descriptor = self
            .0
            .get_message_by_name(&format!("redress.v1.{name}"))
            .ok_or_else(unknown)?;
        let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
            .map_err(|error| Failure::Answer(error.to_string()))?;
        let options = SerializeOptions::new().use_proto_field_name(true);
        dynamic
            .serialize_with_options(serde_json::value::Serializer, &options)
            .map_err(|error| Failure::Answer(error.to_string()))
    }

    pub(super) fn values<M: Message>(
        &self,
        name: &str,
        messages: &[M],
    ) -> Result<Vec<Value>, Failure> {
        messages
            .iter()
            .map(|message| self.value(name, message))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::{client::api_time, proto::v1};

    #[test]
    fn times_end_in_z_and_fields_keep_the_names_of_the_api() {
        let complaint = v1::Complaint {
            tracking_number: "RD-DCNNM-Y6G1W".to_owned(),
            state: v1::State::InReview.into(),
            promised_time: Some(api_time("2026-05-12T21:00:00Z".parse().unwrap())),
            ..v1::Complaint::default()
        };
        let value = Json::new().unwrap().value("Complaint", &complaint).unwrap();
        let expected = json!({
            "tracking_number": "RD-DCNNM-Y6G1W",
            "state": "STATE_IN_REVIEW",
            "promised_time": "2026-05-12T21:00:00Z",
        });
        assert_eq!(value, expected);
    }
}
