use std::{collections::BTreeMap, sync::Arc};

use super::{Calendar, CalendarError, Zones};

/// The calendars that are known, by name.
#[derive(Debug, Clone, Default)]
pub struct CalendarBook {
    calendars: BTreeMap<String, Arc<Calendar>>,
}

/// The files of `calendars/`, as this program was built with them.
macro_rules! built_in {
    ($($file:literal),* $(,)?) => {
        [$((concat!("calendars/", $file), include_str!(concat!("../../calendars/", $file)))),*]
    };
}

const BUILT_IN: [(&str, &str); 15] = built_in![
    "ca-ab.toml",
    "ca-bc.toml",
    "ca-federal.toml",
    "ca-mb.toml",
    "ca-nb.toml",
    "ca-nl.toml",
    "ca-ns.toml",
    "ca-nt.toml",
    "ca-nu.toml",
    "ca-on.toml",
    "ca-pe.toml",
    "ca-qc.toml",
    "ca-sk.toml",
    "ca-yt.toml",
    "us-ma.toml",
];

impl CalendarBook {
    /// The calendars that come with the program.
    ///
    /// # Errors
    /// The first [`CalendarError`]; a test proves that there is none.
    pub fn builtin() -> Result<Self, CalendarError> {
        Self::builtin_in(&Zones::bundled())
    }

    /// As [`Self::builtin`], with the zones of another tz database than the bundled one.
    ///
    /// # Errors
    /// The first [`CalendarError`]: the database lacks a calendar's zone.
    pub fn builtin_in(zones: &Zones) -> Result<Self, CalendarError> {
        let mut book = Self::default();
        for (file, text) in BUILT_IN {
            book.insert(Calendar::parse_in(file, text, zones)?);
        }
        Ok(book)
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Calendar>> {
        self.calendars.get(name)
    }

    /// Adds a calendar, in place of one of the same name.
    pub fn insert(&mut self, calendar: Calendar) {
        self.calendars
            .insert(calendar.name().to_owned(), Arc::new(calendar));
    }

    /// All calendars, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Calendar>> {
        self.calendars.values()
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
    use crate::calendar::Day;

    #[test]
    fn every_built_in_calendar_loads_under_the_name_of_its_file() {
        let book = CalendarBook::builtin().unwrap();
        for (file, _) in BUILT_IN {
            let name = file
                .strip_prefix("calendars/")
                .and_then(|file| file.strip_suffix(".toml"))
                .unwrap();
            assert!(book.get(name).is_some(), "{file}");
        }
        assert_eq!(book.iter().count(), BUILT_IN.len());
    }

    #[test]
    fn holidays_begin_and_move_in_the_year_that_the_law_says() {
        let book = CalendarBook::builtin().unwrap();
        for (name, date, expected) in [
            ("ca-bc", "2018-02-12", Some("Family Day")),
            ("ca-bc", "2018-02-19", None),
            ("ca-bc", "2019-02-11", None),
            ("ca-bc", "2019-02-18", Some("Family Day")),
            ("ca-federal", "2020-09-30", None),
            (
                "ca-federal",
                "2021-09-30",
                Some("National Day for Truth and Reconciliation"),
            ),
            ("ca-bc", "2022-09-30", None),
            (
                "ca-mb",
                "2024-09-30",
                Some("National Day for Truth and Reconciliation"),
            ),
            ("ca-on", "2025-09-30", None),
            ("ca-nb", "2017-02-20", None),
            ("ca-nb", "2018-02-19", Some("Family Day")),
            ("ca-nu", "2019-07-09", None),
            ("ca-nu", "2020-07-09", Some("Nunavut Day")),
            ("ca-yt", "2016-06-21", None),
            (
                "ca-yt",
                "2017-06-21",
                Some("National Indigenous Peoples Day"),
            ),
            ("ca-qc", "2028-06-26", None),
            ("ca-qc", "2029-06-25", Some("National Holiday (observed)")),
            ("us-ma", "2020-06-19", None),
            ("us-ma", "2023-06-19", Some("Juneteenth Independence Day")),
            ("us-ma", "2026-04-20", Some("Patriots' Day")),
            // Independence Day on a Saturday, and on a Sunday.
            ("us-ma", "2026-07-03", None),
            ("us-ma", "2027-07-05", Some("Independence Day (observed)")),
            ("ca-federal", "2022-12-27", Some("Christmas Day (observed)")),
        ] {
            let found = match book.get(name).unwrap().day(date.parse().unwrap()) {
                Day::Holiday(holiday) => Some(holiday),
                Day::Working(_) | Day::NoWindows => None,
            };
            assert_eq!(found, expected, "{name} {date}");
        }
    }
}
