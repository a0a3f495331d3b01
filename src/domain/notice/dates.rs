//! Dates in words, and which day a promise "by" an instant means.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};

use super::{Language, variety::Variety};

/// The local day that is meant by "by" the instant `due`.
///
/// A promise that runs to the end of a day falls due at the first instant of the *next* day. The customer is then told
/// the day that ends: due at midnight between Thursday and Friday reads "by Thursday". At any other instant it is the
/// local day on which the instant falls. Where a daylight-saving change skips midnight, the day's first instant counts
/// as its midnight.
pub fn promised_day(due: Timestamp, zone: &TimeZone) -> Date {
    let local = due.to_zoned(zone.clone());
    let ends_a_day = local
        .start_of_day()
        .is_ok_and(|midnight| midnight.timestamp() == due);
    if ends_a_day {
        // Only the first day of year -9999 has no yesterday.
        local.date().yesterday().unwrap_or_else(|_| local.date())
    } else {
        local.date()
    }
}

/// A day as the texts name it. `{{ expected_by }}` stands in a sentence: French and Spanish carry their article, German its
/// accusative ("bis Donnerstag, den 3. Dezember 2026"). `{{ expected_by.alone }}` stands by itself, as after a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) date: Date,
    pub(super) variety: Variety,
}

impl Day {
    /// With its weekday, as in a sentence.
    fn in_a_sentence(self) -> String {
        let alone = self.alone();
        match self.variety.language() {
            Language::English => alone,
            Language::French => format!("le {alone}"),
            Language::Spanish => format!("el {alone}"),
            Language::German => format!("{}, den {}", self.weekday(), self.without_weekday()),
        }
    }

    /// With its weekday, as after a label.
    fn alone(self) -> String {
        let (weekday, rest) = (self.weekday(), self.without_weekday());
        match self.variety {
            Variety::AmericanEnglish | Variety::German | Variety::AustrianGerman => {
                format!("{weekday}, {rest}")
            }
            Variety::BritishEnglish | Variety::French | Variety::Spanish => {
                format!("{weekday} {rest}")
            }
        }
    }

    /// As at the head of a letter, or after "of", « du », "del", „vom“.
    pub(super) fn without_weekday(self) -> String {
        let month = self.month();
        let (day, year) = (self.date.day(), self.date.year());
        match self.variety {
            Variety::AmericanEnglish => format!("{month} {day}, {year}"),
            Variety::French if day == 1 => format!("1er {month} {year}"),
            Variety::BritishEnglish | Variety::French => format!("{day} {month} {year}"),
            Variety::Spanish => format!("{day} de {month} de {year}"),
            Variety::German | Variety::AustrianGerman => format!("{day}. {month} {year}"),
        }
    }

    fn weekday(self) -> &'static str {
        weekday_name(self.date.weekday(), self.variety.language())
    }

    fn month(self) -> &'static str {
        match (self.variety, self.date.month()) {
            (Variety::AustrianGerman, 1) => "Jänner",
            _ => month_name(self.date, self.variety.language()),
        }
    }
}

impl Object for Day {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, form: &Value) -> Option<Value> {
        (form.as_str() == Some("alone")).then(|| Value::from(self.alone()))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_a_sentence())
    }
}

fn weekday_name(weekday: Weekday, language: Language) -> &'static str {
    let names = match language {
        Language::English => [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ],
        Language::French => [
            "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
        ],
        Language::Spanish => [
            "lunes",
            "martes",
            "miércoles",
            "jueves",
            "viernes",
            "sábado",
            "domingo",
        ],
        Language::German => [
            "Montag",
            "Dienstag",
            "Mittwoch",
            "Donnerstag",
            "Freitag",
            "Samstag",
            "Sonntag",
        ],
    };
    let [
        monday,
        tuesday,
        wednesday,
        thursday,
        friday,
        saturday,
        sunday,
    ] = names;
    match weekday {
        Weekday::Monday => monday,
        Weekday::Tuesday => tuesday,
        Weekday::Wednesday => wednesday,
        Weekday::Thursday => thursday,
        Weekday::Friday => friday,
        Weekday::Saturday => saturday,
        Weekday::Sunday => sunday,
    }
}

