//! The time of a clock from its start to its due time, interval by interval: counted, or skipped and why.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{
    parts::{Span, SpanKind},
    trace::{Leg, Toward, Trace},
    words,
};
use crate::calendar::{Calendar, Roll, Stretch, StretchKind, Term, TimeBase};

/// The spans of each leg: in order, without a gap, none of them empty. The last one of a clock that stands still has no end.
pub(super) fn of(trace: &Trace, calendar: &Calendar, roll: Roll) -> Vec<Vec<Span>> {
    let clock = &trace.clock;
    // Where it ended paused, or stands paused, there is no due time.
    let last = clock.due.or(clock.stop);
    let begins = trace.legs.iter().skip(1).map(|leg| Some(leg.from));
    let ends = begins.chain([last]);
    let count = Count {
        calendar,
        base: clock.base(),
        roll,
    };
    let last = trace.legs.len().saturating_sub(1);
    let spans = (0..).zip(trace.legs.iter().zip(ends));
    let spans = spans.map(|(place, (leg, end))| {
        let end = end.map(|end| end.max(leg.from));
        merged(count.leg(leg, end, place == last))
    });
    spans.collect()
}

/// The time between an arrival on a day off and the next working instant at the place of receipt.
pub(super) fn before_receipt(place: &Calendar, arrived: Timestamp, start: Timestamp) -> Vec<Span> {
    let stretches = place.stretches(arrived, start);
    let spans = stretches.map(|stretch| {
        let (kind, reason) = reason(stretch.date, stretch.what);
        Span {
            start: stretch.start,
            end: Some(stretch.end),
            kind,
            counted: false,
            day: None,
            text: words::before_receipt(&reason, place.name()),
            time: SignedDuration::ZERO,
        }
    });
    merged(spans.collect())
}

/// What the time is counted in.
struct Count<'c> {
    calendar: &'c Calendar,
    base: TimeBase,
    roll: Roll,
}

