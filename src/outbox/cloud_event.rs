//! An event as systems are told of it: CloudEvents 1.0, in JSON.

use std::{fmt, sync::Arc};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::{StoredEvent, Subscription};

/// Tells events in the words of the API.
pub trait Teller: fmt::Debug + Send + Sync + 'static {
    /// An event as JSON; of one that cannot be read, its [`event_identity`]. With its text only if it is for somebody who may
    /// see that, and then the read is recorded first.
    ///
    /// # Errors
    /// When it cannot be told now.
    fn tell(&self, event: StoredEvent, reader: Option<&Subscription>) -> Result<Value, Untold>;
}

/// An event cannot be told now.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Untold {
    /// The read of personal data cannot be recorded.
    #[error("the read of personal data cannot be recorded")]
    NotRecorded,
    /// What it is to be signed with cannot be read.
    #[error("{0}")]
    NoSecret(String),
    /// A fault of this program.
    #[error("the event cannot be converted to JSON: {0}")]
    NoJson(String),
}

/// The id of an event, as receivers see it: the same each time it is sent. It has no full stop, because Standard Webhooks
/// separates by one what it signs.
#[must_use]
pub fn event_id(complaint: Uuid, sequence: i64) -> String {
    format!("{complaint}-{sequence}")
}

/// All that is told of an event that cannot be read: which one it is.
#[must_use]
pub fn event_identity(complaint: Uuid, sequence: i64) -> Value {
    json!({
        "name": name(complaint, sequence),
        "complaint": format!("complaints/{complaint}"),
        "sequence": sequence.to_string(),
    })
}

/// Makes CloudEvents of events, without anything that was said or written. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CloudEvents(Arc<dyn Teller>);

impl CloudEvents {
    /// With the data that it tells.
    #[must_use]
    pub fn told_by(teller: Arc<dyn Teller>) -> CloudEvents {
        CloudEvents(teller)
    }

    /// The event, which is the same each time.
    #[must_use]
    pub fn of(&self, event: &StoredEvent) -> Value {
        let data = self.0.tell(event.clone(), None).unwrap_or_else(|error| {
            tracing::error!(%error, "failed to convert an event; only its name is sent");
            event_identity(event.complaint, event.sequence)
        });
        Envelope::of(event).around(data)
    }
}

/// The attributes of an event, which a receiver sees whatever its data are.
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
            // Compared as text.
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
