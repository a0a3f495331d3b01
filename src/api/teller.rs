//! Events in the words of the API, for those who send them on: as JSON, with what was said or written only if that is on record.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{
    event,
    json::{JsonError, MessageJson},
    personal::Shown,
    read_record::ReadRecord,
    unreadable::Unreadable,
};
use crate::{
    access::{Caller, Principal, Scope},
    intake::SUBSCRIPTIONS,
    outbox::{Teller, Untold, event_identity},
    store::{StoredEvent, Subscription},
    telemetry::Metrics,
};

/// By which name it is on record that a subscription was sent personal data.
const DELIVERY: &str = "Delivery";

/// Tells events as the API does.
#[derive(Debug)]
pub struct EventTeller {
    json: MessageJson,
    reads: ReadRecord,
    unreadable: Unreadable,
}

/// The messages of the API have no JSON. The program was built wrongly.
#[derive(Debug, thiserror::Error)]
#[error("the messages of the API cannot be converted to JSON: {0}")]
pub struct NoTeller(String);

impl EventTeller {
    /// Puts on this record what it tells.
    ///
    /// # Errors
    /// When the messages of the API have no JSON.
    pub fn new(reads: ReadRecord, metrics: Metrics) -> Result<Self, NoTeller> {
        let json = MessageJson::new().map_err(|error| NoTeller(error.to_string()))?;
        Ok(EventTeller {
            json,
            reads,
            unreadable: Unreadable::new(metrics),
        })
    }
}

impl Teller for EventTeller {
    fn tell(&self, told: StoredEvent, reader: Option<&Subscription>) -> Result<Value, Untold> {
        let (complaint, sequence) = (told.complaint, told.sequence);
        let name = || super::convert::event_name(complaint, sequence);
        let Ok(mut content) = self.unreadable.told(told.content, name) else {
            return Ok(event_identity(complaint, sequence));
        };
        content.text = content.text.filter(|_| reader.is_some());
        let mut message = event::event(complaint, sequence, content);
        if let Some(subscription) = reader {
            let definition = &subscription.definition;
            let caller = if definition.owner_known {
                Caller::Known(Arc::new(Principal {
                    subject: definition.owner.clone(),
                    roles: BTreeSet::new(),
                    scope: Scope::default(),
                }))
            } else {
                Caller::Anyone
            };
            let purpose = format!("{SUBSCRIPTIONS}{}", subscription.id);
            if let Some(call) = self.reads.call(&caller, DELIVERY, &purpose) {
                let noted = self.reads.note(&call, Shown::by(&mut message));
                noted.map_err(|_| Untold::NotRecorded)?;
            }
        }
        let value = self.json.value("Event", &message);
        value.map_err(|error: JsonError| Untold::NoJson(error.to_string()))
    }
}
