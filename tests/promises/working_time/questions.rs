//! What is asked of a calendar and of its twin. Each question is one promise; none is asked where the timeline does not
//! show the answer.

use jiff::SignedDuration;
use rand::RngExt;
use redress::calendar::{Calendar, Roll, StretchKind, Term, TimeBase, Unit};

use super::{
    case::{Case, Dated},
    twin::{DAY_MINUTES, MARGIN_DAYS, MINUTE, Moment, Twin, date},
};

/// A question; whether it was answered and compared.
pub(super) type Question = fn(&mut Case, &Calendar, &Twin) -> bool;

pub(super) const QUESTIONS: [Question; 7] = [
    counts_and_advances,
    finds_the_same_due_time,
    finds_the_same_due_time,
    finds_the_same_point_before,
    percentages_round_trip,
    finds_the_working_instants_on_both_sides,
    tells_what_the_time_was,
];

const NONE: SignedDuration = SignedDuration::ZERO;
const INSTANT: SignedDuration = SignedDuration::from_nanos(1);

fn lasting(nanoseconds: i64) -> SignedDuration {
    SignedDuration::from_nanos(nanoseconds)
}

/// A moment of the days that are asked about: on a whole minute, or somewhere in it.
fn draw_moment(case: &mut Case, days: usize) -> Moment {
    let minutes = case.random.random_range(0..days * DAY_MINUTES);
    let minute = i64::try_from(MARGIN_DAYS * DAY_MINUTES + minutes).unwrap();
    let within = match case.random.random_bool(0.5) {
        true => 0,
        false => case.random.random_range(0..MINUTE),
    };
    minute * MINUTE + within
}

fn draw_pair(case: &mut Case) -> (Moment, Moment) {
    let days = case.days;
    let (one, other) = (draw_moment(case, days), draw_moment(case, days));
    (one.min(other), one.max(other))
}

fn counts_and_advances(case: &mut Case, calendar: &Calendar, twin: &Twin) -> bool {
    let (from, to) = draw_pair(case);
    let (start, end) = (twin.at(from), twin.at(to));
    let context = |case: &Case| format!("{start} to {end}, {}", case.context());
    let total = twin.counted(from, to);
    let counted = calendar.counted(start, end, TimeBase::Working);
    assert_eq!(counted, lasting(total), "{}", context(case));
    let counted = calendar.counted(start, end, TimeBase::Elapsed);
    assert_eq!(counted, lasting(to - from), "{}", context(case));

    let wanted = case.random.random_range(0..=total);
    let expected = match wanted {
        0 => from,
        _ => twin.when_worked(twin.worked_before(from) + wanted).unwrap(),
    };
    let advanced = calendar.advance_by(start, lasting(wanted), TimeBase::Working);
    assert_eq!(
        advanced.unwrap(),
        twin.at(expected),
        "{wanted} ns, {}",
        context(case)
    );
    true
}

const UNITS: [(Unit, u32); 11] = [
    (Unit::Instant, 1),
    (Unit::Seconds, 100_000),
    (Unit::Minutes, 20_000),
    (Unit::Hours, 300),
    (Unit::WorkingHours, 100),
    (Unit::WorkingMinutes, 6_000),
    (Unit::WorkingDays, 15),
    (Unit::CalendarDays, 25),
    (Unit::Weeks, 4),
    (Unit::Months, 2),
    (Unit::Years, 3),
];

/// A term, counted so that a timeline of so many days shows many of them whole.
fn draw_term(case: &mut Case) -> Term {
    let asked = if case.days < 400 {
        UNITS.len() - 1
    } else {
        UNITS.len()
    };
    let (unit, most) = UNITS[case.random.random_range(0..asked)];
    let count = case.random.random_range(1..=most);
    Term { count, unit }
}

fn finds_the_same_due_time(case: &mut Case, calendar: &Calendar, twin: &Twin) -> bool {
    let days = case.days / 2;
    let from = draw_moment(case, days);
    let start = twin.at(from);
    assert_eq!(
        calendar.date_of(start),
        date(twin.day_of(from)),
        "{start}, {}",
        case.context()
    );
    let term = draw_term(case);
    let rolls = [Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None];
    let roll = rolls[case.random.random_range(0..rolls.len())];
    let Some(due) = twin.due(from, term, roll) else {
        return false;
    };
    let found = calendar.due_after_rolling(start, &term, roll).unwrap();
    let context = || format!("{term} from {start}, {roll}, {}", case.context());
    assert_eq!(found, twin.at(due), "{}", context());
    if roll == Roll::default() {
        assert_eq!(
            calendar.due_after(start, &term).unwrap(),
            found,
            "{}",
            context()
        );
    }
    true
}

fn finds_the_same_point_before(case: &mut Case, calendar: &Calendar, twin: &Twin) -> bool {
    let days = case.days;
    let at = draw_moment(case, days);
    let term = draw_term(case);
    let Some(point) = twin.before(at, term) else {
        return false;
    };
    let found = calendar.before(twin.at(at), &term).unwrap();
    assert_eq!(
        found,
        twin.at(point),
        "{term} before {}, {}",
        twin.at(at),
        case.context()
    );
    true
}

