//! What the approved texts promise, read over every kind in every language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::facts::Variable;
use super::sample::{NUMBER, ccts, every_text, full, full_facts, renderings, texts, without};
use super::sources::Sources;
use super::{Facts, Language, NoticeKind};

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
        let recourse = [body.name, body.website, phone];
        let about_a_complaint = kind != NoticeKind::EnquiryAnswered;
        let recourse = recourse.iter().filter(|_| about_a_complaint);
        for told in recourse.map(String::as_str).chain(["<message>"]) {
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
            "Ihre Vorgangsnummer lautet GT-4F7K-2",
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
            "by Thursday, December 10, 2026.",
            "au plus tard le jeudi 10 décembre 2026.",
            "a más tardar el jueves 10 de diciembre de 2026.",
            "bis Donnerstag, den 10. Dezember 2026.",
        ],
    );
    for language in Language::ALL {
        assert!(full(kind, language).contains("<review>"), "{language}");
    }
}

/// The kinds of notice after which a customer may disagree.
const OPEN_TO_DISAGREEMENT: [NoticeKind; 9] = [
    NoticeKind::Acknowledgement,
    NoticeKind::PromiseChanged,
    NoticeKind::OutcomeProposed,
    NoticeKind::Paused,
    NoticeKind::ClosedWithRecourse,
    NoticeKind::Withdrawn,
    NoticeKind::Reopened,
    NoticeKind::EnquiryConverted,
    NoticeKind::ReviewContinues,
];

const ESCALATION: InEachLanguage = [
    "escalated to a higher level (",
    "faire remonter à un échelon supérieur (",
    "derive a un nivel superior (",
    "auf eine höhere Ebene eskalieren (",
];

#[test]
fn whoever_may_disagree_is_told_how_to_escalate_to_which_levels_and_by_which_means() {
    for kind in OPEN_TO_DISAGREEMENT {
        for (place, language) in Language::ALL.into_iter().enumerate() {
            let text = full(kind, language);
            let levels = format!("{}<one level up>, <two levels up>)", ESCALATION[place]);
            let form = [
                "contact form",
                "formulaire de contact",
                "formulario de contacto",
                "Kontaktformular",
            ][place];
            let phone = ["1-866-671-0111", "1 866 671-0111"][usize::from(place == 1)];
            let mail = "GoTo, 333 Summer Street, 5th Floor, Boston, MA 02210, ";
            for told in [&levels, form, phone, mail] {
                assert!(
                    text.contains(told),
                    "{language}/{kind} lacks {told}:\n{text}"
                );
            }
        }
    }
}

#[test]
fn escalation_is_offered_only_where_there_is_a_level_above() {
    for kind in OPEN_TO_DISAGREEMENT {
        for (language, offer) in Language::ALL.into_iter().zip(ESCALATION) {
            let at_the_top = without(full_facts(), Variable::HigherLevels);
            let text = texts().render(kind, language, &at_the_top).unwrap().text;
            assert!(!text.contains(offer), "{language}/{kind}:\n{text}");
        }
    }
}

#[test]
fn what_is_closed_is_not_said_to_be_escalated_at_any_time_but_to_be_reopened_for_it() {
    let at_any_time = [
        "at any time",
        "à tout moment",
        "en cualquier momento",
        "jederzeit",
    ];
    let reopened = [
        "We will then reopen it",
        "Nous la rouvrirons alors",
        "En ese caso la reabriremos",
        "Wir nehmen sie dann wieder auf",
    ];
    for kind in [NoticeKind::ClosedWithRecourse, NoticeKind::Withdrawn] {
        for (place, language) in Language::ALL.into_iter().enumerate() {
            let closed = Facts {
                closed: true,
                ..full_facts()
            };
            let text = texts().render(kind, language, &closed).unwrap().text;
            assert!(text.contains(reopened[place]), "{language}/{kind}:\n{text}");
            assert!(
                !text.contains(at_any_time[place]),
                "{language}/{kind}:\n{text}"
            );
            assert!(full(kind, language).contains(at_any_time[place]));
        }
    }
}

