//! Names from a known set, and which of them a misspelt one was probably meant to be.

use std::fmt::Write as _;

/// How many names are listed in a message; the rest are counted.
const LISTED: usize = 60;

/// A name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no policy is named {name:?}; {expected}")]
pub struct UnknownPolicy {
    /// The name that was looked for.
    pub name: String,
    /// What is known, in words.
    pub expected: String,
}

/// Whether two names differ at most in case and in what separates their words: `Customer update` and
/// `customer_update`.
#[must_use]
pub fn spelled_alike(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

fn plain(name: &str) -> String {
    let words = name.split([' ', '-', '_']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

/// The known name that a misspelt one is closest to, if any is close.
#[must_use]
pub fn nearest<'n>(misspelt: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let misspelt = plain(misspelt);
    // A third of the letters may be wrong.
    let most = (misspelt.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::levenshtein(&misspelt, &plain(name)), name))
        .filter(|(edits, _)| *edits <= most)
        .min()
        .map(|(_, name)| name)
}

/// What a name must be, for a message about one that is not known.
#[must_use]
pub fn expected<'n>(misspelt: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        return "none is known".to_owned();
    }
    let (listed, rest) = known.split_at(known.len().min(LISTED));
    let mut text = format!("must be one of {}", listed.join(", "));
    // Writing to a string cannot fail.
    if !rest.is_empty() {
        let _ = write!(text, " and {} more", rest.len());
    }
    if let Some(name) = nearest(misspelt, known) {
        let _ = write!(text, "; did you mean {name}?");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_distinguished_from_one_that_means_nothing() {
        let known = ["acknowledgement", "customer_update", "resolution"];
        for (misspelt, meant) in [
            ("resolutoin", Some("resolution")),
            ("acknowledgment", Some("acknowledgement")),
            ("Customer Update", Some("customer_update")),
            ("customer-update", Some("customer_update")),
            ("refund", None),
            ("", None),
        ] {
            assert_eq!(nearest(misspelt, known), meant, "{misspelt}");
        }
        assert!(spelled_alike("CUSTOMER  update", "customer_update"));
        assert!(!spelled_alike("customer update", "customer_updates"));
    }

    #[test]
    fn a_message_lists_what_is_known_as_far_as_it_fits() {
        assert_eq!(
            expected("resolutoin", ["closure", "resolution"]),
            "must be one of closure, resolution; did you mean resolution?"
        );
        let many: Vec<String> = (0..LISTED + 2).map(|number| format!("n{number}")).collect();
        let text = expected("something else", many.iter().map(String::as_str));
        assert!(text.ends_with("n59 and 2 more"), "{text}");
        assert_eq!(expected("x", []), "none is known");
    }
}
