//! Loading the approved texts, and rendering them with the facts of a complaint.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::facts::{Fact, HEAD, needs};
use super::names::Names;
use super::sources::Sources;
use super::{Facts, Language, NoticeKind, ReasonWords};
use crate::calendar::version_of;

/// A notice as the customer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedNotice {
    pub kind: NoticeKind,
    pub language: Language,
    /// Which approved wording this is: see [`NoticeTexts::version`].
    pub text_version: String,
    /// Plain text in UTF-8; lines end in `\n`, paragraphs in an empty line, and the last line in nothing.
    pub text: String,
}

/// Why a text was not loaded, or a notice not rendered.
#[derive(Debug, thiserror::Error)]
pub enum NoticeTextError {
    #[error("notices/reasons.toml must hold a table of reasons, each with en, fr, es and de: {0}")]
    Reasons(#[source] toml::de::Error),
    #[error("notices/reasons.toml has no words for the reason {reason}; add [{reason}]")]
    NoWordsFor { reason: String },
    #[error("notices/names.toml must hold names in en, fr, es and de: {0}")]
    Names(#[source] toml::de::Error),
    #[error("notices/names.toml has no name for {0}")]
    NoNameFor(&'static str),
    #[error("notices/provider.toml must hold names and texts for each language: {0}")]
    Provider(#[source] toml::de::Error),
    #[error("notices/{text}.txt is missing; every kind needs a text in every language")]
    NoSuchText { text: String },
    #[error(
        "notices/{text}.txt marks `[[{mark}]]`, which is neither a fragment in shared/ nor a name in provider.toml"
    )]
    UnknownMark { text: String, mark: String },
    #[error("notices/{text}.txt does not parse; correct its {{{{ }}}} and {{% %}}: {source}")]
    Syntax {
        text: String,
        source: minijinja::Error,
    },
    #[error("notices/{text}.txt uses `{name}`, which is no fact; see the fields of Facts")]
    UnknownFact { text: String, name: String },
    #[error("notices/{text}.txt never tells `{fact}`, which its kind needs")]
    UntoldFact { text: String, fact: &'static str },
    #[error("notices/{text}.txt tells other facts than its English text; tell the same in both")]
    DiffersFromEnglish { text: String },
    #[error("a notice of kind {kind} cannot be sent without {fact}; give it in the facts")]
    MissingFact {
        kind: NoticeKind,
        /// The name of the missing fact; several, joined by "or", where one of them is enough.
        fact: String,
    },
    #[error("notices/{text}.txt was not rendered: {source}")]
    Render {
        text: String,
        source: minijinja::Error,
    },
}

/// The approved texts of every kind in every language.
///
/// Loading checks what can be checked without a complaint: every text is there, parses, tells each fact that its kind
/// needs, uses no name that is not a fact, and tells the same facts in all languages.
#[derive(Debug)]
pub struct NoticeTexts {
    templates: Environment<'static>,
    versions: BTreeMap<(NoticeKind, Language), String>,
    reasons: ReasonWords,
    names: Names,
}

impl NoticeTexts {
    /// The texts compiled into this binary.
    ///
    /// # Errors
    /// A text that does not pass the checks above.
    pub fn builtin() -> Result<Self, NoticeTextError> {
        Self::load(&Sources::builtin()?)
    }

    pub(super) fn load(sources: &Sources) -> Result<Self, NoticeTextError> {
        // An empty environment escapes nothing and offers texts neither filters nor functions: they state facts only.
        let mut templates = Environment::empty();
        // Printing a fact that is not there is an error; asking whether it is there is not.
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        templates.set_syntax(block_tags_on_their_own_lines());
        let mut versions = BTreeMap::new();
        for kind in NoticeKind::ALL {
            let mut told_in_english = None;
            for language in Language::ALL {
                let text = name(kind, language);
                let wording = sources.assemble(kind, language)?;
                versions.insert((kind, language), version_of(&wording));
                templates
                    .add_template_owned(text.clone(), wording)
                    .map_err(|source| NoticeTextError::Syntax {
                        text: text.clone(),
                        source,
                    })?;
                let told = facts_told(&templates, &text)?;
                for fact in HEAD.iter().chain(needs(kind)).copied().flatten() {
                    if !told.contains(fact) {
                        let fact = fact.as_str();
                        return Err(NoticeTextError::UntoldFact { text, fact });
                    }
                }
                if *told_in_english.get_or_insert_with(|| told.clone()) != told {
                    return Err(NoticeTextError::DiffersFromEnglish { text });
                }
            }
        }
        Ok(Self {
            templates,
            versions,
            reasons: ReasonWords::builtin()?,
            names: Names::builtin()?,
        })
    }

    /// The notice of this kind, in this language, with these facts. Facts are told as they are given: words that look
    /// like a template are not evaluated.
    ///
    /// # Errors
    /// [`NoticeTextError::MissingFact`] names a fact that the kind needs and that is not given.
    pub fn render(
        &self,
        kind: NoticeKind,
        language: Language,
        facts: &Facts,
    ) -> Result<RenderedNotice, NoticeTextError> {
        let given: BTreeMap<Fact, Value> = Fact::ALL
            .into_iter()
            .filter_map(|fact| Some((fact, facts.value(fact, language, &self.names)?)))
            .collect();
        for group in HEAD.iter().chain(needs(kind)) {
            if !group.iter().any(|fact| given.contains_key(fact)) {
                let fact = group.iter().map(|fact| fact.as_str()).collect::<Vec<_>>();
                return Err(NoticeTextError::MissingFact {
                    kind,
                    fact: fact.join(" or "),
                });
            }
        }
        let context = Value::from_pairs(
            given
                .into_iter()
                .map(|(fact, value)| (fact.as_str(), value)),
        );
        let text = name(kind, language);
        let rendered = self
            .templates
            .get_template(&text)
            .and_then(|template| template.render(context));
        match rendered {
            Ok(text) => Ok(RenderedNotice {
                kind,
                language,
                text_version: self.version(kind, language).to_owned(),
                text,
            }),
            Err(source) => Err(NoticeTextError::Render { text, source }),
        }
    }

    /// The approved words for a reason, as a pause or a closure gives one.
    ///
    /// # Errors
    /// [`NoticeTextError::NoWordsFor`] names a reason for which there are none.
    pub fn reason(&self, reason: &str, language: Language) -> Result<&str, NoticeTextError> {
        self.reasons.get(reason, language)
    }

    /// The version of a text: the first 12 hexadecimal digits of the SHA-256 of its wording, shared wording and contact
    /// facts included, before the facts of a complaint are filled in. It changes with every change of that wording.
    pub fn version(&self, kind: NoticeKind, language: Language) -> &str {
        // `load` returns only when every kind has its version in every language.
        &self.versions[&(kind, language)]
    }
}

/// A line that holds only a block tag leaves no empty line behind.
#[expect(
    clippy::expect_used,
    reason = "only delimiters can be refused, and these are the default ones"
)]
fn block_tags_on_their_own_lines() -> SyntaxConfig {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the default delimiters are valid")
}

/// The path of a text below `notices/`, without its ending.
fn name(kind: NoticeKind, language: Language) -> String {
    format!("{language}/{kind}")
}

fn facts_told(templates: &Environment<'_>, text: &str) -> Result<BTreeSet<Fact>, NoticeTextError> {
    let template = templates
        .get_template(text)
        .map_err(|source| NoticeTextError::Syntax {
            text: text.to_owned(),
            source,
        })?;
    template
        .undeclared_variables(false)
        .into_iter()
        .map(|name| {
            Fact::ALL
                .into_iter()
                .find(|fact| fact.as_str() == name)
                .ok_or_else(|| NoticeTextError::UnknownFact {
                    text: text.to_owned(),
                    name,
                })
        })
        .collect()
}