fn month_name(date: Date, language: Language) -> &'static str {
    let names = match language {
        Language::English => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Language::French => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        Language::Spanish => [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        Language::German => [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
    };
    // A month is 1 to 12 by the type's own invariant, so the index is within the twelve names.
    names[usize::from(date.month().unsigned_abs()) - 1]
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
    use jiff::civil::date;

    fn day_promised(due: &str, zone: &str) -> Date {
        let zone = TimeZone::get(zone).unwrap();
        promised_day(due.parse().unwrap(), &zone)
    }

    fn date_in_words(date: Date, language: Language) -> String {
        let variety = Variety::of(language, "CA");
        Value::from_object(Day { date, variety }).to_string()
    }

    /// In a sentence, after a label, and at the head of a letter.
    #[track_caller]
    fn reads(date: Date, words: [[&str; 3]; 4]) {
        for (language, [sentence, alone, head]) in Language::ALL.into_iter().zip(words) {
            let variety = Variety::of(language, "CA");
            let day = Day { date, variety };
            assert_eq!(date_in_words(date, language), sentence);
            let value = Value::from_object(day);
            assert_eq!(value.get_attr("alone").unwrap().as_str(), Some(alone));
            assert!(value.get_attr("genitive").unwrap().is_undefined());
            assert_eq!(day.without_weekday(), head);
        }
    }

    #[test]
    fn a_promise_due_at_local_midnight_means_the_day_that_ends_then() {
        assert_eq!(
            day_promised("2026-12-04T05:00:00Z", "America/Toronto"),
            date(2026, 12, 3)
        );
        assert_eq!(
            day_promised("2026-12-04T03:30:00Z", "America/St_Johns"),
            date(2026, 12, 3)
        );
        assert_eq!(
            day_promised("2027-01-01T00:00:00Z", "UTC"),
            date(2026, 12, 31)
        );
    }

    #[test]
    fn a_promise_due_at_any_other_instant_means_the_local_day_it_falls_on() {
        // One nanosecond before and after the midnight of the test above.
        assert_eq!(
            day_promised("2026-12-04T04:59:59.999999999Z", "America/Toronto"),
            date(2026, 12, 3)
        );
        assert_eq!(
            day_promised("2026-12-04T05:00:00.000000001Z", "America/Toronto"),
            date(2026, 12, 4)
        );
        // Midnight in UTC is the evening before in Toronto, and the next afternoon's instant is its own day.
        assert_eq!(
            day_promised("2026-12-04T00:00:00Z", "America/Toronto"),
            date(2026, 12, 3)
        );
        assert_eq!(
            day_promised("2026-12-03T22:00:00Z", "America/Toronto"),
            date(2026, 12, 3)
        );
    }

    #[test]
    fn one_instant_is_another_day_in_another_zone() {
        let due = "2026-12-04T05:00:00Z";
        assert_eq!(day_promised(due, "America/Toronto"), date(2026, 12, 3));
        assert_eq!(day_promised(due, "America/Vancouver"), date(2026, 12, 3));
        assert_eq!(day_promised(due, "America/Halifax"), date(2026, 12, 4));
    }

    #[test]
    fn where_midnight_is_skipped_the_first_instant_of_the_day_ends_the_day_before() {
        // Santiago goes from 23:59:59 on Saturday 5 September 2026 to 01:00 on Sunday.
        assert_eq!(
            day_promised("2026-09-06T04:00:00Z", "America/Santiago"),
            date(2026, 9, 5)
        );
        assert_eq!(
            day_promised("2026-09-06T04:00:01Z", "America/Santiago"),
            date(2026, 9, 6)
        );
    }

    #[test]
    fn the_ends_of_time_are_days_too() {
        assert_eq!(promised_day(Timestamp::MIN, &TimeZone::UTC).year(), -9999);
        assert_eq!(promised_day(Timestamp::MAX, &TimeZone::UTC).year(), 9999);
    }

    #[test]
    fn every_month_has_its_name_in_every_language() {
        let months = [
            ["January", "janvier", "enero", "Januar"],
            ["February", "février", "febrero", "Februar"],
            ["March", "mars", "marzo", "März"],
            ["April", "avril", "abril", "April"],
            ["May", "mai", "mayo", "Mai"],
            ["June", "juin", "junio", "Juni"],
            ["July", "juillet", "julio", "Juli"],
            ["August", "août", "agosto", "August"],
            ["September", "septembre", "septiembre", "September"],
            ["October", "octobre", "octubre", "Oktober"],
            ["November", "novembre", "noviembre", "November"],
            ["December", "décembre", "diciembre", "Dezember"],
        ];
        for (month, [en, fr, es, de]) in (1..).zip(months) {
            let words =
                Language::ALL.map(|language| date_in_words(date(2026, month, 15), language));
            assert!(words[0].ends_with(&format!(" {en} 15, 2026")), "{words:?}");
            assert!(words[1].ends_with(&format!(" 15 {fr} 2026")), "{words:?}");
            assert!(
                words[2].ends_with(&format!(" 15 de {es} de 2026")),
                "{words:?}"
            );
            assert!(words[3].ends_with(&format!(" 15. {de} 2026")), "{words:?}");
        }
    }

    #[test]
    fn every_weekday_has_its_name_in_every_language() {
        let weekdays = [
            ["Monday,", "le lundi", "el lunes", "Montag,"],
            ["Tuesday,", "le mardi", "el martes", "Dienstag,"],
            ["Wednesday,", "le mercredi", "el miércoles", "Mittwoch,"],
            ["Thursday,", "le jeudi", "el jueves", "Donnerstag,"],
            ["Friday,", "le vendredi", "el viernes", "Freitag,"],
            ["Saturday,", "le samedi", "el sábado", "Samstag,"],
            ["Sunday,", "le dimanche", "el domingo", "Sonntag,"],
        ];
        // 7 December 2026 is a Monday.
        for (day, names) in (7..).zip(weekdays) {
            for (language, name) in Language::ALL.into_iter().zip(names) {
                let words = date_in_words(date(2026, 12, day), language);
                assert!(words.starts_with(&format!("{name} ")), "{words}");
            }
        }
    }

    #[test]
    fn a_date_reads_as_each_language_writes_it() {
        reads(
            date(2026, 12, 3),
            [
                [
                    "Thursday, December 3, 2026",
                    "Thursday, December 3, 2026",
                    "December 3, 2026",
                ],
                [
                    "le jeudi 3 décembre 2026",
                    "jeudi 3 décembre 2026",
                    "3 décembre 2026",
                ],
                [
                    "el jueves 3 de diciembre de 2026",
                    "jueves 3 de diciembre de 2026",
                    "3 de diciembre de 2026",
                ],
                [
                    "Donnerstag, den 3. Dezember 2026",
                    "Donnerstag, 3. Dezember 2026",
                    "3. Dezember 2026",
                ],
            ],
        );
    }

    #[test]
    fn the_first_of_a_month_is_an_ordinal_in_french() {
        reads(
            date(2027, 1, 1),
            [
                [
                    "Friday, January 1, 2027",
                    "Friday, January 1, 2027",
                    "January 1, 2027",
                ],
                [
                    "le vendredi 1er janvier 2027",
                    "vendredi 1er janvier 2027",
                    "1er janvier 2027",
                ],
                [
                    "el viernes 1 de enero de 2027",
                    "viernes 1 de enero de 2027",
                    "1 de enero de 2027",
                ],
                [
                    "Freitag, den 1. Januar 2027",
                    "Freitag, 1. Januar 2027",
                    "1. Januar 2027",
                ],
            ],
        );
    }

    #[test]
    fn a_date_reads_as_the_countries_of_one_language_write_it() {
        const AMERICAN: [&str; 3] = [
            "Friday, January 1, 2027",
            "Friday, January 1, 2027",
            "January 1, 2027",
        ];
        const BRITISH: [&str; 3] = [
            "Friday 1 January 2027",
            "Friday 1 January 2027",
            "1 January 2027",
        ];
        const FRENCH: [&str; 3] = [
            "le vendredi 1er janvier 2027",
            "vendredi 1er janvier 2027",
            "1er janvier 2027",
        ];
        const SPANISH: [&str; 3] = [
            "el viernes 1 de enero de 2027",
            "viernes 1 de enero de 2027",
            "1 de enero de 2027",
        ];
        const GERMAN: [&str; 3] = [
            "Freitag, den 1. Januar 2027",
            "Freitag, 1. Januar 2027",
            "1. Januar 2027",
        ];
        const AUSTRIAN: [&str; 3] = [
            "Freitag, den 1. Jänner 2027",
            "Freitag, 1. Jänner 2027",
            "1. Jänner 2027",
        ];
        let written: [(Language, &[&str], [&str; 3]); 6] = [
            (Language::English, &["US", "CA", "PH", "PR"], AMERICAN),
            (
                Language::English,
                &["GB", "IE", "AU", "NZ", "IN", "ZA", "SG", "DE", "FR"],
                BRITISH,
            ),
            (
                Language::French,
                &["CA", "FR", "BE", "CH", "LU", "US"],
                FRENCH,
            ),
            (
                Language::Spanish,
                &["ES", "MX", "AR", "US", "CA", "PR"],
                SPANISH,
            ),
            (
                Language::German,
                &["DE", "CH", "LI", "LU", "CA", "US"],
                GERMAN,
            ),
            (Language::German, &["AT", "IT"], AUSTRIAN),
        ];
        for (language, countries, [sentence, alone, head]) in written {
            for country in countries {
                let variety = Variety::of(language, country);
                let day = Day {
                    date: date(2027, 1, 1),
                    variety,
                };
                assert_eq!(day.in_a_sentence(), sentence, "{country}");
                assert_eq!(day.alone(), alone, "{country}");
                assert_eq!(day.without_weekday(), head, "{country}");
            }
        }
    }
}