impl Count<'_> {
    /// `last`: it ends with the due time, not with a pause.
    fn leg(&self, leg: &Leg, end: Option<Timestamp>, last: bool) -> Vec<Span> {
        let from = leg.from;
        match (&leg.toward, end) {
            (Toward::Pause { reason, paused, .. }, end) => vec![Span {
                start: from,
                end,
                kind: SpanKind::Paused,
                counted: false,
                day: None,
                text: words::pause(*reason, paused),
                time: SignedDuration::ZERO,
            }],
            (_, None) => Vec::new(),
            (Toward::Target(term), Some(end)) => self.target(from, end, term, last),
            (Toward::Date(_), Some(end)) => self.time(from, end),
            (
                Toward::Remaining {
                    micros,
                    days: Some(_),
                },
                Some(end),
            ) => self.remaining_days(from, end, SignedDuration::from_micros(*micros)),
            (Toward::Remaining { micros, .. }, Some(end)) => {
                let remaining = SignedDuration::from_micros(*micros);
                let counted = self.calendar.advance_by(from, remaining, self.base);
                let counted = counted.map_or(end, |counted| counted.min(end));
                let mut spans = self.time(from, counted);
                spans.push(self.held(counted, end));
                spans
            }
        }
    }

    fn target(&self, from: Timestamp, end: Timestamp, term: &Term, last: bool) -> Vec<Span> {
        match (term.time(), term.unit.base()) {
            (Some(_), _) => self.time(from, end),
            (None, TimeBase::Working) => self.working_days(from, end, term),
            (None, TimeBase::Elapsed) => self.calendar_days(from, end, term, last),
        }
    }

    /// Time as it passes: all of it, or that within the working hours.
    fn time(&self, from: Timestamp, end: Timestamp) -> Vec<Span> {
        match self.base {
            TimeBase::Elapsed => {
                let text = words::ELAPSED.to_owned();
                vec![self.span(from, end, SpanKind::Elapsed, None, text)]
            }
            TimeBase::Working => {
                let stretches = self.calendar.stretches(from, end);
                let spans = stretches.map(|stretch| match stretch.what {
                    StretchKind::Working => {
                        let text = words::WORKING.to_owned();
                        self.span(stretch.start, stretch.end, SpanKind::Working, None, text)
                    }
                    _ => self.skipped(&stretch),
                });
                spans.collect()
            }
        }
    }

    /// The day of the start is not counted; each later one on which there is working time is.
    fn working_days(&self, from: Timestamp, end: Timestamp, term: &Term) -> Vec<Span> {
        let first = self.calendar.date_of(from);
        let (mut number, mut last) = (0, first);
        let mut spans = Vec::new();
        for stretch in self.calendar.stretches(from, end) {
            if stretch.what != StretchKind::Working {
                spans.push(self.skipped(&stretch));
                continue;
            }
            let date = self.working_date(&stretch);
            if date > last {
                (number, last) = (number + 1, date);
            }
            let (start, end) = (stretch.start, stretch.end);
            spans.push(if number == 0 {
                self.first_day(start, end)
            } else {
                let text = words::day("working day", number, term.count);
                self.span(start, end, SpanKind::Working, Some(number), text)
            });
        }
        spans
    }

    /// The date that a stretch of working time belongs to: the hours after midnight of a night belong to the date before.
    fn working_date(&self, stretch: &Stretch<'_>) -> Date {
        let night = stretch.date.yesterday().ok().filter(|&date| {
            let mut windows = self.calendar.intervals(date);
            windows.any(|window| window.start <= stretch.start && stretch.start < window.end)
        });
        night.unwrap_or(stretch.date)
    }

    /// The day of the start is not counted, each later one is; a last day without working time is rolled. Up to a pause,
    /// all days of the term are counted: it is not known yet which one is the last.
    fn calendar_days(&self, from: Timestamp, end: Timestamp, term: &Term, last: bool) -> Vec<Span> {
        let days = Days::of(self.calendar, from, term, self.roll);
        let rolled_past = |date| match last {
            true => days.last <= date && date < days.rolled,
            false => days.last < date,
        };
        let stretches = self.calendar.stretches(from, end);
        let spans = stretches.map(|stretch| {
            let Stretch {
                date, start, end, ..
            } = stretch;
            if date == days.first {
                return self.first_day(start, end);
            }
            if rolled_past(date) {
                return self.rolled_past(&stretch);
            }
            let number = days.number(date);
            let text = words::calendar_day(term.unit, number, days.number(days.last));
            let text = if date == days.rolled && days.rolled < days.last {
                words::rolled_back(&text)
            } else {
                text
            };
            self.span(start, end, SpanKind::CalendarDay, Some(number), text)
        });
        spans.collect()
    }

    /// What remained of a term in calendar days, and the rest of the day at whose end it is due.
    fn remaining_days(
        &self,
        from: Timestamp,
        end: Timestamp,
        remaining: SignedDuration,
    ) -> Vec<Span> {
        let ends = self
            .calendar
            .days_after(from, from, remaining, self.roll)
            .ok();
        let counted = ends.map_or(end, |ends| ends.counted.min(end));
        let mut spans = self.time(from, counted);
        // It ends with this day, unless it was paused again before.
        let last_day = ends.filter(|ends| ends.due <= end).map(|ends| {
            let within = ends.due.checked_sub(SignedDuration::from_nanos(1));
            self.calendar.date_of(within.unwrap_or(ends.due))
        });
        if let (Some(ends), Some(last_day)) = (ends, last_day)
            && ends.due < ends.counted
        {
            let mut stretches = self.calendar.stretches(from, counted);
            let begins = stretches.find(|stretch| stretch.date == last_day);
            let begins = begins.map_or(from, |stretch| stretch.start);
            spans = self.time(from, begins);
            let text = words::ROLLED_BACK.to_owned();
            spans.push(self.span(begins, counted, SpanKind::Elapsed, None, text));
        }
        let rest = self.calendar.stretches(counted, end);
        spans.extend(rest.map(|stretch| {
            if last_day.is_some_and(|last_day| stretch.date >= last_day) {
                Span {
                    kind: SpanKind::RestOfDay,
                    text: words::REST_OF_DAY.to_owned(),
                    ..self.skipped(&stretch)
                }
            } else {
                self.rolled_past(&stretch)
            }
        }));
        spans
    }

    fn rolled_past(&self, stretch: &Stretch<'_>) -> Span {
        let (_, reason) = reason(stretch.date, stretch.what);
        Span {
            kind: SpanKind::RolledPast,
            text: words::rolled_past(&reason),
            ..self.skipped(stretch)
        }
    }

    /// What is counted on the day of the start makes no day, but is time that has passed when a pause begins.
    fn first_day(&self, start: Timestamp, end: Timestamp) -> Span {
        Span {
            counted: false,
            ..self.span(
                start,
                end,
                SpanKind::FirstDay,
                None,
                words::FIRST_DAY.to_owned(),
            )
        }
    }

    /// All that remained was counted before, but the date that the customer has stays.
    fn held(&self, start: Timestamp, end: Timestamp) -> Span {
        let text = words::HELD.to_owned();
        Span {
            counted: false,
            ..self.span(start, end, SpanKind::PromiseHeld, None, text)
        }
    }

    fn skipped(&self, stretch: &Stretch<'_>) -> Span {
        let (kind, text) = reason(stretch.date, stretch.what);
        Span {
            counted: false,
            ..self.span(stretch.start, stretch.end, kind, None, text)
        }
    }

    fn span(
        &self,
        start: Timestamp,
        end: Timestamp,
        kind: SpanKind,
        day: Option<u32>,
        text: String,
    ) -> Span {
        Span {
            start,
            end: Some(end),
            kind,
            counted: true,
            day,
            text,
            time: self.calendar.counted(start, end, self.base),
        }
    }
}

