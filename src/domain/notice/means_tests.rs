//! Letters name the means by which a brand can be reached, and no others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use super::sample::{ccts, full_facts, load, recourse};
use super::{Facts, Language, NoticeKind, Sources};
use crate::policy::{Channel, RecourseBody, RecourseRules, ServiceKind};

/// How each means is spoken of, in the order of [`Language::ALL`]: lower case, from the beginning of a word on.
const fn spoken_of(means: Channel) -> [&'static [&'static str]; 4] {
    match means {
        Channel::Form => [
            &["form "],
            &["formulaire"],
            &["formulario"],
            &["formular", "kontaktformular"],
        ],
        Channel::Chat => [&["chat"], &["clavard", "chat"], &["chat"], &["chat"]],
        Channel::Phone => [
            &["phone", "telephone", "call ", "calling", "ring "],
            &["téléphon", "appel", "numéro de tél"],
            &["teléfono", "telefón", "llam"],
            &["telefon", "anruf", "rufnummer", "rufen"],
        ],
        Channel::Mail => [
            &["mail", "post", "letter", "write"],
            &["courrier", "lettre", "poste ", "écri"],
            &["correo", "carta", "escrib", "escrit"],
            &["post ", "brief", "schreib", "schriftlich"],
        ],
        Channel::SupportCase => [
            &["support case"],
            &["dossier d’assistance"],
            &["caso de asistencia"],
            &["supportfall"],
        ],
    }
}

fn speaks_of(text: &str, means: Channel, place: usize) -> bool {
    // A sign at the end of a word is no part of it.
    let text = text.to_lowercase().replace([',', '.', ':', '\n'], " ");
    spoken_of(means)[place].iter().any(|word| {
        let mut found = text.match_indices(word);
        found.any(|(at, _)| !text[..at].ends_with(char::is_alphabetic))
    })
}

/// Every fact, of which none speaks of a means by itself: a body that can be found on the web alone.
fn facts() -> Facts {
    let body = |language| RecourseBody {
        phone: None,
        toll_free: None,
        tty: None,
        fax: None,
        address: None,
        time_limit: None,
        ..ccts(language)
    };
    let rules = RecourseRules {
        services: vec![ServiceKind::Internet],
        body: Language::ALL
            .map(|language| (language.code().to_owned(), body(language)))
            .into(),
        ..recourse()
    };
    let mut facts = full_facts();
    facts.head.issues.truncate(1);
    Facts {
        recourse: Some(Arc::new(rules)),
        ..facts
    }
}

/// The built-in wording of a brand that offers these means.
fn offering(means: &[Channel], home: &str, web: bool) -> Sources {
    let mut sources = Sources::builtin(home);
    sources.offer(means);
    for language in Language::ALL {
        sources.name(language, "name", "Acme");
        for (mark, given) in [
            ("phone", means.contains(&Channel::Phone)),
            ("mail", means.contains(&Channel::Mail)),
            ("web", web),
        ] {
            if given {
                sources.name(language, mark, mark.to_uppercase().as_str());
            }
        }
    }
    sources
}

#[test]
fn every_letter_names_the_means_that_are_offered_and_no_others() {
    let facts = facts();
    for choice in 1_usize..1 << Channel::ALL.len() {
        let chosen = Channel::ALL.into_iter().enumerate();
        let chosen = chosen.filter(|(nth, _)| choice & (1 << nth) != 0);
        let means: Vec<Channel> = chosen.map(|(_, means)| means).collect();
        // The web address and the home alternate, so that each goes with each of the means.
        let (home, web) = (["CA", "GB"][choice % 2], choice % 3 == 0);
        let texts = load(&offering(&means, home, web)).unwrap();
        for kind in NoticeKind::ALL {
            for (place, language) in Language::ALL.into_iter().enumerate() {
                let text = texts.render(kind, language, &facts).unwrap().text;
                for one in Channel::ALL {
                    // The notice of the independent body says how to reach that alone.
                    let told = means.contains(&one) && kind != NoticeKind::Recourse;
                    assert_eq!(
                        speaks_of(&text, one, place),
                        told,
                        "{language}/{kind} of {means:?} in {home}, {one}:\n{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_address_on_the_web_stands_beside_the_form_where_there_is_one() {
    for (web, line) in [
        (true, "\n- through our contact form: WEB\n- by mail: MAIL\n"),
        (false, "\n- through our contact form\n- by mail: MAIL\n"),
    ] {
        let texts = load(&offering(&[Channel::Form, Channel::Mail], "US", web)).unwrap();
        let told = texts.render(NoticeKind::Update, Language::English, &facts());
        let text = told.unwrap().text;
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_letter_of_a_british_brand_reads_as_one() {
    let texts = load(&offering(&[Channel::Mail], "GB", false)).unwrap();
    let told = texts.render(NoticeKind::EnquiryAnswered, Language::English, &facts());
    let text = told.unwrap().text;
    for words in [
        "30 November 2026\n",
        "Your enquiry of 27 November 2026: internet (billing)\n",
        "our answer to your enquiry",
        "- by post: MAIL",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
}
