//! A notice in passages. What somebody wrote stands in one place, with the event that it came with: where a notice tells it to the
//! customer, a quotation stands for it.

use serde::{Deserialize, Serialize};

use super::facts::told_words;
use crate::policy::words;

words! {
    /// What of the personal data of an event is quoted.
    Quoted {
        /// What was said or written.
        Text = "text",
        /// What is done for the customer.
        Remedy = "remedy",
    }
}

/// Words of an event of the same complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotation {
    /// The number of the event.
    pub event: i64,
    /// Which of its words.
    pub of: Quoted,
}

/// A part of a notice's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Passage {
    /// As it stands.
    Own(String),
    /// Words of an event, in the form in which notices tell them.
    Quoted(Quotation),
}

/// Which facts of a notice are words of an event, and need not be kept with the notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotes {
    /// The message.
    pub message: Option<Quotation>,
    /// The remedy.
    pub remedy: Option<Quotation>,
}

/// What a text is rendered with in place of quoted words. It is in no text: neither requests nor files may have control
/// characters.
pub(super) const MESSAGE: char = '\u{1}';
pub(super) const REMEDY: char = '\u{2}';

impl Quotes {
    /// Parts a text where quotations stand in it.
    pub(super) fn part(&self, rendered: &str) -> Vec<Passage> {
        let quotation = |mark| match mark {
            MESSAGE => self.message,
            REMEDY => self.remedy,
            _ => None,
        };
        let mut passages = Vec::new();
        let mut start = 0;
        let own = |passages: &mut Vec<Passage>, text: &str| {
            if !text.is_empty() {
                passages.push(Passage::Own(text.to_owned()));
            }
        };
        for (at, mark) in rendered.char_indices() {
            if let Some(quotation) = quotation(mark) {
                own(&mut passages, &rendered[start..at]);
                passages.push(Passage::Quoted(quotation));
                start = at + mark.len_utf8();
            }
        }
        own(&mut passages, &rendered[start..]);
        passages
    }
}

/// The text of a notice, with the words that it quotes. `None`: some of these are not there any more.
#[must_use]
pub fn text_of<'w>(
    passages: &[Passage],
    words: impl Fn(&Quotation) -> Option<&'w str>,
) -> Option<String> {
    let mut text = String::new();
    for passage in passages {
        match passage {
            Passage::Own(own) => text.push_str(own),
            Passage::Quoted(quotation) => text.push_str(&told_words(words(quotation)?)?),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::domain::notice::sample::{bare_facts, every_text, full_facts, least_facts, texts};

    const QUOTES: Quotes = Quotes {
        message: Some(Quotation {
            event: 7,
            of: Quoted::Text,
        }),
        remedy: Some(Quotation {
            event: 5,
            of: Quoted::Remedy,
        }),
    };

    #[test]
    fn a_notice_reads_the_same_whether_words_are_quoted_or_its_own() {
        let mut quoted = 0;
        for (kind, language) in every_text() {
            for mut facts in [full_facts(), least_facts(kind, 0), least_facts(kind, 1)] {
                for words in ["{{ reason }}", " Ada, \r\n\r\n  née Byron\t\n", "e"] {
                    facts.message = facts.message.map(|_| words.to_owned());
                    facts.remedy = facts.remedy.map(|_| format!("{words} again"));
                    let plain = texts().render(kind, language, &facts).unwrap();
                    let (rendered, passages) = texts()
                        .render_quoting(kind, language, &facts, &QUOTES)
                        .unwrap();
                    assert_eq!(rendered, plain);
                    let stored = serde_json::to_string(&passages).unwrap();
                    let passages: Vec<Passage> = serde_json::from_str(&stored).unwrap();
                    let read = text_of(&passages, |quotation| match quotation.of {
                        Quoted::Text => facts.message.as_deref(),
                        Quoted::Remedy => facts.remedy.as_deref(),
                    });
                    assert_eq!(read, Some(plain.text));
                    let is_quoted = |passage: &&Passage| matches!(passage, Passage::Quoted(_));
                    quoted += passages.iter().filter(is_quoted).count();
                }
            }
        }
        assert!(quoted > every_text().count(), "{quoted}");
    }

    #[test]
    fn words_that_are_not_there_any_more_leave_no_text() {
        let facts = full_facts();
        let (kind, language) = every_text().next().unwrap();
        let whole = texts().render_quoting(kind, language, &facts, &QUOTES);
        let (_, passages) = whole.unwrap();
        assert_eq!(text_of(&passages, |_| None), None);
        let own = texts().render_quoting(kind, language, &facts, &Quotes::default());
        let (rendered, passages) = own.unwrap();
        assert_eq!(passages, [Passage::Own(rendered.text.clone())]);
        assert_eq!(text_of(&passages, |_| None), Some(rendered.text));
        assert_eq!(bare_facts().message, None);
    }

    #[test]
    fn passages_are_stored_as_texts_and_quotations() {
        let passages = [
            Passage::Own("Here it is.\n".to_owned()),
            Passage::Quoted(Quotation {
                event: 7,
                of: Quoted::Text,
            }),
        ];
        let stored = serde_json::to_string(&passages).unwrap();
        assert_eq!(stored, r#"["Here it is.\n",{"event":7,"of":"text"}]"#);
    }
}
