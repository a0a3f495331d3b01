//! Under every built-in code, and moved from one version of it to another, a complaint keeps what one under the provider's
//! own code keeps; and no customer waits in vain to be told of the independent body.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    random_walk::{all_was_done, walks},
    story::{Story, book, calendars},
};
use crate::{
    calendar::{Calendar, CalendarBook},
    domain::{Fact, notice::NoticeKind},
    policy::{Action, Policy},
};

/// Under each code.
const COMPLAINTS: u32 = 30;

#[test]
fn every_invariant_holds_under_every_built_in_code_and_on_the_way_to_another_version_of_it() {
    let mut done = BTreeSet::new();
    for (versions, seed) in built_in().into_values().zip(1..) {
        let codes = with_others(versions);
        done.append(&mut walks(&codes, COMPLAINTS, seed, |story| {
            told_before_it_is_a_breach(story, &codes);
        }));
    }
    all_was_done(&done);
}

/// The files of each name; `ca-jive` has walks of its own, with what stands beside it.
fn built_in() -> BTreeMap<String, Vec<Arc<Policy>>> {
    let mut files: BTreeMap<String, Vec<Arc<Policy>>> = BTreeMap::new();
    let book = book();
    for policy in book
        .current()
        .filter(|policy| policy.additional_policies.is_empty())
    {
        let versions = files.entry(policy.name().to_owned()).or_default();
        versions.push(Arc::clone(policy));
    }
    assert_eq!(files.len(), 10);
    files
}

/// With the last version where a text counts as told once it has left, in a calendar with fewer working days, with less time for
/// each promise, and with staff hours. In the last two of them the handler's clocks pause.
fn with_others(mut versions: Vec<Arc<Policy>>) -> Vec<Arc<Policy>> {
    let own = Arc::clone(versions.last().unwrap());
    let (text, days_off) = (&own.text, with_days_off(own.calendar()));
    let hours = text.replacen("silence =", "staff_hours = \"09:00-12:00\"\nsilence =", 1);
    let handler = "owner = \"handler\"\n";
    let pausing = |text: &str| text.replace(handler, &format!("{handler}pausable = true\n"));
    let delivering = text.replacen("told = \"issued\"\n", "", 1);
    assert_ne!(delivering, *text);
    for (text, calendars) in [
        (delivering, calendars()),
        (text.clone(), &days_off),
        (pausing(&with_less_time(text)), calendars()),
        (pausing(&hours), calendars()),
    ] {
        let other = Policy::parse("changed.toml", &text, calendars).unwrap();
        assert!(versions.iter().all(|known| known.code != other.code));
        versions.push(Arc::new(other));
    }
    versions
}

fn with_less_time(text: &str) -> String {
    [
        ("\"2 months\"", "\"5 weeks\""),
        ("\"1 month\"", "\"3 weeks\""),
        ("\"6 weeks\"", "\"5 weeks\""),
        ("\"8 weeks\"", "\"7 weeks\""),
        ("\"56 calendar days\"", "\"40 calendar days\""),
        ("\"30 calendar days\"", "\"25 calendar days\""),
        ("\"20 calendar days\"", "\"15 calendar days\""),
        (
            "target = \"10 working days\"",
            "target = \"8 working days\"",
        ),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The week of the calendar ends with Wednesday.
fn with_days_off(calendar: &Calendar) -> CalendarBook {
    let lines = calendar.text().lines();
    let worked = |line: &&str| !line.starts_with("thursday") && !line.starts_with("friday");
    let text = lines.filter(worked).collect::<Vec<_>>().join("\n");
    assert_ne!(text, calendar.text().trim_end());
    let mut book = calendars().clone();
    book.insert(Calendar::parse("changed.toml", &text).unwrap());
    book
}

/// A clock that tells of the independent body is never late in silence: it has told by then.
fn told_before_it_is_a_breach(story: &Story, codes: &[Arc<Policy>]) {
    let tells = |name: &str| {
        let rules = codes.iter().filter_map(|code| code.clock(name));
        let mut steps = rules.flat_map(|rule| &rule.steps);
        steps.any(|step| step.action == Action::TellRecourse)
    };
    for (place, event) in story.events.iter().enumerate() {
        let (Fact::Breached { clock, .. }, Some(firing)) = (&event.fact, &event.firing) else {
            continue;
        };
        if !tells(clock) {
            continue;
        }
        let cycles = story.cycles(clock);
        let cycle = cycles.iter().find(|cycle| cycle.cycle == firing.cycle);
        let start = cycle.unwrap().start;
        let told = story.events[..place].iter().any(|earlier| {
            let recourse = NoticeKind::Recourse;
            let notice =
                matches!(&earlier.fact, Fact::NoticeIssued { notice, .. } if *notice == recourse);
            notice && earlier.at >= start
        });
        assert!(told, "{clock} was late at {} and had not told", event.at);
    }
}