#[test]
fn every_letter_is_dated_and_says_which_complaint_it_is_about() {
    let heads = [
        [
            "November 30, 2026",
            "Subject: Your complaint of November 27, 2026: internet (billing), local phone",
            "Tracking number: GT-4F7K-2",
            "Hello,",
        ],
        [
            "Le 30 novembre 2026",
            "Objet\u{a0}: Votre plainte du 27 novembre 2026 – Internet (facturation), téléphonie locale",
            "Numéro de suivi\u{a0}: GT-4F7K-2",
            "Bonjour,",
        ],
        [
            "30 de noviembre de 2026",
            "Asunto: Su queja del 27 de noviembre de 2026 sobre Internet (facturación), telefonía fija",
            "Número de seguimiento: GT-4F7K-2",
            "Estimada clienta, estimado cliente:",
        ],
        [
            "30. November 2026",
            "Betreff: Ihre Beschwerde vom 27. November 2026 zu Internet (Abrechnung), Festnetz",
            "Vorgangsnummer: GT-4F7K-2",
            "Guten Tag,",
        ],
    ];
    for kind in NoticeKind::ALL {
        for (language, head) in Language::ALL.into_iter().zip(heads) {
            let [date, subject, number, greeting] = head;
            let head = format!("{date}\n\n{subject}\n{number}\n\n{greeting}");
            let head = match kind {
                NoticeKind::EnquiryAnswered => head
                    .replace("Your complaint", "Your inquiry")
                    .replace("Votre plainte", "Votre demande")
                    .replace("Su queja", "Su consulta")
                    .replace("Ihre Beschwerde", "Ihre Anfrage"),
                _ => head,
            };
            let text = full(kind, language);
            assert!(
                text.starts_with(&format!("{head}\n\n")),
                "{language}/{kind}:\n{text}"
            );
        }
    }
}

#[test]
fn an_outcome_says_by_when_an_answer_is_awaited_and_what_follows_from_silence() {
    let told = [
        [
            "Please tell us whether you agree. We ask for your answer by Monday, December 14, 2026.",
            "If we do not hear from you by then, we may close your complaint. You can ask us to reopen it at any time.",
        ],
        [
            "Merci de nous dire, au plus tard le lundi 14 décembre 2026, si cela vous convient.",
            "Sans nouvelles de votre part à cette date, nous pourrons fermer votre plainte. Vous pourrez à tout moment nous demander de la rouvrir.",
        ],
        [
            "Por favor, díganos, a más tardar el lunes 14 de diciembre de 2026, si está de acuerdo.",
            "Si para entonces no hemos recibido su respuesta, es posible que cerremos su queja. Puede pedirnos en cualquier momento que la reabramos.",
        ],
        [
            "Bitte teilen Sie uns bis Montag, den 14. Dezember 2026 mit, ob Sie einverstanden sind.",
            "Wenn wir bis dahin nichts von Ihnen hören, können wir Ihre Beschwerde schließen. Sie können uns jederzeit bitten, sie wieder aufzunehmen.",
        ],
    ];
    for (language, [by, silence]) in Language::ALL.into_iter().zip(told) {
        let text = full(NoticeKind::OutcomeProposed, language);
        assert!(text.contains(by) && text.contains(silence), "{text}");
    }
}

