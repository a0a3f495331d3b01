//! Which of the built-in policies callers meet.

use std::collections::BTreeSet;

use super::*;

/// The book as it serves brands that come under these policies.
fn serving(of_brands: &[&str]) -> PolicyBook {
    let mut book = PolicyBook::builtin(calendars()).unwrap();
    book.serve(of_brands.iter().map(|name| (*name).to_owned()).collect());
    book
}

fn names(book: &PolicyBook) -> Vec<&str> {
    book.names().into_iter().collect()
}

#[test]
fn only_the_policies_of_the_countries_of_the_brands_are_at_hand() {
    let canadian = ["ca-ccts", "ca-ccts-proposed", "ca-fcac", "ca-jive"];
    assert_eq!(names(&serving(&["ca-jive"])), canadian);
    assert_eq!(names(&serving(&["uk-ofcom"])), ["uk-fca", "uk-ofcom"]);
    let both = serving(&["ca-jive", "uk-ofcom"]);
    assert_eq!(names(&both).len(), canadian.len() + 2);
    // By itself, as where files are checked, the book has everything.
    let all = PolicyBook::builtin(calendars()).unwrap();
    assert!(names(&all).contains(&"au-acma"));
}

#[test]
fn nothing_of_another_country_is_listed_counted_or_named_in_an_error() {
    let book = serving(&["uk-ofcom"]);
    let listed: BTreeSet<&str> = book.versions_at_hand().map(|it| it.name()).collect();
    assert_eq!(listed, book.names());
    assert!(!book.clock_names(None).contains("acma_proposal"));
    assert!(book.clock_names(None).contains("ofcom_response"));
    assert!(book.highest_level(None) < serving(&["ca-jive"]).highest_level(None));
    let unknown =
        "no policy is named \"uk-ofcon\"; must be one of uk-fca, uk-ofcom; did you mean uk-ofcom?";
    assert_eq!(book.unknown("uk-ofcon").to_string(), unknown);
}

#[test]
fn a_filing_is_refused_under_the_policy_of_another_brand() {
    let book = serving(&["ca-jive", "uk-ofcom"]);
    for (name, own, allowed) in [
        ("uk-ofcom", "uk-ofcom", true),
        ("uk-fca", "uk-ofcom", true),
        ("ca-jive", "uk-ofcom", false),
        ("au-acma", "uk-ofcom", false),
        ("ca-fcac", "ca-jive", true),
    ] {
        let checked = book.check_filing(name, own);
        assert_eq!(checked.is_ok(), allowed, "{name} {own}");
        if let Err(refused) = checked {
            assert_eq!(refused.expected, "must be one of uk-fca, uk-ofcom");
        }
    }
}

#[test]
fn what_somebody_puts_into_use_is_at_hand_with_what_stands_beside_it() {
    let mut book = serving(&["uk-ofcom"]);
    let retail = JIVE.replacen("name = \"ca-jive\"", "name = \"retail\"", 1);
    book.insert(parse(&retail).unwrap());
    assert_eq!(names(&book), ["ca-ccts", "retail", "uk-fca", "uk-ofcom"]);
    assert!(book.check_filing("retail", "uk-ofcom").is_ok());
    // So is one that came with the program, once it is put into use.
    book.insert(parse(JIVE).unwrap());
    assert!(book.names().contains("ca-jive"));
}
