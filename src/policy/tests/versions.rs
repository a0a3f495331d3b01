//! Which version of a policy rules what is received.

use jiff::{Timestamp, civil::date};

use super::{JIVE, changed, parse, refused};
use crate::policy::{Policy, PolicyBook};

pub(super) fn at(wall: &str) -> Timestamp {
    let wall: jiff::civil::DateTime = wall.parse().unwrap();
    wall.in_tz("America/Toronto").unwrap().timestamp()
}

/// A file with other dates and another text, so another version.
fn version(from: &str, until: Option<&str>) -> Policy {
    let until = until
        .map(|day| format!("\neffective_until = {day}"))
        .unwrap_or_default();
    let dates = format!("effective_from = {from}{until}");
    parse(&changed("effective_from = 2015-01-01", &dates)).unwrap()
}

#[test]
fn the_version_in_force_on_the_day_of_receipt_rules_and_is_kept() {
    let mut book = PolicyBook::default();
    book.insert(version("2015-01-01", Some("2026-06-30")));
    book.insert(version("2026-07-01", None));
    let ruling = |wall: &str| book.in_force("ca-jive", at(wall));
    // The last instant of June in Toronto is in July elsewhere.
    let former = ruling("2026-06-30T23:59:59").unwrap();
    let later = ruling("2026-07-01T00:00:00").unwrap();
    assert_eq!(former.effective_until, Some(date(2026, 6, 30)));
    assert_eq!(later.effective_from, Some(date(2026, 7, 1)));
    assert!(ruling("2014-12-31T12:00:00").is_none());
    assert!(
        book.in_force("ca-other", at("2026-07-01T00:00:00"))
            .is_none()
    );
    for policy in [former, later] {
        let key = policy.reference();
        assert_eq!(book.get(&key).unwrap().text, policy.text, "both are kept");
    }
}

#[test]
fn of_two_versions_in_force_the_one_that_began_last_rules_and_of_equals_the_one_loaded_last() {
    let mut book = PolicyBook::default();
    book.insert(version("2015-01-02", None));
    book.insert(version("2015-01-01", None));
    let day = at("2026-06-01T10:00:00");
    let ruling = |book: &PolicyBook| book.in_force("ca-jive", day).unwrap().text.clone();
    assert_eq!(
        book.in_force("ca-jive", day).unwrap().effective_from,
        Some(date(2015, 1, 2))
    );
    let again = parse(&format!("{}# as well", ruling(&book))).unwrap();
    book.insert(again.clone());
    assert_eq!(ruling(&book), again.text);
    // Loaded again, nothing is there twice.
    book.insert(version("2015-01-02", None));
    assert_ne!(ruling(&book), again.text);
    assert_eq!(book.current().count(), 3);
    let former = version("2015-01-03", None);
    let key = former.reference();
    book.insert_former(former);
    assert_eq!(
        book.in_force("ca-jive", day).unwrap().effective_from,
        Some(date(2015, 1, 2)),
        "a former version rules nothing"
    );
    assert!(book.get(&key).is_some());
}

#[test]
fn a_version_has_days_unless_others_take_all_of_them() {
    let mut book = PolicyBook::default();
    let taken = version("2026-07-01", None);
    let rules_again = parse(&format!("{}# first", taken.text)).unwrap();
    let replaces = version("2026-07-01", Some("2026-07-31"));
    let earlier = version("2015-01-01", None);
    for version in [&taken, &rules_again, &replaces, &earlier] {
        book.insert(version.clone());
    }
    let has_days = [&taken, &rules_again, &replaces, &earlier].map(|it| book.has_days(it));
    assert_eq!(has_days, [false, true, true, true]);
    let (mut former, only_kept) = (PolicyBook::default(), earlier);
    former.insert_former(only_kept.clone());
    assert!(!former.has_days(&only_kept), "kept, but not in use");
}

#[test]
fn a_policy_without_a_first_day_is_checked_and_known_and_never_in_force() {
    let not_set = changed(
        "effective_from = 2015-01-01",
        "effective_from = \"not set\"",
    );
    let proposed = parse(&not_set).unwrap();
    assert_eq!(proposed.effective_from, None);
    let mut book = PolicyBook::builtin(super::calendars()).unwrap();
    book.insert(proposed.clone());
    for day in ["1999-01-01", "2026-06-01", "9998-12-31"] {
        let ruling = book.in_force("ca-jive", at(&format!("{day}T12:00:00")));
        assert!(ruling.is_none_or(|ruling| ruling.reference() != proposed.reference()));
    }
    let known = book.without_first_day("ca-jive").unwrap();
    assert_eq!(known.reference(), proposed.reference());
    // Its terms are tried all the same.
    let never = not_set.replacen("\"30 calendar days\"", "\"20000 working days\"", 1);
    assert!(
        parse(&never)
            .unwrap_err()
            .reason
            .contains("never comes due")
    );
}

#[test]
fn a_first_day_is_a_date_or_said_not_to_be_set() {
    let from = "effective_from = 2015-01-01";
    let words = "expected a date such as 2026-04-08, or \"not set\"";
    for wrong in ["\"2015-01-01\"", "\"\"", "\"Not set\"", "20150101", "false"] {
        refused(from, &format!("effective_from = {wrong}"), wrong, words);
    }
    let both = "effective_from = \"not set\"\neffective_until = 2028-12-31";
    refused(
        from,
        both,
        "2028-12-31",
        "without a first day cannot have a last one",
    );
    let refusal = parse(&changed(&format!("{from}\n"), ""))
        .map(drop)
        .unwrap_err();
    assert!(
        refusal.reason.contains("missing field `effective_from`"),
        "{refusal}"
    );
}

#[test]
fn the_version_follows_the_text_and_nothing_else() {
    assert_eq!(
        parse(JIVE).unwrap().version(),
        parse(JIVE).unwrap().version()
    );
    let comment = format!("{JIVE}# a comment\n");
    assert_ne!(
        parse(JIVE).unwrap().version(),
        parse(&comment).unwrap().version()
    );
}
