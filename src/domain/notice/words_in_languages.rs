//! Words of ours in each language that customers are written to in.

use serde::Deserialize;

use super::{Language, variety::Variety};

/// The same words in each language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InLanguages {
    en: String,
    /// Where they are other ones than in American English.
    #[serde(rename = "en-GB")]
    en_gb: Option<String>,
    fr: String,
    es: String,
    de: String,
}

impl InLanguages {
    pub(super) fn get(&self, variety: Variety) -> &str {
        if let (Variety::BritishEnglish, Some(words)) = (variety, &self.en_gb) {
            return words;
        }
        match variety.language() {
            Language::English => &self.en,
            Language::French => &self.fr,
            Language::Spanish => &self.es,
            Language::German => &self.de,
        }
    }
}
