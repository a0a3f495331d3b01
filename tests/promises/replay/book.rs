//! The complaint book: what customers of a cable company filed in the second quarter of 2015.

use std::{cmp::Ordering, path::PathBuf};

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

/// One complaint as the book has it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Numbers grow with time. One row has lost its number.
    pub(super) ticket: Option<u32>,
    /// The customer's own words.
    pub(super) words: String,
    /// The date as it was written.
    pub(super) written: Date,
    time: Time,
    pub(super) by_phone: bool,
    pub(super) place: String,
    pub(super) by_representative: bool,
    pub(super) status: Status,
}

/// Where a complaint stood when the book was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Closed,
    Solved,
    Open,
    Pending,
}

impl Entry {
    /// The date that was meant. Who typed the book's dates had a program that took the day for the month wherever both
    /// could be either.
    pub(super) fn date(&self) -> Date {
        if self.written.day() > 12 {
            return self.written;
        }
        Date::new(
            self.written.year(),
            self.written.day(),
            self.written.month(),
        )
        .expect("twelve at most, and so a month")
    }

    /// When it was filed. The numbers are in the order of the times as they are written, without an exception, though
    /// the customers live in four zones: the times are those of one office.
    pub(super) fn filed_at(&self) -> Timestamp {
        let local = self.date().to_datetime(self.time);
        local
            .in_tz("America/New_York")
            .expect("a time of 2015")
            .timestamp()
    }

    /// The time that the book says, with the date as it is written or as it was meant.
    fn said(&self, date: fn(&Entry) -> Date) -> (Date, Time) {
        (date(self), self.time)
    }
}

/// The whole book in the order of its rows; `None` where it is not at hand.
pub(super) fn entries() -> Option<Vec<Entry>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/comcast_telecom_complaints.csv");
    let text = std::fs::read_to_string(file).ok()?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader
        .records()
        .map(|row| entry(&row.expect("a row of the book")));
    Some(rows.collect())
}

fn entry(row: &csv::StringRecord) -> Entry {
    let written = Date::strptime("%d-%m-%y", &row[2]).expect("a date");
    let in_words = Date::strptime("%d-%b-%y", &row[3]).expect("a date");
    assert_eq!(written, in_words, "the book writes each date twice");
    let status = match &row[9] {
        "Closed" => Status::Closed,
        "Solved" => Status::Solved,
        "Open" => Status::Open,
        "Pending" => Status::Pending,
        other => panic!("an unknown status {other:?}"),
    };
    Entry {
        ticket: row[0].parse().ok(),
        words: row[1].to_owned(),
        written,
        time: Time::strptime("%I:%M:%S %p", &row[4]).expect("a time of the day"),
        by_phone: match &row[5] {
            "Customer Care Call" => true,
            "Internet" => false,
            other => panic!("an unknown channel {other:?}"),
        },
        place: format!("{}, {} {}", &row[6], &row[7], &row[8]),
        by_representative: &row[10] == "Yes",
        status,
    }
}

/// How many pairs of entries the dates put in another order than the ticket numbers do.
fn contradictions(entries: &[Entry], date: fn(&Entry) -> Date) -> usize {
    let numbered = entries
        .iter()
        .filter_map(|entry| Some((entry.ticket?, entry.said(date))));
    let numbered: Vec<_> = numbered.collect();
    let pairs = numbered
        .iter()
        .enumerate()
        .flat_map(|(index, one)| numbered[index + 1..].iter().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| {
            let (by_number, by_time) = (one.0.cmp(&other.0), one.1.cmp(&other.1));
            by_time != Ordering::Equal && by_number != by_time
        })
        .count()
}

#[test]
fn the_ticket_numbers_tell_which_dates_were_written_with_day_and_month_swapped() {
    let Some(entries) = entries() else {
        eprintln!("the complaint book is not at hand: nothing was tried");
        return;
    };
    assert_eq!(entries.len(), 2_224);
    let swapped = entries
        .iter()
        .filter(|entry| entry.date() != entry.written)
        .count();
    let (raw, repaired) = (
        contradictions(&entries, |entry| entry.written),
        contradictions(&entries, Entry::date),
    );
    println!(
        "{swapped} dates were swapped; of the pairs {raw} contradicted the numbers, now {repaired}"
    );
    assert!(raw > 500_000, "a fifth of the pairs: {raw}");
    assert_eq!(repaired, 0);
    let quarter = Date::constant(2015, 4, 1)..=Date::constant(2015, 6, 30);
    assert!(entries.iter().all(|entry| quarter.contains(&entry.date())));
}
