//! The bus to which events are published.

use std::sync::Arc;

use super::{AppError, base::Base};
use crate::outbox::{
    CloudEvents, Teller,
    bus::{Bus, BusParts, Kafka, KafkaSettings},
};

/// A bus before publishing starts.
pub(super) struct Opened {
    kafka: Kafka,
    topic: String,
}

/// Validates the settings of the bus. Whether it is reachable shows only when publishing.
///
/// # Errors
/// When one of its files cannot be used.
pub(super) fn open(settings: KafkaSettings) -> Result<Opened, AppError> {
    let (topic, speaks_tls) = (settings.topic.clone(), settings.tls.is_some());
    if settings.sasl.is_some() && !speaks_tls {
        tracing::warn!(
            "the Kafka password is sent without TLS and can be intercepted; use --kafka-tls"
        );
    }
    let kafka = Kafka::new(settings).map_err(AppError::Bus)?;
    Ok(Opened { kafka, topic })
}

impl Opened {
    /// Starts publishing committed events.
    pub(super) fn follow(self, base: &Base, teller: Arc<dyn Teller>) -> Bus {
        Bus::start(BusParts {
            sink: self.kafka,
            topic: self.topic,
            store: base.store.clone(),
            reader: base.reader.clone(),
            events: CloudEvents::told_by(teller),
            news: base.news(),
            time: Arc::clone(&base.time),
            metrics: base.metrics.clone(),
        })
    }
}
