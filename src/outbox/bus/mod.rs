//! The log on a bus: every committed event is published to a topic at least once, in order for each complaint.
//!
//! One replica publishes at a time: the one that holds the lease of the topic. It reads a page of the log, publishes it, waits
//! for the bus to acknowledge all of it, and only then stores its position, if it still holds the lease. So nothing is lost at a
//! crash, and what was in flight is published again under the same ids.

mod follower;
mod kafka;
mod lag;
mod partition;
mod sink;

pub use self::{
    follower::{Bus, BusParts},
    kafka::{Kafka, KafkaSettings, KafkaTls, Sasl, SaslMechanism},
    sink::{BusMessage, Sink, SinkError},
};
