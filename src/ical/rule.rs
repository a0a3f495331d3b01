//! Recurrence rules as properties write them (RFC 5545, section 3.3.10).

use std::fmt::Display;

use jiff::civil::Weekday;

use super::{
    moment::{self, Moment},
    notes,
};

/// When something happens again. A list that is empty limits nothing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) frequency: Frequency,
    /// Every n-th period, from 1.
    pub(super) interval: i64,
    /// Ends after this many occurrences.
    pub(super) count: Option<usize>,
    /// Ends with this moment, if it is an occurrence.
    pub(super) until: Option<Moment>,
    pub(super) months: Vec<i16>,
    /// Week numbers; negative ones count from the end of the year.
    pub(super) weeks: Vec<i16>,
    /// 1 to 366, or negative from the end of the year.
    pub(super) year_days: Vec<i16>,
    /// 1 to 31, or negative from the end of the month.
    pub(super) month_days: Vec<i16>,
    pub(super) weekdays: Vec<Nth>,
    pub(super) hours: Vec<i16>,
    pub(super) minutes: Vec<i16>,
    pub(super) seconds: Vec<i16>,
    /// Which of the occurrences of a period; negative ones count from its end.
    pub(super) positions: Vec<i16>,
    pub(super) week_start: Weekday,
}

/// From the most frequent to the rarest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday; with `nth` only that one of the month or year, counted from its end where negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nth {
    pub(super) nth: Option<i16>,
    pub(super) weekday: Weekday,
}

impl Rule {
    /// Reads a rule. What the standard forbids but has a plain meaning is read by that meaning, and noted in `doubts`.
    ///
    /// # Errors
    /// Why the rule cannot be read.
    pub(super) fn parse(text: &str, doubts: &mut Vec<String>) -> Result<Self, String> {
        let mut rule = Self {
            frequency: frequency_in(text)?,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            weeks: Vec::new(),
            year_days: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            hours: Vec::new(),
            minutes: Vec::new(),
            seconds: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in parts(text)? {
            if seen.contains(&name) {
                return Err(format!("{name} is in the rule twice"));
            }
            rule.set(&name, &value).ok_or_else(|| {
                format!(
                    "{name}={} in the rule is not supported",
                    notes::shown(&value)
                )
            })?;
            seen.push(name);
        }
        rule.doubtful(doubts);
        Ok(rule)
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "FREQ" => {}
            "INTERVAL" => self.interval = value.parse().ok().filter(|n| (1..=MOST).contains(n))?,
            "COUNT" => self.count = Some(value.parse().ok().filter(|count| *count > 0)?),
            "UNTIL" => self.until = Some(moment::written(value)?.moment),
            "BYMONTH" => self.months = list(value, |text| within(text, 1, 12))?,
            "BYWEEKNO" => self.weeks = list(value, |text| either_way(text, 53))?,
            "BYYEARDAY" => self.year_days = list(value, |text| either_way(text, 366))?,
            "BYMONTHDAY" => self.month_days = list(value, |text| either_way(text, 31))?,
            "BYDAY" => self.weekdays = list(value, nth)?,
            "BYHOUR" => self.hours = list(value, |text| within(text, 0, 23))?,
            "BYMINUTE" => self.minutes = list(value, |text| within(text, 0, 59))?,
            // A leap second counts as the second before it.
            "BYSECOND" => {
                self.seconds = list(value, |text| within(text, 0, 60).map(|n| n.min(59)))?;
            }
            "BYSETPOS" => self.positions = list(value, |text| either_way(text, 366))?,
            "WKST" => self.week_start = weekday(value)?,
            // RFC 7529: these two say what holds without them.
            "RSCALE" if value == "GREGORIAN" => {}
            "SKIP" if value == "OMIT" => {}
            _ => return None,
        }
        Some(())
    }

    fn doubtful(&mut self, doubts: &mut Vec<String>) {
        let mut doubt = |text: &dyn Display| doubts.push(text.to_string());
        if self.count.is_some() && self.until.is_some() {
            doubt(&"the rule has both COUNT and UNTIL; it ends with whichever comes first");
        }
        let counted = self.weekdays.iter().any(|day| day.nth.is_some());
        if counted && self.frequency < Frequency::Monthly {
            for day in &mut self.weekdays {
                day.nth = None;
            }
            doubt(
                &"BYDAY has a number in a rule that is neither monthly nor yearly; the number is ignored",
            );
        }
        let out_of_place = [
            ("BYWEEKNO", &self.weeks, self.frequency != Frequency::Yearly),
            (
                "BYMONTHDAY",
                &self.month_days,
                self.frequency == Frequency::Weekly,
            ),
            (
                "BYYEARDAY",
                &self.year_days,
                (Frequency::Daily..=Frequency::Monthly).contains(&self.frequency),
            ),
        ];
        for (name, given, misplaced) in out_of_place {
            if misplaced && !given.is_empty() {
                doubt(&format_args!(
                    "{name} is not allowed with this FREQ; it is read as a limit"
                ));
            }
        }
        let alone = self.positions.is_empty()
            || [
                self.months.is_empty(),
                self.weeks.is_empty(),
                self.year_days.is_empty(),
                self.month_days.is_empty(),
                self.weekdays.is_empty(),
                self.hours.is_empty(),
                self.minutes.is_empty(),
                self.seconds.is_empty(),
            ]
            .contains(&false);
        if !alone {
            doubt(&"BYSETPOS is in the rule without another BY part");
        }
    }
}

