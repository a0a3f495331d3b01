//! No text threatens, charges, or asks the customer to give the complaint up. What a word means depends on its clause: "sans
//! frais" and "we do not suspend your service" are good uses of words that are bad by themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::recourse_tests::{rules, told};
use super::sample::{every_text, renderings};
use super::{Language, NoticeKind};

/// How words of a language are judged: lower case, each from the beginning of a word on.
struct Words {
    /// Of fees, measures against the customer, and giving up.
    bad: &'static [&'static str],
    /// In the same clause, these turn them into their contrary.
    good: &'static [&'static str],
}

const fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            bad: &[
                "charge",
                "fee ",
                "fees",
                "cost",
                "pay ",
                "penalt",
                "disconnect",
                "suspend",
                "cancel",
                "terminat",
                "cut off",
                "withdraw",
                "drop your",
                "give up",
                "legal action",
                "collection",
                "credit rating",
                "consequence",
                "you must",
                "hesitate",
            ],
            good: &[
                "free of charge",
                "no charge",
                "no fee",
                "nothing",
                "not ",
                "never ",
            ],
        },
        Language::French => Words {
            bad: &[
                "frais",
                "payer",
                "paierez",
                "coût",
                "pénalit",
                "débranch",
                "couper",
                "coupure",
                "suspend",
                "résili",
                "annul",
                "retirer",
                "retrait",
                "désist",
                "renonc",
                "poursuites",
                "recouvrement",
                "cote de crédit",
                "conséquence",
                "devez",
                "hésit",
            ],
            good: &["sans frais", "sans coût", "aucun", "gratuit", "ne ", "n’"],
        },
        Language::Spanish => Words {
            bad: &[
                "cargo",
                "cobr",
                "tarifa",
                "coste",
                "pagar",
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
                "morosos",
                "consecuencia",
                "usted debe",
                "dudar",
            ],
            good: &[
                "sin cargo",
                "sin coste",
                "gratuit",
                "ningún",
                "ninguna",
                "no ",
                "nunca ",
            ],
        },
        Language::German => Words {
            bad: &[
                "gebühr",
                "entgelt",
                "kosten",
                "berechnen",
                "zahlen",
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
                "schufa",
                "konsequenz",
                "sie müssen",
                "müssen sie",
                "zögern",
            ],
            good: &[
                "gebührenfrei",
                "kostenlos",
                "kostenfrei",
                "ohne ",
                "kein",
                "nicht ",
                "nie ",
            ],
        },
    }
}

/// The first clause that threatens, charges or asks to give up.
fn unfair(text: &str, language: Language) -> Option<String> {
    let Words { bad, good } = words(language);
    let lower = text.to_lowercase();
    let mut clauses = lower.split(['.', ',', ';', ':', '!', '?', '(', ')', '–', '\n']);
    let clause = clauses.find(|clause| {
        // A space at the end, so that the last word ends as the others do.
        let clause = format!("{} ", clause.trim());
        let has = |stem: &&str| {
            clause.match_indices(*stem).any(|(at, _)| {
                let before = clause[..at].chars().next_back();
                before.is_none_or(|before| !before.is_alphabetic())
            })
        };
        bad.iter().any(has) && !good.iter().any(has)
    });
    clause.map(|clause| clause.trim().to_owned())
}

#[test]
fn no_text_threatens_charges_or_asks_to_give_the_complaint_up() {
    for (kind, language) in every_text() {
        for text in renderings(kind, language) {
            let found = unfair(&text, language);
            assert_eq!(found, None, "{language}/{kind}:\n{text}");
        }
    }
}

#[test]
fn no_policy_puts_an_unfair_word_into_a_letter() {
    for (name, rules) in rules() {
        for language in Language::ALL {
            let text = told(NoticeKind::Recourse, &rules, language);
            assert_eq!(unfair(&text, language), None, "{name} {language}:\n{text}");
        }
    }
}

#[test]
fn words_are_judged_by_what_their_clause_says() {
    let fair = [
        "Toll-free, and free of charge. There is no fee. This does not mean that we suspend your service",
        "Numéro sans frais : 1 888 221-1687. Cela n’entraîne aucuns frais. Nous ne suspendrons pas vos services.",
        "Sin cargo. La ayuda es gratuita y no le cobraremos nada. No suspenderemos su servicio.",
        "Gebührenfreie Rufnummer. Es entstehen Ihnen keine Kosten. Wir sperren Ihren Anschluss nicht deswegen.",
    ];
    for (language, text) in Language::ALL.into_iter().zip(fair) {
        assert_eq!(unfair(text, language), None);
    }
    let unfair_ones: [&[&str]; 4] = [
        &[
            "If you do not answer, we will suspend your service.",
            "Reviews beyond the first are charged at cost.",
            "Thank you; please withdraw your complaint now.",
            "We will not wait. Collections will contact you.",
        ],
        &[
            "Si vous ne répondez pas, nous suspendrons vos services.",
            "Des frais de dossier s’appliquent.",
            "Merci de retirer votre plainte.",
            "Nous transmettrons le dossier au recouvrement.",
        ],
        &[
            "Si no responde, suspenderemos su servicio.",
            "Se le cobrará una tarifa de gestión.",
            "Le rogamos que retire su queja.",
            "Emprenderemos acciones legales.",
        ],
        &[
            "Wenn Sie nicht antworten, sperren wir Ihren Anschluss.",
            "Dafür fällt eine Gebühr an.",
            "Bitte verzichten Sie auf die Beschwerde.",
            "Wir behalten uns rechtliche Schritte vor.",
        ],
    ];
    for (language, texts) in Language::ALL.into_iter().zip(unfair_ones) {
        for text in texts {
            assert!(unfair(text, language).is_some(), "{language}: {text}");
        }
    }
}
