//! The interface of a bus to its publisher.

use std::future::Future;

use jiff::Timestamp;

/// A message for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusMessage {
    /// Messages with the same key stay in order.
    pub key: String,
    /// A CloudEvent in JSON.
    pub body: Vec<u8>,
    /// When the event was recorded.
    pub at: Timestamp,
}

/// Where messages are published.
pub trait Sink: Send + 'static {
    /// Publishes messages, those with the same key in order, and returns once the bus has acknowledged all of them. After a
    /// failure, it is unknown which of them were published.
    ///
    /// # Errors
    /// Why not all of them were acknowledged. May be transient.
    fn publish(
        &mut self,
        messages: Vec<BusMessage>,
    ) -> impl Future<Output = Result<(), SinkError>> + Send;
}

/// Why the bus did not acknowledge messages. Contains neither message content nor secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);