/// No interval is longer: a thousand centuries of seconds.
const MOST: i64 = 3_200_000_000_000;

fn frequency_in(text: &str) -> Result<Frequency, String> {
    let parts = parts(text)?;
    let (_, value) = parts
        .iter()
        .find(|(name, _)| name == "FREQ")
        .ok_or("the rule has no FREQ")?;
    match value.as_str() {
        "SECONDLY" => Ok(Frequency::Secondly),
        "MINUTELY" => Ok(Frequency::Minutely),
        "HOURLY" => Ok(Frequency::Hourly),
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        other => Err(format!(
            "FREQ={} in the rule is not supported",
            notes::shown(other)
        )),
    }
}

/// The parts of a rule, in capitals.
fn parts(text: &str) -> Result<Vec<(String, String)>, String> {
    let parts = text
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').ok_or_else(|| {
                format!(
                    "\"{}\" in the rule is not of the form NAME=value",
                    notes::shown(part)
                )
            })?;
            let capital = |text: &str| text.trim().to_ascii_uppercase();
            Ok((capital(name), capital(value)))
        })
        .collect()
}

/// Each value once. There are no more than these in a year.
fn list<T: PartialEq>(text: &str, each: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    const MOST: usize = 2 * 366;
    let mut list = Vec::new();
    for text in text.split(',') {
        let value = each(text.trim())?;
        if !list.contains(&value) {
            list.push(value);
        }
    }
    (list.len() <= MOST).then_some(list)
}

fn within(text: &str, from: i16, to: i16) -> Option<i16> {
    let number = text.parse().ok()?;
    (from..=to).contains(&number).then_some(number)
}

/// From 1 or -1 to `most` or `-most`.
fn either_way(text: &str, most: i16) -> Option<i16> {
    within(text, -most, most).filter(|number| *number != 0)
}

fn nth(text: &str) -> Option<Nth> {
    let (count, day) = text.split_at_checked(text.len().checked_sub(2)?)?;
    Some(Nth {
        nth: match count.trim() {
            "" => None,
            count => Some(either_way(count, 53)?),
        },
        weekday: weekday(day)?,
    })
}

fn weekday(text: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let offset = NAMES.iter().position(|name| *name == text)?;
    Weekday::from_monday_zero_offset(i8::try_from(offset).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_has_no_plain_meaning_is_refused_in_words() {
        for (text, expected) in [
            ("FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY"),
            ("INTERVAL=2", "no FREQ"),
            ("FREQ=YEARLY;INTERVAL=0", "INTERVAL=0"),
            ("FREQ=YEARLY;COUNT=0", "COUNT=0"),
            ("FREQ=YEARLY;FREQ=YEARLY", "FREQ is in the rule twice"),
            ("FREQ=MONTHLY;BYDAY=MO,éé", "BYDAY="),
            ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0"),
            ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"),
            ("FREQ=YEARLY;UNTIL=2030", "UNTIL=2030"),
            ("FREQ=YEARLY;BYEASTER=1", "BYEASTER=1"),
            ("FREQ=YEARLY;RSCALE=CHINESE", "RSCALE=CHINESE"),
            ("YEARLY", "NAME=value"),
        ] {
            let error = Rule::parse(text, &mut Vec::new()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_read_by_its_plain_meaning_is_reported() {
        for (text, expected) in [
            ("FREQ=YEARLY;COUNT=2;UNTIL=20301224", "both COUNT and UNTIL"),
            ("FREQ=WEEKLY;BYDAY=1MO", "the number is ignored"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY is not allowed"),
            ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO is not allowed"),
            ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS is in the rule"),
        ] {
            let mut doubts = Vec::new();
            Rule::parse(text, &mut doubts).unwrap();
            assert!(
                doubts.len() == 1 && doubts[0].contains(expected),
                "{text}: {doubts:?}"
            );
        }
        let mut doubts = Vec::new();
        let text = "freq=monthly; byday=+1mo,-1su ;wkst=su;interval=1;rscale=gregorian;skip=omit";
        Rule::parse(text, &mut doubts).unwrap();
        assert_eq!(doubts, Vec::<String>::new());
    }
}
