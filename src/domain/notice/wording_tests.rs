//! What the approved texts promise, read over every kind in every language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::sample::{NUMBER, ccts, every_text, full, renderings};
use super::sources::Sources;
use super::{Language, NoticeKind};

/// The words that a text must contain, in the order of [`Language::ALL`].
type InEachLanguage = [&'static str; 4];

#[track_caller]
fn tells(kind: NoticeKind, words: InEachLanguage) {
    for (language, words) in Language::ALL.into_iter().zip(words) {
        for text in renderings(kind, language) {
            assert!(
                text.contains(words),
                "{language}/{kind} lacks {words:?}:\n{text}"
            );
        }
    }
}

#[test]
fn every_kind_renders_in_every_language_and_quotes_the_tracking_number() {
    for (kind, language) in every_text() {
        for text in renderings(kind, language) {
            assert!(text.contains(NUMBER), "{language}/{kind}:\n{text}");
        }
    }
}

#[test]
fn no_rendering_shows_a_hole_or_a_piece_of_template() {
    for (kind, language) in every_text() {
        for text in renderings(kind, language) {
            for scrap in [
                "{{",
                "}}",
                "{%",
                "%}",
                "[[",
                "]]",
                "none",
                "undefined",
                "\n\n\n",
                "  ",
                " \n",
                " .",
                "..",
                "\r",
            ] {
                assert!(
                    !text.contains(scrap),
                    "{language}/{kind} shows {scrap:?}:\n{text}"
                );
            }
            assert_eq!(text.trim(), text, "{language}/{kind}");
        }
    }
}

#[test]
fn no_text_swallows_the_advisers_words_or_hides_the_independent_body() {
    for (kind, language) in every_text() {
        let text = full(kind, language);
        let body = ccts(language);
        let phone = body.phone.unwrap();
        for told in ["<message>", &body.name, &body.website, &phone] {
            assert!(
                text.contains(told),
                "{language}/{kind} lacks {told}:\n{text}"
            );
        }
    }
}

#[test]
fn the_acknowledgement_gives_number_review_date_and_the_way_to_escalate_together() {
    let kind = NoticeKind::Acknowledgement;
    tells(
        kind,
        [
            "Your tracking number is GT-4F7K-2",
            "Votre numéro de suivi est le GT-4F7K-2",
            "Su número de seguimiento es GT-4F7K-2",
            "Ihre Verfolgungsnummer lautet GT-4F7K-2",
        ],
    );
    tells(
        kind,
        [
            "How we will review it: ",
            "Processus d’examen\u{a0}: ",
            "Cómo la investigaremos: ",
            "So untersuchen wir die Angelegenheit: ",
        ],
    );
    tells(
        kind,
        [
            "by Thursday 10 December 2026.",
            "au plus tard le jeudi 10 décembre 2026.",
            "a más tardar el jueves 10 de diciembre de 2026.",
            "bis Donnerstag, den 10. Dezember 2026.",
        ],
    );
    for language in Language::ALL {
        assert!(full(kind, language).contains("<review>"), "{language}");
    }
}

#[test]
fn whoever_may_disagree_is_told_how_to_escalate_and_by_which_means() {
    for kind in [
        NoticeKind::Acknowledgement,
        NoticeKind::PromiseChanged,
        NoticeKind::OutcomeProposed,
        NoticeKind::Paused,
        NoticeKind::ClosedWithRecourse,
        NoticeKind::Withdrawn,
        NoticeKind::Reopened,
        NoticeKind::EnquiryConverted,
    ] {
        tells(
            kind,
            [
                "escalated to a senior manager and/or support lead",
                "faire remonter à un directeur senior ou à un responsable du service d’assistance",
                "derive a un director o responsable de asistencia",
                "an einen Senior Manager und/oder Support-Leiter eskalieren",
            ],
        );
        tells(
            kind,
            [
                "contact form",
                "formulaire de contact",
                "formulario de contacto",
                "Kontaktformular",
            ],
        );
        tells(kind, ["866-671-0111"; 4]);
        tells(
            kind,
            ["Complaints Department, GoTo, 333 Summer Street, 5th Floor, Boston, MA 02210"; 4],
        );
    }
}

#[test]
fn a_moved_promise_gives_its_reason_the_first_date_and_the_new_one() {
    let kind = NoticeKind::PromiseChanged;
    tells(kind, ["<reason>"; 4]);
    tells(
        kind,
        [
            "Date we first gave you: Thursday 3 December 2026\nNew date: Thursday 10 December 2026",
            "Date annoncée au départ\u{a0}: le jeudi 3 décembre 2026\nNouvelle date\u{a0}: le jeudi 10 décembre 2026",
            "Fecha que le dimos al principio: el jueves 3 de diciembre de 2026\nNueva fecha: el jueves 10 de diciembre de 2026",
            "Zuerst genannter Termin: Donnerstag, den 3. Dezember 2026\nNeuer Termin: Donnerstag, den 10. Dezember 2026",
        ],
    );
}

#[test]
fn a_given_date_is_told_by_every_kind_that_waits_for_one() {
    const DATE: InEachLanguage = [
        "Thursday 10 December 2026",
        "le jeudi 10 décembre 2026",
        "el jueves 10 de diciembre de 2026",
        "Donnerstag, den 10. Dezember 2026",
    ];
    for kind in [
        NoticeKind::EscalationAcknowledged,
        NoticeKind::Acknowledgement,
    ] {
        tells(kind, DATE);
    }
    for (language, date) in Language::ALL.into_iter().zip(DATE) {
        let resumed = full(NoticeKind::Resumed, language);
        assert!(resumed.contains(date), "{resumed}");
    }
    for language in Language::ALL {
        let update = full(NoticeKind::Update, language);
        let next = Language::ALL.iter().position(|l| *l == language).unwrap();
        let tuesday = [
            "by Tuesday 1 December 2026.",
            "au plus tard le mardi 1er décembre 2026.",
            "a más tardar el martes 1 de diciembre de 2026.",
            "bis Dienstag, den 1. Dezember 2026.",
        ][next];
        assert!(update.contains(tuesday), "{update}");
    }
}

#[test]
fn the_recourse_notice_says_neutral_free_of_charge_how_to_reach_it_and_for_whom() {
    let kind = NoticeKind::Recourse;
    tells(
        kind,
        [
            "neutral third party",
            "tiers neutre",
            "tercero neutral",
            "neutrale Stelle",
        ],
    );
    tells(
        kind,
        ["free of charge", "gratuite", "gratuita", "kostenlos"],
    );
    tells(kind, ["(CCTS)", "(CPRST)", "(CCTS)", "(CCTS)"]);
    tells(kind, ["www.ccts-cprst.ca"; 4]);
    tells(kind, ["1-888-221-1687"; 4]);
    // Consumers for telecom and TV, small businesses for telecom only, in every language alike.
    tells(
        kind,
        [
            "It is open to:\n- consumers (wireless, internet, TV)\n- small businesses (wireless, internet)\n\n",
            "Peuvent s’adresser à lui\u{a0}:\n- consommateurs (sans fil, Internet, télévision)\n- petites entreprises (sans fil, Internet)\n\n",
            "Pueden dirigirse a él:\n- consumidores (telefonía móvil, Internet, televisión)\n- pequeñas empresas (telefonía móvil, Internet)\n\n",
            "Sie steht offen für:\n- Verbraucher (Mobilfunk, Internet, Fernsehen)\n- Kleinunternehmen (Mobilfunk, Internet)\n\n",
        ],
    );
    tells(
        kind,
        [
            "Contacting it does not affect your services or how we treat you",
            "n’a aucun effet sur vos services ni sur la façon dont nous vous traitons",
            "no afecta a sus servicios ni al trato que le damos",
            "hat das keinen Einfluss auf Ihre Dienste oder darauf, wie wir Sie behandeln",
        ],
    );
}

#[test]
fn a_closure_without_acceptance_states_internal_and_external_recourse() {
    for kind in [NoticeKind::ClosedWithRecourse, NoticeKind::Withdrawn] {
        tells(kind, ["escalate", "remonter", "derivar", "eskalieren"]);
        tells(kind, ["(CCTS)", "(CPRST)", "(CCTS)", "(CCTS)"]);
        tells(kind, ["1-888-221-1687"; 4]);
    }
    tells(NoticeKind::ClosedWithRecourse, ["<reason>"; 4]);
}

#[test]
fn no_text_threatens_charges_or_asks_to_give_the_complaint_up() {
    // Word stems, lower case. "Free of charge" and its like are the good uses of a forbidden word.
    let forbidden: [&[&str]; 4] = [
        &[
            "charge",
            "fee ",
            "fees",
            "penalt",
            "disconnect",
            "suspend",
            "cancel",
            "terminat",
            "withdraw",
            "drop your",
            "legal action",
            "collection",
            "consequence",
            "must ",
        ],
        &[
            "frais",
            "payer",
            "pénalit",
            "débranch",
            "coup",
            "suspend",
            "résili",
            "annul",
            "retir",
            "désist",
            "renonc",
            "poursuites",
            "recouvrement",
            "conséquence",
            "devez",
        ],
        &[
            "cargo",
            "cobr",
            "tarifa",
            "multa",
            "penaliz",
            "desconect",
            "cortar",
            "suspend",
            "cancel",
            "rescind",
            "retir",
            "desist",
            "renunci",
            "acciones legales",
            "consecuencia",
            "debe ",
        ],
        &[
            "gebühr",
            "entgelt",
            "berechnen",
            "strafe",
            "abschalt",
            "sperr",
            "kündig",
            "zurückzieh",
            "zurücknehm",
            "verzicht",
            "rechtliche schritte",
            "inkasso",
            "mahn",
            "konsequenz",
            "müssen",
        ],
    ];
    for kind in NoticeKind::ALL {
        for (language, stems) in Language::ALL.into_iter().zip(forbidden) {
            for text in renderings(kind, language) {
                let mut text = text.to_lowercase();
                for free in ["free of charge", "sans frais", "gebührenfrei"] {
                    text = text.replace(free, "");
                }
                for stem in stems {
                    assert!(
                        !text.contains(stem),
                        "{language}/{kind} says {stem:?}:\n{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn each_language_keeps_its_typography() {
    for (path, text) in Sources::builtin().unwrap().wording {
        assert!(
            !text.contains(['\'', '"', '\t']),
            "{path}: straight quote or tab"
        );
        if path.starts_with("fr/") {
            // Template tags and marks hold no such sign, so each one is the customer's to read.
            for (at, sign) in text.match_indices([':', ';', '!', '?']) {
                assert!(
                    text[..at].ends_with('\u{a0}'),
                    "{path}: bare {sign} at {at}"
                );
            }
        }
    }
}
