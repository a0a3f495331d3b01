//! Messages of the API as JSON, for the command line.

use prost::Message;
use serde_json::Value;

use super::Failure;
use crate::api::MessageJson;

/// Turns messages into JSON.
#[derive(Debug)]
pub(super) struct Json(MessageJson);

impl Json {
    pub(super) fn new() -> Result<Self, Failure> {
        let json = MessageJson::new().map_err(|error| Failure::Answer(error.to_string()))?;
        Ok(Json(json))
    }

    /// The value of a message of the type `redress.v1.{name}`.
    pub(super) fn value(&self, name: &str, message: &impl Message) -> Result<Value, Failure> {
        let value = self.0.value(name, message);
        value.map_err(|error| Failure::Answer(error.to_string()))
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
