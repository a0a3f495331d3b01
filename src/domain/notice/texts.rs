//! Loading the approved texts, and rendering them with the facts of a complaint.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::facts::{HEAD, LISTS, PARTS, Variable, needs};
use super::names::Names;
use super::passages::{self, Passage, Quoted, Quotes};
use super::placeholders::{self, Known};
use super::sources::Sources;
use super::variety::Variety;
use super::{Facts, Language, NoticeKind, NoticeTextError, ReasonWords};
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

/// The approved texts of every kind, in each language of a brand.
///
/// Loading checks what can be checked without a complaint: every text is there, parses, tells each fact that its kind
/// needs, uses no name that is not a fact, asks for none where it may be missing, and tells the same facts in all languages.
#[derive(Debug)]
pub struct NoticeTexts {
    templates: Environment<'static>,
    versions: BTreeMap<(NoticeKind, Language), String>,
    /// How each of the languages is written.
    varieties: BTreeMap<Language, Variety>,
    default: Language,
    reasons: ReasonWords,
    names: Names,
}

impl NoticeTexts {
    /// Assembles and checks the texts in these languages; in `default` are told those who want another one.
    ///
    /// # Errors
    /// A text that does not pass the checks above.
    pub(crate) fn load(
        sources: &Sources,
        languages: &[Language],
        default: Language,
    ) -> Result<Self, NoticeTextError> {
        // An empty environment escapes nothing and offers texts neither filters nor functions: they state facts only.
        let mut templates = Environment::empty();
        // Printing a fact that is not there is an error; asking whether it is there is not.
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        templates.set_syntax(block_tags_on_their_own_lines());
        let mut versions = BTreeMap::new();
        let varieties = languages
            .iter()
            .map(|language| (*language, sources.variety(*language)));
        let varieties: BTreeMap<_, _> = varieties.collect();
        for kind in NoticeKind::ALL {
            let mut told_first = None;
            for language in languages.iter().copied() {
                let text = name(kind, language);
                let wording = sources.assemble(kind, language)?;
                versions.insert((kind, language), version_of(&wording));
                let unguarded = unguarded(kind, &wording);
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
                if let Some(fact) = unguarded {
                    return Err(NoticeTextError::Unguarded { text, fact });
                }
                let (first, told_there) =
                    told_first.get_or_insert_with(|| (language, told.clone()));
                if *told_there != told {
                    let first = *first;
                    return Err(NoticeTextError::DiffersBetweenLanguages { text, first });
                }
            }
        }
        Ok(Self {
            templates,
            versions,
            varieties,
            default,
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
        let rendered = self.render_quoting(kind, language, facts, &Quotes::default());
        rendered.map(|(rendered, _)| rendered)
    }

    /// As [`Self::render`], and the same text in passages, in which quotations stand for the words that are quoted.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn render_quoting(
        &self,
        kind: NoticeKind,
        language: Language,
        facts: &Facts,
        quotes: &Quotes,
    ) -> Result<(RenderedNotice, Vec<Passage>), NoticeTextError> {
        let text = name(kind, language);
        let Some(variety) = self.varieties.get(&language).copied() else {
            return Err(NoticeTextError::NoSuchText { text });
        };
        let mut given: BTreeMap<Variable, Value> = Variable::ALL
            .into_iter()
            .filter_map(|fact| Some((fact, facts.value(fact, variety, &self.names)?)))
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
        // A text can do nothing with a fact but print it and ask whether it is there, so it comes out the same with a mark.
        let marked = [
            (Variable::Message, passages::MESSAGE, quotes.message),
            (Variable::Remedy, passages::REMEDY, quotes.remedy),
        ];
        for (fact, mark, quoted) in marked {
            if let Some(value) = given.get_mut(&fact).filter(|_| quoted.is_some()) {
                *value = Value::from(mark.to_string());
            }
        }
        let context = Value::from_pairs(
            given
                .into_iter()
                .map(|(fact, value)| (fact.as_str(), value)),
        );
        let Some(text_version) = self.version(kind, language).map(str::to_owned) else {
            return Err(NoticeTextError::NoSuchText { text });
        };
        let rendered = self
            .templates
            .get_template(&text)
            .and_then(|template| template.render(context));
        let rendered = rendered.map_err(|source| NoticeTextError::Render { text, source })?;
        let passages = quotes.part(&rendered);
        let whole = passages::text_of(&passages, |quotation| match quotation.of {
            Quoted::Text => facts.message.as_deref(),
            Quoted::Remedy => facts.remedy.as_deref(),
        });
        let rendered = RenderedNotice {
            kind,
            language,
            text_version,
            // What is quoted is given, since only what is given was marked.
            text: whole.unwrap_or(rendered),
        };
        Ok((rendered, passages))
    }

    /// The approved words for a reason, as a pause or a closure gives one.
    ///
    /// # Errors
    /// [`NoticeTextError::NoWordsFor`] names a reason for which there are none, or none in that language.
    pub fn reason(&self, reason: &str, language: Language) -> Result<&str, NoticeTextError> {
        let variety = self.varieties.get(&language).copied();
        let variety = variety.ok_or_else(|| NoticeTextError::NoWordsFor {
            reason: reason.to_owned(),
        })?;
        self.reasons.get(reason, variety)
    }

    /// The version of a text: the first 12 hexadecimal digits of the SHA-256 of its wording, shared wording and contact
    /// facts included, before the facts of a complaint are filled in. It changes with every change of that wording.
    /// `None`: there are no texts in that language.
    #[must_use]
    pub fn version(&self, kind: NoticeKind, language: Language) -> Option<&str> {
        self.versions.get(&(kind, language)).map(String::as_str)
    }

    /// The language in which a customer is told who wants this one: another, where there are no texts in it any more.
    #[must_use]
    pub fn language_for(&self, wanted: Language) -> Language {
        let told = self.version(NoticeKind::Update, wanted).is_some();
        if told { wanted } else { self.default }
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

fn facts_told(
    templates: &Environment<'_>,
    text: &str,
) -> Result<BTreeSet<Variable>, NoticeTextError> {
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
            Variable::ALL
                .into_iter()
                .find(|fact| fact.as_str() == name)
                .ok_or_else(|| NoticeTextError::UnknownFact {
                    text: text.to_owned(),
                    name,
                })
        })
        .collect()
}

/// The first fact that the wording asks for where it may not be given.
fn unguarded(kind: NoticeKind, wording: &str) -> Option<String> {
    let always = |path: &str| {
        let mut needed = HEAD.iter().chain(needs(kind));
        needed.any(|group| group.len() == 1 && group[0].as_str() == path)
    };
    let known = Known {
        always: &always,
        parts: &PARTS,
        lists: &LISTS,
    };
    placeholders::unguarded(wording, &known).map(str::to_owned)
}
