//! The periods of the built-in policies, walked over: where one ends the next begins, and a change of the rules is met on the
//! day before it and on its own.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
};

use super::*;
use crate::policy::{Channel, Circumstances, PolicyBook, TargetKind};

fn book() -> &'static PolicyBook {
    static BOOK: LazyLock<PolicyBook> = LazyLock::new(|| PolicyBook::builtin(calendars()).unwrap());
    &BOOK
}

/// The versions of each pack in the order of their first days; those without one are only proposed.
fn packs() -> BTreeMap<&'static str, Vec<&'static Policy>> {
    let mut packs: BTreeMap<&str, Vec<&Policy>> = BTreeMap::new();
    let in_use = book().current();
    for policy in in_use.filter(|policy| policy.effective_from.is_some()) {
        packs.entry(policy.name()).or_default().push(policy);
    }
    for versions in packs.values_mut() {
        versions.sort_by_key(|policy| policy.effective_from);
    }
    packs
}

fn noon(policy: &Policy, day: Date) -> Timestamp {
    let zone = policy.calendar().zone();
    zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap()
}

#[test]
fn the_periods_of_each_pack_join_without_a_gap_or_an_overlap() {
    let mut joined = 0;
    for (name, versions) in packs() {
        for pair in versions.windows(2) {
            let last = pair[0].effective_until.expect(name);
            let next = last.tomorrow().unwrap();
            assert_eq!(Some(next), pair[1].effective_from, "{name}");
            joined += 1;
        }
        let open = versions.last().unwrap();
        assert_eq!(open.effective_until, None, "{name} ends");
    }
    assert!(joined > 0);
}

#[test]
fn each_version_rules_from_its_first_day_to_its_last() {
    for (name, versions) in packs() {
        for policy in versions {
            let ruling = |day| {
                let ruling = book().in_force(name, noon(policy, day));
                ruling.map(|ruling| ruling.reference())
            };
            let this = Some(policy.reference());
            let first = policy.effective_from.unwrap();
            assert_eq!(ruling(first), this, "{name} on {first}");
            let before = first.yesterday().unwrap();
            assert_ne!(ruling(before), this, "{name} on {before}");
            let Some(last) = policy.effective_until else {
                continue;
            };
            assert_eq!(ruling(last), this, "{name} on {last}");
            let after = last.tomorrow().unwrap();
            assert_ne!(ruling(after), this, "{name} on {after}");
        }
    }
}

#[test]
fn every_pack_and_each_of_its_clocks_says_where_it_stands() {
    for policy in book().current() {
        let name = policy.name();
        assert!(!policy.code.source.trim().is_empty(), "{name}");
        assert!(!policy.recourse.source.trim().is_empty(), "{name}");
        for clock in &policy.clocks {
            assert!(!clock.source.trim().is_empty(), "{name} {}", clock.name);
        }
    }
    let source = "source = \"Part II: complaints are acknowledged promptly. Targets proposed\"";
    refused(source, "source = \" \"", "\" \"", "it must not be empty");
}

/// The target of a clock that starts on this day, for a complaint that no special target fits.
fn general_target(rule: &ClockRule, policy: &Policy, day: Date) -> String {
    let start = noon(policy, day);
    let circumstances = Circumstances {
        channel: Channel::SupportCase,
        urgent: rule.urgent_only,
        known_since: start,
    };
    rule.target_for(&circumstances, start)
        .unwrap()
        .1
        .to_string()
}

