//! The body of a delivery: an event as a CloudEvent.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::cloud_event::{Envelope, Teller, Untold, event_id};
use crate::store::{StoredEvent, Subscription};

/// The largest body, in bytes.
const LARGEST: usize = 20_000;
/// What is dropped from a larger event, in this order.
const LEFT_OUT: [&str; 2] = ["record", "text"];
/// The fields that every event has. Everything else is the fact, which is dropped last.
const FRAME: [&str; 8] = [
    "name",
    "complaint",
    "sequence",
    "kind",
    "event_time",
    "actor",
    "entered_by",
    "clock_step",
];

/// A message to send.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// The same for every attempt.
    pub(super) id: String,
    pub(super) body: Bytes,
}

impl Message {
    /// An event, with as much of it as fits.
    pub(super) fn of_event(
        teller: &dyn Teller,
        event: StoredEvent,
        subscription: &Subscription,
    ) -> Result<Self, Untold> {
        let id = event_id(event.complaint, event.sequence);
        let envelope = Envelope::of(&event);
        let reader = subscription.definition.texts.then_some(subscription);
        let data = teller.tell(event, reader)?;
        Ok(Message {
            id,
            body: fitting(envelope.around(data)),
        })
    }

    /// A message that is not an event: a verification or a test.
    pub(super) fn of_word(word: &str, subscription: Uuid, now: Timestamp) -> Self {
        let id = Uuid::new_v4().to_string();
        let message = json!({
            "specversion": "1.0",
            "id": id,
            "source": format!("/subscriptions/{subscription}"),
            "type": format!("redress.subscription.{word}"),
            "time": now.to_string(),
            "datacontenttype": "application/json",
            "data": { "subscription": format!("subscriptions/{subscription}") },
        });
        Message {
            id,
            body: bytes(&message),
        }
    }
}

fn bytes(message: &Value) -> Bytes {
    message.to_string().into()
}

/// The serialized message, with as much of the event as fits.
fn fitting(mut message: Value) -> Bytes {
    let whole = bytes(&message);
    if whole.len() <= LARGEST {
        return whole;
    }
    message["abridged"] = Value::Bool(true);
    for left_out in LEFT_OUT {
        if let Some(data) = message.get_mut("data").and_then(Value::as_object_mut) {
            data.remove(left_out);
        }
        let rest = bytes(&message);
        if rest.len() <= LARGEST {
            return rest;
        }
    }
    if let Some(data) = message.get_mut("data").and_then(Value::as_object_mut) {
        data.retain(|field, _| FRAME.contains(&field.as_str()));
    }
    bytes(&message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn sent(record: usize, text: usize, fact: usize) -> (usize, Value) {
        let message = json!({
            "id": "1",
            "data": {
                "name": "complaints/1/events/1",
                "record": "r".repeat(record),
                "text": "t".repeat(text),
                "note_added": "f".repeat(fact),
            }
        });
        let bytes = fitting(message);
        (bytes.len(), serde_json::from_slice(&bytes).unwrap())
    }

    fn fields(message: &Value) -> Vec<&str> {
        let data = message["data"].as_object().unwrap();
        data.keys().map(String::as_str).collect()
    }

    #[test]
    fn what_is_too_large_is_left_out_in_the_order_in_which_it_is_missed_least() {
        let whole = ["name", "note_added", "record", "text"];
        for (record, text, fact, left) in [
            (9_000, 9_000, 1_000, whole.as_slice()),
            (12_000, 9_000, 1_000, &["name", "note_added", "text"]),
            (12_000, 21_000, 1_000, &["name", "note_added"]),
            (12_000, 21_000, 21_000, &["name"]),
        ] {
            let (length, message) = sent(record, text, fact);
            assert!(length <= LARGEST);
            assert_eq!(fields(&message), left);
            let abridged = message.get("abridged").and_then(Value::as_bool);
            assert_eq!(abridged.unwrap_or_default(), left.len() < whole.len());
        }
    }
}
