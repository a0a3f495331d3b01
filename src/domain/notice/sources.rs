//! The approved wording as it lies in `notices/`, compiled in.
//!
//! `notices/<lang>/<kind>.txt` is a text. In it, a mark such as `[[escalation]]` stands for wording that texts share: a
//! fragment `notices/<lang>/shared/<name>.txt`, or a contact fact of `notices/provider.toml`, which fragments may mark
//! too. Marks are replaced before anything else, so that the version of a text covers every approved word in it.

use std::collections::BTreeMap;

use super::{Language, NoticeKind, NoticeTextError};

macro_rules! wording_of {
    ($language:literal: $($name:literal)*) => {
        [$((
            concat!($language, "/", $name),
            include_str!(concat!("../../../notices/", $language, "/", $name, ".txt")),
        )),*]
    };
}

macro_rules! wording {
    ($($language:literal)*) => {
        [$(wording_of!($language:
            "acknowledgement" "update" "promise_changed" "outcome_proposed" "outcome_accepted" "remedy_carried_out"
            "resolved_at_first_contact" "escalation_received" "escalation_acknowledged" "recourse" "referral_recorded"
            "paused" "resumed" "closed_with_recourse" "closed_accepted" "withdrawn" "reopened" "enquiry_answered"
            "enquiry_converted"
            "shared/contact" "shared/escalation" "shared/head" "shared/inquiry_head" "shared/next_update"
            "shared/recourse" "shared/signature"
        )),*]
    };
}

/// The approved wording before its marks are replaced.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// Texts and fragments, by their path below `notices/`, without its ending.
    pub(super) wording: BTreeMap<String, String>,
    /// Who writes, and how customers reach them: by language, and by the mark that stands for it.
    pub(super) names: BTreeMap<(Language, &'static str), String>,
}

impl Sources {
    /// The built-in wording, without anybody's name.
    pub(crate) fn builtin() -> Self {
        let wording = wording!("en" "fr" "es" "de");
        Self {
            wording: wording
                .into_iter()
                .flatten()
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .collect(),
            names: BTreeMap::new(),
        }
    }

    /// What a mark stands for in one language.
    pub(crate) fn name(&mut self, language: Language, mark: &'static str, words: &str) {
        self.names.insert((language, mark), words.to_owned());
    }

    /// Takes other words for a text or a fragment.
    pub(crate) fn replace(&mut self, path: String, words: String) {
        self.wording.insert(path, words);
    }

    /// The text with every mark replaced.
    pub(super) fn assemble(
        &self,
        kind: NoticeKind,
        language: Language,
    ) -> Result<String, NoticeTextError> {
        let path = format!("{language}/{kind}");
        let text = self
            .wording
            .get(&path)
            .ok_or_else(|| NoticeTextError::NoSuchText { text: path.clone() })?;
        let named = |mark: &str| {
            let mut names = self.names.iter();
            let named = names.find(|((of, name), _)| *of == language && *name == mark);
            named.map(|(_, words)| words.clone())
        };
        replace_marks(&path, text, |name| {
            let path = format!("{language}/shared/{name}");
            match self.wording.get(&path) {
                Some(fragment) => replace_marks(&path, fragment, |name| Ok(named(name))).map(Some),
                None => Ok(named(name)),
            }
        })
    }
}

fn replace_marks(
    path: &str,
    text: &str,
    wording: impl Fn(&str) -> Result<Option<String>, NoticeTextError>,
) -> Result<String, NoticeTextError> {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text.trim_end();
    while let Some((before, after)) = rest.split_once("[[") {
        let unknown = |mark: &str| NoticeTextError::UnknownMark {
            text: path.to_owned(),
            mark: mark.to_owned(),
        };
        let (name, after) = after.split_once("]]").ok_or_else(|| unknown(after))?;
        replaced.push_str(before);
        replaced.push_str(&wording(name)?.ok_or_else(|| unknown(name))?);
        rest = after;
    }
    replaced.push_str(rest);
    Ok(replaced)
}
