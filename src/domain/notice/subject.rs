//! What a notice says that it is about.

use super::Language;

/// How many lines the head of a letter has at most: below them stand other people's words.
const HEAD: usize = 6;

/// What follows "Subject:", as the language has it, on a line of a letter's head. `None`: a brand's own wording has no such line.
#[must_use]
pub fn subject_of(text: &str, language: Language) -> Option<&str> {
    let mark = match language {
        Language::English => "Subject",
        Language::French => "Objet",
        Language::Spanish => "Asunto",
        Language::German => "Betreff",
    };
    text.lines().take(HEAD).find_map(|line| {
        // A French colon stands apart from its word.
        let rest = line.strip_prefix(mark)?.trim_start().strip_prefix(':')?;
        Some(rest.trim()).filter(|subject| !subject.is_empty())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::domain::notice::sample::{every_text, full_facts, least_facts, texts};

    #[test]
    fn every_built_in_text_says_what_it_is_about() {
        for (kind, language) in every_text() {
            for facts in [full_facts(), least_facts(kind, 0)] {
                let text = texts().render(kind, language, &facts).unwrap().text;
                let subject = subject_of(&text, language).unwrap_or_default();
                let said = match language {
                    Language::English => ["Your complaint of ", "Your inquiry of "],
                    Language::French => ["Votre plainte du ", "Votre demande "],
                    Language::Spanish => ["Su queja del ", "Su consulta del "],
                    Language::German => ["Ihre Beschwerde vom ", "Ihre Anfrage vom "],
                };
                assert!(
                    said.iter().any(|begin| subject.starts_with(begin)),
                    "{language}/{kind}: {subject:?}\n{text}"
                );
            }
        }
    }

    #[test]
    fn words_further_down_are_no_subject() {
        let english = |text| subject_of(text, Language::English);
        assert_eq!(
            english("June 3\n\nSubject:  A bill \nHello"),
            Some("A bill")
        );
        assert_eq!(english("June 3\n\nSubject:\nHello"), None);
        assert_eq!(english("1\n2\n3\n4\n5\n6\nSubject: mine"), None);
        assert_eq!(
            subject_of("Objet\u{a0}: Ici", Language::French),
            Some("Ici")
        );
        assert_eq!(subject_of("Subject: A bill", Language::German), None);
    }
}
