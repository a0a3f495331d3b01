//! What the time between two instants was, date by date: the explanation of a due time.

use jiff::{Timestamp, civil::Date};

use super::{Calendar, Day, Interval, arithmetic::dates_from, zone};

/// A stretch of one local date, `[start, end)`, never empty, that is one thing throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// The local date in which it lies. The hours after midnight of a night lie in the date after the one they belong to.
    pub date: Date,
    pub start: Timestamp,
    pub end: Timestamp,
    pub what: StretchKind<'a>,
}

/// What a stretch of time is to a calendar. Only [`Self::Working`] counts as working time; the others say why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StretchKind<'a> {
    /// In a window.
    Working,
    /// Outside the windows of a date that has some: before the first, after the last, or a break.
    OutsideHours,
    /// On a weekday without windows, such as a Sunday.
    DayOff,
    /// On the holiday of this name.
    Holiday(&'a str),
    /// On a date that an override closes; by what name, if it says so.
    Closed(Option<&'a str>),
}

impl Calendar {
    /// What the time in `[from, to)` is, in order and without a gap; none when `to <= from`. Stretches break at each local
    /// midnight, so that each lies within one date. The working ones sum up to what [`Self::counted`] counts.
    pub fn stretches(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = Stretch<'_>> + '_ {
        let last = self.date_of(to);
        dates_from(self.date_of(from))
            .take_while(move |&date| date <= last)
            .flat_map(|date| self.stretches_of(date))
            .filter_map(move |stretch| stretch.within(from, to))
    }

    /// The stretches of a whole date, of which those without any time are dropped by [`Stretch::within`].
    fn stretches_of(&self, date: Date) -> Vec<Stretch<'_>> {
        // A date begins or ends at no representable instant only where representable time itself does.
        let begins = zone::start_of(&self.zone, date).unwrap_or(Timestamp::MIN);
        let ends = zone::end_of(&self.zone, date).unwrap_or(Timestamp::MAX);
        let night = date.yesterday().ok();
        let working = night
            .into_iter()
            .chain([date])
            .flat_map(|date| self.intervals(date))
            .filter_map(|interval| interval.within(begins, ends));
        let not_working = self.not_working(date);
        let stretch = |start, end, what| Stretch {
            date,
            start,
            end,
            what,
        };
        let mut stretches = Vec::new();
        let mut reached = begins;
        for Interval { start, end } in working {
            stretches.push(stretch(reached, start, not_working));
            stretches.push(stretch(start, end, StretchKind::Working));
            reached = end;
        }
        stretches.push(stretch(reached, ends, not_working));
        stretches
    }

    /// What the time of a date is that lies in no window.
    fn not_working(&self, date: Date) -> StretchKind<'_> {
        match self.day(date) {
            Day::Working(_) => StretchKind::OutsideHours,
            Day::Holiday(name) => StretchKind::Holiday(name),
            Day::Closed(name) => StretchKind::Closed(name),
            Day::NoWindows => StretchKind::DayOff,
        }
    }
}

impl Stretch<'_> {
    /// The part in `[from, to)`, if any.
    fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let (start, end) = (self.start, self.end);
        let Interval { start, end } = Interval { start, end }.within(from, to)?;
        Some(Self { start, end, ..self })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use super::{StretchKind::*, *};
    use crate::calendar::pitfalls::{NIGHTS, OFFICE, calendar, shown, wall};

    /// From one wall reading to another: what the time was, and when it ended.
    fn told<'a>(calendar: &'a Calendar, from: &str, to: &str) -> Vec<(StretchKind<'a>, String)> {
        calendar
            .stretches(wall(calendar, from), wall(calendar, to))
            .map(|stretch| (stretch.what, shown(calendar, stretch.end)))
            .collect()
    }

    fn expected<'a>(list: &[(StretchKind<'a>, &str)]) -> Vec<(StretchKind<'a>, String)> {
        list.iter()
            .map(|&(what, end)| (what, format!("2026-{end}:00")))
            .collect()
    }

    #[test]
    fn the_time_over_christmas_is_told_hour_by_hour() {
        let rest = "[[holiday]]\nname = \"Christmas Day\"\non = \"25 December\"\n\
                    [[override]]\ndate = \"2026-12-28\"\nwindows = []\n";
        let office = calendar("America/Toronto", OFFICE, rest);
        assert_eq!(
            told(&office, "2026-12-24T16:00", "2026-12-29T09:30"),
            expected(&[
                (Working, "12-24T17:00"),
                (OutsideHours, "12-25T00:00"),
                (Holiday("Christmas Day"), "12-26T00:00"),
                (DayOff, "12-27T00:00"),
                (DayOff, "12-28T00:00"),
                (Closed(None), "12-29T00:00"),
                (OutsideHours, "12-29T09:00"),
                (Working, "12-29T09:30"),
            ])
        );
        let none = told(&office, "2026-12-24T16:00", "2026-12-24T16:00");
        assert_eq!(none, []);
    }

    #[test]
    fn a_night_is_told_in_the_dates_that_it_lies_in() {
        let holiday = "[[holiday]]\nname = \"H\"\non = \"6 June\"\n";
        let nights = calendar("America/Toronto", NIGHTS, holiday);
        assert_eq!(
            told(&nights, "2026-06-05T23:00", "2026-06-06T23:00"),
            expected(&[
                (Working, "06-06T00:00"),
                (Working, "06-06T06:00"),
                (Holiday("H"), "06-06T23:00"),
            ])
        );
    }

    #[test]
    fn a_date_that_the_zone_skips_is_not_told() {
        let apia = calendar("Pacific/Apia", OFFICE, "");
        let dates: Vec<String> = apia
            .stretches(
                wall(&apia, "2011-12-29T12:00"),
                wall(&apia, "2011-12-31T12:00"),
            )
            .map(|stretch| stretch.date.to_string())
            .collect();
        assert_eq!(dates, ["2011-12-29", "2011-12-29", "2011-12-31"]);
    }

    #[test]
    fn all_of_representable_time_begins_and_ends_with_a_stretch() {
        for zone in ["Pacific/Apia", "Etc/GMT+12", "UTC"] {
            let office = calendar(zone, OFFICE, "");
            let day = jiff::SignedDuration::from_hours(30);
            let first = office
                .stretches(Timestamp::MIN, Timestamp::MIN + day)
                .next();
            assert_eq!(first.unwrap().start, Timestamp::MIN, "{zone}");
            let last = office
                .stretches(Timestamp::MAX - day, Timestamp::MAX)
                .last();
            assert_eq!(last.unwrap().end, Timestamp::MAX, "{zone}");
        }
    }
}
