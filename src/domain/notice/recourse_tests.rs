//! What a customer is told about the independent body, under every built-in policy and in every language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, LazyLock};

use super::sample::{bare_facts, least_facts, recourse, texts};
use super::{Facts, Language, NoticeKind};
use crate::{
    calendar::CalendarBook,
    policy::{CustomerType, PolicyBook, RecourseBody, RecourseRules},
};

/// The words for one thing, in the order of [`Language::ALL`].
type InEachLanguage = [&'static str; 4];

const FREE_LABEL: InEachLanguage = [
    "Toll-free phone: ",
    "Numéro sans frais\u{a0}: ",
    "Número gratuito: ",
    "Gebührenfreie Rufnummer: ",
];
const LABEL: InEachLanguage = [
    "\nPhone: ",
    "\nTéléphone\u{a0}: ",
    "\nTeléfono: ",
    "\nTelefon: ",
];
const FREE_HELP: InEachLanguage = [
    "free of charge",
    "aide est gratuite",
    "ayuda es gratuita",
    "Unterstützung ist kostenlos",
];
const TELEVISION: InEachLanguage = ["TV", "télévision", "televisión", "Fernsehen"];
const BUSINESSES: InEachLanguage = ["business", "entreprises", "empresas", "unternehmen"];

/// Each built-in version with its name.
pub(super) fn rules() -> impl Iterator<Item = (String, Arc<RecourseRules>)> {
    static BOOK: LazyLock<PolicyBook> =
        LazyLock::new(|| PolicyBook::builtin(&CalendarBook::builtin().unwrap()).unwrap());
    let current = BOOK.current();
    current.map(|policy| (policy.name().to_owned(), Arc::clone(&policy.recourse)))
}

pub(super) fn told(kind: NoticeKind, rules: &Arc<RecourseRules>, language: Language) -> String {
    let facts = Facts {
        recourse: Some(Arc::clone(rules)),
        ..bare_facts()
    };
    texts().render(kind, language, &facts).unwrap().text
}

/// Every built-in version, in each language: its rules, the body there, its place among the languages, and the notice.
fn each(mut look: impl FnMut(&str, &RecourseRules, &RecourseBody, usize, &str)) {
    for (name, rules) in rules() {
        for (place, language) in Language::ALL.into_iter().enumerate() {
            let text = told(NoticeKind::Recourse, &rules, language);
            let body = &rules.body[language.code()];
            look(&name, &rules, body, place, &text);
        }
    }
}

#[test]
fn no_number_is_called_free_where_the_caller_pays_and_none_is_told_where_there_is_none() {
    let (mut free, mut paid, mut none) = (0, 0, 0);
    each(|name, _, body, place, text| {
        let labels = [FREE_LABEL[place], LABEL[place]].map(|label| text.contains(label));
        let expected = match (&body.phone, body.toll_free) {
            (None, _) => {
                none += 1;
                [false, false]
            }
            (Some(_), Some(true)) => {
                free += 1;
                [true, false]
            }
            (Some(number), _) => {
                paid += 1;
                let cost = body.phone_cost.as_ref().unwrap();
                assert!(
                    text.contains(&format!("{number} ({cost})\n")),
                    "{name}:\n{text}"
                );
                [false, true]
            }
        };
        assert_eq!(labels, expected, "{name}:\n{text}");
        for number in [&body.phone, &body.tty, &body.fax].into_iter().flatten() {
            assert!(text.contains(number), "{name} {number}:\n{text}");
            let digits = number.chars().filter(char::is_ascii_digit).count();
            assert!(digits >= 9, "{name}: {number} is no number");
        }
    });
    assert!(free > 0 && paid > 0 && none > 0, "{free} {paid} {none}");
}

#[test]
fn each_number_that_costs_the_caller_is_known_as_such() {
    for (name, rules) in rules() {
        let costs = ["uk-ofcom", "es", "ie-comreg"].contains(&name.as_str());
        for body in rules.body.values() {
            let free = (name != "fr").then_some(!costs);
            assert_eq!(body.toll_free, free, "{name} {body:?}");
            assert_eq!(body.phone_cost.is_some(), costs, "{name} {body:?}");
            assert_eq!(body.phone.is_none(), name == "fr", "{name}");
        }
    }
}

#[test]
fn television_and_businesses_are_told_of_under_the_rules_that_name_them_alone() {
    each(|name, rules, _, place, text| {
        let customers = &rules.customers;
        let tv = rules
            .services
            .iter()
            .any(|service| service.as_str() == "tv");
        assert_eq!(text.contains(TELEVISION[place]), tv, "{name}:\n{text}");
        let businesses = customers.iter().any(|who| *who != CustomerType::Consumer);
        let told = text.contains(BUSINESSES[place]);
        assert_eq!(told, businesses, "{name}:\n{text}");
        let lines = text.lines().filter(|line| line.starts_with("- "));
        assert_eq!(lines.count(), customers.len(), "{name}:\n{text}");
    });
    let of = |wanted: &str| rules().find(|(name, _)| name == wanted).unwrap().1;
    for bank in ["ca-fcac", "uk-fca"] {
        let text = told(NoticeKind::Recourse, &of(bank), Language::English);
        let alone = "It is open to:\n- consumers\n- small businesses\n\n";
        assert!(text.contains(alone), "{bank}:\n{text}");
    }
    assert_eq!(of("fr").customers, [CustomerType::Consumer]);
}

#[test]
fn what_is_not_free_is_not_called_so_and_a_limit_of_time_is_told_where_there_is_one() {
    let (mut charged, mut limited) = (0, 0);
    each(|name, rules, body, place, text| {
        assert_eq!(
            text.contains(FREE_HELP[place]),
            rules.free_of_charge,
            "{name}:\n{text}"
        );
        charged += usize::from(!rules.free_of_charge);
        if let Some(limit) = &body.time_limit {
            assert!(text.contains(limit), "{name}:\n{text}");
            limited += 1;
        }
    });
    assert!(charged > 0 && limited > 0);
    let free = ["free of charge", "gratuit", "gratuita", "kostenlos"];
    let mut charged = RecourseRules {
        free_of_charge: false,
        ..recourse()
    };
    for body in charged.body.values_mut() {
        body.toll_free = Some(false);
    }
    for kind in NoticeKind::ALL {
        for (language, word) in Language::ALL.into_iter().zip(free) {
            let facts = super::sample::full_facts();
            let facts = Facts {
                recourse: Some(Arc::new(charged.clone())),
                ..facts
            };
            let text = texts().render(kind, language, &facts).unwrap().text;
            assert!(!text.contains(word), "{language}/{kind}:\n{text}");
        }
    }
}

#[test]
fn no_notice_has_a_hole_where_the_body_lacks_something() {
    for (name, rules) in rules() {
        for kind in [
            NoticeKind::Recourse,
            NoticeKind::ReferralRecorded,
            NoticeKind::Withdrawn,
        ] {
            for language in Language::ALL {
                let text = told(kind, &rules, language);
                for scrap in ["\n\n\n", "  ", " \n", ": \n", "()", "{", "}"] {
                    assert!(!text.contains(scrap), "{name} {scrap:?}:\n{text}");
                }
            }
        }
    }
}

#[test]
fn what_policies_put_into_letters_keeps_the_typography_of_canadian_french() {
    for (name, rules) in rules() {
        let text = told(NoticeKind::Recourse, &rules, Language::French);
        assert!(!text.contains(['\'', '"']), "{name}:\n{text}");
        for sign in [';', '!', '?'] {
            let spaced = text.match_indices(sign);
            let mut spaced = spaced.filter(|(at, _)| text[..*at].ends_with(char::is_whitespace));
            assert_eq!(spaced.next(), None, "{name}:\n{text}");
        }
    }
}

#[test]
fn the_page_of_the_ccts_opens_in_the_customer_s_language() {
    for (name, rules) in
        rules().filter(|(name, _)| name.starts_with("ca-ccts") || name == "ca-jive")
    {
        let website = |language: &str| rules.body[language].website.as_str();
        assert_eq!(website("fr"), "www.ccts-cprst.ca/fr/", "{name}");
        assert_eq!(website("en"), "www.ccts-cprst.ca", "{name}");
    }
}

#[test]
fn nobody_is_told_that_work_goes_on_once_the_complaint_is_closed() {
    const GOES_ON: InEachLanguage = [
        "we continue to work",
        "nous continuons",
        "seguimos trabajando",
        "arbeiten weiter",
    ];
    for (language, goes_on) in Language::ALL.into_iter().zip(GOES_ON) {
        for closed in [false, true] {
            let facts = Facts {
                closed,
                ..least_facts(NoticeKind::Recourse, 0)
            };
            let notice = texts().render(NoticeKind::Recourse, language, &facts);
            let text = notice.unwrap().text;
            assert_eq!(text.contains(goes_on), !closed, "{text}");
            assert!(!text.contains(" ."), "{text}");
        }
    }
}
