//! A language as it is written where a brand is at home, as far as its letters show it.

use super::Language;

/// A language as some countries write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variety {
    /// "Thursday, December 3, 2026", by mail.
    AmericanEnglish,
    /// "Thursday 3 December 2026", by post. Of all countries but those of the other one.
    BritishEnglish,
    French,
    Spanish,
    German,
    /// „1. Jänner 2027“
    AustrianGerman,
}

/// Where the month goes before the day, by ISO 3166. So says the CLDR, for all others of which the English of Britain is the
/// nearest.
const MONTH_FIRST: [&str; 11] = [
    "AS", "CA", "FM", "GU", "MH", "MP", "PH", "PR", "PW", "US", "VI",
];

/// Where German calls the first month Jänner, South Tyrol among it.
const JAENNER: [&str; 2] = ["AT", "IT"];

impl Variety {
    /// How a language is written in a country, named by its two letters in ISO 3166.
    pub(super) fn of(language: Language, country: &str) -> Self {
        match language {
            Language::English if MONTH_FIRST.contains(&country) => Self::AmericanEnglish,
            Language::English => Self::BritishEnglish,
            Language::French => Self::French,
            Language::Spanish => Self::Spanish,
            Language::German if JAENNER.contains(&country) => Self::AustrianGerman,
            Language::German => Self::German,
        }
    }

    pub(super) const fn language(self) -> Language {
        match self {
            Self::AmericanEnglish | Self::BritishEnglish => Language::English,
            Self::French => Language::French,
            Self::Spanish => Language::Spanish,
            Self::German | Self::AustrianGerman => Language::German,
        }
    }
}
