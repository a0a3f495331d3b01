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

const BUILT_IN: [(&str, &str); 31] = built_in![
    "au-act.toml",
    "au-nsw.toml",
    "au-nt.toml",
    "au-qld.toml",
    "au-sa.toml",
    "au-tas.toml",
    "au-vic.toml",
    "au-wa.toml",
    "au.toml",
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
    "es.toml",
    "fr.toml",
    "gb-eaw.toml",
    "gb-nir.toml",
    "gb-sct.toml",
    "ie.toml",
    "us-federal.toml",
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
            // A holiday of the public sector in most provinces, and of everybody in one.
            ("ca-bc", "2022-09-19", None),
            ("ca-nb", "2022-09-19", None),
            ("ca-pe", "2022-09-19", Some("Funeral of Queen Elizabeth II")),
            // Remembrance Day on a Saturday.
            ("ca-ns", "2023-11-13", None),
            ("ca-nl", "2023-11-13", Some("Remembrance Day (observed)")),
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
            ("ca-mb", "2018-07-02", Some("Canada Day")),
            ("ca-nb", "2018-07-02", Some("Canada Day")),
            ("ca-ns", "2018-07-02", None),
            ("ca-bc", "2029-07-02", Some("Canada Day")),
            (
                "au",
                "2022-09-22",
                Some("National Day of Mourning for Queen Elizabeth II"),
            ),
            ("au", "2025-01-27", Some("Australia Day")),
            ("au", "2026-04-27", None),
            ("au-act", "2017-09-25", Some("Family and Community Day")),
            ("au-act", "2018-05-28", Some("Reconciliation Day")),
            ("au-act", "2019-05-27", Some("Reconciliation Day")),
            ("au-act", "2020-04-27", Some("Declared Public Holiday")),
            ("au-act", "2027-04-26", Some("Anzac Day")),
            ("au-nsw", "2021-04-26", None),
            ("au-nsw", "2026-04-27", Some("Anzac Day (additional)")),
            ("au-nsw", "2032-04-26", None),
            ("au-nt", "2022-12-26", Some("Boxing Day")),
            ("au-nt", "2022-12-27", Some("Christmas Day (observed)")),
            ("au-nt", "2026-08-03", Some("Picnic Day")),
            ("au-qld", "2015-10-05", Some("Labour Day")),
            ("au-qld", "2016-05-02", Some("Labour Day")),
            ("au-qld", "2016-10-03", Some("Queen's Birthday")),
            ("au-qld", "2026-08-12", None),
            ("au-qld", "2026-10-05", Some("King's Birthday")),
            ("au-sa", "2021-04-26", Some("Anzac Day")),
            ("au-sa", "2027-04-26", None),
            ("au-sa", "2022-12-27", Some("Christmas Day")),
            ("au-tas", "2023-01-02", Some("New Year's Day")),
            ("au-tas", "2026-12-28", Some("Boxing Day")),
            (
                "au-vic",
                "2015-10-02",
                Some("Friday before the AFL Grand Final"),
            ),
            ("au-vic", "2020-09-25", None),
            (
                "au-vic",
                "2020-10-23",
                Some("Friday before the AFL Grand Final"),
            ),
            (
                "au-vic",
                "2026-09-25",
                Some("Friday before the AFL Grand Final"),
            ),
            ("au-vic", "2026-11-03", Some("Melbourne Cup Day")),
            ("au-wa", "2020-04-27", Some("Anzac Day (observed)")),
            ("au-wa", "2024-09-23", Some("King's Birthday")),
            ("au-wa", "2024-09-30", None),
            ("au-wa", "2025-09-29", Some("King's Birthday")),
            ("gb-eaw", "2020-05-04", None),
            (
                "gb-eaw",
                "2020-05-08",
                Some("Early May Bank Holiday (VE Day)"),
            ),
            ("gb-eaw", "2022-05-30", None),
            ("gb-eaw", "2022-06-02", Some("Spring Bank Holiday")),
            (
                "gb-eaw",
                "2022-06-03",
                Some("Platinum Jubilee of Queen Elizabeth II"),
            ),
            (
                "gb-eaw",
                "2022-09-19",
                Some("State Funeral of Queen Elizabeth II"),
            ),
            ("gb-eaw", "2023-05-01", Some("Early May Bank Holiday")),
            (
                "gb-eaw",
                "2023-05-08",
                Some("Coronation of King Charles III"),
            ),
            ("gb-eaw", "2026-04-06", Some("Easter Monday")),
            ("gb-sct", "2026-04-06", None),
            ("gb-sct", "2022-01-04", Some("2 January (observed)")),
            ("gb-sct", "2023-01-03", Some("New Year's Day (observed)")),
            ("gb-sct", "2024-12-02", Some("St Andrew's Day")),
            ("gb-sct", "2025-12-01", Some("St Andrew's Day")),
            ("gb-sct", "2026-06-15", Some("Scotland in the World Cup")),
            ("gb-nir", "2019-03-18", Some("St Patrick's Day (observed)")),
            (
                "gb-nir",
                "2026-07-13",
                Some("Battle of the Boyne (observed)"),
            ),
            ("ie", "2022-02-07", None),
            (
                "ie",
                "2022-03-18",
                Some("Day of Remembrance and Recognition"),
            ),
            ("ie", "2023-02-06", Some("Saint Brigid's Day")),
            ("ie", "2030-02-01", Some("Saint Brigid's Day")),
            ("ie", "2030-02-04", None),
            ("ie", "2028-01-03", None),
            ("fr", "2026-05-14", Some("Ascension")),
            ("fr", "2026-05-25", Some("Lundi de Pentecôte")),
            ("fr", "2027-08-16", None),
            ("es", "2026-01-06", Some("Epifanía del Señor")),
            ("es", "2026-11-02", None),
            (
                "us-federal",
                "2021-06-18",
                Some("Juneteenth National Independence Day (observed)"),
            ),
            (
                "us-federal",
                "2021-12-31",
                Some("New Year's Day (observed)"),
            ),
            ("us-federal", "2020-06-19", None),
            (
                "us-federal",
                "2026-07-03",
                Some("Independence Day (observed)"),
            ),
            (
                "us-federal",
                "2025-01-20",
                Some("Birthday of Martin Luther King, Jr."),
            ),
            ("us-federal", "2025-12-26", None),
        ] {
            let found = match book.get(name).unwrap().day(date.parse().unwrap()) {
                Day::Holiday(holiday) => Some(holiday),
                Day::Working(_) | Day::NoWindows | Day::Closed(_) => None,
            };
            assert_eq!(found, expected, "{name} {date}");
        }
    }
}
