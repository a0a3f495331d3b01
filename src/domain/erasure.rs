//! That the personal data of a complaint were erased.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::words;

words! {
    /// Why personal data are erased.
    ErasureReason {
        /// The person asked for it.
        Request = "request",
        /// A court or a supervisory authority ordered it: it holds before the policy lets go of the record.
        Order = "order",
        /// The policy's longest retention is over.
        RetentionEnded = "retention_ended",
    }
}

/// That the personal data of a complaint were erased. What was recorded since may have brought others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: ErasureReason,
    /// The number of the event that recorded it: what came with that event and those before it is gone.
    pub event: i64,
}
