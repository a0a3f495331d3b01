use std::{cmp::Ordering, fmt, str::FromStr};

use jiff::civil::{Date, DateTime, Weekday};

/// Minutes in the twenty-four hours of wall time that windows are written in; not the length of a day.
const MIDNIGHT: u16 = 24 * 60;

/// A window that ends on the next date is at most this long, in minutes. A day window whose ends were swapped would be
/// longer, and is refused by this.
const LONGEST_OVERNIGHT: u16 = 12 * 60;

/// How many windows a date may have: enough for any office, and few enough that half a century of them can be kept.
pub(super) const MOST_WINDOWS: usize = 48;

/// Working wall time `[opens, closes)` of a date, written "09:00-17:00", "09:00-24:00", or "22:00-06:00" for one that runs
/// into the next date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Minutes of wall time after midnight, below [`MIDNIGHT`].
    opens: u16,
    /// Minutes of wall time after the same midnight, above `opens`; above [`MIDNIGHT`] on the next date.
    closes: u16,
}

impl Window {
    /// The wall time at which the window of `date` opens; none past the last representable date.
    pub fn opens_on(self, date: Date) -> Option<DateTime> {
        wall_time(date, self.opens)
    }

    /// The wall time at which the window of `date` closes, which may be on the next date.
    pub fn closes_on(self, date: Date) -> Option<DateTime> {
        wall_time(date, self.closes)
    }

    /// Where `other`, of the next date, would have to open at the earliest, so as not to overlap this one.
    fn reaches_into_tomorrow(self) -> u16 {
        self.closes.saturating_sub(MIDNIGHT)
    }
}

fn wall_time(date: Date, minutes: u16) -> Option<DateTime> {
    let date = if minutes < MIDNIGHT {
        date
    } else {
        date.tomorrow().ok()?
    };
    let minutes = minutes % MIDNIGHT;
    let hour = i8::try_from(minutes / 60).ok()?;
    let minute = i8::try_from(minutes % 60).ok()?;
    Some(date.at(hour, minute, 0, 0))
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let closes = if self.closes > MIDNIGHT {
            self.closes - MIDNIGHT
        } else {
            self.closes
        };
        let (open_hour, open_minute) = (self.opens / 60, self.opens % 60);
        let (close_hour, close_minute) = (closes / 60, closes % 60);
        write!(
            f,
            "{open_hour:02}:{open_minute:02}-{close_hour:02}:{close_minute:02}"
        )
    }
}

/// Text that is not a window, or windows that do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("a window is written as \"09:00-17:00\", its end up to \"24:00\"")]
    Format,
    #[error("the window is empty: its end is its start")]
    Empty,
    #[error(
        "the window runs past midnight for more than 12 hours: swap its ends, or write the next day's part there"
    )]
    Reversed,
    #[error("the window starts before the previous one ends")]
    Overlap,
    #[error("no window is given: write at least one")]
    Missing,
    #[error("a date has at most {MOST_WINDOWS} windows")]
    TooMany,
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let (opens, closes) = text.split_once('-').ok_or(WindowError::Format)?;
        let opens = minutes(opens)
            .filter(|&m| m < MIDNIGHT)
            .ok_or(WindowError::Format)?;
        let closes = minutes(closes).ok_or(WindowError::Format)?;
        let closes = match closes.cmp(&opens) {
            Ordering::Less => closes + MIDNIGHT,
            Ordering::Equal => return Err(WindowError::Empty),
            Ordering::Greater => closes,
        };
        if closes > MIDNIGHT && closes - opens > LONGEST_OVERNIGHT {
            return Err(WindowError::Reversed);
        }
        Ok(Self { opens, closes })
    }
}

/// "00:00" to "24:00", five characters, in minutes.
fn minutes(text: &str) -> Option<u16> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else {
        return None;
    };
    let two_digits = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
    };
    let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= MIDNIGHT).then_some(total)
}

/// The first window of a date that starts before the one ahead of it has ended, by its position; the windows must be in
/// order.
pub(super) fn first_overlap(windows: &[Window]) -> Option<usize> {
    windows
        .windows(2)
        .position(|pair| pair[1].opens < pair[0].closes)
        .map(|position| position + 1)
}

/// Whether the night of a date runs into the windows of the date after it.
pub(super) fn runs_into(today: &[Window], tomorrow: &[Window]) -> bool {
    match (today.last(), tomorrow.first()) {
        (Some(last), Some(first)) => first.opens < last.reaches_into_tomorrow(),
        _ => false,
    }
}

/// The windows of each weekday, in order, none overlapping another.
#[derive(Debug, Clone, Default)]
pub(super) struct Week([Vec<Window>; 7]);

impl Week {
    /// Takes the windows of Monday first.
    pub(super) fn from_monday(days: [Vec<Window>; 7]) -> Self {
        Self(days)
    }

    pub(super) fn windows(&self, weekday: Weekday) -> &[Window] {
        &self.0[usize::from(weekday.to_monday_zero_offset().unsigned_abs())]
    }

    /// Whether a weekday has windows.
    pub(super) fn works(&self, weekday: Weekday) -> bool {
        !self.windows(weekday).is_empty()
    }

    /// The week in which each day's windows have become others.
    pub(super) fn map(&self, others: impl Fn(&[Window]) -> Vec<Window>) -> Self {
        Self(std::array::from_fn(|day| others(&self.0[day])))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
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

    #[test]
    fn a_window_round_trips_through_text() {
        for text in [
            "09:00-17:00",
            "00:00-24:00",
            "22:00-06:00",
            "23:59-24:00",
            "12:00-24:00",
            "18:00-06:00",
        ] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_overnight_window_closes_on_the_next_date() {
        let window: Window = "22:00-06:00".parse().unwrap();
        let date: Date = "2026-12-31".parse().unwrap();
        assert_eq!(
            window.opens_on(date).unwrap().to_string(),
            "2026-12-31T22:00:00"
        );
        assert_eq!(
            window.closes_on(date).unwrap().to_string(),
            "2027-01-01T06:00:00"
        );
    }

    #[test]
    fn empty_reversed_and_misspelt_windows_are_refused() {
        assert_eq!("09:00-09:00".parse::<Window>(), Err(WindowError::Empty));
        assert_eq!("17:00-09:00".parse::<Window>(), Err(WindowError::Reversed));
        assert_eq!("12:00-00:30".parse::<Window>(), Err(WindowError::Reversed));
        for text in [
            "9:00-17:00",
            "09:00",
            "24:00-24:00",
            "09:60-10:00",
            "09:00-24:01",
            "09:00–17:00",
            "+9:00-17:00",
            "25:00-26:00",
        ] {
            assert_eq!(text.parse::<Window>(), Err(WindowError::Format), "{text}");
        }
    }
}
