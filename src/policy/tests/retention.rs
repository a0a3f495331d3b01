//! For how long a file may say that personal data are kept.

use super::*;
use crate::policy::RetentionRule;

/// The policy with this table at its end.
fn with(table: &str) -> String {
    format!("{JIVE}\n[retention]\n{table}\n")
}

#[test]
fn what_is_kept_counts_in_whole_days_and_says_by_which_rule() {
    let source = "source = \"the provider\"";
    for (table, expected) in [
        (source.to_owned(), "needs a minimum, a maximum or both"),
        (
            "minimum = \"2 years\"\nsource = \" \"".to_owned(),
            "name the rule that sets these times",
        ),
        ("minimum = \"2 years\"".to_owned(), "missing field `source`"),
        (
            format!("minimum = \"10 working days\"\n{source}"),
            "kept for calendar days, weeks, months or years",
        ),
        (
            format!("maximum = \"48 hours\"\n{source}"),
            "kept for calendar days, weeks, months or years",
        ),
        (
            format!("minimum = \"3 years\"\nmaximum = \"24 months\"\n{source}"),
            "the maximum ends before the minimum does",
        ),
        (
            format!("maximum = \"100000 years\"\n{source}"),
            "it never ends",
        ),
    ] {
        let refusal = parse(&with(&table)).map(drop).unwrap_err();
        assert!(refusal.reason.contains(expected), "{table}: {refusal}");
    }
    let equal = format!("minimum = \"24 months\"\nmaximum = \"2 years\"\n{source}");
    let rules = parse(&with(&equal)).unwrap().retention;
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].source, "the provider");
    assert_eq!(parse(JIVE).unwrap().retention, []);
}

#[test]
fn of_several_codes_the_longest_minimum_and_the_shortest_maximum_count_and_never_against_the_minimum()
 {
    let mut policy = parse(JIVE).unwrap();
    let rule = |minimum: Option<&str>, maximum: Option<&str>| {
        let term = |text: &str| serde_json::from_str(&format!("{text:?}")).unwrap();
        RetentionRule {
            minimum: minimum.map(term),
            maximum: maximum.map(term),
            source: "the provider".to_owned(),
        }
    };
    let closed_at = "2026-06-01T14:00:00Z".parse().unwrap();
    let ends = |policy: &Policy| {
        let retention = policy.retention_of(closed_at).unwrap();
        [retention.kept_until, retention.erased_after]
            .map(|at| at.map_or_else(|| "-".to_owned(), |at| at.to_string()))
    };
    assert_eq!(ends(&policy), ["-", "-"]);
    policy.retention = vec![
        rule(Some("1 year"), Some("3 years")),
        rule(Some("13 months"), None),
        rule(None, Some("2 years")),
    ];
    // The last day ends at midnight in Toronto, whatever weekday it is: 1 July 2027 is a holiday.
    assert_eq!(
        ends(&policy),
        ["2027-07-02T04:00:00Z", "2028-06-02T04:00:00Z"]
    );
    policy.retention.push(rule(Some("5 years"), None));
    assert_eq!(
        ends(&policy),
        ["2031-06-02T04:00:00Z", "2031-06-02T04:00:00Z"]
    );
}

/// The sweep looks at no complaint that cannot be due, and misses none that is.
#[test]
fn whatever_has_passed_its_maximum_was_closed_before_the_instant_that_is_looked_up_to() {
    for (maximum, days) in [("1 month", 31), ("2 years", 730), ("40 calendar days", 40)] {
        let table = format!("maximum = \"{maximum}\"\nsource = \"the provider\"");
        let policy = parse(&with(&table)).unwrap();
        let first: jiff::Timestamp = "2026-12-28T05:30:00Z".parse().unwrap();
        for hours in (0..24 * 120).step_by(7) {
            let closed_at = first + jiff::SignedDuration::from_hours(hours);
            let ended = policy
                .retention_of(closed_at)
                .unwrap()
                .erased_after
                .unwrap();
            let just_after = ended + jiff::SignedDuration::from_micros(1);
            let looked_up_to = policy.closed_before_retention(just_after).unwrap();
            assert!(closed_at <= looked_up_to, "{maximum}: {closed_at}");
            let much_later = just_after + jiff::SignedDuration::from_hours(24 * days);
            assert!(closed_at < policy.closed_before_retention(much_later).unwrap());
            let too_early = closed_at + jiff::SignedDuration::from_hours(24 * (days - 15));
            assert!(closed_at > policy.closed_before_retention(too_early).unwrap());
        }
    }
}
