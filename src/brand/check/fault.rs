//! What is wrong with a brand, and the checks that its parts share.

use std::ops::Range;

use toml::Spanned;

use crate::domain::notice::Language;

/// The longest name. Names stand in resource names and file names.
const LONGEST_NAME: usize = 40;

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(in crate::brand) struct Fault {
    pub(in crate::brand) span: Range<usize>,
    pub(in crate::brand) reason: String,
}

impl Fault {
    pub(super) fn at<T>(place: &Spanned<T>, reason: impl Into<String>) -> Self {
        Fault {
            span: place.span(),
            reason: reason.into(),
        }
    }
}

/// Whether a brand may be called so.
#[must_use]
pub(crate) fn is_name_of_brand(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (1..=LONGEST_NAME).contains(&word.len()) && word.chars().all(plain)
}

pub(super) fn name(place: &Spanned<String>) -> Result<(), Fault> {
    let word = place.get_ref();
    if !is_name_of_brand(word) {
        let reason = format!(
            "{word:?}: a name is 1 to {LONGEST_NAME} lower-case letters, digits, hyphens and underscores"
        );
        return Err(Fault::at(place, reason));
    }
    Ok(())
}

pub(super) fn offered(language: &Spanned<Language>, languages: &[Language]) -> Result<(), Fault> {
    let code = language.get_ref();
    if languages.contains(code) {
        return Ok(());
    }
    Err(Fault::at(
        language,
        format!("`{code}` is not among languages"),
    ))
}
