//! What is wrong with a policy file.

use std::ops::Range;

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(in crate::policy) struct Fault {
    pub(in crate::policy) span: Range<usize>,
    pub(in crate::policy) reason: String,
}

impl Fault {
    pub(in crate::policy) fn new(span: Range<usize>, reason: impl Into<String>) -> Self {
        Fault {
            span,
            reason: reason.into(),
        }
    }
}
