//! Why a text was not loaded, or a notice not rendered.

use super::{Language, NoticeKind};

/// Why a text was not loaded, or a notice not rendered.
#[derive(Debug, thiserror::Error)]
pub enum NoticeTextError {
    #[error(
        "notices/reasons.toml must contain a table of reasons, each with en, fr, es and de: {0}"
    )]
    Reasons(#[source] toml::de::Error),
    #[error("notices/reasons.toml has no words for the reason {reason}; add [{reason}]")]
    NoWordsFor { reason: String },
    #[error("notices/names.toml must contain names in en, fr, es and de: {0}")]
    Names(#[source] toml::de::Error),
    #[error("notices/names.toml has no name for {0}")]
    NoNameFor(&'static str),
    #[error("the text {text} is missing; every kind needs a text in every language of the brand")]
    NoSuchText { text: String },
    #[error(
        "the text {text} marks `[[{mark}]]`, which is neither a fragment nor in the contact data for the means that the brand \
         offers: give it, or word the text otherwise"
    )]
    UnknownMark { text: String, mark: String },
    #[error("the text {text} does not parse; correct its {{{{ }}}} and {{% %}}: {source}")]
    Syntax {
        text: String,
        source: minijinja::Error,
    },
    #[error("the text {text} uses `{name}`, which is not a fact; see the fields of Facts")]
    UnknownFact { text: String, name: String },
    #[error("the text {text} does not use `{fact}`, which its kind requires")]
    UntoldFact { text: String, fact: &'static str },
    #[error("the text {text} uses other facts than the one in {first}; use the same in both")]
    DiffersBetweenLanguages {
        text: String,
        /// The first of the brand's languages.
        first: Language,
    },
    #[error(
        "the text {text} uses `{fact}`, which may be missing; put it between {{% if {fact} %}} and {{% endif %}}"
    )]
    Unguarded { text: String, fact: String },
    #[error("a notice of kind {kind} cannot be sent without {fact}; give it in the facts")]
    MissingFact {
        kind: NoticeKind,
        /// The name of the missing fact; several, joined by "or", where one of them is enough.
        fact: String,
    },
    #[error("the text {text} could not be rendered: {source}")]
    Render {
        text: String,
        source: minijinja::Error,
    },
}

impl NoticeTextError {
    /// The text that is wrong, by its language and name.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::NoSuchText { text }
            | Self::UnknownMark { text, .. }
            | Self::Syntax { text, .. }
            | Self::UnknownFact { text, .. }
            | Self::UntoldFact { text, .. }
            | Self::DiffersBetweenLanguages { text, .. }
            | Self::Unguarded { text, .. } => Some(text),
            _ => None,
        }
    }
}
