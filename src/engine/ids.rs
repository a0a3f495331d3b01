//! Ids that are made here: chance enters with them, and nowhere below.

use jiff::Timestamp;
use rand::RngExt as _;
use uuid::Uuid;

/// A UUID of version 7: ordered by the time of its making, to the millisecond.
pub(crate) fn time_ordered_id(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}
