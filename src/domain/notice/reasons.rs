//! The reasons that a notice gives, in the customer's language: why work waits, why a complaint was closed.

use std::collections::BTreeMap;

use super::{NoticeTextError, variety::Variety, words_in_languages::InLanguages};

/// The words for each reason, by its stable word.
#[derive(Debug, Clone)]
pub struct ReasonWords(BTreeMap<String, InLanguages>);

impl ReasonWords {
    pub(super) fn builtin() -> Result<Self, NoticeTextError> {
        toml::from_str(include_str!("../../../notices/reasons.toml"))
            .map(ReasonWords)
            .map_err(NoticeTextError::Reasons)
    }

    pub(super) fn get(&self, reason: &str, variety: Variety) -> Result<&str, NoticeTextError> {
        let words = self
            .0
            .get(reason)
            .ok_or_else(|| NoticeTextError::NoWordsFor {
                reason: reason.to_owned(),
            })?;
        Ok(words.get(variety))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::domain::{ClosureReason, PauseReason, notice::Language};

    #[test]
    fn every_pause_and_every_closure_that_is_told_has_its_words_in_every_language() {
        let words = ReasonWords::builtin().unwrap();
        let pauses = PauseReason::ALL.iter().map(|reason| reason.as_str());
        let closures =
            [ClosureReason::NoAnswer, ClosureReason::ProviderDecision].map(ClosureReason::as_str);
        for reason in pauses.chain(closures) {
            for language in Language::ALL {
                let variety = Variety::of(language, "CA");
                assert!(
                    !words.get(reason, variety).unwrap().trim().is_empty(),
                    "{reason} {language}"
                );
            }
        }
        assert!(matches!(
            words.get("boredom", Variety::AmericanEnglish),
            Err(NoticeTextError::NoWordsFor { .. })
        ));
    }
}