/// Otherwise a complaint that is moved to the version in force would be timed by a rule that came after its promise.
#[test]
fn a_promise_is_as_long_under_each_version_of_its_pack() {
    let mut compared = 0;
    for (name, versions) in packs() {
        let changes = versions.iter().flat_map(|policy| {
            let by_start = policy.clocks.iter();
            let by_start = by_start.flat_map(|rule| rule.target_by_start.keys().copied());
            by_start.chain(policy.effective_from)
        });
        let days: BTreeSet<Date> = changes
            .flat_map(|day| [day.yesterday().unwrap(), day, day + 1.year()])
            .collect();
        for pair in versions.windows(2) {
            for rule in &pair[1].clocks {
                let Some(before) = pair[0].clock(&rule.name) else {
                    continue;
                };
                for &day in &days {
                    let targets = [(before, pair[0]), (rule, pair[1])];
                    let [one, other] =
                        targets.map(|(rule, policy)| general_target(rule, policy, day));
                    assert_eq!(one, other, "{name} {} on {day}", rule.name);
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 0);
}

#[test]
fn a_target_changes_on_the_day_that_its_rule_gives() {
    let mut changes = BTreeSet::new();
    for policy in book().current() {
        for rule in &policy.clocks {
            for (&day, term) in &rule.target_by_start {
                let before = general_target(rule, policy, day.yesterday().unwrap());
                let since = general_target(rule, policy, day);
                assert_eq!(since, term.to_string());
                changes.insert(format!(
                    "{} {}: {before}, from {day} {since}",
                    policy.name(),
                    rule.name
                ));
            }
        }
    }
    let expected = [
        "au-acma acma_implementation: 10 working days, from 2025-06-30 5 working days",
        "au-acma acma_proposal: 15 working days, from 2025-06-30 10 working days",
        "ca-ccts referral_report: 30 calendar days, from 2023-05-23 20 calendar days",
        "ca-ccts-proposed referral_report: 30 calendar days, from 2023-05-23 20 calendar days",
        "uk-ofcom ofcom_adr_letter: 8 weeks, from 2026-04-08 6 weeks",
    ];
    assert!(changes.iter().eq(expected.iter()), "{changes:#?}");
}

#[test]
fn every_special_target_takes_precedence_over_one_by_start_which_goes_by_the_day_in_the_calendar_s_zone()
 {
    let own = "target_urgent = \"2 working days\"\n";
    let dated =
        "target_by_start = { 2026-06-02 = \"9 working days\", 2026-06-04 = \"8 working days\" }\n";
    let mail = "target_by_channel = { mail = \"12 working days\" }\n";
    let policy = parse(&changed(own, &format!("{own}{dated}{mail}"))).unwrap();
    let rule = policy.clock("resolution").unwrap();
    let target = |wall: &str, channel, urgent| {
        let start = versions::at(wall);
        let circumstances = Circumstances {
            channel,
            urgent,
            known_since: start,
        };
        let (kind, term) = rule.target_for(&circumstances, start).unwrap();
        (kind, term.to_string())
    };
    let since = |day| TargetKind::StartedSince(date(2026, 6, day));
    for (wall, kind, term) in [
        (
            "2026-06-01T23:59:59",
            TargetKind::General,
            "10 working days",
        ),
        ("2026-06-02T00:00:00", since(2), "9 working days"),
        ("2026-06-03T23:59:59", since(2), "9 working days"),
        ("2026-06-04T00:00:00", since(4), "8 working days"),
    ] {
        let expected = (kind, term.to_owned());
        assert_eq!(target(wall, Channel::Form, false), expected, "{wall}");
    }
    let late = "2026-06-10T10:00:00";
    assert_eq!(target(late, Channel::Mail, false).1, "12 working days");
    assert_eq!(target(late, Channel::Form, true).1, "2 working days");
}

#[test]
fn a_target_by_start_that_is_wrong_is_refused_where_it_stands() {
    let own = "target_urgent = \"2 working days\"\n";
    let dated = |entry: &str| format!("{own}target_by_start = {{ {entry} }}\n");
    let never = dated("2026-06-02 = \"20000 working days\"");
    refused(own, &never, "\"20000 working days\"", "it never comes due");
    let no_day = dated("2026-02-30 = \"9 working days\"");
    refused(own, &no_day, "2026-02-30", "parsed date is not valid");
}
