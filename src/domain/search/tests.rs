#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::domain::customer::Representative;

fn terms_of(customer: &Customer) -> BTreeSet<SearchTerm> {
    let names = names(customer);
    let terms = names
        .chain(contacts(customer))
        .chain(postal_codes(customer));
    terms.collect()
}

fn called(name: &str) -> Customer {
    Customer {
        full_name: name.to_owned(),
        ..Customer::default()
    }
}

fn living_at(address: &str) -> Customer {
    Customer {
        postal_address: Some(address.to_owned()),
        ..Customer::default()
    }
}

/// Whether somebody of this name is found by that.
fn finds(name: &str, typed: &str) -> bool {
    let (terms, criteria) = (terms_of(&called(name)), Criterion::name(typed));
    !criteria.is_empty() && criteria.iter().all(|it| !it.met_by(&terms).is_empty())
}

#[test]
fn a_name_is_found_by_its_parts_in_any_order_case_and_spelling() {
    for (name, typed) in [
        ("Ada Lovelace", "ada"),
        ("Ada Lovelace", "LOVELACE ada"),
        ("Ada Lovelace", " lovelace,  Ada "),
        ("Siobhán O’Neill-D'Arcy", "siobhan oneill darcy"),
        ("Siobhán O’Neill-D'Arcy", "O'Neill"),
        ("Élodie Lefèvre", "elodie lefevre"),
        ("Elodie Lefevre", "Élodie LEFÈVRE"),
        ("Jose\u{301} Nuñez", "José nunez"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Weiß", "WEISS"),
        ("Jürgen Müller", "Jurgen Muller"),
        ("Jürgen Müller", "juergen mueller"),
        ("Juergen Mueller", "Jürgen Müller"),
        ("Jurgen Muller", "Jürgen Müller"),
        ("Søren Åkesson", "Soren Akesson"),
        ("Søren Åkesson", "soeren aakesson"),
        ("Ægir Þórsson", "aegir thorsson"),
        ("Dvořák", "dvorak"),
        ("Nguyễn Thị Hồng", "hong nguyen"),
        ("Ελένη Παπαδοπούλου", "ελενη"),
        ("Алёна Ёлкина", "елкина алена"),
        ("王小明", "王小明"),
        ("María del Carmen de la Cruz García López", "maria lopez"),
        ("Müller GmbH & Co. KG", "muller gmbh co kg"),
        ("José María Aznar Peña", "pena aznar jose"),
    ] {
        assert!(finds(name, typed), "{name} by {typed}");
    }
}

#[test]
fn another_name_finds_nobody() {
    for (name, typed) in [
        ("Ada Lovelace", "Ada Byron"),
        ("Ada Lovelace", "lov"),
        ("Ada Lovelace", "ada lovelace king"),
        ("Jurgen Muller", "mueller"),
        ("Michael Smith", "michal"),
        ("Ada Lovelace", "-"),
        ("Ada Lovelace", ""),
        // Vowels are no accents.
        ("की", "कु"),
    ] {
        assert!(!finds(name, typed), "{name} by {typed}");
    }
}

#[test]
fn whoever_speaks_for_the_customer_is_found_too_but_not_half_of_each() {
    let customer = Customer {
        representative: Some(Representative {
            full_name: "Bea Swan".to_owned(),
            authority: "power of attorney".to_owned(),
        }),
        ..called("Ada Lovelace")
    };
    let terms = terms_of(&customer);
    let meets = |typed: &str| {
        let mut criteria = Criterion::name(typed).into_iter();
        criteria.all(|it| !it.met_by(&terms).is_empty())
    };
    assert!(meets("swan bea") && meets("ada"));
    assert!(!meets("ada swan"));
}

#[test]
fn of_a_name_with_many_parts_the_longest_are_kept_and_their_number_is_bounded() {
    let long: Vec<String> = (0..40).map(|n| "x".repeat(n + 1)).collect();
    let stored = name::stored(&long.join(" "));
    assert_eq!(stored.len(), 8 + 28);
    let umlauts: Vec<String> = (0..40).map(|n| "ü".repeat(n + 1)).collect();
    assert_eq!(name::stored(&umlauts.join(" ")).len(), 16 + 4 * 28);
}

#[test]
fn numbers_and_references_are_compared_without_what_stands_between_their_characters() {
    let customer = Customer {
        account_number: Some("A-47 11/b".to_owned()),
        email: Some("Ada.Lovelace@Example.com".to_owned()),
        phone: Some("+15145550142".to_owned()),
        ..called("Ada")
    };
    let terms = terms_of(&customer);
    for criterion in [
        Criterion::account_number("a4711B"),
        Criterion::account_number("A 4711-B"),
        Criterion::email("ada.lovelace@EXAMPLE.COM"),
        Criterion::phone("+15145550142"),
    ] {
        assert!(!criterion.unwrap().met_by(&terms).is_empty());
    }
    for criterion in [
        Criterion::account_number("4711"),
        Criterion::case_reference("A4711B"),
        Criterion::email("lovelace@example.com"),
    ] {
        assert!(criterion.unwrap().met_by(&terms).is_empty());
    }
    assert_eq!(Criterion::account_number(" -/- "), None);
}

#[test]
fn the_postal_code_is_found_in_an_address_of_many_countries() {
    for (address, typed) in [
        ("1 Main St\nOttawa ON K1A 0B1", "k1a0b1"),
        ("1 Main St, Ottawa, ON K1A0B1, Canada", "K1A 0B1"),
        ("1 Example Quay, Bristol BS1 0ZZ", "bs10zz"),
        ("10 Downing St\nLondon SW1A 2AA\nUK", "SW1A 2AA"),
        ("Hauptstr. 12345\n10115 Berlin", "10115"),
        ("12 rue X\n75011 PARIS", "75 011"),
        ("Calle Mayor 1, 28013 Madrid", "28013"),
        ("333 Summer Street, Boston, MA 02210-1234", "02210"),
        ("333 Summer Street, Boston, MA 02210-1234", "02210-1234"),
        ("Bahnhofstrasse 1\n8001 Zürich", "8001"),
        ("Damrak 1, 1012 LG Amsterdam", "1012LG"),
        ("Drottninggatan 1\n111 51 Stockholm", "11151"),
        ("Rua A 1, 1100-148 Lisboa", "1100-148"),
        ("1 College Green, Dublin D02 X285", "d02x285"),
    ] {
        let criterion = Criterion::postal_code(typed).unwrap();
        let met = criterion.met_by(&terms_of(&living_at(address)));
        assert_eq!(met.len(), 1, "{address} by {typed}");
    }
    let criterion = Criterion::postal_code("Berlin").unwrap();
    let berlin = terms_of(&living_at("10115 Berlin"));
    assert!(criterion.met_by(&berlin).is_empty());
    assert!(postal_code::codes(&"12345 ".repeat(9)).len() <= 4);
}

#[test]
fn a_customer_is_the_same_by_any_contact_and_otherwise_by_name_and_postal_code() {
    let met = |one: &Customer, other: &Customer| {
        let (criteria, terms) = (Criterion::customer(one), terms_of(other));
        !criteria.is_empty() && criteria.iter().all(|it| !it.met_by(&terms).is_empty())
    };
    let known = Customer {
        email: Some("ada@example.com".to_owned()),
        phone: Some("+15145550142".to_owned()),
        ..called("Ada Lovelace")
    };
    let moved = Customer {
        phone: Some("+15145550142".to_owned()),
        ..called("A. Lovelace")
    };
    assert!(met(&known, &moved) && met(&moved, &known));
    assert!(!met(&known, &called("Ada Lovelace")));
    let at = |name: &str, address: &str| Customer {
        full_name: name.to_owned(),
        ..living_at(address)
    };
    let by_letter = at("Ada Lovelace", "1 Main St, Ottawa K1A 0B1");
    assert!(met(&by_letter, &at("Lovelace, Ada", "K1A0B1 Ottawa")));
    assert!(!met(&by_letter, &at("Ada Lovelace", "K1A 0B2")));
    assert!(!met(&by_letter, &at("Bea Lovelace", "K1A 0B1")));
    assert_eq!(Criterion::customer(&called("Ada Lovelace")), []);
}

/// They are stored: what changes them makes everything stored unfindable.
#[test]
fn the_key_of_a_term_follows_from_its_brand_kind_and_value_and_stays_the_same() {
    let term = |kind, value: &str| SearchTerm::new(kind, value.to_owned()).unwrap();
    let key = term(SearchKind::Phone, "+15145550142").key("jive");
    let digest = Sha256::digest(b"jive\0phone\0+15145550142\0");
    assert_eq!(key.to_be_bytes(), digest[..8]);
    let others = [
        term(SearchKind::Phone, "+15145550142").key("harbour"),
        term(SearchKind::Email, "+15145550142").key("jive"),
        term(SearchKind::Phone, "+15145550143").key("jive"),
    ];
    assert!(!others.contains(&key));
}
