//! Working time between two instants.

use jiff::Timestamp;

/// A stretch of working time, `[start, end)`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub start: Timestamp,
    pub end: Timestamp,
}
