//! The approved wording as it lies in `notices/`, compiled in.
//!
//! `notices/<lang>/<kind>.txt` is a text. In it, a mark such as `[[escalation]]` stands for wording that texts share: a
//! fragment `notices/<lang>/shared/<name>.txt`, or something of the brand, which fragments may mark too: `[[name]]`, `[[phone]]`,
//! `[[mail]]`, `[[web]]`, and `[[means]]`, a line for each means by which it can be reached. Marks are replaced before anything
//! else, so that the version of a text covers every approved word in it.

use std::collections::BTreeMap;

use super::{Language, NoticeKind, NoticeTextError, variety::Variety};
use crate::policy::Channel;

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
            "enquiry_converted" "review_continues"
            "shared/by_chat" "shared/by_form" "shared/by_form_at" "shared/by_mail" "shared/by_phone"
            "shared/by_support_case" "shared/contact" "shared/escalation" "shared/head" "shared/inquiry_head"
            "shared/next_update" "shared/recourse" "shared/signature"
        )),*]
    };
}

/// What British English words otherwise, by its path below `notices/en-GB/`.
const BRITISH: [(&str, &str); 5] = wording_of!("en-GB":
    "recourse" "enquiry_answered" "enquiry_converted" "shared/by_mail" "shared/inquiry_head"
);

/// The approved wording before its marks are replaced.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// Texts and fragments, by their path below `notices/`, without its ending.
    pub(super) wording: BTreeMap<String, String>,
    /// Who writes, and how customers reach them: by language, and by the mark that stands for it.
    pub(super) names: BTreeMap<(Language, &'static str), String>,
    /// The means by which customers can reach them, in the order in which they are told.
    means: Vec<Channel>,
    /// Where they are at home, by ISO 3166.
    home: String,
}

impl Sources {
    /// The built-in wording as it is read in a country, named by its two letters in ISO 3166: without anybody's name, and
    /// without any means.
    pub(crate) fn builtin(home: &str) -> Self {
        let own = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
        let wording = wording!("en" "fr" "es" "de");
        let mut wording: BTreeMap<_, _> = wording.into_iter().flatten().map(own).collect();
        if Variety::of(Language::English, home) == Variety::BritishEnglish {
            wording
                .extend(BRITISH.map(|(path, text)| own((&path.replacen("en-GB", "en", 1), text))));
        }
        Self {
            wording,
            names: BTreeMap::new(),
            means: Vec::new(),
            home: home.to_owned(),
        }
    }

    /// What a mark stands for in one language.
    pub(crate) fn name(&mut self, language: Language, mark: &'static str, words: &str) {
        self.names.insert((language, mark), words.to_owned());
    }

    /// By which means customers can reach them.
    pub(crate) fn offer(&mut self, means: &[Channel]) {
        self.means = means.to_vec();
    }

    /// Takes other words for a text or a fragment.
    pub(crate) fn replace(&mut self, path: String, words: String) {
        self.wording.insert(path, words);
    }

    pub(super) fn variety(&self, language: Language) -> Variety {
        Variety::of(language, &self.home)
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
        let named = |mark: &str| match mark {
            "means" => self.means(language).map(Some),
            mark => Ok(self.named(language, mark)),
        };
        replace_marks(&path, text, |name| {
            let path = format!("{language}/shared/{name}");
            match self.wording.get(&path) {
                Some(fragment) => replace_marks(&path, fragment, named).map(Some),
                None => named(name),
            }
        })
    }

    fn named(&self, language: Language, mark: &str) -> Option<String> {
        let mut names = self.names.iter();
        let named = names.find(|((of, name), _)| *of == language && *name == mark);
        named.map(|(_, words)| words.clone())
    }

    /// How to reach them: the fragment of each of their means, on a line each.
    fn means(&self, language: Language) -> Result<String, NoticeTextError> {
        let mut lines = Vec::new();
        for means in &self.means {
            let fragment = match means {
                Channel::Form if self.named(language, "web").is_some() => "by_form_at",
                Channel::Form => "by_form",
                Channel::Chat => "by_chat",
                Channel::Phone => "by_phone",
                Channel::Mail => "by_mail",
                Channel::SupportCase => "by_support_case",
            };
            let path = format!("{language}/shared/{fragment}");
            let text = self
                .wording
                .get(&path)
                .ok_or_else(|| NoticeTextError::NoSuchText { text: path.clone() })?;
            lines.push(replace_marks(&path, text, |mark| {
                Ok(self.named(language, mark))
            })?);
        }
        Ok(lines.join("\n"))
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
