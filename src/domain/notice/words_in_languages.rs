//! Words of ours in each language that customers are written to in.

use serde::Deserialize;

use super::Language;

/// The same words in each language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InLanguages {
    en: String,
    fr: String,
    es: String,
    de: String,
}

impl InLanguages {
    pub(super) fn get(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::French => &self.fr,
            Language::Spanish => &self.es,
            Language::German => &self.de,
        }
    }
}
