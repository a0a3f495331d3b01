//! The naive twin: it looks at every minute and shares no code with the calendar.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};

use super::case::{Case, Wall};

/// Of elapsed time and of wall time alike.
pub(super) const DAY_MINUTES: usize = 24 * 60;
/// What the twin sees before and after the days that are asked about, to know which night a minute belongs to and whether a
/// reading repeats.
pub(super) const MARGIN_DAYS: usize = 3;
/// A minute in nanoseconds.
pub(super) const MINUTE: i64 = 60_000_000_000;

const DAY: i64 = 24 * 60;

/// Nanoseconds since the timeline begins.
pub(super) type Moment = i64;
/// A local date, in days since 1970.
pub(super) type DayNumber = i64;

/// Every minute of the timeline: what the wall clock shows, and whose working time it is.
pub(super) struct Twin {
    begins: Timestamp,
    /// In wall minutes since 1970.
    shown: Vec<i64>,
    /// The lowest reading that the clock still shows at or after each minute: a reading is passed for the last time when
    /// this reaches it.
    passed: Vec<i64>,
    owner: Vec<Option<DayNumber>>,
    /// How many minutes before each one are working time; one longer than the timeline.
    worked: Vec<i64>,
    /// Where each working day's working time begins and ends, break by break.
    runs: BTreeMap<DayNumber, Vec<(Moment, Moment)>>,
    /// Whether the clock shows each date from `first_day` on.
    days_shown: Vec<bool>,
    first_day: DayNumber,
}

impl Twin {
    pub(super) fn of(case: &Case) -> Self {
        let minutes = (case.days + 2 * MARGIN_DAYS) * DAY_MINUTES;
        let shown = readings(case, minutes);
        let mut passed = shown.clone();
        for minute in (0..minutes - 1).rev() {
            passed[minute] = passed[minute].min(passed[minute + 1]);
        }
        let first_day = shown.iter().min().unwrap().div_euclid(DAY) - 1;
        let last_day = shown.iter().max().unwrap().div_euclid(DAY);
        let mut days_shown = vec![false; index(last_day - first_day) + 1];
        for wall in &shown {
            days_shown[index(wall.div_euclid(DAY) - first_day)] = true;
        }
        let windows: Vec<&[Wall]> = (first_day..=last_day)
            .map(|day| match days_shown[index(day - first_day)] {
                true => case.windows_of(date(day)),
                false => &[],
            })
            .collect();
        let owner: Vec<Option<DayNumber>> = passed
            .iter()
            .map(|wall| {
                let (today, minute) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
                [(today, minute), (today - 1, minute + DAY)]
                    .into_iter()
                    .find(|(day, minute)| {
                        let mut windows = windows[index(day - first_day)].iter();
                        windows.any(|(opens, closes)| opens <= minute && minute < closes)
                    })
                    .map(|(day, _)| day)
            })
            .collect();
        let mut twin = Self {
            begins: case.begins,
            shown,
            passed,
            owner,
            worked: vec![0],
            runs: BTreeMap::new(),
            days_shown,
            first_day,
        };
        twin.count();
        twin
    }

    fn count(&mut self) {
        let mut worked = 0;
        for (minute, owner) in self.owner.iter().enumerate() {
            worked += i64::from(owner.is_some());
            self.worked.push(worked);
            let Some(day) = owner else { continue };
            let (start, end) = (moment(minute), moment(minute + 1));
            let runs = self.runs.entry(*day).or_default();
            match runs.last_mut() {
                Some(run) if run.1 == start => run.1 = end,
                _ => runs.push((start, end)),
            }
        }
    }

    pub(super) fn at(&self, moment: Moment) -> Timestamp {
        self.begins + SignedDuration::from_nanos(moment)
    }

    pub(super) fn moment_of(&self, at: Timestamp) -> Moment {
        i64::try_from(at.duration_since(self.begins).as_nanos()).unwrap()
    }

    pub(super) fn minutes(&self) -> usize {
        self.owner.len()
    }

    pub(super) fn is_working(&self, at: Moment) -> bool {
        self.owner[minute_of(at)].is_some()
    }

    /// The working time before a moment.
    pub(super) fn worked_before(&self, at: Moment) -> i64 {
        let counted = self.worked[minute_of(at)] * MINUTE;
        if at % MINUTE > 0 && self.is_working(at) {
            counted + at % MINUTE
        } else {
            counted
        }
    }

    pub(super) fn counted(&self, from: Moment, to: Moment) -> i64 {
        self.worked_before(to) - self.worked_before(from)
    }