#[test]
fn a_pause_that_waits_for_the_customer_asks_and_says_by_when_and_what_follows_from_silence() {
    let told = [
        "<reason>\n\n<message>\n\nPlease answer by Monday, December 14, 2026. If we do not hear from you by then, we will continue with the information that we have.",
        "<reason>\n\n<message>\n\nMerci de nous répondre au plus tard le lundi 14 décembre 2026. Sans nouvelles de votre part à cette date, nous poursuivrons avec les renseignements dont nous disposons.",
        "<reason>\n\n<message>\n\nLe rogamos que nos responda a más tardar el lunes 14 de diciembre de 2026. Si para entonces no hemos recibido su respuesta, continuaremos con la información de que disponemos.",
        "<reason>\n\n<message>\n\nBitte antworten Sie uns bis Montag, den 14. Dezember 2026. Wenn wir bis dahin nichts von Ihnen hören, arbeiten wir mit dem weiter, was uns vorliegt.",
    ];
    for (language, told) in Language::ALL.into_iter().zip(told) {
        let text = full(NoticeKind::Paused, language);
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn regular_news_are_announced_only_where_the_code_times_them() {
    let regularly = [
        "regularly",
        "régulièrement",
        "de manera regular",
        "regelmäßig",
    ];
    for (language, regularly) in Language::ALL.into_iter().zip(regularly) {
        let kind = NoticeKind::Acknowledgement;
        let untimed = without(full_facts(), Variable::NextUpdateBy);
        let untimed = texts().render(kind, language, &untimed).unwrap().text;
        assert!(full(kind, language).contains(regularly));
        assert!(!untimed.contains(regularly), "{untimed}");
    }
}

#[test]
fn the_next_update_is_not_announced_for_the_day_of_the_answer_or_later() {
    for (kind, language) in every_text() {
        let facts = full_facts();
        let same_day = Facts {
            next_update_by: facts.expected_by,
            ..facts.clone()
        };
        let unannounced = Facts {
            next_update_by: None,
            ..facts
        };
        let read = |facts| texts().render(kind, language, facts).unwrap().text;
        assert_eq!(read(&same_day), read(&unannounced), "{language}/{kind}");
    }
}

#[test]
fn a_moved_promise_gives_its_reason_the_first_date_and_the_new_one() {
    let kind = NoticeKind::PromiseChanged;
    tells(kind, ["<reason>"; 4]);
    tells(
        kind,
        [
            "Date we first gave you: Thursday, December 3, 2026\nNew date: Thursday, December 10, 2026",
            "Date annoncée au départ\u{a0}: jeudi 3 décembre 2026\nNouvelle date\u{a0}: jeudi 10 décembre 2026",
            "Fecha que le dimos al principio: jueves 3 de diciembre de 2026\nNueva fecha: jueves 10 de diciembre de 2026",
            "Zuerst genannter Termin: Donnerstag, 3. Dezember 2026\nNeuer Termin: Donnerstag, 10. Dezember 2026",
        ],
    );
}

#[test]
fn a_given_date_is_told_by_every_kind_that_waits_for_one() {
    const DATE: InEachLanguage = [
        "Thursday, December 10, 2026",
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
            "by Tuesday, December 1, 2026.",
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
            "Il peut aider les clients suivants\u{a0}:\n- consommateurs (sans fil, Internet, télévision)\n- petites entreprises (sans fil, Internet)\n\n",
            "Atiende a:\n- consumidores (telefonía móvil, Internet, televisión)\n- pequeñas empresas (telefonía móvil, Internet)\n\n",
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
        tells(kind, ["(CCTS)", "(CPRST)", "(CCTS)", "(CCTS)"]);
        tells(kind, ["1-888-221-1687"; 4]);
    }
    tells(NoticeKind::ClosedWithRecourse, ["<reason>"; 4]);
}

/// Before these signs no space stands in Canadian French, and a space that does not break before a colon.
#[test]
fn each_language_keeps_its_typography() {
    let [american, british] = ["CA", "GB"].map(|home| Sources::builtin(home).wording);
    for (path, text) in american.into_iter().chain(british) {
        assert!(
            !text.contains(['\'', '"', '\t']),
            "{path}: straight quote or tab"
        );
        if path.starts_with("fr/") {
            // Template tags and marks hold no such sign, so each one is the customer's to read.
            for (at, sign) in text.match_indices([':', ';', '!', '?']) {
                let space = text[..at].ends_with(char::is_whitespace);
                let kept = text[..at].ends_with('\u{a0}');
                assert_eq!(
                    (space, kept),
                    (sign == ":", sign == ":"),
                    "{path}: {sign} at {at}"
                );
            }
        }
    }
}
