//! Names, and lists of words.

use std::fmt::Display;

use toml::Spanned;

use super::fault::Fault;

/// Names stand in resource names, metrics and file names.
pub(super) fn check_name(name: &Spanned<String>) -> Result<(), Fault> {
    let word = name.get_ref();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if word.is_empty() || word.len() > 40 || !word.chars().all(plain) {
        let reason = format!(
            "{word:?}: a name is 1 to 40 lower-case letters, digits, hyphens and underscores"
        );
        return Err(Fault::new(name.span(), reason));
    }
    Ok(())
}

/// The words of a list, none of them twice.
pub(super) fn unique<T: Copy + PartialEq + Display>(list: &[Spanned<T>]) -> Result<Vec<T>, Fault> {
    let mut words: Vec<T> = Vec::with_capacity(list.len());
    for place in list {
        let word = *place.get_ref();
        if words.contains(&word) {
            return Err(Fault::new(
                place.span(),
                format!("`{word}` is already in this list"),
            ));
        }
        words.push(word);
    }
    Ok(words)
}
