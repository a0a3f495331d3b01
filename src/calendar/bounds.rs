//! What a file may cost: checked on its text before it is parsed, so that nobody's file takes much memory or time.

use std::ops::Range;

use toml_parser::{Source, lexer::TokenKind};

use crate::writing;

/// The longest file, in bytes: that of a calendar with an override for each day of thirty years.
pub(crate) const MOST_BYTES: usize = 4 << 20;
/// How many tables, lists, values and parts of keys a file may have: each takes memory.
const MOST_PARTS: usize = 500_000;
/// How many parts a key may have. TOML's reader ends a key after 80 parts, and tables within one another after 80; together
/// they nest deeper than the stack of a thread.
const MOST_KEY_PARTS: usize = 4;

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
    within(text)?;
    if let Some((span, c)) = writing::unfit_in_file(text) {
        let code = u32::from(c);
        return Err(OutOfBounds {
            span,
            reason: format!("U+{code:04X} is a character that nobody can see: remove it"),
        });
    }
    Ok(())
}

/// Counts the words of the text, as TOML's own reader parts them.
fn within(text: &str) -> Result<(), OutOfBounds> {
    let (mut parts, mut key) = (0, 1);
    for token in Source::new(text).lex() {
        let span = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Dot => key += 1,
            TokenKind::Atom
            | TokenKind::Whitespace
            | TokenKind::BasicString
            | TokenKind::LiteralString
            | TokenKind::MlBasicString
            | TokenKind::MlLiteralString => continue,
            _ => key = 1,
        }
        if key > MOST_KEY_PARTS {
            return Err(OutOfBounds {
                span,
                reason: format!("a key has at most {MOST_KEY_PARTS} parts"),
            });
        }
        parts += 1;
        if parts > MOST_PARTS {
            return Err(OutOfBounds {
                span,
                reason: format!(
                    "the file goes on after {MOST_PARTS} tables, values and lines, which is the limit"
                ),
            });
        }
    }
    Ok(())
}
