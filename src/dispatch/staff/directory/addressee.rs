//! A recipient of messages: a person, or a team with its own address.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::{calendar::Calendar, store::StaffMeans};

/// A recipient, with its means and hours.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// The name as written in the file.
    pub name: String,
    pub(super) mail: Option<String>,
    pub(super) webhook: Option<String>,
    /// Working days and time zone.
    pub(super) calendar: Calendar,
    /// The same working days, without the quiet hours.
    pub(super) awake: Calendar,
    pub(super) digest: Option<Time>,
    pub(super) at_once: bool,
}

impl Addressee {
    /// The address for this means, if there is one.
    #[must_use]
    pub fn address(&self, means: StaffMeans) -> Option<&str> {
        match means {
            StaffMeans::Mail => self.mail.as_deref(),
            StaffMeans::Webhook => self.webhook.as_deref(),
        }
    }

    /// The preferred means.
    #[must_use]
    pub fn first_means(&self) -> StaffMeans {
        if self.mail.is_some() {
            StaffMeans::Mail
        } else {
            StaffMeans::Webhook
        }
    }

    /// The means to try after this one has failed.
    #[must_use]
    pub fn means_after(&self, failed: StaffMeans) -> Option<StaffMeans> {
        (failed == StaffMeans::Mail && self.webhook.is_some()).then_some(StaffMeans::Webhook)
    }

    /// Whether messages are sent as they arise. A digest is sent in either case, if configured.
    #[must_use]
    pub fn is_told_at_once(&self) -> bool {
        self.at_once
    }

    /// When a message that arises at `at` may be sent: at once on a working day outside quiet hours, otherwise when the next such
    /// time begins.
    #[must_use]
    pub fn reachable_from(&self, at: Timestamp) -> Timestamp {
        // The calendar has no working time for half a century: a message at night is better than none.
        self.awake.next_working_instant(at).unwrap_or(at)
    }

    /// The day whose digest is due at `now`: the day of `now`, if it is a working day and the digest's hour has come.
    #[must_use]
    pub fn digest_day(&self, now: Timestamp) -> Option<Date> {
        let hour = self.digest?;
        let day = self.calendar.date_of(now);
        let begins = self.zone().to_zoned(day.to_datetime(hour)).ok()?;
        (self.calendar.is_working_day(day) && begins.timestamp() <= now).then_some(day)
    }

    /// The local date of an instant.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.calendar.date_of(at)
    }

    /// The addressee's time zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        self.calendar.zone()
    }

    /// The next working day after this one; the next calendar day if there is none for half a century.
    #[must_use]
    pub fn working_day_after(&self, day: Date) -> Date {
        let start = |day: Date| day.to_zoned(self.zone().clone()).ok();
        let tomorrow = day.tomorrow().unwrap_or(day);
        let next = start(tomorrow).map(|start| start.timestamp());
        let next = next.and_then(|next| self.calendar.next_working_instant(next).ok());
        next.map_or(tomorrow, |next| self.date_of(next).max(tomorrow))
    }

    /// The first instant after this day by the local clock: the last one that counts as due on it.
    #[must_use]
    pub fn end_of(&self, day: Date) -> Timestamp {
        let start = day
            .tomorrow()
            .and_then(|next| next.to_zoned(self.zone().clone()));
        start.map_or(Timestamp::MAX, |start| start.timestamp())
    }
}