/// Why time does not count as working time.
fn reason(date: Date, what: StretchKind<'_>) -> (SpanKind, String) {
    match what {
        StretchKind::Working | StretchKind::OutsideHours => {
            (SpanKind::OutsideHours, words::OUTSIDE_HOURS.to_owned())
        }
        StretchKind::DayOff => (SpanKind::DayOff, words::day_off(date.weekday()).to_owned()),
        StretchKind::Holiday(name) => (SpanKind::Holiday, words::holiday(name)),
        StretchKind::Closed(name) => (SpanKind::Closed, words::closed(name)),
    }
}

/// The days of a term of calendar days, weeks, months or years.
pub(super) struct Days {
    first: Date,
    /// With which the term ends, were it not rolled.
    pub(super) last: Date,
    /// With which it ends.
    pub(super) rolled: Date,
}

impl Days {
    pub(super) fn of(calendar: &Calendar, from: Timestamp, term: &Term, roll: Roll) -> Self {
        let first = calendar.date_of(from);
        let days = term.days();
        let last = days.map_or(Date::MAX, |days| first.saturating_add(days));
        // A due time is the end of a day; it is within reach, or the clock had not started.
        let due = calendar.due_after_rolling(from, term, roll).ok();
        let end = due.and_then(|due| due.checked_sub(SignedDuration::from_nanos(1)).ok());
        Days {
            first,
            last,
            rolled: end.map_or(last, |end| calendar.date_of(end)),
        }
    }

    /// Which day of the term a date is: a day past the last one, to which that was rolled, stands for it.
    pub(super) fn number(&self, date: Date) -> u32 {
        let days = self.first.until(date.min(self.last));
        days.map_or(0, |days| u32::try_from(days.get_days()).unwrap_or(0))
    }
}

/// What follows upon one another and reads the same is one span: a night, a weekend, a working day without a break. Empty
/// ones fall away.
fn merged(spans: Vec<Span>) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::new();
    let not_empty = |span: &Span| span.end != Some(span.start);
    for span in spans.into_iter().filter(not_empty) {
        match merged.last_mut() {
            Some(last) if last.text == span.text => {
                last.end = span.end;
                last.time += span.time;
            }
            _ => merged.push(span),
        }
    }
    merged
}
