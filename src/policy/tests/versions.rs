//! Which version of a policy rules what is received.

use jiff::{Timestamp, civil::date};

use super::{JIVE, changed, parse};
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
    assert_eq!(later.effective_from, date(2026, 7, 1));
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
        date(2015, 1, 2)
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
        date(2015, 1, 2),
        "a former version rules nothing"
    );
    assert!(book.get(&key).is_some());
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
