//! Texts: trimmed, bounded, and free of what a reader cannot see.

use super::Check;
use crate::{
    policy::known,
    writing::{self, Unfit},
};

/// What a text may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextRule {
    /// The most characters (Unicode scalar values) it has.
    max: usize,
    /// Whether it may have several lines, and tabs.
    lines: bool,
}

/// A word or a name: 100 characters in one line. What stands in one line is kept in one spelling.
pub(crate) const SHORT: TextRule = TextRule::one_line(100);
/// A line of 200 characters.
pub(crate) const LINE: TextRule = TextRule::one_line(200);
/// Some sentences: 2 000 characters.
pub(crate) const SENTENCES: TextRule = TextRule::lines(2_000);
/// What a person tells at length: 10 000 characters.
pub(crate) const STORY: TextRule = TextRule::lines(10_000);

impl TextRule {
    pub(crate) const fn one_line(max: usize) -> Self {
        TextRule { max, lines: false }
    }

    pub(crate) const fn lines(max: usize) -> Self {
        TextRule { max, lines: true }
    }

    /// A text that fits, in the form in which it is kept; in one line alone.
    pub(super) fn text(self, text: &str) -> Option<String> {
        let text = text.trim();
        let unfit = self.unfit(text).is_some() || writing::invisible(text).is_some();
        let text = writing::plain(text);
        (!unfit && (1..=self.max).contains(&text.chars().count())).then_some(text)
    }

    fn unfit(self, text: &str) -> Option<Unfit> {
        if self.lines {
            writing::unfit_in_lines(text)
        } else {
            writing::unfit_in_line(text)
        }
    }
}

impl Check {
    /// A text that must be there.
    pub(crate) fn required(&mut self, field: &str, text: &str, rule: TextRule) -> Option<String> {
        if text.trim().is_empty() {
            self.violation(field, "is required");
            return None;
        }
        self.optional(field, text, rule)
    }

    /// A name from a known set, written exactly as it is known; `None` if it is missing.
    pub(crate) fn known<'n>(
        &mut self,
        field: &str,
        text: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let name = self.optional(field, text, SHORT)?;
        let names: Vec<&str> = names.into_iter().collect();
        if !names.contains(&name.as_str()) {
            self.violation(field, known::expected(&name, names));
            return None;
        }
        Some(name)
    }

    /// A text that may be missing: `None` then.
    pub(crate) fn optional(&mut self, field: &str, text: &str, rule: TextRule) -> Option<String> {
        let written = text;
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some(unfit) = rule.unfit(text) {
            // Counted from the beginning of what was sent.
            let cut = written.chars().take_while(|c| c.is_whitespace()).count();
            let position = unfit.position + cut;
            let what = if rule.lines {
                "control characters but line feeds and tabs, no override of direction, and no other change of it that does not end in its paragraph"
            } else {
                "characters that cannot be seen"
            };
            let found = Unfit { position, ..unfit };
            self.violation(field, format!("must have no {what}; it has {found}"));
            return None;
        }
        if let Some(first) = writing::invisible(text) {
            let found =
                format!("must have something that can be seen; it has only {first} and the like");
            self.violation(field, found);
            return None;
        }
        let text = if rule.lines {
            // What browsers and mail programs send for the end of a line.
            text.replace("\r\n", "\n")
        } else {
            writing::plain(text)
        };
        let length = text.chars().count();
        if length > rule.max {
            self.violation(
                field,
                format!("must have at most {} characters; it has {length}", rule.max),
            );
            return None;
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};

    #[test]
    fn a_text_at_the_limit_is_taken_and_one_beyond_is_not() {
        for rule in [SHORT, LINE, SENTENCES, STORY] {
            // Characters count, not bytes.
            let most = "é".repeat(rule.max);
            let mut check = check();
            assert_eq!(check.required("text", &most, rule), Some(most.clone()));
            assert_eq!(
                check.required("text", &format!("  {most}\n"), rule),
                Some(most.clone())
            );
            assert!(check.fields().is_empty());
            assert_eq!(check.required("text", &format!("{most}e"), rule), None);
            assert!(check.only().contains(&format!("it has {}", rule.max + 1)));
        }
    }

    #[test]
    fn a_text_of_white_space_was_not_given() {
        let mut check = check();
        for empty in ["", " ", "\n\t", "\u{a0}"] {
            assert_eq!(check.optional("text", empty, SHORT), None);
        }
        assert!(check.fields().is_empty());
        assert_eq!(check.required("text", " \n", SHORT), None);
        assert_eq!(check.only(), "is required");
    }

    #[test]
    fn control_characters_are_refused_but_lines_and_tabs_of_a_long_text() {
        for bad in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{85}', '\r'] {
            for rule in [SHORT, STORY] {
                let mut check = check();
                assert_eq!(check.optional("text", &format!("a{bad}b"), rule), None);
                assert_eq!(check.fields(), ["text"], "{bad:?}");
            }
        }
        for lines in ["a\nb", "a\tb"] {
            let mut check = check();
            assert_eq!(check.optional("text", lines, STORY).as_deref(), Some(lines));
            assert!(check.fields().is_empty());
            assert_eq!(check.optional("text", lines, LINE), None);
            assert_eq!(
                check.only(),
                format!(
                    "must have no characters that cannot be seen; it has U+{:04X} at position 2",
                    u32::from(lines.chars().nth(1).unwrap_or_default())
                )
            );
        }
    }

    #[test]
    fn the_position_is_that_in_what_was_sent() {
        let mut check = check();
        assert_eq!(check.optional("text", " \ta\u{202e}b", LINE), None);
        assert!(check.only().ends_with("it has U+202E at position 4"));
    }

    #[test]
    fn a_name_is_stored_in_one_spelling_and_a_story_as_it_was_told() {
        let (spelt, kept) = ("Jose\u{301}\u{a0}Ruiz", "José Ruiz");
        assert_eq!(check().optional("text", spelt, LINE).as_deref(), Some(kept));
        assert_eq!(
            check().optional("text", spelt, STORY).as_deref(),
            Some(spelt)
        );
    }

    #[test]
    fn a_line_that_ends_as_in_a_web_form_ends_in_a_line_feed() {
        assert_eq!(
            check().optional("text", "a\r\nb", STORY).as_deref(),
            Some("a\nb")
        );
    }
}
