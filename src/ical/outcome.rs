//! What becomes of events: what a calendar gets, and what it keeps as it is.

use jiff::civil::Date;

use crate::calendar::{Calendar, Day, Window};

/// What is added to a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The date, or the dates.
    pub when: When,
    /// What is left of the date's hours; if there are none, the date is closed.
    pub windows: Vec<Window>,
    /// The event's `SUMMARY`; of several events all of them.
    pub name: Option<String>,
    /// The file and the event's `UID`.
    pub source: String,
}

/// What a calendar keeps as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The date, or the dates.
    pub when: When,
    /// What the event is called.
    pub name: Option<String>,
    /// What the calendar says there.
    pub because: Because,
}

/// A date, or one of each year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    Date(Date),
    /// In each of these years, both included.
    Yearly {
        /// As a calendar file writes it: "24 December".
        on: String,
        from_year: i16,
        to_year: Option<i16>,
    },
}

/// What a calendar has decided for a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// It is closed; the name of the holiday or override.
    Closed(Option<String>),
    /// An override gives it these hours.
    Hours(Vec<Window>),
}

impl Because {
    /// What the calendar has decided for a date beyond its weekday.
    pub(super) fn on(date: Date, calendar: &Calendar) -> Option<Self> {
        let special = calendar.special_day(date)?;
        Some(match special.day {
            Day::Working(windows) => Self::Hours(windows.to_vec()),
            Day::Closed(_) | Day::Holiday(_) | Day::NoWindows => {
                Self::Closed(special.name.map(str::to_owned))
            }
        })
    }
}
