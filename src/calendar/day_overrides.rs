//! The dates that are not as their weekday is, and why.

use jiff::civil::Date;

use super::{Calendar, Day};

/// A date that is a holiday, or has an override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialDay<'a> {
    pub date: Date,
    /// What the calendar holds for it: closed, a holiday, or the windows of an override.
    pub day: Day<'a>,
    /// The holiday's name, or that of the override if it gives one.
    pub name: Option<&'a str>,
    /// Where it comes from: of an override what it says itself, of a holiday the source of the whole calendar.
    pub source: Option<&'a str>,
}

impl Calendar {
    /// What is special about a local date, if anything is.
    pub fn special_day(&self, date: Date) -> Option<SpecialDay<'_>> {
        let day = self.day(date);
        let (name, source) = match day {
            Day::Holiday(name) => (Some(name), Some(self.source())),
            // No override stands behind this but one on a date that the zone skips, which changes nothing.
            Day::NoWindows => return None,
            Day::Closed(_) | Day::Working(_) => {
                let found = self.override_on(date)?;
                (found.name.as_deref(), found.source.as_deref())
            }
        };
        Some(SpecialDay {
            date,
            day,
            name,
            source,
        })
    }

    /// The special days from one local date to another, both included.
    pub fn special_days(&self, from: Date, to: Date) -> impl Iterator<Item = SpecialDay<'_>> {
        std::iter::successors(Some(from), |date| date.tomorrow().ok())
            .take_while(move |&date| date <= to)
            .filter_map(|date| self.special_day(date))
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
    use super::*;

    const OFFICE: &str = r#"name = "office"
title = "Office"
source = "The act"
zone = "Pacific/Apia"
[week]
monday = ["09:00-17:00"]
thursday = ["09:00-17:00"]
friday = ["09:00-17:00"]
[[holiday]]
name = "Christmas Day"
on = "25 December"
[[holiday]]
name = "Boxing Day"
on = "26 December"
[[override]]
date = "2026-12-24"
windows = ["09:00-12:00"]
name = "Early close"
source = "closing-days.ics, UID 42@example.com"
[[override]]
date = "2026-12-25"
windows = ["10:00-11:00"]
[[override]]
date = "2026-12-28"
windows = []
name = "Company day"
[[override]]
date = "2011-12-30"
windows = []
name = "Skipped by the zone"
"#;

    fn office() -> Calendar {
        crate::watchdog::watch();
        Calendar::parse("office.toml", OFFICE).unwrap()
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_that_is_closed_or_open_out_of_turn_says_why_and_by_whose_word() {
        let office = office();
        let told: Vec<_> = office
            .special_days(date("2026-01-01"), date("2026-12-31"))
            .map(|special| {
                let closed = office.intervals(special.date).next().is_none();
                (
                    special.date.to_string(),
                    special.name,
                    special.source,
                    closed,
                )
            })
            .collect();
        let expected = [
            (
                "2026-12-24",
                Some("Early close"),
                Some("closing-days.ics, UID 42@example.com"),
                false,
            ),
            // The override beats the holiday, and says nothing.
            ("2026-12-25", None, None, false),
            ("2026-12-26", Some("Boxing Day"), Some("The act"), true),
            ("2026-12-28", Some("Company day"), None, true),
        ];
        assert_eq!(
            told,
            expected.map(|(date, name, source, closed)| (date.to_owned(), name, source, closed))
        );
        assert_eq!(
            office.day(date("2026-12-28")),
            Day::Closed(Some("Company day"))
        );
    }

    #[test]
    fn a_date_that_the_zone_skips_is_never_special() {
        assert_eq!(office().special_day(date("2011-12-30")), None);
    }
}