    /// The earliest moment with so much working time before it.
    pub(super) fn when_worked(&self, total: i64) -> Option<Moment> {
        let after = self.worked.partition_point(|&w| w * MINUTE < total);
        (after < self.worked.len()).then_some(())?;
        match after.checked_sub(1) {
            Some(minute) => Some(moment(minute) + total - self.worked[minute] * MINUTE),
            None => Some(0),
        }
    }

    /// The latest moment with no more working time before it.
    pub(super) fn while_worked(&self, total: i64) -> Option<Moment> {
        let after = self.worked.partition_point(|&w| w * MINUTE <= total);
        (0 <= total && after < self.worked.len()).then_some(())?;
        let minute = after - 1;
        Some(moment(minute) + total - self.worked[minute] * MINUTE)
    }

    pub(super) fn next_working(&self, at: Moment) -> Option<Moment> {
        if self.is_working(at) {
            return Some(at);
        }
        self.while_worked(self.worked_before(at))
    }

    pub(super) fn previous_working(&self, at: Moment) -> Option<Moment> {
        if self.is_working(at) {
            return Some(at);
        }
        let worked = self.worked_before(at);
        (worked > 0).then(|| self.when_worked(worked))?
    }

    /// The date that a moment lies in; never one before that of an earlier moment.
    pub(super) fn day_of(&self, at: Moment) -> DayNumber {
        self.passed[minute_of(at)].div_euclid(DAY)
    }

    /// What the wall clock shows: the minute since 1970, and the nanoseconds in it.
    pub(super) fn shown_at(&self, at: Moment) -> (i64, i64) {
        (self.shown[minute_of(at)], at % MINUTE)
    }

    /// When the wall clock passes a reading for the last time.
    pub(super) fn passes(&self, wall: i64, within: i64) -> Option<Moment> {
        let passed =
            |is_behind: &dyn Fn(i64) -> bool| self.passed.partition_point(|&w| is_behind(w));
        if within == 0 {
            let minute = passed(&|reading| reading < wall);
            return (0 < minute && minute < self.minutes()).then(|| moment(minute));
        }
        let after = passed(&|reading| reading <= wall);
        let minute = after.checked_sub(1).filter(|_| after < self.minutes())?;
        Some(if self.shown[minute] == wall {
            moment(minute) + within
        } else {
            moment(after)
        })
    }

    pub(super) fn end_of(&self, day: DayNumber) -> Option<Moment> {
        self.passes((day + 1) * DAY, 0)
    }

    pub(super) fn shows(&self, day: DayNumber) -> bool {
        self.days_shown[index(day - self.first_day)]
    }

    /// The working time of a date; none on a day off.
    pub(super) fn runs(&self, day: DayNumber) -> &[(Moment, Moment)] {
        self.runs.get(&day).map_or(&[], Vec::as_slice)
    }

    pub(super) fn works(&self, day: DayNumber) -> bool {
        self.runs.contains_key(&day)
    }

    /// All minutes of these dates are on the timeline, the night that each begins included.
    pub(super) fn whole_days(&self) -> std::ops::RangeInclusive<DayNumber> {
        let margin = MARGIN_DAYS * DAY_MINUTES;
        let last = self.minutes() - margin;
        self.passed[margin].div_euclid(DAY)..=self.passed[last].div_euclid(DAY)
    }
}

/// What the clock shows in each minute, from the zone's changes.
fn readings(case: &Case, minutes: usize) -> Vec<i64> {
    let begins = case.begins.as_second().div_euclid(60);
    let ends = begins + i64::try_from(minutes).unwrap();
    let offset = |at| i64::from(case.zone.to_offset(at).seconds()) / 60;
    let changes = case
        .zone
        .following(case.begins)
        .map(|change| (change.timestamp().as_second().div_euclid(60), change))
        .take_while(|(minute, _)| *minute < ends);
    let mut pieces = vec![(begins, offset(case.begins))];
    pieces.extend(changes.map(|(minute, change)| (minute, offset(change.timestamp()))));
    let mut shown = Vec::with_capacity(minutes);
    for (place, &(from, offset)) in pieces.iter().enumerate() {
        let to = pieces.get(place + 1).map_or(ends, |&(next, _)| next);
        shown.extend((from..to).map(|minute| minute + offset));
    }
    shown
}

fn moment(minute: usize) -> Moment {
    i64::try_from(minute).unwrap() * MINUTE
}

fn minute_of(at: Moment) -> usize {
    usize::try_from(at / MINUTE).unwrap()
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap()
}

const EPOCH: Date = Date::constant(1970, 1, 1);

pub(super) fn date(day: DayNumber) -> Date {
    EPOCH + day.days()
}

pub(super) fn day(date: Date) -> DayNumber {
    i64::from(EPOCH.until(date).unwrap().get_days())
}
