//! Generates ids: the only source of randomness at and below the engine.

use jiff::Timestamp;
use rand::RngExt as _;
use uuid::Uuid;

/// A version 7 UUID: ordered by creation time, to the millisecond.
pub(crate) fn time_ordered_id(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}
