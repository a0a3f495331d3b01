//! A complaint with its clocks.

use super::{clock::Clock, complaint::Complaint};

/// A complaint with the clocks that have not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Where it stands.
    pub complaint: Complaint,
    /// The live clocks; a cycle that has ended is never looked at again.
    pub clocks: Vec<Clock>,
}
