//! No calendar file and no iCalendar file brings the program down: what is not refused with its line, is used as it says.
//!
//! Each case is drawn from a seed of its own, which every failure names. `REDRESS_MANGLED_SEED` sets the first, to replay
//! one; `REDRESS_MANGLED_CASES` how many there are.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::{
    calendar::{Calendar, CalendarBook, CalendarError, Term, TimeBase},
    ical::{self, Reading},
};
use sha2::{Digest as _, Sha256};

use crate::support::watchdog;

const CALENDARS: u64 = 10_000;
const ICALENDARS: u64 = 1_000;

/// Every kind of thing that an iCalendar file may say and is understood.
const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Days//EN\r\n\
    BEGIN:VEVENT\r\nUID:1@example.com\r\nSUMMARY:Company day\r\nDTSTART;VALUE=DATE:20261224\r\n\
    DTEND;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:2@example.com\r\nSUMMARY:Founders\\, all \r\n of them\r\nDTSTART;VALUE=DATE:20260216\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=3MO;COUNT=9\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:3@example.com\r\nSUMMARY:Early close\r\nDTSTART;TZID=America/Toronto:20261231T120000\r\n\
    DTEND;TZID=America/Toronto:20261231T180000\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:4@example.com\r\nDTSTART:20260605T170000Z\r\nDURATION:PT2H30M\r\n\
    RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20260901T000000Z\r\nEXDATE:20260619T170000Z\r\n\
    RDATE:20260610T170000Z,20260611T170000Z\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:4@example.com\r\nRECURRENCE-ID:20260703T170000Z\r\nDTSTART:20260704T170000Z\r\n\
    DURATION:PT1H\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:5@example.com\r\nSUMMARY:Shutdown\r\nDTSTART;VALUE=DATE:20271227\r\nDURATION:P1W\r\n\
    RRULE:FREQ=YEARLY\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:6@example.com\r\nTRANSP:TRANSPARENT\r\nDTSTART;VALUE=DATE:20260803\r\nEND:VEVENT\r\n\
    BEGIN:VTIMEZONE\r\nTZID:Eastern Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\n\
    TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n\
    RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n\
    BEGIN:VEVENT\r\nUID:8@example.com\r\nSUMMARY:Maintenance\r\nDTSTART;TZID=Eastern Standard Time:20261203T150000\r\n\
    DTEND;TZID=Eastern Standard Time:20261203T170000\r\n\
    RRULE:FREQ=WEEKLY;COUNT=4;BYHOUR=15;BYMINUTE=0,30;BYSETPOS=1\r\nRDATE;VALUE=PERIOD:20261208T150000Z/PT1H\r\n\
    END:VEVENT\r\nBEGIN:VEVENT\r\nUID:8@example.com\r\nSEQUENCE:1\r\nSUMMARY:Maintenance\r\n\
    RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Eastern Standard Time:20261210T150000\r\n\
    DTSTART;TZID=Eastern Standard Time:20261211T140000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:7@example.com\r\nSUMMARY:Stocktaking\r\nDTSTART;VALUE=DATE:20260831\r\n\
    RRULE:FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1;COUNT=6\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

/// What else a file may say in place of what it says.
const ICS_WORDS: &str = "DAILY WEEKLY MONTHLY YEARLY HOURLY VALUE=DATE-TIME VALUE=DATE TZID=Europe/Paris EXDATE RDATE DTEND \
    DURATION RRULE SUMMARY TRANSP STATUS OPAQUE CONFIRMED BYDAY=-1SU BYMONTH=1 UNTIL=20270101 COUNT=1 19000101 21991231 P0D PT0S \
    EXRULE RECURRENCE-ID SEQUENCE RANGE=THISANDFUTURE TZID=Moon/Base BYSETPOS=-1 BYWEEKNO=53 BYHOUR=9 SECONDLY MINUTELY";

/// One mangled text after the other.
struct Mangler {
    random: StdRng,
    words: Vec<String>,
}

impl Mangler {
    fn new(seed: u64, words: &[String]) -> Mangler {
        Mangler {
            random: StdRng::seed_from_u64(seed),
            words: words.to_vec(),
        }
    }

    fn pick(&mut self, count: usize) -> usize {
        self.random.random_range(0..count.max(1))
    }

    fn mangle(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..self.random.random_range(1..=3) {
            bytes = match self.pick(6) {
                0 => self.flipped(bytes),
                1 => self.without_a_line(&bytes),
                2 => self.with_a_line_twice(&bytes),
                3 => self.with_another_number(bytes),
                4 => self.with_another_word(&bytes),
                _ => self.cut_short_at_times(bytes),
            };
        }
        bytes
    }

    fn flipped(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        let (place, bit) = (self.pick(bytes.len()), self.pick(8));
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << bit;
        }
        bytes
    }

    fn without_a_line(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
        lines.remove(self.pick(lines.len()));
        lines.join(&b'\n')
    }

    fn with_a_line_twice(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
        let (from, to) = (self.pick(lines.len()), self.pick(lines.len()));
        lines.insert(to, lines[from]);
        lines.join(&b'\n')
    }

    fn with_another_number(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        let digits: Vec<usize> = (0..bytes.len())
            .filter(|&place| bytes[place].is_ascii_digit())
            .collect();
        if let Some(&place) = digits.get(self.pick(digits.len())) {
            bytes[place] = b"0123456789"[self.pick(10)];
        }
        bytes
    }

    fn with_another_word(&mut self, bytes: &[u8]) -> Vec<u8> {
        let ends = |byte: u8| !byte.is_ascii_alphanumeric() && !b"-=/".contains(&byte);
        let starts: Vec<usize> = (0..bytes.len())
            .filter(|&place| !ends(bytes[place]) && (place == 0 || ends(bytes[place - 1])))
            .collect();
        let Some(&start) = starts.get(self.pick(starts.len())) else {
            return bytes.to_vec();
        };
        let length = bytes[start..].iter().position(|&byte| ends(byte));
        let end = length.map_or(bytes.len(), |length| start + length);
        let word = self.pick(self.words.len());
        [&bytes[..start], self.words[word].as_bytes(), &bytes[end..]].concat()
    }

    fn cut_short_at_times(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.pick(4) == 0 {
            bytes.truncate(self.pick(bytes.len()));
        }
        bytes
    }
}

