//! The naive twin: it looks at every minute and shares no code with the calendar.

use std::collections::BTreeSet;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
};

use super::{
    FORTNIGHT, MARGIN,
    case::{Case, Wall},
};

/// Every minute of the timeline, and the date whose working time it is, if any.
pub(super) struct Twin {
    begins: Timestamp,
    pub(super) owner: Vec<Option<Date>>,
    /// The lowest reading that the wall clock still shows at or after each minute: a reading is passed for the last time
    /// when this reaches it.
    pub(super) reading: Vec<DateTime>,
    shown: BTreeSet<Date>,
}

impl Twin {
    pub(super) fn of(case: &Case) -> Self {
        let minutes = MARGIN + FORTNIGHT + MARGIN;
        let mut reading: Vec<DateTime> = (0..minutes)
            .map(|minute| case.zone.to_datetime(instant(case.begins, minute)))
            .collect();
        let shown: BTreeSet<Date> = reading.iter().map(|wall| wall.date()).collect();
        for minute in (0..minutes - 1).rev() {
            reading[minute] = reading[minute].min(reading[minute + 1]);
        }
        let windows_of = |date: &Date| -> &[Wall] {
            let weekday =
                &case.week[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()];
            case.dated.get(date).unwrap_or(weekday)
        };
        let owner = reading
            .iter()
            .map(|wall| {
                let minute_of_day = i64::from(wall.hour()) * 60 + i64::from(wall.minute());
                let today = wall.date();
                let yesterday = today.yesterday().unwrap();
                [(today, minute_of_day), (yesterday, minute_of_day + 1440)]
                    .into_iter()
                    .filter(|(date, _)| shown.contains(date))
                    .find(|(date, minute)| {
                        let mut windows = windows_of(date).iter();
                        windows.any(|(opens, closes)| (opens..closes).contains(&minute))
                    })
                    .map(|(date, _)| date)
            })
            .collect();
        Self {
            begins: case.begins,
            owner,
            reading,
            shown,
        }
    }

    pub(super) fn at(&self, minute: usize) -> Timestamp {
        instant(self.begins, minute)
    }

    pub(super) fn counted(&self, from: usize, to: usize) -> usize {
        self.owner[from..to].iter().flatten().count()
    }

    /// Where the given number of working minutes have just been counted.
    pub(super) fn advance(&self, from: usize, wanted: usize) -> Option<usize> {
        if wanted == 0 {
            return Some(from);
        }
        let mut working = (from..self.owner.len()).filter(|&minute| self.owner[minute].is_some());
        working.nth(wanted - 1).map(|minute| minute + 1)
    }

    pub(super) fn works(&self, date: Date) -> bool {
        self.owner.contains(&Some(date))
    }

    pub(super) fn close_of(&self, date: Date) -> usize {
        self.owner
            .iter()
            .rposition(|owner| *owner == Some(date))
            .unwrap()
            + 1
    }

    /// The first minute after a date.
    pub(super) fn end_of(&self, date: Date) -> Option<usize> {
        self.reading.iter().position(|wall| wall.date() > date)
    }

    pub(super) fn nth_working_day_after(&self, date: Date, n: usize) -> Option<Date> {
        let mut dates = self
            .shown
            .iter()
            .copied()
            .filter(|day| *day > date && self.works(*day));
        dates.nth(n - 1)
    }

    /// Dates up to this one have all their minutes on the timeline.
    pub(super) fn last_whole_date(&self) -> Date {
        self.reading[MARGIN + FORTNIGHT].date()
    }
}

fn instant(begins: Timestamp, minute: usize) -> Timestamp {
    begins + SignedDuration::from_mins(i64::try_from(minute).unwrap())
}
