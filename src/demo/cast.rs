//! The people of the story. None of them exists; their addresses and numbers are reserved for examples.

mod de;
mod en;
mod es;
mod fr;
mod gb;

use super::script::Case;

/// Every complaint of the story.
pub(super) fn cases() -> Vec<Case> {
    [
        en::cases(),
        fr::cases(),
        es::cases(),
        de::cases(),
        gb::cases(),
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
        let cases = cases();
        let languages: BTreeSet<i32> = cases.iter().map(|case| case.language.into()).collect();
        let channels: BTreeSet<i32> = cases.iter().map(|case| case.channel.into()).collect();
        assert_eq!(languages, BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(channels, BTreeSet::from([1, 2, 3, 4, 5]));
    }

    #[test]
    fn every_complaint_is_complete_and_nobody_in_it_is_real() {
        for case in cases() {
            for text in [
                case.name,
                case.email,
                case.phone,
                case.description,
                case.wanted,
                case.handler,
            ] {
                assert!(!text.trim().is_empty(), "{case:?}");
            }
            assert!(
                case.email.ends_with("@example.com") || case.email.ends_with("@example.org"),
                "{}",
                case.email
            );
            // These are kept free for fiction.
            let american = case.phone.starts_with("+1 ") && case.phone.contains(" 555 01");
            let british = case.phone.starts_with("020 7946 0");
            let free = if case.brand == HARBOUR {
                british
            } else {
                american
            };
            assert!(free, "{}", case.phone);
        }
        let names: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases().len());
    }

    #[test]
    fn everything_happens_in_order_within_the_story_and_in_working_hours() {
        let book = CalendarBook::builtin().unwrap();
        let story = book.get("ca-federal").unwrap().zone();
        for case in cases() {
            // Each office keeps the hours and the holidays of its country, by the clock of the story.
            let calendar = if case.brand == HARBOUR {
                "gb-eaw"
            } else {
                "ca-federal"
            };
            let calendar = book.get(calendar).unwrap();
            let times: Vec<_> = std::iter::once(case.filed)
                .chain(case.steps.iter().map(|step| step.at))
                .collect();
            assert!(times.is_sorted_by(|a, b| a < b), "{}: {times:?}", case.name);
            for time in times {
                assert!(START < time && time < END, "{}: {time}", case.name);
                let at = story.to_timestamp(time).unwrap();
                let open = calendar
                    .intervals(calendar.date_of(at))
                    .any(|open| open.start <= at && at < open.end);
                assert!(open, "{}: {time} is outside working hours", case.name);
            }
            if let Beginning::Arrived(arrived) = case.beginning {
                assert!(
                    arrived < case.filed && case.channel == v1::Channel::Mail,
                    "{}",
                    case.name
                );
            }
        }
    }

    #[test]
    fn an_escalated_complaint_goes_to_somebody_who_has_not_handled_it() {
        for case in cases() {
            let mut handlers = vec![case.handler];
            for step in &case.steps {
                if let Act::Escalate { assignee, .. } = step.act {
                    assert!(!handlers.contains(&assignee), "{}: {assignee}", case.name);
                    handlers.push(assignee);
                }
            }
        }
    }

    #[test]
    fn the_story_shows_each_way_to_go() {
        let cases = cases();
        let any = |wanted: fn(&Act) -> bool| {
            cases
                .iter()
                .flat_map(|case| &case.steps)
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
        let escalations = |case: &Case| {
            case.steps
                .iter()
                .filter(|step| matches!(step.act, Act::Escalate { .. }))
                .count()
        };
        assert!(cases.iter().any(|case| escalations(case) == 2));
        assert!(
            cases
                .iter()
                .any(|case| matches!(case.beginning, Beginning::Arrived(_)))
        );
        assert!((8..=14).contains(&cases.len()));
    }
}
