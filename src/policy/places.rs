//! Where in a policy's text stands what is checked against other files.

use std::ops::Range;

/// Where in a policy's text stands what is checked against other files.
#[derive(Debug)]
pub(super) struct Places {
    /// The file's name as it was given.
    pub(super) file: String,
    pub(super) name: Range<usize>,
    pub(super) effective_from: Range<usize>,
    /// In the order of `additional_policies`.
    pub(super) additional_policies: Vec<Range<usize>>,
    /// The names of its own clocks, in their order.
    pub(super) clocks: Vec<Range<usize>>,
    pub(super) from_level: Range<usize>,
}
