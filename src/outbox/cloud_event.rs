//! Events as sent to other systems: CloudEvents 1.0, in JSON.

use std::{fmt, sync::Arc};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::{StoredEvent, Subscription};

/// Converts events to the API's representation.
pub trait Teller: fmt::Debug + Send + Sync + 'static {
    /// An event as JSON; for an unreadable event, its [`event_identity`]. Includes personal text only if the reader may see it,
    /// and then records the read first.
    ///
    /// # Errors
    /// When the event cannot be converted now.
    fn tell(&self, event: StoredEvent, reader: Option<&Subscription>) -> Result<Value, Untold>;
}

/// Why an event cannot be converted now.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Untold {
    /// The read of personal data cannot be recorded.
    #[error("the read of personal data cannot be recorded")]
    NotRecorded,
    /// The signing secret cannot be read.
    #[error("{0}")]
    NoSecret(String),
    /// A bug in this program.
    #[error("the event cannot be converted to JSON: {0}")]
    NoJson(String),
}

/// The id of an event as receivers see it: the same for every attempt. Contains no full stop, because Standard Webhooks separates
/// the signed parts by one.
#[must_use]
pub fn event_id(complaint: Uuid, sequence: i64) -> String {
    format!("{complaint}-{sequence}")
}

/// What is sent for an unreadable event: only its identity.
#[must_use]
pub fn event_identity(complaint: Uuid, sequence: i64) -> Value {
    json!({
        "name": name(complaint, sequence),
        "complaint": format!("complaints/{complaint}"),
        "sequence": sequence.to_string(),
    })
}

/// Builds CloudEvents without any personal text. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CloudEvents(Arc<dyn Teller>);

impl CloudEvents {
    /// Uses this teller for the data.
    #[must_use]
    pub fn told_by(teller: Arc<dyn Teller>) -> CloudEvents {
        CloudEvents(teller)
    }

    /// The CloudEvent, the same each time.
    #[must_use]
    pub fn of(&self, event: &StoredEvent) -> Value {
        let data = self.0.tell(event.clone(), None).unwrap_or_else(|error| {
            tracing::error!(%error, "failed to convert an event; only its name is sent");
            event_identity(event.complaint, event.sequence)
        });
        Envelope::of(event).around(data)
    }
}

/// The attributes of a CloudEvent, visible to a receiver whatever its data.
pub(super) struct Envelope(Value);

impl Envelope {
    pub(super) fn of(event: &StoredEvent) -> Envelope {
        let StoredEvent {
            complaint,
            sequence,
            ..
        } = event;
        let kind = event.kind.map_or("event", |kind| kind.as_str());
        let mut attributes = json!({
            "specversion": "1.0",
            "id": event_id(*complaint, *sequence),
            // Events are ordered within a source, so each complaint is one.
            "source": format!("/complaints/{complaint}"),
            "type": format!("redress.{kind}"),
            "subject": name(*complaint, *sequence),
            "datacontenttype": "application/json",
            // Compared as text, so padded.
            "sequence": format!("{sequence:019}"),
            "partitionkey": complaint.to_string(),
        });
        if let Ok(content) = &event.content {
            for member in ["time", "recordedtime"] {
                attributes[member] = content.at.to_string().into();
            }
        }
        Envelope(attributes)
    }

    pub(super) fn around(mut self, data: Value) -> Value {
        self.0["data"] = data;
        self.0
    }
}

fn name(complaint: Uuid, sequence: i64) -> String {
    format!("complaints/{complaint}/events/{sequence}")
}
