//! The log on a bus: every committed event is published to a topic, in order for each complaint, at least once.
//!
//! One replica at a time publishes, whoever has the lease of the topic. It reads a page of the log, publishes it, waits for the
//! bus to acknowledge all of it, and only then notes how far it has come, if the lease is still its own. So nothing is lost
//! whatever ends when, and what was on its way comes again under the same ids.

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