fn each_case(count: u64, promise: impl Fn(u64)) {
    watchdog::watch_hard_work();
    let setting = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let first = setting("REDRESS_MANGLED_SEED").unwrap_or(0);
    let cases = setting("REDRESS_MANGLED_CASES").unwrap_or(count);
    (first..first + cases).for_each(promise);
}

fn words_of<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let words =
        texts.flat_map(|text| text.split(|c: char| c.is_whitespace() || "\",[]:;".contains(c)));
    let mut words: Vec<String> = words.map(str::to_owned).collect();
    words.sort();
    words.dedup();
    words
}

/// A refusal tells a place that the text has.
fn is_in(error: &CalendarError, text: &str, context: &str) {
    let lines = text.matches('\n').count() + 1;
    assert!((1..=lines).contains(&error.line), "{error}, {context}");
    assert!(
        error.column >= 1 && !error.reason.is_empty(),
        "{error}, {context}"
    );
}

#[test]
fn a_mangled_calendar_is_refused_with_its_line_or_counts_as_it_says() {
    let book = CalendarBook::builtin().unwrap();
    let texts: Vec<&str> = book.iter().map(|calendar| calendar.text()).collect();
    let words = words_of(texts.iter().copied());
    let accepted = std::cell::Cell::new(0);
    each_case(CALENDARS, |seed| {
        let mut mangler = Mangler::new(seed, &words);
        let base = texts[mangler.pick(texts.len())];
        let mangled = mangler.mangle(base);
        let text = String::from_utf8_lossy(&mangled);
        let context = format!("seed {seed}\n{text}");
        match Calendar::parse("x.toml", &text) {
            Err(error) => is_in(&error, &text, &context),
            Ok(calendar) => {
                accepted.set(accepted.get() + 1);
                is_consistent(&calendar, &text, &mut mangler, &context);
            }
        }
    });
    // Else this proves little.
    assert!(accepted.get() * 5 > CALENDARS || std::env::var_os("REDRESS_MANGLED_CASES").is_some());
}

fn is_consistent(calendar: &Calendar, text: &str, mangler: &mut Mangler, context: &str) {
    let digest: String = Sha256::digest(text.as_bytes())
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        (calendar.version(), calendar.text()),
        (digest.as_str(), text),
        "{context}"
    );

    let seconds = i64::try_from(mangler.pick(100 * 365 * 24 * 3600)).unwrap();
    // From 1970 to 2069.
    let from = Timestamp::from_second(seconds).unwrap();
    let terms = [
        "instant",
        "30 calendar days",
        "2 working days",
        "9 working hours",
    ];
    let term: Term = terms[mangler.pick(terms.len())].parse().unwrap();
    // A calendar may run out of working time; it may not come to an end before it began.
    if let Ok(due) = calendar.due_after(from, &term) {
        assert!(due >= from, "{term} from {from}, {context}");
    }
    let wanted = i64::try_from(mangler.pick(40 * 3600)).unwrap();
    if let Ok(reached) = calendar.advance(from, wanted, TimeBase::Working) {
        assert_eq!(
            calendar.counted(from, reached, TimeBase::Working),
            SignedDuration::from_secs(wanted),
            "{wanted} s from {from}, {context}"
        );
    }
}

#[test]
fn a_mangled_icalendar_file_is_read_the_same_twice_with_notes_on_its_lines() {
    let book = CalendarBook::builtin().unwrap();
    let office = book.get("ca-on").unwrap();
    let words = words_of([ICS, ICS_WORDS].into_iter());
    let reading = Reading {
        through: 2030,
        free: false,
    };
    let accepted = std::cell::Cell::new(0);
    each_case(ICALENDARS, |seed| {
        let mangled = Mangler::new(seed, &words).mangle(ICS);
        let text = String::from_utf8_lossy(&mangled);
        let context = format!("seed {seed}\n{text}");
        match ical::import("x.ics", &mangled, office, reading) {
            Err(error) => {
                assert_eq!(error.file, "x.ics", "{error}, {context}");
                is_in(&error, &text, &context);
            }
            Ok(import) => {
                accepted.set(accepted.get() + 1);
                let lines = text.split(['\r', '\n']).count();
                for note in import.notes {
                    assert!((1..=lines).contains(&note.line), "{note:?}, {context}");
                }
                let calendar = import.calendar;
                assert!(calendar.text().starts_with(office.text()), "{context}");
                let again = ical::import("x.ics", &mangled, &calendar, reading).unwrap();
                assert_eq!(again.added, [], "{context}");
                assert_eq!(again.calendar.text(), calendar.text(), "{context}");
            }
        }
    });
    // One wrong line costs an event, and not the file.
    assert!(
        accepted.get() * 10 > ICALENDARS * 9 || std::env::var_os("REDRESS_MANGLED_CASES").is_some()
    );
}
