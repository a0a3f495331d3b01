//! Other hours on the same working days.

use std::sync::Arc;

use super::{Calendar, Override, Window, WindowError, week};

impl Calendar {
    /// This calendar with other hours: each date that has windows, by its weekday or by an override, has exactly these;
    /// each other date stays without any. So a reminder to staff comes on a working day, between "08:00-18:00".
    ///
    /// Name, version and text stay those of the calendar that it was made from.
    ///
    /// # Errors
    /// [`WindowError`] if there is no window, if there are too many, or if one starts before the one ahead of it has ended, be it on the same date
    /// or in the night before.
    pub fn with_hours(&self, windows: &[Window]) -> Result<Self, WindowError> {
        if windows.is_empty() {
            return Err(WindowError::Missing);
        }
        if windows.len() > week::MOST_WINDOWS {
            return Err(WindowError::TooMany);
        }
        if week::first_overlap(windows).is_some() || week::runs_into(windows, windows) {
            return Err(WindowError::Overlap);
        }
        let hours = |there: &[Window]| if there.is_empty() { &[] } else { windows }.to_vec();
        let overrides = self.overrides.iter().map(|given| Override {
            windows: hours(&given.windows),
            ..given.clone()
        });
        Ok(Self {
            week: self.week.map(hours),
            overrides: overrides.collect(),
            tables: Arc::default(),
            ..self.clone()
        })
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
    use crate::calendar::{
        Calendar, Day, Window, WindowError,
        pitfalls::{OFFICE, calendar, date, shown, wall},
    };

    fn windows(texts: &[&str]) -> Vec<Window> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn office() -> Calendar {
        let rest = "[[holiday]]\nname = \"Canada Day\"\non = \"1 July\"\n\
                    [[override]]\ndate = \"2026-07-04\"\nwindows = [\"10:00-14:00\"]\n\
                    [[override]]\ndate = \"2026-07-03\"\nwindows = []\n";
        calendar("America/Toronto", OFFICE, rest)
    }

    #[test]
    fn each_working_day_has_the_given_hours_and_no_other_day_has_any() {
        let given = windows(&["08:00-12:00", "13:00-20:00"]);
        let (office, quiet) = (office(), office().with_hours(&given).unwrap());
        // Wednesday is a holiday, Friday is closed, and Saturday is open by override.
        for (day, expected) in [
            ("2026-06-30", Day::Working(&given)),
            ("2026-07-01", Day::Holiday("Canada Day")),
            ("2026-07-02", Day::Working(&given)),
            ("2026-07-03", Day::Closed(None)),
            ("2026-07-04", Day::Working(&given)),
            ("2026-07-05", Day::NoWindows),
        ] {
            assert_eq!(quiet.day(date(day)), expected, "{day}");
        }
        let next = |calendar: &Calendar| {
            let next = calendar.next_working_instant(wall(calendar, "2026-07-02T18:00"));
            shown(calendar, next.unwrap())
        };
        assert_eq!(next(&office), "2026-07-04T10:00:00");
        assert_eq!(next(&quiet), "2026-07-02T18:00:00");
        assert_eq!(quiet.version(), office.version());
    }

    #[test]
    fn hours_that_no_two_days_in_a_row_can_have_are_refused() {
        for (texts, expected) in [
            (&[][..], WindowError::Missing),
            (&["09:00-12:00", "11:00-13:00"], WindowError::Overlap),
            (&["13:00-17:00", "09:00-12:00"], WindowError::Overlap),
            (&["04:00-08:00", "22:00-06:00"], WindowError::Overlap),
            (&["09:00-09:01"; 49], WindowError::TooMany),
        ] {
            let refused = office().with_hours(&windows(texts)).unwrap_err();
            assert_eq!(refused, expected, "{texts:?}");
        }
        let nights = windows(&["06:00-08:00", "22:00-06:00"]);
        assert!(office().with_hours(&nights).is_ok());
        let half_hours: Vec<_> = (0..48)
            .map(|n| {
                format!(
                    "{:02}:{:02}-{:02}:{:02}",
                    n / 2,
                    n % 2 * 30,
                    n / 2,
                    n % 2 * 30 + 29
                )
            })
            .collect();
        let most: Vec<_> = half_hours.iter().map(String::as_str).collect();
        assert!(office().with_hours(&windows(&most)).is_ok());
    }
}
