//! How far a question reaches, by every way in which one can be asked.

use jiff::{SignedDuration, Timestamp};

use super::*;

const ROLLS: [Roll; 3] = [Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None];

/// Every question whose answer is an instant, asked of a calendar with a term, and what each is called.
fn asked(
    calendar: &Calendar,
    from: Timestamp,
    term: &Term,
) -> Vec<(&'static str, Result<Timestamp, OutOfRange>)> {
    let elapsed = SignedDuration::from_hours(i64::from(term.count) * 24);
    let mut answers = vec![
        ("due_after", calendar.due_after(from, term)),
        ("past", calendar.past(from, term)),
        ("before", calendar.before(from, term)),
        ("next_working_instant", calendar.next_working_instant(from)),
        (
            "previous_working_instant",
            calendar.previous_working_instant(from),
        ),
    ];
    for roll in ROLLS {
        let due = calendar.due_after_rolling(from, term, roll);
        answers.push(("due_after_rolling", due));
        let ends = calendar.days_after(from, from, elapsed, roll);
        answers.push(("days_after", ends.map(|ends| ends.due)));
    }
    for base in [TimeBase::Working, TimeBase::Elapsed] {
        let seconds = calendar.advance(from, elapsed.as_secs(), base);
        answers.push(("advance", seconds));
        answers.push(("advance_by", calendar.advance_by(from, elapsed, base)));
        let due = from.saturating_add(elapsed).unwrap();
        for percent in [1, 50, 100, u8::MAX] {
            let point = calendar.percent_point(from, due, percent, base, SignedDuration::ZERO);
            answers.push(("percent_point", point));
        }
    }
    answers
}

#[test]
fn no_question_is_answered_with_an_instant_beyond_the_horizon() {
    let once = "[[override]]\ndate = \"2060-06-05\"\nwindows = [\"09:00-10:00\"]\n";
    for (week, rest) in [
        (OFFICE, ""),
        (ROUND_THE_CLOCK, ""),
        ("\nsunday = [\"23:59-24:00\"]\n", ""),
        ("\nsunday = []\n", once),
    ] {
        let calendar = calendar("Pacific/Apia", week, rest);
        for from in ["2026-06-05T12:00", "2060-06-05T09:30"] {
            let from = wall(&calendar, from);
            for unit in Unit::COUNTED.into_iter().chain([Unit::Instant]) {
                for count in [1, 51, 613, 18_300, 100_000, u32::MAX] {
                    let term = Term { count, unit };
                    for (question, answer) in asked(&calendar, from, &term) {
                        let within = answer
                            .as_ref()
                            .is_ok_and(|at| at.duration_since(from).abs() <= HORIZON);
                        let refused = answer == Err(calendar_refuses(&calendar, from));
                        assert!(within || refused, "{question} {term} {from}: {answer:?}");
                    }
                }
            }
        }
    }
}

fn calendar_refuses(calendar: &Calendar, from: Timestamp) -> OutOfRange {
    OutOfRange {
        calendar: calendar.name().to_owned(),
        from,
    }
}

#[test]
fn each_unit_reaches_the_horizon_and_no_further() {
    let calendar = calendar("UTC", ROUND_THE_CLOCK, "");
    // Half a century from here is 18,262 days.
    let midnight = wall(&calendar, "2026-01-01T00:00");
    for (unit, most) in [
        (Unit::Hours, 18_300 * 24),
        // The first day is not counted, so the last ends a day later.
        (Unit::CalendarDays, 18_299),
        (Unit::WorkingDays, 18_299),
        (Unit::Weeks, 2614),
        (Unit::Months, 601),
        (Unit::Years, 50),
        (Unit::WorkingHours, 18_300 * 24),
        (Unit::WorkingMinutes, 18_300 * 24 * 60),
    ] {
        let due = |count| calendar.due_after(midnight, &Term { count, unit });
        assert!(due(most).is_ok(), "{most} {unit:?}");
        let refused = due(most + 1);
        assert_eq!(
            refused,
            Err(calendar_refuses(&calendar, midnight)),
            "{unit:?}"
        );
    }
    let error = calendar_refuses(&calendar, midnight).to_string();
    assert!(error.contains("shorten the term"), "{error}");
}

#[test]
fn a_due_time_beyond_the_horizon_has_no_percentages() {
    let office = calendar("UTC", OFFICE, "");
    let from = wall(&office, "2026-01-01T00:00");
    for base in [TimeBase::Working, TimeBase::Elapsed] {
        let half = |due| office.percent_point(from, due, 50, base, SignedDuration::ZERO);
        assert!(half(from + HORIZON).is_ok());
        assert!(half(from + HORIZON + SignedDuration::from_nanos(1)).is_err());
    }
}

/// What has no answer costs the most: every year within the horizon is looked at.
#[test]
fn the_most_expensive_query_looks_at_52_years_and_no_more() {
    let once = "[[override]]\ndate = \"2026-06-05\"\nwindows = [\"09:00-10:00\"]\n";
    let single = calendar("America/Toronto", "\nmonday = []\n", once);
    let from = wall(&single, "2026-06-05T12:00");
    let term = |text: &str| text.parse::<Term>().unwrap();
    assert!(single.due_after(from, &term("1 working day")).is_err());
    assert!(single.next_working_instant(from).is_err());
    assert!(single.before(from, &term("100000 working hours")).is_err());
    assert_eq!(single.tables.made(), 51 + 1 + 51);
}
