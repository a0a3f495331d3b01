//! What is wrong with a calendar file, and where.

use std::ops::Range;

use toml::Spanned;

/// Something wrong, at a byte range of the text.
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn at<T>(spanned: &Spanned<T>, reason: impl ToString) -> Self {
        Self {
            span: spanned.span(),
            reason: reason.to_string(),
        }
    }
}
