//! What a bus is to those who publish.

use std::future::Future;

use jiff::Timestamp;

/// A message for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusMessage {
    /// Messages of one key stay in order.
    pub key: String,
    /// A CloudEvent in JSON.
    pub body: Vec<u8>,
    /// When the event was recorded.
    pub at: Timestamp,
}

/// Where messages are published.
pub trait Sink: Send + 'static {
    /// Publishes messages, those of one key in their order, and returns once the bus has acknowledged all of them. What was
    /// published of them when it fails is not known.
    ///
    /// # Errors
    /// Why not all of them are acknowledged. May pass.
    fn publish(
        &mut self,
        messages: Vec<BusMessage>,
    ) -> impl Future<Output = Result<(), SinkError>> + Send;
}

/// Why the bus has not acknowledged messages. Says nothing of what is in them, nor any secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);