/// Whether they are counted in one piece, or go on after a pause.
fn percentages_round_trip(case: &mut Case, calendar: &Calendar, twin: &Twin) -> bool {
    let (from, to) = draw_pair(case);
    let resumed = case.random.random_range(from..=to);
    let (start, middle, due) = (twin.at(from), twin.at(resumed), twin.at(to));
    let percent = case.random.random_range(0..=100);
    for (base, total) in [
        (TimeBase::Working, twin.counted(from, to)),
        (TimeBase::Elapsed, to - from),
    ] {
        let context = || {
            let case = case.context();
            format!("{percent} % of {start} to {due} {base:?}, from {middle} on, {case}")
        };
        let point = calendar.percent_point(start, due, percent, base, NONE);
        let point = point.unwrap();
        let part = SignedDuration::from_micros(total / 1000 * i64::from(percent) / 100);
        assert!(start <= point && point <= due, "{}", context());
        assert_eq!(calendar.counted(start, point, base), part, "{}", context());
        if !part.is_zero() {
            let just_before = calendar.counted(start, point - INSTANT, base);
            assert_eq!(just_before, part - INSTANT, "{}", context());
        }
        let before = calendar.counted(start, middle, base);
        let after = calendar.percent_point(middle, due, percent, base, before);
        assert_eq!(after.unwrap(), point.max(middle), "{}", context());
    }
    true
}

fn finds_the_working_instants_on_both_sides(
    case: &mut Case,
    calendar: &Calendar,
    twin: &Twin,
) -> bool {
    let days = case.days;
    let at = draw_moment(case, days);
    let context = || format!("{}, {}", twin.at(at), case.context());
    let next = twin.next_working(at);
    if let Some(next) = next {
        let found = calendar.next_working_instant(twin.at(at)).unwrap();
        assert_eq!(found, twin.at(next), "after {}", context());
    }
    let previous = twin.previous_working(at);
    if let Some(previous) = previous {
        let found = calendar.previous_working_instant(twin.at(at)).unwrap();
        assert_eq!(found, twin.at(previous), "before {}", context());
    }
    next.is_some() && previous.is_some()
}

fn tells_what_the_time_was(case: &mut Case, calendar: &Calendar, twin: &Twin) -> bool {
    let (days, most) = (case.days, 4 * MINUTE * 24 * 60);
    let from = draw_moment(case, days);
    let to = from
        + case
            .random
            .random_range(0..most.min(MARGIN_DAYS as i64 * most / 4));
    let (start, end) = (twin.at(from), twin.at(to));
    let context = || format!("{start} to {end}, {}", case.context());
    let (mut reached, mut working) = (start, NONE);
    for stretch in calendar.stretches(start, end) {
        let context = || format!("{stretch:?}, {}", context());
        assert_eq!(stretch.start, reached, "{}", context());
        assert!(stretch.start < stretch.end, "{}", context());
        let (first, last) = (
            twin.moment_of(stretch.start),
            twin.moment_of(stretch.end) - 1,
        );
        for moment in [first, last] {
            assert_eq!(date(twin.day_of(moment)), stretch.date, "{}", context());
            assert_eq!(
                stretch.what == StretchKind::Working,
                twin.is_working(moment),
                "{}",
                context()
            );
        }
        if stretch.what == StretchKind::Working {
            working += stretch.end.duration_since(stretch.start);
        } else {
            let expected = match case.dated.get(&stretch.date) {
                _ if !case.windows_of(stretch.date).is_empty() => StretchKind::OutsideHours,
                Some(Dated::Holiday) => StretchKind::Holiday("Closed"),
                Some(Dated::Override(_)) => StretchKind::Closed(None),
                None => StretchKind::DayOff,
            };
            assert_eq!(stretch.what, expected, "{}", context());
        }
        reached = stretch.end;
    }
    assert_eq!(reached, end, "{}", context());
    assert_eq!(working, lasting(twin.counted(from, to)), "{}", context());
    true
}

/// Neither starting later nor closing a date may make a deadline earlier; but one that a term must not outlast brings it
/// forward.
pub(super) fn is_never_due_earlier_for_less_working_time(
    case: &mut Case,
    calendar: &Calendar,
    twin: &Twin,
) {
    let (from, to) = draw_pair(case);
    let (start, later) = (twin.at(from), twin.at(to));
    let closed = case.draw_date();
    let kept = case.dated.insert(closed, Dated::Holiday);
    let fewer = case.calendar();
    match kept {
        Some(dated) => case.dated.insert(closed, dated),
        None => case.dated.remove(&closed),
    };
    for (unit, _) in UNITS {
        let term = Term {
            count: case.random.random_range(1..20),
            unit,
        };
        for roll in [Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None] {
            let due =
                |calendar: &Calendar, from| calendar.due_after_rolling(from, &term, roll).unwrap();
            let first = due(calendar, start);
            let context = || format!("{term} from {start}, {roll}, {}", case.context());
            assert!(
                first <= due(calendar, later),
                "later at {later}, {}",
                context()
            );
            assert!(start < first || unit == Unit::Instant, "{}", context());
            match roll {
                Roll::NextWorkingDay => assert!(
                    first <= due(&fewer, start),
                    "without {closed}, {}",
                    context()
                ),
                Roll::None if unit.base() == TimeBase::Elapsed => {
                    assert_eq!(first, due(&fewer, start), "without {closed}, {}", context());
                }
                Roll::PreviousWorkingDay | Roll::None => {}
            }
        }
    }
}
