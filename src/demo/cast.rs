//! The people of the story. All are fictional; their addresses and numbers are reserved for examples.

mod de;
mod en;
mod es;
mod fr;
mod gb;

use super::script::Scenario;

/// All complaints of the story.
pub(super) fn scenarios() -> Vec<Scenario> {
    [
        en::scenarios(),
        fr::scenarios(),
        es::scenarios(),
        de::scenarios(),
        gb::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        calendar::CalendarBook,
        demo::script::{Act, Beginning, END, HARBOUR, START},
        proto::v1,
    };

    #[test]
    fn the_story_speaks_every_language_and_uses_every_channel() {
        let scenarios = scenarios();
        let languages: BTreeSet<i32> = scenarios
            .iter()
            .map(|scenario| scenario.language.into())
            .collect();
        let channels: BTreeSet<i32> = scenarios
            .iter()
            .map(|scenario| scenario.channel.into())
            .collect();
        assert_eq!(languages, BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(channels, BTreeSet::from([1, 2, 3, 4, 5]));
    }

    #[test]
    fn every_complaint_is_complete_and_nobody_in_it_is_real() {
        for scenario in scenarios() {
            for text in [
                scenario.name,
                scenario.email,
                scenario.phone,
                scenario.description,
                scenario.wanted,
                scenario.handler,
            ] {
                assert!(!text.trim().is_empty(), "{scenario:?}");
            }
            assert!(
                scenario.email.ends_with("@example.com")
                    || scenario.email.ends_with("@example.org"),
                "{}",
                scenario.email
            );
            // Reserved for fiction.
            let american = scenario.phone.starts_with("+1 ") && scenario.phone.contains(" 555 01");
            let british = scenario.phone.starts_with("020 7946 0");
            let free = if scenario.brand == HARBOUR {
                british
            } else {
                american
            };
            assert!(free, "{}", scenario.phone);
        }
        let names: BTreeSet<_> = scenarios().iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), scenarios().len());
    }

    #[test]
    fn everything_happens_in_order_within_the_story_and_in_working_hours() {
        let book = CalendarBook::builtin().unwrap();
        let story = book.get("ca-federal").unwrap().zone();
        for scenario in scenarios() {
            // Each office has the hours and holidays of its country, in story time.
            let calendar = if scenario.brand == HARBOUR {
                "gb-eaw"
            } else {
                "ca-federal"
            };
            let calendar = book.get(calendar).unwrap();
            let times: Vec<_> = std::iter::once(scenario.filed)
                .chain(scenario.steps.iter().map(|step| step.at))
                .collect();
            assert!(
                times.is_sorted_by(|a, b| a < b),
                "{}: {times:?}",
                scenario.name
            );
            for time in times {
                assert!(START < time && time < END, "{}: {time}", scenario.name);
                let at = story.to_timestamp(time).unwrap();
                let open = calendar
                    .intervals(calendar.date_of(at))
                    .any(|open| open.start <= at && at < open.end);
                assert!(open, "{}: {time} is outside working hours", scenario.name);
            }
            if let Beginning::Arrived(arrived) = scenario.beginning {
                assert!(
                    arrived < scenario.filed && scenario.channel == v1::Channel::Mail,
                    "{}",
                    scenario.name
                );
            }
        }
    }

    #[test]
    fn an_escalated_complaint_goes_to_somebody_who_has_not_handled_it() {
        for scenario in scenarios() {
            let mut handlers = vec![scenario.handler];
            for step in &scenario.steps {
                if let Act::Escalate { assignee, .. } = step.act {
                    assert!(
                        !handlers.contains(&assignee),
                        "{}: {assignee}",
                        scenario.name
                    );
                    handlers.push(assignee);
                }
            }
        }
    }

    #[test]
    fn the_story_shows_each_way_to_go() {
        let scenarios = scenarios();
        let any = |wanted: fn(&Act) -> bool| {
            scenarios
                .iter()
                .flat_map(|scenario| &scenario.steps)
                .any(|step| wanted(&step.act))
        };
        assert!(any(|act| matches!(act, Act::Convert)));
        assert!(any(|act| matches!(act, Act::ChangePromise { .. })));
        assert!(any(|act| matches!(act, Act::ResolveAtFirstContact(_))));
        assert!(any(|act| matches!(act, Act::Refuse(_))));
        assert!(any(|act| matches!(act, Act::Implement)));
        assert!(any(|act| matches!(act, Act::Withdraw(_))));
        assert!(any(|act| matches!(act, Act::AnswerEnquiry(_))));
        assert!(any(|act| matches!(act, Act::Call(_))));
        assert!(any(|act| matches!(act, Act::Ask(_))));
        assert!(any(|act| matches!(act, Act::Report(_))));
        let escalations = |scenario: &Scenario| {
            scenario
                .steps
                .iter()
                .filter(|step| matches!(step.act, Act::Escalate { .. }))
                .count()
        };
        assert!(scenarios.iter().any(|scenario| escalations(scenario) == 2));
        assert!(
            scenarios
                .iter()
                .any(|scenario| matches!(scenario.beginning, Beginning::Arrived(_)))
        );
        assert!(any(|act| matches!(act, Act::SendAgain(_))));
        assert!(any(|act| matches!(act, Act::PostLetters)));
        assert!((8..=15).contains(&scenarios.len()));
    }
}
