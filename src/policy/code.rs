//! A code of practice, and the version of it that stands for its text and its calendars.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::words::Channel;
use crate::calendar::{Calendar, OutOfRange, Term};

/// One version of one policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PolicyRef {
    /// The policy's name.
    pub name: String,
    /// The digest of its text and of the calendars that it counts in.
    pub version: String,
}

impl fmt::Display for PolicyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// Which code of practice a promise belongs to, and what it counts in.
#[derive(Debug, Clone)]
pub struct Code {
    /// Its name and version.
    pub policy: PolicyRef,
    /// A name for people.
    pub title: String,
    /// Where the code of practice stands.
    pub source: String,
    /// The calendar that its clocks count in.
    pub calendar: Arc<Calendar>,
    /// If a channel is received elsewhere, that place's calendar: what arrives on a day off there counts from the next
    /// working instant there.
    pub receipt_calendars: BTreeMap<Channel, Arc<Calendar>>,
    /// The working days of its calendar with the hours in which staff are reminded; `None`: at any time. It holds for every
    /// reminder about a complaint that comes under this code, of a clock of another code too.
    pub staff_hours: Option<Arc<Calendar>>,
    /// How late a step of its clocks still fires that is [skipped](super::Missed::Skip) when it is missed.
    pub grace: Term,
}

impl Code {
    /// When the promises start to count for something received at this instant on this channel.
    ///
    /// Where the channel has a receipt calendar, what arrives on a day off there counts from the next working instant
    /// there. What arrives on a working day counts from its arrival, at any hour: the day of arrival is a day, and a term in
    /// days does not count it.
    ///
    /// # Errors
    /// When the place of receipt has no working instant within reach.
    pub fn counts_from(
        &self,
        received: Timestamp,
        channel: Channel,
    ) -> Result<Timestamp, OutOfRange> {
        match self.receipt_calendars.get(&channel) {
            Some(place) if !place.is_working_day(place.date_of(received)) => {
                place.next_working_instant(received)
            }
            _ => Ok(received),
        }
    }

    /// Every calendar that it counts in, by name.
    #[must_use]
    pub fn calendars(&self) -> BTreeMap<&str, &Arc<Calendar>> {
        let all = self.receipt_calendars.values().chain([&self.calendar]);
        all.map(|calendar| (calendar.name(), calendar)).collect()
    }
}

impl PartialEq for Code {
    /// A version stands for its text and its calendars.
    fn eq(&self, other: &Self) -> bool {
        self.policy == other.policy
    }
}
