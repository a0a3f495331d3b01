//! What must hold of every calendar, whatever it is and whatever is asked: the targets look for one in which it does not.

use jiff::{SignedDuration, Timestamp};
use redress::calendar::{Calendar, Roll, StretchKind, Term, TimeBase};

/// As good as one.
const YEAR: SignedDuration = SignedDuration::from_hours(8766);
const INSTANT: SignedDuration = SignedDuration::from_nanos(1);

/// Asks for a due time, and asks the other questions about it.
pub fn check_due(calendar: &Calendar, from: Timestamp, term: &Term, roll: Roll) {
    let Ok(due) = calendar.due_after_rolling(from, term, roll) else {
        return;
    };
    assert!(from <= due, "{term} from {from} is due before, at {due}");
    let counted = |from, to| calendar.counted(from, to, TimeBase::Working);
    match (term.unit.base(), term.time()) {
        (TimeBase::Working, Some(wanted)) => {
            assert_eq!(counted(from, due), wanted, "{term} from {from}");
            if !wanted.is_zero() {
                assert!(counted(from, due - INSTANT) < wanted, "{term} from {from}");
            }
        }
        (TimeBase::Working, None) => assert_eq!(
            calendar.previous_working_instant(due).ok(),
            Some(due),
            "a working day closes at {due}"
        ),
        (TimeBase::Elapsed, _) => {}
    }
    check_percentages(calendar, from, due);
}

fn check_percentages(calendar: &Calendar, from: Timestamp, due: Timestamp) {
    // What lies centuries apart is counted year by year, in tables that are not kept: nobody asks, and it takes seconds.
    if due.duration_since(from) > 100 * YEAR {
        return;
    }
    for base in [TimeBase::Working, TimeBase::Elapsed] {
        let mut last = from;
        for percent in [0, 50, 80, 100] {
            let none = SignedDuration::ZERO;
            match calendar.percent_point(from, due, percent, base, none) {
                Ok(point) => {
                    assert!(
                        last <= point && point <= due,
                        "{percent} % of {from} to {due}"
                    );
                    last = point;
                }
                // What lies within reach from one end may lie out of reach from a due time without working time before it.
                Err(_) => assert!(due.duration_since(from) > 49 * YEAR),
            }
        }
    }
}

/// Asks for the point a term before, which never lies after.
pub fn check_before(calendar: &Calendar, at: Timestamp, term: &Term) {
    let Ok(point) = calendar.before(at, term) else {
        return;
    };
    assert!(point <= at, "{term} before {at} lies after it, at {point}");
    if let (TimeBase::Working, Some(wanted)) = (term.unit.base(), term.time()) {
        assert_eq!(calendar.counted(point, at, TimeBase::Working), wanted);
    }
}

/// What the time between two instants was has no gap, and its working part is what is counted.
pub fn check_stretches(calendar: &Calendar, from: Timestamp, to: Timestamp) {
    let (mut reached, mut working) = (from, SignedDuration::ZERO);
    for stretch in calendar.stretches(from, to) {
        assert_eq!(stretch.start, reached);
        assert!(stretch.start < stretch.end);
        assert_eq!(calendar.date_of(stretch.start), stretch.date);
        assert_eq!(calendar.date_of(stretch.end - INSTANT), stretch.date);
        if stretch.what == StretchKind::Working {
            working += stretch.end.duration_since(stretch.start);
        }
        reached = stretch.end;
    }
    assert_eq!(reached, to.max(from));
    assert_eq!(working, calendar.counted(from, to, TimeBase::Working));
}

/// The next and the last working instant lie on their sides, in working time.
pub fn check_neighbours(calendar: &Calendar, at: Timestamp) {
    if let Ok(next) = calendar.next_working_instant(at) {
        assert!(at <= next);
        assert_eq!(
            calendar.counted(at, next, TimeBase::Working),
            SignedDuration::ZERO
        );
        assert_eq!(calendar.next_working_instant(next).ok(), Some(next));
    }
    if let Ok(last) = calendar.previous_working_instant(at) {
        assert!(last <= at);
        assert_eq!(
            calendar.counted(last, at, TimeBase::Working),
            SignedDuration::ZERO
        );
        assert_eq!(calendar.previous_working_instant(last).ok(), Some(last));
    }
}
