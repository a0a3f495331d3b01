//! Messages of the API as JSON, after the proto3 mapping: times as RFC 3339 with a Z, enums by name, 64-bit numbers as
//! text. Fields keep the names of the API's files.

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::proto::DESCRIPTORS;

/// Turns messages into JSON. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct MessageJson(DescriptorPool);

/// A message that has no JSON: a fault of this program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("there is no message {0}")]
    Unknown(String),
    #[error(transparent)]
    Descriptors(#[from] prost_reflect::DescriptorError),
    #[error(transparent)]
    Decode(#[from] prost::DecodeError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl MessageJson {
    pub(crate) fn new() -> Result<Self, JsonError> {
        Ok(MessageJson(DescriptorPool::decode(DESCRIPTORS)?))
    }

    /// The value of a message of the type `redress.v1.{name}`.
    pub(crate) fn value(&self, name: &str, message: &impl Message) -> Result<Value, JsonError> {
        let full_name = format!("redress.v1.{name}");
        let descriptor = self.0.get_message_by_name(&full_name);
        let descriptor = descriptor.ok_or(JsonError::Unknown(full_name))?;
        let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
        let options = SerializeOptions::new().use_proto_field_name(true);
        Ok(dynamic.serialize_with_options(serde_json::value::Serializer, &options)?)
    }
}
