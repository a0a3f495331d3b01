//! What a file may cost: checked on its text before it is parsed, so that nobody's file takes much memory or time.

use std::ops::Range;

use crate::writing;

/// The longest file, in bytes: that of a calendar with an override for each day of thirty years.
pub(crate) const MOST_BYTES: usize = 4 << 20;
/// How many of these characters a file may have, each of which may begin another value in memory.
const MOST_PARTS: usize = 200_000;
const PARTS: [u8; 5] = *b"[{,=.";

/// The most holidays of a calendar. Each is looked for in every year that is asked about.
pub(super) const MOST_HOLIDAYS: usize = 2_000;
/// The most years in which one holiday does not fall though its rule says so.
pub(super) const MOST_EXCEPTIONS: usize = 100;
/// The most overrides of a calendar.
pub(super) const MOST_OVERRIDES: usize = 20_000;
/// The holidays of a calendar that fall in many years, times the years of its overrides: an override is checked against
/// the holidays around it.
pub(super) const MOST_COMPARISONS: usize = 200_000;

/// A text that is not to be parsed: where, and why.
#[derive(Debug)]
pub(crate) struct OutOfBounds {
    pub(crate) span: Range<usize>,
    pub(crate) reason: String,
}

/// Looks at the text of a file that somebody hands in. A text that was taken before is not looked at again: whatever the
/// bounds are by then, what is kept stays readable.
pub(crate) fn check(text: &str, most_bytes: usize) -> Result<(), OutOfBounds> {
    let refused = |reason| Err(OutOfBounds { span: 0..0, reason });
    if text.len() > most_bytes {
        return refused(format!(
            "the file has {} bytes, which is more than the limit of {most_bytes}",
            text.len()
        ));
    }
    let parts = text.bytes().filter(|byte| PARTS.contains(byte)).count();
    if parts > MOST_PARTS {
        return refused(format!(
            "the file has {parts} brackets, commas, dots and equals signs, which is more than the limit of {MOST_PARTS}"
        ));
    }
    if let Some((span, c)) = writing::unfit_in_file(text) {
        let code = u32::from(c);
        return Err(OutOfBounds {
            span,
            reason: format!("U+{code:04X} is a character that nobody can see: remove it"),
        });
    }
    Ok(())
}
